from __future__ import annotations

import sqlite3
from datetime import date

import mlflow
import pytest
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from pydantic import BaseModel

from airwatch.domain.pollutants import CRITERIA
from airwatch.hooks import MissingInputError, RunHooks, flatten
from airwatch.pipelines import inference
from builders import build_run

RUN = "area.site=99-001-0001,first_year=2021,as_of=2021-06-30,pollutants=pm25"


class Stored(AbstractDataset):
    """A dataset that is there, or is not."""

    def __init__(self, there: bool, can_be_absent: bool = False) -> None:
        self.there, self.can_be_absent = there, can_be_absent

    def load(self) -> None:
        """Nothing."""

    def save(self, data: None) -> None:
        """Nothing."""

    def _exists(self) -> bool:
        return self.there

    def _describe(self) -> dict[str, object]:
        return {}


def check(run=None, absent=(), models=CRITERIA):
    """Begin inference where some of its inputs are absent."""
    pipeline = inference.create_pipeline()
    catalog = DataCatalog({"params:run": MemoryDataset(run or build_run(pollutants=("pm25", "ozone")))})
    for name in pipeline.inputs() - {"params:run"}:
        pollutant, _, kind = name.partition(".")
        catalog[name] = Stored(name not in absent and not (kind == "model" and pollutant not in models))
    RunHooks().before_pipeline_run(pipeline, catalog)


def test_a_run_whose_inputs_are_all_there_begins():
    check()


@pytest.mark.parametrize("name", ["features", "daily_observations", "sites"])
def test_a_missing_table_is_named_with_the_pipeline_that_makes_it(name):
    with pytest.raises(MissingInputError) as missing:
        check(absent=[name])
    assert str(missing.value).startswith(f"{name} is not there yet. Make it first, with the same --params: ")
    assert str(missing.value).endswith("kedro run --pipelines feature_engineering")


@pytest.mark.parametrize("models", [["pm25"], ["ozone"], ["pm25", "ozone", "co"]])
def test_one_champion_of_the_run_s_pollutants_is_enough_to_begin(models):
    check(models=models)


@pytest.mark.parametrize("models", [[], ["co"]])
def test_without_any_champion_training_comes_first(models):
    with pytest.raises(MissingInputError, match=r"\.model is not there yet.* kedro run --pipelines training"):
        check(models=models)


def test_a_table_that_can_be_absent_is_not_missing():
    pipeline = inference.create_pipeline().only_nodes("join_forecasts")
    catalog = DataCatalog({"params:run": MemoryDataset(build_run())})
    for name in pipeline.inputs() - {"params:run"}:
        catalog[name] = Stored(False, can_be_absent=True)
    RunHooks().before_pipeline_run(pipeline, catalog)


@pytest.mark.parametrize(
    ("pipeline", "missing", "maker"),
    [
        ("feature_engineering", "daily_summaries", "ingestion"),
        ("training", "daily_observations", "feature_engineering"),
        ("inference", "daily_observations", "feature_engineering"),
        ("monitoring", "backtest_forecasts", "training"),
    ],
)
def test_a_pipeline_alone_says_which_pipeline_makes_a_missing_input(airwatch, data_root, pipeline, missing, maker):
    result = airwatch("run", "--pipeline", pipeline, "--params", "as_of=2021-06-30")
    assert result.exit_code == 1
    assert f"Error: {missing} is not there yet." in result.stderr
    assert f"kedro run --pipelines {maker} " in result.stderr
    assert mlflow.active_run() is None
    assert mlflow_runs(data_root) == []
    assert not list(data_root.glob("0*"))


def mlflow_runs(data_root):
    with sqlite3.connect(data_root / "mlflow.db") as database:
        return database.execute("SELECT name, status FROM runs").fetchall()


def test_a_run_is_one_finished_run_of_mlflow_with_each_parameter_under_its_name(airwatch, data_root):
    assert airwatch("run", "--pipelines", "ingestion", "--params", RUN).exit_code == 0
    assert [status for _, status in mlflow_runs(data_root)] == ["FINISHED"]
    with sqlite3.connect(data_root / "mlflow.db") as database:
        logged = dict(database.execute("SELECT key, value FROM params").fetchall())
    told = {"as_of": "2021-06-30", "area": "site 99-001-0001", "ingestion.recheck_days": "30", "horizon_days": "7"}
    assert {name: logged.get(name) for name in told} == told


def test_a_run_that_fails_is_closed_as_failed(airwatch, data_root):
    assert airwatch("run", "--params", RUN.replace("99-001-0001", "99-001-9999")).exit_code == 1
    assert [status for _, status in mlflow_runs(data_root)] == ["FAILED"]
    assert mlflow.active_run() is None


def test_a_failure_is_told_though_mlflow_cannot_note_it(airwatch, monkeypatch):
    def full(*arguments, **options):
        raise RuntimeError("(sqlite3.OperationalError) database or disk is full")

    monkeypatch.setattr("mlflow.tracking.client.MlflowClient.set_terminated", full)
    result = airwatch("run", "--params", RUN.replace("99-001-0001", "99-001-9999"))
    assert result.stderr.startswith("Error: EPA lists no monitor of pm25 in site 99-001-9999")
    assert mlflow.active_run() is None


def test_a_run_that_mlflow_cannot_begin_leaves_none_open(airwatch, monkeypatch):
    def full(*arguments, **options):
        raise RuntimeError("(sqlite3.OperationalError) database or disk is full")

    monkeypatch.setattr("mlflow.log_params", full)
    result = airwatch("run", "--pipelines", "ingestion", "--params", RUN)
    assert result.stderr.startswith("Error: The disk is full while writing MLflow's database.")
    assert mlflow.active_run() is None


class Inner(BaseModel):
    folds: int = 2


class Group(BaseModel):
    backtest: Inner = Inner()
    names: tuple[str, ...] = ("a", "b")
    limits: dict[str, float] = {"pm25": 0.3}


def test_flatten_names_each_parameter_by_its_path_and_the_run_s_by_their_own():
    flat = flatten({"run": build_run(as_of="2021-06-30"), "training": Group(), "source": "sandbox"})
    assert flat["as_of"] == str(date(2021, 6, 30))
    assert flat["pollutants"] == "('pm25',)"
    assert flat["training.backtest.folds"] == "2"
    assert flat["training.names"] == "('a', 'b')"
    assert flat["training.limits.pm25"] == "0.3"
    assert "source" in flat
    assert not [name for name in flat if name.startswith("run.")]


def test_flatten_cuts_what_mlflow_would_refuse():
    assert len(flatten({"training": Group(names=("x" * 600,))})["training.names"]) == 500


def test_mlflow_begins_one_run_and_not_one_for_each_node(airwatch, monkeypatch):
    begun, start = [], mlflow.start_run
    monkeypatch.setattr("mlflow.start_run", lambda *given, **named: begun.append(given) or start(*given, **named))
    assert airwatch("run", "--pipelines", "ingestion", "--params", RUN).exit_code == 0
    assert len(begun) == 1
