import sqlite3
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from shutil import copy

import mlflow
import pytest
from mlflow.tracking import MlflowClient
from pandas.testing import assert_frame_equal

from airwatch import model_registry
from airwatch.model_registry import (
    REQUIREMENTS,
    ModelDataset,
    ModelShelf,
    NewerLibraryError,
    TrainedModel,
    UnreadableStoreError,
    make_store,
)
from builders_training import SITES, build_history, features_of, forecaster, trained, training_run

NAME = "airwatch-pm25"
FIRST = replace(trained("ridge"), fingerprint="first")
SECOND = replace(trained("xgboost"), fingerprint="second")


@pytest.fixture(scope="module")
def store(tmp_path_factory, fresh_mlflow_db):
    """An MLflow store of its own, for the time of this module."""
    root, before = tmp_path_factory.mktemp("registry"), mlflow.get_tracking_uri()
    uri = f"sqlite:///{copy(fresh_mlflow_db, root / 'mlflow.db')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        mlflow.set_tracking_uri(uri)
        yield MlflowClient().create_experiment("airwatch", artifact_location=(root / "artifacts").as_uri())
        mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def register(store):
    """Register models one after another, each in a run of its own; the version that is champion then."""

    def go(shelf, *models):
        versions = []
        for model in models:
            with mlflow.start_run(experiment_id=store):
                versions.append(shelf.register(model))
        return versions[-1]

    return go


@pytest.fixture(scope="module")
def shelf(register):
    """Two versions: a ridge regression, then the trees, which are champion."""
    filled = ModelShelf(NAME)
    register(filled, FIRST, SECOND)
    return filled


def aliases(name):
    return {alias: str(version) for alias, version in MlflowClient().get_registered_model(name).aliases.items()}


def test_the_first_model_is_version_1_and_champion(register):
    shelf = ModelShelf("airwatch-so2")
    assert not shelf.has()
    assert register(shelf, FIRST) == "1"
    assert aliases("airwatch-so2") == {"champion": "1"}
    assert shelf.has()


def test_the_second_model_is_champion_and_the_first_is_previous(shelf):
    assert aliases(NAME) == {"champion": "2", "previous": "1"}


def test_training_again_on_the_same_registers_no_new_version(shelf, register):
    assert register(shelf, SECOND) == "2"
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 2
    assert aliases(NAME) == {"champion": "2", "previous": "1"}


def test_the_first_training_again_makes_its_version_champion_again(register):
    shelf = ModelShelf("airwatch-no2")
    assert register(shelf, FIRST, SECOND, FIRST) == "1"
    assert aliases("airwatch-no2") == {"champion": "1", "previous": "2"}


@pytest.mark.parametrize(
    ("wanted", "version", "model"), [("champion", "2", "xgboost"), ("1", "1", "ridge"), ("2", "2", "xgboost")]
)
def test_load_gives_the_champion_or_the_version_that_is_named(shelf, wanted, version, model):
    loaded = shelf.load(wanted)
    assert (loaded.version, loaded.forecaster.model_name) == (version, model)


@pytest.mark.parametrize("wanted", ["99", "champion"])
def test_load_of_a_pollutant_without_models_is_none(store, wanted):
    assert ModelShelf("airwatch-co").load(wanted) is None


def test_load_of_a_version_that_does_not_exist_is_none(shelf):
    assert shelf.load("99") is None
    assert not shelf.has("99")


@pytest.mark.parametrize(("version", "champion"), [("1", "ridge"), ("2", "xgboost")])
def test_the_loaded_forecaster_forecasts_to_the_bit_as_the_one_that_was_trained(shelf, version, champion):
    rows = features_of(build_history(sites=SITES[:2]), training_run()).tail(40)
    loaded = shelf.load(version).forecaster
    assert_frame_equal(loaded.predict(rows), forecaster(champion).predict(rows), check_exact=True)


def test_mlflow_serves_the_forecast_table_from_float64_columns(shelf):
    rows = FIRST.example.astype(dict.fromkeys(forecaster().feature_names, "float64"))
    served = mlflow.pyfunc.load_model(f"models:/{NAME}/1").predict(rows)
    assert_frame_equal(served, forecaster("ridge").predict(FIRST.example), check_exact=True)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_version_has_a_signature_and_an_input_example(shelf, version):
    info = mlflow.models.get_model_info(f"models:/{NAME}/{version}")
    assert info.signature.inputs.input_names() == ["site_id", "pollutant", "origin_date", *forecaster().feature_names]
    assert {"target_date", "mean", "q05", "category"} <= set(info.signature.outputs.input_names())
    example = mlflow.pyfunc.load_model(f"models:/{NAME}/{version}").input_example
    assert example["site_id"].tolist() == FIRST.example["site_id"].tolist()


def test_a_version_is_tagged_with_what_it_was_trained_on(shelf):
    tags = MlflowClient().get_model_version(NAME, "1").tags
    assert tags["fingerprint"] == "first"
    assert (tags["model_name"], tags["training_window"]) == ("ridge", "2022-07-01/2023-12-30")


def test_the_scores_are_logged_to_the_run_under_the_pollutant(shelf):
    run_id = MlflowClient().get_model_version(NAME, "1").run_id
    logged = MlflowClient().get_run(run_id).data.metrics
    assert logged["pm25.crps_lead_1"] == pytest.approx(FIRST.metrics["crps_lead_1"])


def test_a_version_pins_what_is_needed_to_load_it(shelf):
    needed = Path(mlflow.pyfunc.get_model_dependencies(f"models:/{NAME}/1")).read_text().splitlines()
    assert [line.partition("==")[0] for line in needed] == list(REQUIREMENTS)


def with_libraries(monkeypatch, **installed):
    """As if these versions were installed: ``xgboost="2.9.1"``."""
    real = model_registry.version
    monkeypatch.setattr(model_registry, "version", lambda name: installed.get(name.replace("-", "_")) or real(name))


def test_a_model_of_a_newer_library_is_refused_by_its_name_with_both_versions_and_the_remedy(shelf, monkeypatch):
    with_libraries(monkeypatch, xgboost="2.9.1", pandas="2.3.0")
    with pytest.raises(NewerLibraryError) as refused:
        shelf.load()
    xgboost, pandas = version("xgboost"), version("pandas")
    assert str(refused.value) == (
        f"airwatch-pm25 version 2 was trained with pandas {pandas} (2.3.0 is installed) and xgboost {xgboost} (2.9.1 "
        f"is installed), which may not read it rightly. Install pandas {pandas} and xgboost {xgboost} or newer, or "
        "train again: kedro run --pipelines training"
    )


@pytest.mark.parametrize("installed", ["{0}.{1}.0", "{0}.{1}.99", "{0}.99.0", "99.0.0", "{0}.{1}.1rc1"])
def test_a_model_of_the_same_minor_version_or_an_earlier_one_is_loaded(shelf, monkeypatch, installed):
    major, minor, *_ = version("scikit-learn").split(".")
    with_libraries(monkeypatch, scikit_learn=installed.format(major, minor))
    assert shelf.load().version == "2"


def test_versions_are_compared_as_numbers_and_not_as_text(register, monkeypatch):
    shelf = ModelShelf("airwatch-lead")
    with monkeypatch.context() as before:
        with_libraries(before, numpy="1.9.3")
        register(shelf, FIRST)
    with_libraries(monkeypatch, numpy="1.10.0")
    assert shelf.load().version == "1"


def test_the_dataset_registers_what_it_is_given_and_loads_the_shelf(register, store):
    dataset = ModelDataset(model_name="airwatch-pm10")
    assert not dataset.exists()
    with mlflow.start_run(experiment_id=store):
        dataset.save(FIRST)
    assert dataset.exists()
    assert dataset.load().load().version == "1"


def test_the_dataset_leaves_the_shelf_as_it_is_where_there_was_too_little_to_train_on(store):
    dataset = ModelDataset(model_name="airwatch-ozone")
    dataset.save(TrainedModel("ozone", None))
    assert not dataset.exists()


def tables(path):
    with sqlite3.connect(path) as database:
        return {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}


def test_make_store_makes_all_of_mlflow_s_tables_and_leaves_nothing_else(tmp_path):
    make_store(f"sqlite:///{tmp_path}/new/mlflow.db")
    assert {"experiments", "registered_models", "model_versions"} <= tables(tmp_path / "new/mlflow.db")
    assert [path.name for path in (tmp_path / "new").iterdir() if path.suffix == ".part"] == []


def test_make_store_begins_again_where_a_process_died_meanwhile(tmp_path):
    (tmp_path / "mlflow.db.part").write_bytes(b"half a database")
    make_store(f"sqlite:///{tmp_path}/mlflow.db")
    assert "experiments" in tables(tmp_path / "mlflow.db")


def test_make_store_leaves_a_store_that_is_there_alone(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0somebody's")
    make_store(f"sqlite:///{tmp_path}/mlflow.db")
    assert (tmp_path / "mlflow.db").read_bytes() == b"SQLite format 3\0somebody's"


@pytest.mark.parametrize("content", [b"", b"not a database at all"])
def test_make_store_names_a_file_that_is_no_database(tmp_path, content):
    (tmp_path / "mlflow.db").write_bytes(content)
    with pytest.raises(UnreadableStoreError, match=r"mlflow\.db, MLflow's database, is damaged\. Move it away"):
        make_store(f"sqlite:///{tmp_path}/mlflow.db")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "postgresql://mlflow@db/mlflow"])
def test_make_store_leaves_a_server_s_store_to_the_server(tmp_path, monkeypatch, uri):
    monkeypatch.chdir(tmp_path)
    make_store(uri)
    assert list(tmp_path.iterdir()) == []
