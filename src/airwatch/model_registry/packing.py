"""A forecaster as MLflow keeps it: with signature, example, pinned requirements and the code that it needs."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import TYPE_CHECKING

import pandas as pd

import airwatch
from airwatch.model_registry.libraries import library_tags, pinned
from airwatch.model_registry.records import TrainedModel

if TYPE_CHECKING:
    from airwatch.forecasting.forecaster import Forecaster

# What forecasting is made of; it knows nothing of pipelines, Kedro or where data come from.
CARRIED = ("__init__.py", "domain", "forecasting")
LONGEST_DESCRIPTION = 5_000  # characters that MLflow's database holds of a version's
_ONE_AT_A_TIME = RLock()


def register_version(name: str, trained: TrainedModel) -> str:
    """Log model, scores and card to the active MLflow run, then register the model with all its tags in one step.

    Returns:
        The number of the version.
    """
    import mlflow

    assert trained.forecaster is not None
    address = _log_forecaster(name, trained.forecaster, trained.example)
    mlflow.log_metrics({f"{trained.pollutant}.{score}": value for score, value in trained.metrics.items()})
    tags = {**trained.tags, **library_tags(), **trained.verdict.tags, "fingerprint": trained.fingerprint}
    registered = mlflow.register_model(address, name, tags=tags)
    write_card(name, str(registered.version), registered.run_id, trained)
    return str(registered.version)


def write_card(name: str, number: str, run_id: str, trained: TrainedModel) -> None:
    """Write the card of a version beside its run's artifacts, and what the registry holds of it as its description."""
    from mlflow.tracking import MlflowClient

    MlflowClient().log_text(run_id, trained.card, card_of(trained.pollutant))
    MlflowClient().update_model_version(name, number, description=_beginning(trained.card))


def _beginning(card: str) -> str:
    """As many sections of a card as the registry holds."""
    if len(card) <= LONGEST_DESCRIPTION:
        return card
    rest = "\n\nThe whole card is among the artifacts of the run."
    return card[: card.rindex("\n\n## ", 0, LONGEST_DESCRIPTION - len(rest))] + rest


def card_of(pollutant: str) -> str:
    """The name of the card among the artifacts of a run."""
    return f"model_card_{pollutant}.md"


def _log_forecaster(name: str, forecaster: Forecaster, rows: pd.DataFrame) -> str:
    """Log a forecaster to the active MLflow run, so that it can be served where AirWatch is not installed.

    Args:
        name: Of the model.
        forecaster: Travels in the pickle.
        rows: Some rows of the feature table, for the signature and the input example.

    Returns:
        The address of the logged model.
    """
    import mlflow
    from mlflow.models import infer_signature

    from airwatch.forecasting.packaging import ForecasterPyfunc, as_model_input

    example = as_model_input(rows, forecaster.feature_names)
    with warnings.catch_warnings(), _carried_code() as package, installed_code():
        # MLflow warns of integer columns, which cannot hold missing values; lead_days and aqi have none.
        warnings.filterwarnings("ignore", message="(?s).*integer column")
        logged = mlflow.pyfunc.log_model(
            name=name,
            python_model=ForecasterPyfunc(forecaster),
            signature=infer_signature(example, forecaster.predict(example)),
            input_example=example,
            pip_requirements=pinned(),
            code_paths=[str(package)],
        )
    return str(logged.model_uri)


@contextmanager
def installed_code() -> Iterator[None]:
    """Stay with the installed package while MLflow reads a model.

    MLflow puts the model's own copy of the code first on ``sys.path`` and leaves it there. This process has imported
    the package and is not misled; a process that it starts later would be. Threads take turns.
    """
    with _ONE_AT_A_TIME:
        path = sys.path
        try:
            yield
        finally:
            sys.path = path


@contextmanager
def _carried_code() -> Iterator[Path]:
    """A folder ``airwatch`` with what a model needs of the package, gone after it."""
    source = Path(airwatch.__file__).parent
    with TemporaryDirectory() as folder:
        package = Path(folder) / source.name
        package.mkdir()
        for name in CARRIED:
            if (source / name).is_dir():
                shutil.copytree(source / name, package / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source / name, package / name)
        yield package
