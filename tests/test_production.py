"""``kedro run --env prod`` on real servers: tables on S3, runs and models in MLflow on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from pandas.testing import assert_frame_equal

from airwatch.ledger import LedgerDataset
from conftest import PROJECT
from forked_runs import Begin
from mlflow_on_loopback import Begun
from runs_on_s3 import in_prod
from s3_on_loopback import ARTIFACTS_BUCKET, S3
from whole_runs import WHOLE, WholeRun, commands

RETRAININGS = 10


@dataclass(frozen=True)
class Prod:
    """What a run of all five pipelines in prod has left.

    Attributes:
        state: The folder of this machine that it was given.
        bucket: The folder that S3 serves as the bucket of its tables.
        registry: The MLflow server.
    """

    state: Path
    bucket: Path
    registry: MlflowClient

    @property
    def stored(self) -> dict[str, Path]:
        """The objects in the bucket, by their names."""
        files = [path for path in self.bucket.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.bucket)): path for path in files}


@pytest.fixture(scope="module")
def retrained(
    begin: Begin, fresh_mlflow_db: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[BaseProcess, MlflowClient]:
    """A process that trains one model ten times, each time with another parameter, and where it tells of it."""
    root = tmp_path_factory.mktemp("retrained")
    store = f"sqlite:///{root}/mlflow.db"
    (root / "mlflow.db").write_bytes(fresh_mlflow_db.read_bytes())
    left_out = ("random_forest", "xgboost", "blend", "ridge", "stack")
    params = (
        "area.site=99-001-0001,neighbourhood_km=0,first_year=2021,as_of=2022-03-31,pollutants=pm25,horizon_days=1"
        ",training.backtest.folds=1" + "".join(f",training.candidates.{name}=null" for name in left_out)
    )
    data = ("--pipelines", "ingestion,feature_engineering", "--params", params)
    training = ("--pipelines", "training", "--to-nodes", "pm25.hold_contest", "--params")
    again = [(*training, f"{params},training.recent_days={count + 7}") for count in range(RETRAININGS)]
    variables = {"AIRWATCH_DATA_ROOT": str(root), "MLFLOW_TRACKING_URI": store}
    return begin(variables, data, *again), MlflowClient(store)


@pytest.fixture(scope="module")
def prod(
    mlflow_begun: Begun,
    retrained: object,
    whole_run: WholeRun,
    s3: S3,
    bucket_names: Iterator[str],
    fresh_mlflow_db: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Prod:
    """All five pipelines as in ``whole_run``, with nothing changed but addresses."""
    state, bucket = tmp_path_factory.mktemp("state"), next(bucket_names)
    s3.make_bucket(bucket)
    server = mlflow_begun.wait()
    registry = MlflowClient(server)
    for model in registry.search_registered_models():
        registry.delete_registered_model(model.name)  # of other tests
    beside = set(PROJECT.iterdir())
    with commands(fresh_mlflow_db) as kedro, pytest.MonkeyPatch.context() as environment:
        for name, value in {**s3.variables(bucket), "MLFLOW_TRACKING_URI": server}.items():
            environment.setenv(name, value)
        kedro(state)(WHOLE, "--env", "prod")
    assert set(PROJECT.iterdir()) == beside
    return Prod(state, s3.folder / bucket, registry)


def test_a_run_in_prod_leaves_the_tables_of_a_run_here(prod: Prod, whole_run: WholeRun) -> None:
    here, there = in_prod(whole_run.root), prod.stored
    assert set(there) == set(here)
    tables = [name for name in here if name.endswith(".parquet")]
    assert len(tables) > 40
    assert [name for name in tables if there[name].read_bytes() != here[name].read_bytes()] == []


def test_forecasts_of_prod_and_of_the_default_environment_are_equal(prod: Prod, whole_run: WholeRun) -> None:
    name = "predictions/forecasts.parquet"
    forecasts = pd.read_parquet(prod.stored[name])
    assert set(forecasts["pollutant"]) == {"pm25", "ozone"}
    assert_frame_equal(forecasts, pd.read_parquet(in_prod(whole_run.root)[name]), check_exact=True)


def test_nothing_of_a_run_in_prod_is_kept_on_the_machine(prod: Prod) -> None:
    assert list(prod.state.iterdir()) == []


@pytest.mark.parametrize("pollutant", ["pm25", "ozone"])
def test_a_champion_is_registered_by_the_run_on_the_server_with_its_files_on_s3(
    prod: Prod, s3: S3, pollutant: str
) -> None:
    name = f"airwatch-{pollutant}"
    champion = prod.registry.get_model_version_by_alias(name, "champion")
    run = prod.registry.get_run(str(champion.run_id))
    assert run.info.status == "FINISHED"
    assert prod.registry.get_experiment(run.info.experiment_id).name == "airwatch-prod"
    assert run.data.params["as_of"] == "2022-12-31"
    place = prod.registry.get_model_version_download_uri(name, champion.version)
    assert place.startswith(f"s3://{ARTIFACTS_BUCKET}/mlflow/")
    assert f"{place.removeprefix(f's3://{ARTIFACTS_BUCKET}/')}/MLmodel" in s3.objects(ARTIFACTS_BUCKET)


def test_the_ledger_is_kept_on_s3(prod: Prod, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.variables(prod.bucket.name).items():
        monkeypatch.setenv(name, value)
    ledger = LedgerDataset(path=f"s3://{prod.bucket.name}/predictions/forecast_ledger").load()
    [(part, read)] = ledger.items()
    assert part == "sandbox-20/2022-12-31/0000"
    assert len(read()) == len(pd.read_parquet(prod.stored["predictions/forecasts.parquet"]))


def test_ten_retrainings_in_one_process_leave_ten_runs(retrained: tuple[BaseProcess, MlflowClient]) -> None:
    process, registry = retrained
    process.join(180)
    assert process.exitcode == 0
    versions = registry.search_model_versions("name = 'airwatch-pm25'")
    runs = [registry.get_run(str(version.run_id)) for version in versions]
    assert len({run.info.run_id for run in runs}) == RETRAININGS
    days = {run.data.params["training.recent_days"] for run in runs}
    assert days == {str(count + 7) for count in range(RETRAININGS)}
    [experiment] = [each for each in registry.search_experiments() if each.name == "airwatch"]
    left = registry.search_runs([experiment.experiment_id])
    assert len(left) == RETRAININGS + 1
    assert {run.info.status for run in left} == {"FINISHED"}
