"""Parameters of training (``conf/base/parameters/training.yml``)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from airwatch.domain.pollutants import CRITERIA
from airwatch.forecasting.boosting import BoostingParams
from airwatch.forecasting.forest import ForestParams
from airwatch.forecasting.linear import RidgeParams


class NoSettings(BaseModel):
    """A baseline has no settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Candidates(BaseModel):
    """The settings of each candidate; one that is null is left out, but for the climatology."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persistence: NoSettings | None
    climatology: NoSettings
    ridge: RidgeParams | None
    random_forest: ForestParams | None
    xgboost: BoostingParams | None

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


class TrainingParams(BaseModel):
    """What is tried, on what, and how it is judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: Candidates
    transforms: dict[str, Literal["log1p", "identity"]]
    backtest: BacktestParams
    recent_days: int = Field(ge=1)

    @field_validator("transforms")
    @classmethod
    def _complete(cls, transforms: dict[str, str]) -> dict[str, str]:
        missing = [name for name in CRITERIA if name not in transforms]
        if missing or len(transforms) > len(CRITERIA):
            raise ValueError(f"name a transform for each of {', '.join(CRITERIA)} and for nothing else")
        return transforms
