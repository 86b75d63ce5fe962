"""The configuration as Kedro reads it: its parameters settled, its addresses looked up when they are needed.

Settling belongs to the reading, not to a hook: kedro-viz and notebooks read the configuration without hooks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationResolutionError

from airwatch import environments
from airwatch.parameters import settle

if TYPE_CHECKING:
    from omegaconf import DictConfig

# What a variable says that has no default: the middle of the message where it is missing.
NEEDED_FOR = {
    "S3_DATA_BUCKET_NAME": "keeps its tables, models and reports in the bucket of that name",
    "S3_MLFLOW_ARTIFACTS_BUCKET_NAME": "keeps the artifacts of MLflow's runs in the bucket of that name",
    "MLFLOW_TRACKING_URI": "registers its models at the MLflow server of that address, such as http://127.0.0.1:5000",
}


class MissingVariableError(Exception):
    """An environment variable that has no default is not set.

    Args:
        name: Its name.
        environment: The folder of ``conf`` that needs it.
    """

    def __init__(self, name: str, environment: str = "") -> None:
        self.name = name
        asked = f"--env {environment}" if environment else "the configuration"
        super().__init__(f"{name} is not set: {asked} {NEEDED_FOR.get(name, 'needs it')}. Put it into .env.")


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader, whose ``parameters`` are checked together and complete.

    Raises:
        UnknownEnvironmentError: The environment has no folder, or two are asked for.
    """

    def __init__(self, conf_source: str | Path, env: str | None = None, *given: Any, **named: Any) -> None:
        environments.adopt()  # what was set since the settings were read, as in a notebook
        environments.check(Path(conf_source), env)
        super().__init__(conf_source, env, *given, **named)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """The configuration of one kind.

        Raises:
            ParameterError: ``parameters`` that do not exist or cannot be.
            MissingVariableError: It needs an environment variable that is not set.
        """
        try:
            found: dict[str, Any] = super().__getitem__(key)
        except InterpolationResolutionError as error:
            if missing := _missing(error):
                raise MissingVariableError(missing, self.env or "") from None
            raise
        if key == "catalog":
            return {name: _checked_once(entry) for name, entry in found.items()}
        if key != "parameters":
            return found
        from airwatch.pipeline_registry import PARAMETER_GROUPS

        return settle(found, PARAMETER_GROUPS)

    def _merge_and_resolve(self, key: str, config_per_file: dict[Path, DictConfig]) -> dict[str, Any]:
        """Leave ``globals`` as they are written: Kedro resolves all of them, wanted or not, before anything is asked.

        So only what needs an address asks for its variable, and an environment can name one root for what base builds
        upon it.
        """
        if key == "globals" and config_per_file:
            return dict(OmegaConf.to_container(OmegaConf.unsafe_merge(*config_per_file.values()), resolve=False))
        found: dict[str, Any] = super()._merge_and_resolve(key, config_per_file)
        return found


def _checked_once(entry: Any) -> Any:
    """An entry whose table, once this run has checked and written it, is not checked again when it is read."""
    if isinstance(entry, dict) and isinstance(rules := entry.get("validator"), str):
        return {**entry, "validator": {"class": rules, "skip_load_after_save": True}}
    return entry


def _missing(error: BaseException) -> str:
    """The name of the variable that resolving failed for; OmegaConf wraps it once for each reference on the way.

    While a debugger or coverage watches, what it wraps goes in a circle.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        if (one := waiting.pop()) is None or id(one) in seen:
            continue
        if isinstance(one, MissingVariableError):
            return one.name
        seen.add(id(one))
        waiting += [one.__context__, one.__cause__]
    return ""
