"""Kedro's settings: where values come from, and the hooks that every run has."""

import logging
import os
import warnings
from pathlib import Path

from dotenv import load_dotenv

from airwatch import environments, secrets
from airwatch.config import ConfigLoader, MissingVariableError
from airwatch.hooks import MlflowHooks, RunHooks
from airwatch.sources.redaction import guard

PROJECT = Path(__file__).resolve().parents[2]

# Off before any library asks: telemetry is the user's to switch on.
for switch in ("DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY"):
    os.environ.setdefault(switch, "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # once a node; a run ends with the address
os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")  # conf/logging.yml says where its lines go
logging.raiseExceptions = False  # a log that cannot be written (a full disk) must not bury the line that says so
load_dotenv(PROJECT / ".env", override=False)
environments.adopt()
guard()  # what any library logs or raises is cleaned of secrets
# A server or a bucket that is away for a moment is waited for; one that is gone is given up after a minute.
for name, value in {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",
    "AWS_RETRY_MODE": "standard",
    "AWS_MAX_ATTEMPTS": "8",
}.items():
    os.environ.setdefault(name, value)
# OpenMP threads that spin while waiting starve a machine of few cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="kedro_mlflow")


def env(name: str, default: str | None = None) -> str:
    """``${env:NAME,default}``: an environment variable; one that is set but empty counts as not set.

    A local data root is made absolute, so that a run started from a notebook's folder writes to the same place.

    Raises:
        MissingVariableError: It is not set, and there is no default.
    """
    value = os.environ.get(name) or default
    if value is None:
        raise MissingVariableError(name)
    if name == "AIRWATCH_DATA_ROOT" and "://" not in value:
        return str((PROJECT / value).resolve())
    return value


CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"env": env, "secret": secrets.reference},
    # An environment names the keys it changes, not whole groups.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]},
}
HOOKS = (RunHooks(), MlflowHooks())
