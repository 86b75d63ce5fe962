"""Finds the value of a secret at first use, and never before.

The configuration holds references (``secret:NAME``), because Kedro resolves every credential at the start of any
run: a resolver that looked the value up there would stop runs that need no secret.

A value is looked for in the environment, into which ``airwatch.settings`` has read ``.env``, and then, where the
reference names one (``secret:airwatch/prod:NAME``), in a secret of AWS Secrets Manager: a JSON object of names and
values, fetched once for the process.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from airwatch.sources.redaction import keep_secret

PREFIX = "secret:"
CONNECT_TIMEOUT_S, READ_TIMEOUT_S, ATTEMPTS = 5, 10, 3

# What needs a secret, and where to get one: the second half of the message when it is missing.
SIGN_UP = "https://aqs.epa.gov/data/api/signup?email=YOUR_ADDRESS"
REMEDIES = {
    "EPA_AQS_EMAIL": f"source=aqs needs it: sign up at {SIGN_UP}, then put it into .env",
    "EPA_AQS_API_KEY": f"source=aqs needs it: EPA mails it after sign-up ({SIGN_UP}); put it into .env",
}
ELSEWHERE = "or put the variable into .env or the environment"

# What to do about AWS's refusals, by their code; any other that comes with a status of refusal is the last.
CHECK_KEYS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or AWS_PROFILE"
REFUSALS = {
    "AccessDeniedException": "let this key or role do secretsmanager:GetSecretValue on it (docs/production.md)",
    "ExpiredTokenException": "the session has ended: get a new AWS_SESSION_TOKEN, or log in to AWS_PROFILE again",
    "InvalidSignatureException": "check AWS_SECRET_ACCESS_KEY, and this machine's clock",
    "UnrecognizedClientException": CHECK_KEYS,
    "InvalidRequestException": "it may be on its way to deletion: restore it",
    "DecryptionFailure": "let this key or role do kms:Decrypt with the key of the secret",
}
STATUS_OF_REFUSAL = (401, 403)

_fetched: dict[str, Mapping[str, str]] = {}
_one_at_a_time = threading.Lock()


class MissingSecretError(Exception):
    """A secret that a step needs is not set; the message names the variable, who needs it and where to get one."""


class SecretsManagerError(MissingSecretError):
    """AWS Secrets Manager, where a secret may be, did not give it; the message says why and what to do."""


def reference(name: str, vault: str = "") -> str:
    """The text that stands in the configuration for a secret: ``${secret:NAME}`` or ``${secret:NAME,airwatch/prod}``.

    Args:
        name: The environment variable, and the key within the secret of AWS Secrets Manager.
        vault: Name or ARN of that secret; empty: the environment alone.
    """
    return f"{PREFIX}{vault}:{name}" if vault else f"{PREFIX}{name}"


def reveal(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value behind a reference; a text that is no reference is its own value.

    Args:
        text: ``secret:NAME``, ``secret:VAULT:NAME``, or a plain value.
        environment: Where names are looked up first; ``.env`` has been read into it by ``airwatch.settings``.

    Raises:
        MissingSecretError: The variable is not set, or empty, and the vault does not hold it either.
        SecretsManagerError: The variable is not set, and the vault could not be read.
    """
    if not text.startswith(PREFIX):
        return text
    vault, _, name = text.removeprefix(PREFIX).rpartition(":")
    value = environment.get(name, "").strip()
    if not value and vault:
        value = _kept_in(vault, name).get(name, "").strip()
    if not value:
        remedy = REMEDIES.get(name, "put it into .env or the environment")
        looked = f", nor in the secret {vault} of AWS Secrets Manager" if vault else ""
        raise MissingSecretError(f"{name} is not set{looked}: {remedy}.")
    keep_secret(value)
    return value


def forget() -> None:
    """Forget what was fetched, so that the next use asks again: after a key was changed, and between tests."""
    with _one_at_a_time:
        _fetched.clear()


def _kept_in(vault: str, name: str) -> Mapping[str, str]:
    """The names and values of a secret of AWS Secrets Manager, fetched at the first call; failures are not kept."""
    with _one_at_a_time:
        if vault not in _fetched:
            _fetched[vault] = _values(_fetch(vault, name), vault)
        return _fetched[vault]


def _fetch(vault: str, name: str) -> str:
    """The text of a secret, by boto3's usual chain of credentials; ``name`` is the variable it is wanted for."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    try:
        # A session of its own: boto3's default one is not safe to share between threads.
        client = boto3.session.Session().client("secretsmanager", config=config)
        answer: dict[str, Any] = client.get_secret_value(SecretId=vault)
    except (BotoCoreError, ClientError, ValueError) as error:  # ValueError: an endpoint that is no address
        trouble = _trouble(error)
    else:
        if "SecretString" in answer:
            return str(answer["SecretString"])
        trouble = "it holds bytes, not text: store a JSON object of names and values"
    raise SecretsManagerError(f"{name} is not set, and AWS Secrets Manager did not give {vault}: {trouble}.")


def _trouble(error: Exception) -> str:
    """What went wrong and what to do, in words that hold no value; AWS's own text may repeat the request."""
    from botocore import exceptions as aws

    if isinstance(error, aws.ClientError):
        code = str(error.response.get("Error", {}).get("Code", "no code"))
        if code == "ResourceNotFoundException":
            return f"there is no such secret in this account and region; create it, check AWS_REGION, {ELSEWHERE}"
        refused = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in STATUS_OF_REFUSAL
        remedy = REFUSALS.get(code, CHECK_KEYS if refused else "see docs/production.md")
        return f"{code}: {remedy}, {ELSEWHERE}"
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError | aws.CredentialRetrievalError):
        return (
            f"no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role, {ELSEWHERE}"
        )
    if isinstance(error, aws.ProfileNotFound):
        return f"AWS_PROFILE names a profile that is not in ~/.aws, {ELSEWHERE}"
    if isinstance(error, aws.NoRegionError):
        return f"no region; set AWS_REGION, {ELSEWHERE}"
    if isinstance(error, ValueError):
        return f"AWS_ENDPOINT_URL is no address, {ELSEWHERE}"
    if isinstance(error, aws.HTTPClientError | aws.ConnectionError):
        return f"it cannot be reached; check the network and AWS_ENDPOINT_URL, {ELSEWHERE}"
    return f"{type(error).__name__}, {ELSEWHERE}"


def _values(text: str, vault: str) -> Mapping[str, str]:
    """The names and values in the text of a secret.

    An error of ``json`` carries the whole text, so it must not be the context of the one that is raised.
    """
    held: Any = None
    with suppress(ValueError):
        held = json.loads(text)
    if not isinstance(held, dict) or any(isinstance(value, dict | list) for value in held.values()):
        told = f"The secret {vault} of AWS Secrets Manager is no JSON object of names and values"
        raise SecretsManagerError(f'{told}; store one such as {{"EPA_AQS_API_KEY": "..."}}.')
    return {name: str(value) for name, value in held.items() if value is not None}
