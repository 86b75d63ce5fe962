"""The project's ``kedro run`` in this process, and one run of all five pipelines that several files look at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from canaries import PLANTED

PROJECT = Path(__file__).resolve().parents[1]
AREA = "area.county=99001,first_year=2021,neighbourhood_km=0"
SMALL = (
    "training.backtest.folds=1,training.candidates.random_forest=null,training.candidates.xgboost.n_estimators=5"
    ",monitoring.drift.max_rows=500"
)
WHOLE = f"{AREA},{SMALL},as_of=2022-12-31"
Run = Callable[..., Result]


@contextmanager
def commands(fresh_mlflow_db: Path) -> Iterator[Callable[[Path], Run]]:
    """``kedro(root)("--pipelines", "ingestion")`` on a data root, with secrets planted in the environment."""
    from airwatch.cli import cli

    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(PROJECT)
        for name, value in {"EPA_AQS_BASE_URL": "", "MLFLOW_TRACKING_URI": "", **PLANTED}.items():
            environment.setenv(name, value)

        def on(root: Path) -> Run:
            if not root.exists():
                root.mkdir(parents=True)
                shutil.copy(fresh_mlflow_db, root / "mlflow.db")

            def run(params: str, *options: str, refused: bool = False) -> Result:
                environment.setenv("AIRWATCH_DATA_ROOT", str(root))
                result = CliRunner().invoke(cli, ["run", "--params", params, *options])
                assert result.exit_code == refused, result.output
                return result

            return run

        yield on


@pytest.fixture(scope="module")
def kedro(fresh_mlflow_db: Path, bootstrapped: None) -> Iterator[Callable[[Path], Run]]:
    """``kedro(root)(params, "--pipelines", "ingestion")``: the project's ``kedro run`` on a data root."""
    with commands(fresh_mlflow_db) as on:
        yield on


@dataclass(frozen=True)
class WholeRun:
    """What a run of all five pipelines left; a test that goes on from it takes a copy.

    Attributes:
        root: Its data root.
        output: What it printed.
    """

    root: Path
    output: str


@pytest.fixture(scope="session")
def whole_run(fresh_mlflow_db: Path, bootstrapped: None, tmp_path_factory: pytest.TempPathFactory) -> WholeRun:
    """All five pipelines on one county of the sandbox, trained to 2022-12-31, in the default environment."""
    root = tmp_path_factory.mktemp("whole_run") / "data"
    with commands(fresh_mlflow_db) as kedro:
        return WholeRun(root, kedro(root)(WHOLE).output)
