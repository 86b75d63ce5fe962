"""Which checks there are for an environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airwatch.checks import configuration, machine, registry, services, storage
from airwatch.checks.configuration import Configuration
from airwatch.checks.registry import Tracking
from airwatch.checks.report import Check, Finding, skipped
from airwatch.model_registry import ModelDataset
from airwatch.settings import PROJECT

if TYPE_CHECKING:
    from airwatch.config import ConfigLoader

AWS = "https://s3.amazonaws.com"
PREFECT = ("PREFECT_API_URL", "PREFECT_API_KEY")


def checks_of(loader: ConfigLoader) -> dict[str, Check]:
    """All checks of an environment, by the names that the report has for them.

    What depends on a part of the configuration that does not load is skipped.
    """
    read = Configuration.read(loader)
    folders = (str(loader.base_env), read.env)
    needed = configuration.needed_variables(Path(loader.conf_source), folders)
    return {
        "parameters": partial(configuration.parameters, read),
        "catalog": partial(configuration.catalog, read),
        **{name: partial(configuration.variable, name, read.env) for name in needed},
        "other variables": partial(configuration.other_variables, PROJECT / ".env.example", needed),
        "Python": machine.python,
        "libraries": machine.libraries,
        **_of_places(read),
        **_of_mlflow(read),
        **_of_services(read),
    }


def _of_places(read: Configuration) -> dict[str, Check]:
    """Disks, buckets and the clock."""
    kept = storage.uppermost(entry.folder for entry in read.entries.values())
    at = _tracking(read)
    files = at.artifacts if at else ""
    remote = [place for place in kept if storage.on_s3([place])]
    local = [str(Path(place).absolute()) for place in kept if place not in remote]
    checks: dict[str, Check] = {
        "free disk": partial(machine.room, [*_common(local), Path(tempfile.gettempdir())]),
        "clock": partial(machine.clock, _servers(read, storage.on_s3([*kept, files]))),
        "AWS": _if(kept or files, partial(storage.identity, [*kept, files])),
        "local files": _if(local, partial(storage.access, local, "AIRWATCH_DATA_ROOT")),
    }
    if remote:
        checks["bucket of tables"] = partial(storage.access, remote, "S3_DATA_BUCKET_NAME")
    named = "S3_MLFLOW_ARTIFACTS_BUCKET_NAME" if storage.on_s3([files]) else "MLFLOW_ARTIFACT_LOCATION"
    return {**checks, "artifacts": _if(files, partial(storage.access, [files], named))}


def _common(folders: list[str]) -> list[Path]:
    """What some folders have in common; nothing of none."""
    return [Path(os.path.commonpath(folders))] if folders else []


def _of_mlflow(read: Configuration) -> dict[str, Check]:
    at = _tracking(read)
    shelves = {name: entry.config["model_name"] for name, entry in read.entries.items() if entry.kind is ModelDataset}
    models = {name.partition(".")[0]: str(registered) for name, registered in shelves.items()}
    asked = {pollutant: models[pollutant] for pollutant in _run(read, "pollutants", ()) if pollutant in models}
    checks: dict[str, Callable[[Tracking], Finding]] = {
        "MLflow": registry.tracking,
        "MLflow's database": registry.database,
        "MLflow's experiment": registry.experiment,
        "champions": partial(registry.champions, models=asked),
    }
    return {name: _if(at, partial(check, at)) for name, check in checks.items()}  # type: ignore[arg-type]


def _of_services(read: Configuration) -> dict[str, Check]:
    epa = _config(read, "epa_services")
    secrets = (read.get("credentials") or {}).get("epa_aqs", {})
    source, per_minute = _run(read, "source", "sandbox"), _run(read, "requests_per_minute", 10)
    return {
        "EPA's key": _if(epa, partial(services.epa_credentials, secrets, source)),
        "EPA's AQS": _if(epa, lambda: services.aqs(epa["base_url"], epa["path"], per_minute, secrets, source)),
        "EPA's AirData": _if(epa, lambda: services.airdata(epa["airdata_url"], source)),
        "AirNow": _if(epa, lambda: services.airnow(epa["airnow_url"], _airnow(read))),
        "Prefect": partial(
            services.prefect, os.environ.get("PREFECT_API_URL", ""), os.environ.get("PREFECT_API_KEY", "")
        ),
        "Dask": partial(services.dask, str(_config(read, "engines").get("scheduler", ""))),
    }


def _if(known: object, check: Check) -> Check:
    """A check, where the configuration says what it needs to know."""
    return check if known else lambda: skipped("the configuration does not load")


def _tracking(read: Configuration) -> Tracking | None:
    """MLflow as the configuration has it."""
    found = read.get("mlflow")
    if found is None:
        return None
    experiment = found["tracking"]["experiment"]
    artifacts = experiment["create_experiment_kwargs"]["artifact_location"]
    return Tracking(found["server"]["mlflow_tracking_uri"], experiment["name"], artifacts)


def _servers(read: Configuration, on_s3: bool) -> list[str]:
    """Who may tell the time: S3 first, for it refuses those whose clock is wrong."""
    at = _tracking(read)
    servers = [os.environ.get("AWS_ENDPOINT_URL") or AWS] if on_s3 else []
    servers += [f"{at.uri}/health"] if at and not at.file else []
    return [*servers, *filter(None, [_config(read, "epa_services").get("base_url")])]


def _config(read: Configuration, name: str) -> Mapping[str, Any]:
    entry = read.entries.get(name)
    return entry.config if entry else {}


def _airnow(read: Configuration) -> bool:
    """Whether the run asks AirNow; no where the parameters do not settle."""
    parameters = read.get("parameters")
    return bool(parameters and parameters["ingestion"].airnow)


def _run(read: Configuration, name: str, otherwise: Any) -> Any:
    """A parameter of the run; something else where they do not settle."""
    parameters = read.get("parameters")
    return getattr(parameters["run"], name) if parameters else otherwise
