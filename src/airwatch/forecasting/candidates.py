"""The candidates, all behind one interface and all set up from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import pandas as pd

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.baselines import Blend, Climatology, Persistence
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.forest import Forest, ForestParams
from airwatch.forecasting.linear import RidgeByLead, RidgeParams
from airwatch.forecasting.rows import Features

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Params = TypeVar("Params", bound="DataclassInstance")


class PointModel(Protocol):
    """What a candidate does: learn from past origins, and predict every lead of new ones.

    Predictions are in the working unit, [n rows, H leads], never NaN, and a row's prediction is the
    same to the bit whatever other rows are in the call. ``predicts_mean``: the inverse of a prediction is
    itself a mean in the AQS unit, as a climatology is; otherwise the mean comes from the residuals.
    """

    @property
    def name(self) -> str:
        """The candidate's name in parameters and tables."""
        ...

    @property
    def predicts_mean(self) -> bool:
        """Whether the inverse of a prediction is a mean."""
        ...

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Learn from rows of the feature table and their targets [n, H], working unit, NaN where not observed."""
        ...

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions [n, H] for the rows of a feature table."""
        ...


BASELINES = ("persistence", "climatology", "blend")
CANDIDATES = (*BASELINES, "ridge", "random_forest", "xgboost")


def build_candidate(name: str, params: Mapping[str, Any], transform: Transform, seed: int) -> PointModel:
    """A candidate ready to be fitted.

    Args:
        name: One of ``CANDIDATES``.
        params: Its settings by name, as the parameter file has them; what is left out takes its default.
        transform: The unit it works in.
        seed: Of everything random in it.

    Raises:
        ValueError: No such candidate, or no such setting; the message lists those there are.
    """
    match name:
        case "persistence":
            _settings(name, NoParams, params)
            return Persistence(transform)
        case "climatology":
            _settings(name, NoParams, params)
            return Climatology(transform)
        case "blend":
            _settings(name, NoParams, params)
            return Blend(transform)
        case "ridge":
            return RidgeByLead(transform, _settings(name, RidgeParams, params))
        case "random_forest":
            return Forest(_settings(name, ForestParams, params), seed)
        case "xgboost":
            return Boosting(transform, _settings(name, BoostingParams, params), seed)
    raise ValueError(f"Unknown candidate {name!r}: choose one of {', '.join(CANDIDATES)}.")


@dataclass(frozen=True, slots=True)
class NoParams:
    """A baseline has no settings."""


def _settings(name: str, kind: type[Params], params: Mapping[str, Any]) -> Params:
    """The settings of a candidate, checked for names it does not have."""
    known = [field.name for field in fields(kind)]
    unknown = [key for key in params if key not in known]
    if unknown:
        raise ValueError(f"{name} has no setting {', '.join(unknown)}: it takes {', '.join(known) or 'no settings'}.")
    return kind(**params)
