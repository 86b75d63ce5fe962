"""Parameters of training (``conf/base/parameters/training.yml``)."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from airwatch.forecasting.boosting import BoostingParams
from airwatch.forecasting.calibrated import AQI_THRESHOLDS
from airwatch.forecasting.forest import ForestParams
from airwatch.forecasting.linear import RidgeParams
from airwatch.forecasting.ranks import RecencyParams
from airwatch.forecasting.stacking import MEMBERS
from airwatch.pipelines.training.rules import GateParams
from airwatch.pipelines.training.search import TuningParams

CLIMATOLOGY = "climatology"
STACK = "stack"


class NoSettings(BaseModel):
    """A baseline has no settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Candidates(BaseModel):
    """The settings of each candidate; one that is null is left out, but for the climatology."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persistence: NoSettings | None
    climatology: NoSettings
    blend: NoSettings | None
    ridge: RidgeParams | None
    random_forest: ForestParams | None
    xgboost: BoostingParams | None
    stack: NoSettings | None

    @field_validator("climatology", mode="before")
    @classmethod
    def _takes_part(cls, given: Any) -> Any:
        if given is None:
            raise ValueError("it cannot be left out, for it forecasts where recent history is thin")
        return given

    def settings(self) -> dict[str, dict[str, Any]]:
        """The settings by candidate, of those that take part."""
        return {name: chosen for name, chosen in self.model_dump().items() if chosen is not None}


class BacktestParams(BaseModel):
    """How the past is replayed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = Field(ge=1, le=20)
    fold_days: int = Field(ge=20, le=730)
    min_train_days: int = Field(ge=60)
    judged_share: float = Field(gt=0, le=1)


class WarningParams(BaseModel):
    """What a miss costs beside 1 for a false alarm, by AQI threshold, and how many events show a cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cost_of_miss: dict[int, float]
    min_events: int = Field(ge=1)

    @field_validator("cost_of_miss")
    @classmethod
    def _complete(cls, costs: dict[int, float]) -> dict[int, float]:
        if set(costs) != set(AQI_THRESHOLDS) or min(costs.values()) <= 0:
            raise ValueError(
                f"name a cost above 0 for each of {', '.join(map(str, AQI_THRESHOLDS))} and for nothing else"
            )
        return costs


class TrainingParams(BaseModel):
    """What is tried, on what, and how it is judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: Candidates
    unjudged: str | None
    external_memory_rows: int = Field(ge=1)
    backtest: BacktestParams
    recent_days: int = Field(ge=1)
    recency: RecencyParams
    gate: GateParams
    warnings: WarningParams
    tuning: TuningParams

    @field_validator("recency")
    @classmethod
    def _counts(cls, recency: RecencyParams) -> RecencyParams:
        if min(recency.days, recency.prior_days, recency.prior_count) < 1:
            raise ValueError("days, prior_days and prior_count: give each at least 1")
        return recency

    @model_validator(mode="after")
    def _can_be_fitted(self) -> Self:
        names = list(self.candidates.settings())
        if self.unjudged is not None and self.unjudged not in names:
            raise ValueError(f"unjudged is {self.unjudged}, which takes no part; choose one of {', '.join(names)}")
        if self.unjudged == STACK and len(set(MEMBERS) & set(names)) < 2:
            raise ValueError(f"unjudged is {STACK}, which needs two of {', '.join(MEMBERS)} to take part")
        return self

    def taking_part(self) -> list[str]:
        """The candidates that are fitted: all of them, or what the one that is not judged needs."""
        names = list(self.candidates.settings())
        if self.unjudged is None:
            return names
        needed = {CLIMATOLOGY, self.unjudged, *(MEMBERS if self.unjudged == STACK else ())}
        return [name for name in names if name in needed]
