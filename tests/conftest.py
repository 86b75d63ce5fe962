"""Fixtures that several parts of the test suite use."""

from __future__ import annotations

import gc
import logging
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings
from sqlalchemy import Engine, event

pytest_plugins = [
    "alerts_on_loopback",
    "answers_on_loopback",
    "airdata_on_loopback",
    "airnow_on_loopback",
    "aws_on_loopback",
    "dask_on_loopback",
    "epa_on_loopback",
    "faulty_s3_on_loopback",
    "forked_runs",
    "postgres_on_loopback",
    "s3_on_loopback",
    "mirror_on_loopback",
    "mlflow_on_loopback",
    "whole_runs",
    "runs_on_s3",
]

PROJECT = Path(__file__).resolve().parents[1]

# A loaded machine makes a slow example, not a wrong one.
settings.register_profile("airwatch", deadline=None)
settings.load_profile("airwatch")
# Each collection walks all that MLflow, Evidently and the rest hold; this many fewer save a fifteenth of the time.
gc.set_threshold(100_000, 20, 20)


@event.listens_for(Engine, "connect")
def _do_not_wait_for_the_disk(connection: object, _: object) -> None:
    """A test's database need not survive a power cut; MLflow alone commits a hundred times in a run."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(autouse=True)
def _what_was_revealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test takes for a secret is a word to the others."""
    monkeypatch.setattr("airwatch.sources.redaction._revealed", set())


@pytest.fixture(autouse=True)
def _what_mlflow_leaves_in_a_process() -> Iterator[None]:
    """MLflow keeps its client of S3 for minutes, boto its keys, and the code of a model that was loaded is on the path.

    The next test may have another S3, and start workers that import what comes first on the path.
    """
    path = list(sys.path)
    yield
    sys.path[:] = path
    if module := sys.modules.get("mlflow.store.artifact.s3_artifact_repo"):
        module._cached_get_s3_client.cache_clear()
    if boto := sys.modules.get("boto3"):
        boto.DEFAULT_SESSION = None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real EPA data beside the checkout; tests that need it are skipped without it."""
    folder = PROJECT / "../shared/data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not beside this checkout")
    return folder.resolve()


@pytest.fixture(scope="session")
def fresh_mlflow_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database with its tables made, which takes seconds: each test copies it."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    engine = create_sqlalchemy_engine(f"sqlite:///{path}")
    _initialize_tables(engine)
    engine.dispose()
    return path


@pytest.fixture
def data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_mlflow_db: Path) -> Path:
    """A data root of its own for a test, with an MLflow store in it and no secret in the environment."""
    root = tmp_path / "data"
    root.mkdir()
    shutil.copy(fresh_mlflow_db, root / "mlflow.db")
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("AIRWATCH_DATA_ROOT", str(root))
    for name in (
        "EPA_AQS_EMAIL",
        "EPA_AQS_API_KEY",
        "EPA_AQS_BASE_URL",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_ARTIFACT_LOCATION",
    ):
        monkeypatch.setenv(name, "")
    return root


@pytest.fixture(scope="session")
def bootstrapped() -> None:
    """The project as Kedro finds it, once: the search for its settings takes a quarter of a second."""
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(PROJECT)


@pytest.fixture
def airwatch(data_root: Path, bootstrapped: None) -> Callable[..., Result]:
    """``airwatch("run", "--pipelines", "ingestion")``: the ``kedro run`` of the project, in this process."""
    from airwatch.cli import cli

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments))

    return invoke


@pytest.fixture
def log(airwatch: Callable[..., Result]) -> Callable[[], str]:
    """What a test has written to the log file so far."""
    [handler] = [h for h in logging.getLogger("airwatch").handlers if isinstance(h, RotatingFileHandler)]
    path = Path(handler.baseFilename)
    begin = path.stat().st_size if path.exists() else 0

    def written() -> str:
        content = path.read_bytes() if path.exists() else b""
        return content[begin if begin <= len(content) else 0 :].decode()

    return written
