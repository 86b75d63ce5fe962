"""Which environment a command works in: a folder of ``conf`` beside ``base``, asked for by either of two variables."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import unquote


class UnknownEnvironmentError(Exception):
    """The environment that is asked for is not there, or two are asked for; the message says what can be."""


def adopt(variables: MutableMapping[str, str] = os.environ) -> None:
    """Let each library find what is set under the name that it reads.

    ``APP_ENV`` is Kedro's ``KEDRO_ENV``, ``AWS_REGION`` is boto3's ``AWS_DEFAULT_REGION``. A variable of AWS that is
    empty, as in ``.env.example``, counts as not set: boto3 would look for a profile, a region, an endpoint of no name.
    MLflow prints the address of its server, so a user and a password in it move to the variables that it has for them.
    """
    for name in [name for name, value in variables.items() if name.startswith("AWS_") and not value.strip()]:
        del variables[name]
    if region := variables.get("AWS_REGION"):
        variables["AWS_DEFAULT_REGION"] = region
    if (env := variables.get("APP_ENV")) and not variables.get("KEDRO_ENV"):
        variables["KEDRO_ENV"] = env
    _take_password_out(variables)


def _take_password_out(variables: MutableMapping[str, str]) -> None:
    address = variables.get("MLFLOW_TRACKING_URI", "")
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    user, at, server = host.rpartition("@")
    if at and scheme in ("http", "https"):
        name, _, password = user.partition(":")
        variables["MLFLOW_TRACKING_URI"] = f"{scheme}://{server}{slash}{path}"
        variables["MLFLOW_TRACKING_USERNAME"], variables["MLFLOW_TRACKING_PASSWORD"] = unquote(name), unquote(password)


def check(conf: Path, env: str | None, variables: Mapping[str, str] = os.environ) -> None:
    """Refuse an environment that has no folder, and two variables that differ.

    Args:
        conf: The folder that holds the environments.
        env: The one that is asked for; None: the default.
        variables: The variables of this process.

    Raises:
        UnknownEnvironmentError: One line with the environments that there are, or with the two that differ.
    """
    app, kedro = variables.get("APP_ENV"), variables.get("KEDRO_ENV")
    if app and kedro and app != kedro:
        raise UnknownEnvironmentError(
            f"APP_ENV is {app!r} and KEDRO_ENV is {kedro!r}, which name the same thing. Set one of them, or both alike."
        )
    if env and conf.is_dir() and not (conf / env).is_dir():
        known = ", ".join(sorted(path.name for path in conf.iterdir() if path.is_dir() and path.name[0].isalnum()))
        raise UnknownEnvironmentError(f"There is no environment {env!r} (conf/{env}); there are: {known}.")
