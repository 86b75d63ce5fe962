"""The registry of models in MLflow: what is registered, under which version, and who is champion.

A pollutant's models are ``airwatch-<pollutant>``; the alias ``champion`` names the version that forecasts, and
``previous`` the one before it. Training again on the same data, parameters and code finds the version it made
before and registers nothing.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from kedro.io.core import AbstractDataset

if TYPE_CHECKING:
    from airwatch.forecasting.forecaster import Forecaster

logger = logging.getLogger(__name__)

SQLITE = "sqlite:///"
SQLITE_HEADER = b"SQLite format 3\0"
CHAMPION = "champion"
PREVIOUS = "previous"
# What a model holds objects of; one that was trained with a newer one of them is refused.
LIBRARIES = ("numpy", "pandas", "scikit-learn", "xgboost")
# What a process needs to load a model; pinned to what trained it.
REQUIREMENTS = ("mlflow", *LIBRARIES)


class NewerLibraryError(Exception):
    """A model holds objects of a newer library than the one installed, which may misread them."""


class UnreadableStoreError(Exception):
    """MLflow's database cannot be read; the message names the file and what to do."""


def make_store(tracking_uri: str) -> None:
    """Make MLflow's SQLite file, whole, where it is not there yet.

    MLflow makes its tables one by one: a process that is killed meanwhile would leave a file that no later one can use.

    Raises:
        UnreadableStoreError: There is a file that is no SQLite database.
    """
    path = Path(tracking_uri.removeprefix(SQLITE))
    if not tracking_uri.startswith(SQLITE):
        return
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) != SQLITE_HEADER:
                raise UnreadableStoreError(
                    f"{path}, MLflow's database, is damaged. Move it away to begin a new one (its models are lost), "
                    "or put back a copy."
                )
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    try:
        store = SqlAlchemyStore(f"{SQLITE}{partial}", str(path.with_name("mlflow")))
        store.engine.dispose()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class TrainedModel:
    """What training hands to the registry.

    Attributes:
        pollutant: Whose model it is.
        forecaster: The fitted forecaster; None when the pollutant had too little data.
        example: Some rows of the feature table, for the signature and the input example.
        fingerprint: Of data, parameters, seed and code; the same one is registered once.
        metrics: Scores of its rolling origins, by name.
        tags: What a reader of the registry wants to know: training window, ``as_of``, data hash.
        card: The model card, in markdown: stored beside the model and as the description of its version.
    """

    pollutant: str
    forecaster: Forecaster | None
    example: pd.DataFrame = field(default_factory=pd.DataFrame)
    fingerprint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    card: str = ""


@dataclass(frozen=True)
class RegisteredForecaster:
    """A forecaster and the version it is registered under."""

    forecaster: Forecaster
    version: str
    tags: dict[str, str] = field(default_factory=dict)


class ModelShelf:
    """All versions of one pollutant's model."""

    def __init__(self, name: str) -> None:
        self.name = name

    def load(self, wanted: str = CHAMPION) -> RegisteredForecaster | None:
        """A version's forecaster; None where there is no such version, or no champion yet.

        Args:
            wanted: ``champion``, or the number of a version.

        Raises:
            NewerLibraryError: It was trained with a newer numpy, pandas, scikit-learn or xgboost than is installed.
        """
        import mlflow

        found = self._find(wanted)
        if found is None:
            return None
        _require_libraries(f"{self.name} version {found.version}", found.tags)
        model = mlflow.pyfunc.load_model(f"models:/{self.name}/{found.version}").unwrap_python_model()
        return RegisteredForecaster(model.forecaster, str(found.version), dict(found.tags))

    def has(self, wanted: str = CHAMPION) -> bool:
        """Whether there is such a version."""
        return self._find(wanted) is not None

    def register(self, trained: TrainedModel) -> str:
        """Register a model and make it champion; the same fingerprint keeps the version it has.

        Returns:
            The version that is champion now.
        """
        known = self._same(trained.fingerprint)
        champion = known or self._log(trained)
        self._promote(champion)
        logger.info(
            "%s: version %s is champion (%s)%s",
            self.name,
            champion,
            trained.tags.get("model_name", ""),
            ", registered before" if known else "",
        )
        return champion

    def _find(self, wanted: str) -> Any:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        try:
            if wanted == CHAMPION:
                return MlflowClient().get_model_version_by_alias(self.name, CHAMPION)
            return MlflowClient().get_model_version(self.name, wanted)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _same(self, fingerprint: str) -> str | None:
        from mlflow.tracking import MlflowClient

        versions = MlflowClient().search_model_versions(f"name = '{self.name}'")
        same = [int(found.version) for found in versions if found.tags.get("fingerprint") == fingerprint]
        return str(max(same)) if same else None

    def _log(self, trained: TrainedModel) -> str:
        """Log the model with signature and input example to the run, and register it."""
        import mlflow
        from mlflow.models import infer_signature

        from airwatch.forecasting.packaging import ForecasterPyfunc, as_model_input

        assert trained.forecaster is not None
        example = as_model_input(trained.example, trained.forecaster.feature_names)
        with warnings.catch_warnings():
            # MLflow warns of integer columns, which cannot hold missing values; lead_days and aqi have none.
            warnings.filterwarnings("ignore", message="(?s).*integer column")
            signature = infer_signature(example, trained.forecaster.predict(example))
        logged = mlflow.pyfunc.log_model(
            name=self.name,
            python_model=ForecasterPyfunc(trained.forecaster),
            signature=signature,
            input_example=example,
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        )
        mlflow.log_metrics({f"{trained.pollutant}.{name}": score for name, score in trained.metrics.items()})
        libraries = {f"library.{name}": version(name) for name in LIBRARIES}
        tags = {**trained.tags, **libraries, "fingerprint": trained.fingerprint}
        registered = str(mlflow.register_model(logged.model_uri, self.name, tags=tags).version)
        mlflow.log_text(trained.card, f"model_card_{trained.pollutant}.md")
        mlflow.tracking.MlflowClient().update_model_version(self.name, registered, description=trained.card)
        return registered

    def _promote(self, champion: str) -> None:
        from mlflow.tracking import MlflowClient

        before = self._find(CHAMPION)
        if before is not None and str(before.version) == champion:
            return
        client = MlflowClient()
        if before is not None:
            client.set_registered_model_alias(self.name, PREVIOUS, before.version)
        client.set_registered_model_alias(self.name, CHAMPION, champion)


def _require_libraries(which: str, tags: dict[str, str]) -> None:
    """Refuse a model of newer libraries; what they pickle is read by the same minor version or a later one."""
    trained_with = {name: tags.get(f"library.{name}", version(name)) for name in LIBRARIES}
    newer = [name for name, used in trained_with.items() if _minor(used) > _minor(version(name))]
    if newer:
        told = " and ".join(f"{name} {trained_with[name]} ({version(name)} is installed)" for name in newer)
        raise NewerLibraryError(
            f"{which} was trained with {told}, which may not read it rightly. Install "
            f"{' and '.join(f'{name} {trained_with[name]}' for name in newer)} or newer, or train again: "
            "kedro run --pipelines training"
        )


def _minor(number: str) -> tuple[int, ...]:
    """Major and minor: (3, 1) of 3.1.2."""
    return tuple(int(part) for part in number.split(".")[:2])


class ModelDataset(AbstractDataset[TrainedModel, ModelShelf]):
    """A pollutant's models in the catalog: saving registers one, loading gives the shelf to choose from."""

    def __init__(self, *, model_name: str, metadata: Any = None) -> None:
        self._shelf = ModelShelf(model_name)
        self.metadata = metadata

    def load(self) -> ModelShelf:
        """The shelf; no model is read yet."""
        return self._shelf

    def save(self, data: TrainedModel) -> None:
        """Register a model; where there was too little data to train one, the shelf stays as it is."""
        if data.forecaster is not None:
            self._shelf.register(data)

    def _exists(self) -> bool:
        return self._shelf.has()

    def _describe(self) -> dict[str, Any]:
        return {"model_name": self._shelf.name}
