from dataclasses import replace
from shutil import copy

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from airwatch.model_registry import ModelShelf, Outcome, Verdict
from builders_training import trained

NAME = "airwatch-pm25"


@pytest.fixture(scope="package")
def store(tmp_path_factory, fresh_mlflow_db):
    """An MLflow store of its own, for the time of these tests; the number of its experiment."""
    root, before = tmp_path_factory.mktemp("registry"), mlflow.get_tracking_uri()
    uri = f"sqlite:///{copy(fresh_mlflow_db, root / 'mlflow.db')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        mlflow.set_tracking_uri(uri)
        yield MlflowClient().create_experiment("airwatch", artifact_location=(root / "artifacts").as_uri())
        mlflow.set_tracking_uri(before)


@pytest.fixture(scope="package")
def register(store):
    """Register models one after another, each in a run of its own; the version that the last one has.

    A model without a verdict of its own wins against whoever is champion then.
    """

    def go(shelf, *models):
        numbers = []
        for model in models:
            if model.verdict.outcome is Outcome.NO_CONTEST:
                champion = shelf.version()
                won = Verdict(Outcome.PROMOTED, True, "It won.", champion.number if champion else "")
                model = replace(model, verdict=won)
            with mlflow.start_run(experiment_id=store):
                numbers.append(shelf.register(model))
        return numbers[-1]

    return go


@pytest.fixture(scope="session")
def first():
    """A ridge regression."""
    return replace(trained("ridge"), fingerprint="first")


@pytest.fixture(scope="session")
def second():
    """Trees."""
    return replace(trained("xgboost"), fingerprint="second")


@pytest.fixture(scope="package")
def shelf(register, first, second):
    """Two versions: the ridge, then the trees, which are champion."""
    filled = ModelShelf(NAME)
    register(filled, first, second)
    return filled
