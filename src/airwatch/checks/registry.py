"""MLflow: whether it answers, its database is whole, its experiment usable, and who is champion."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airwatch import storage
from airwatch.checks.asking import NoAnswer, ask
from airwatch.checks.report import Finding, error, ok, skipped, warning
from airwatch.model_registry import CHAMPION
from airwatch.model_registry.store import SQLITE
from airwatch.sources.redaction import without_secrets

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

MEND = "Start the server, or mend MLFLOW_TRACKING_URI (and MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD)."


class NotThere(Exception):
    """MLflow cannot be asked; the message says why."""


@dataclass(frozen=True)
class Tracking:
    """MLflow as an environment has it.

    Attributes:
        uri: An address, a database, or ``sqlite:///`` and a path.
        experiment: The name its runs are kept under.
        artifacts: Where their files go.
    """

    uri: str
    experiment: str
    artifacts: str

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    def client(self) -> MlflowClient:
        """MLflow's client, once it is known that there is someone to answer: it would try for minutes.

        Raises:
            NotThere: No server answers, or the file is not there, which the client would make.
        """
        if self.file and not self.file.exists():
            raise NotThere(f"{self.file} is not there yet; the first run makes it")
        if self.uri.startswith("http"):
            try:
                answer = ask(f"{self.uri.rstrip('/')}/health")
            except NoAnswer as none:
                raise NotThere(f"{without_secrets(self.uri)}: {none}") from None
            if answer.status_code >= 500:
                raise NotThere(f"{without_secrets(self.uri)}: HTTP {answer.status_code}")
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)


def tracking(at: Tracking) -> Finding:
    """Whether MLflow answers."""
    try:
        at.client()
    except NotThere as not_there:
        return skipped(str(not_there)) if at.file else error(str(not_there), MEND)
    return ok(without_secrets(at.uri))


def database(at: Tracking) -> Finding:
    """Whether what is behind MLflow can be read: a file of ours is checked whole, a server asks its own."""
    if at.file and at.file.exists():
        return _sqlite(at.file)
    try:
        begun = time.monotonic()
        at.client().search_experiments(max_results=1)
    except NotThere as not_there:
        return skipped(str(not_there))
    return ok(f"answers through MLflow ({time.monotonic() - begun:.1f} s)")


def _sqlite(file: Path) -> Finding:
    remedy = "Put back a copy, or move it away to begin a new one (its models are lost)."
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            [(said,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
            models = connection.execute("SELECT count(*) FROM model_versions").fetchone()[0]
    except sqlite3.DatabaseError as failure:
        return error(f"{file}: {failure}", remedy)
    if said != "ok":
        return error(f"{file}: {said}", remedy)
    return ok(f"{file} is intact ({file.stat().st_size / 1e6:.1f} MB, {models} versions of models)")


def experiment(at: Tracking) -> Finding:
    """Whether runs can be kept, and their files go where the configuration says."""
    try:
        found = at.client().get_experiment_by_name(at.experiment)
    except NotThere as not_there:
        return skipped(str(not_there))
    if found is None:
        return ok(f"{at.experiment} is not there yet; the first run makes it, with files in {at.artifacts}")
    if found.lifecycle_stage != "active":
        return error(f"{at.experiment} is deleted", f"Restore it: mlflow experiments restore -x {found.experiment_id}")
    if found.artifact_location.removeprefix("file://").rstrip("/") != at.artifacts.rstrip("/"):
        return warning(
            f"{at.experiment} keeps its files in {found.artifact_location}, not in {at.artifacts}",
            "MLflow never moves them: mend the address, or name another experiment in conf (mlflow.yml).",
        )
    return ok(f"{at.experiment}, files in {at.artifacts}")


def champions(at: Tracking, models: Mapping[str, str]) -> Finding:
    """Who forecasts each pollutant.

    Args:
        at: MLflow.
        models: The name that each pollutant's model is registered under.
    """
    try:
        client = at.client()
    except NotThere as not_there:
        return skipped(str(not_there))
    found = {pollutant: _champion(client, name) for pollutant, name in models.items()}
    without = [pollutant for pollutant, champion in found.items() if champion is None]
    told = ", ".join(f"{name}: {f'version {each.version}' if each else 'none'}" for name, each in found.items())
    lost = [f"{each.name} version {each.version}" for each in found.values() if each and not _has_files(client, each)]
    if lost:
        return error(
            f"{told}; the files of {' and '.join(lost)} are gone",
            "Put them back, go back to the version before (airwatch models rollback), or train again.",
        )
    if len(without) == len(found):
        return skipped("none yet; training registers the first")
    if without:
        asked = "+".join(without)
        return warning(told, f"Train the others: kedro run --pipelines training --params pollutants={asked}")
    return ok(told)


def _has_files(client: MlflowClient, version: ModelVersion) -> bool:
    """Whether the model itself is where the registry says; a server that keeps files itself is taken at its word."""
    place = client.get_model_version_download_uri(version.name, version.version).removeprefix("file://")
    if "://" in place and not place.startswith("s3://"):
        return True
    fs, path = storage.opened(place)
    return bool(fs.exists(f"{path}/MLmodel"))


def _champion(client: MlflowClient, name: str) -> ModelVersion | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as failure:
        if failure.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
