"""Parameters of monitoring (``conf/base/parameters/monitoring.yml``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from airwatch.domain.pollutants import CRITERIA

Days = Annotated[int, Field(ge=1, le=366)]
Share = Annotated[float, Field(ge=0, le=1)]
Rows = Annotated[int, Field(ge=1)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScoreParams(_Group):
    """The block bootstrap of skill, and the window called recent."""

    recent_days: Days
    block_days: Days
    draws: Annotated[int, Field(ge=50, le=10_000)]


class FreshnessParams(_Group):
    """How old the newest day may be, and how many sites must have reported lately."""

    max_age_days: Days
    reporting_days: Days
    min_share_reporting: Share


class DriftParams(_Group):
    """What is compared with the same weeks of earlier years, and from where on it is drift."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    current_days: Days
    reference_years: Annotated[int, Field(ge=1, le=20)]
    reference_margin_days: Annotated[int, Field(ge=0, le=60)]
    min_rows: Rows
    max_rows: Rows
    method: Literal["wasserstein", "jensenshannon", "psi", "ks"]
    threshold: Annotated[float, Field(gt=0)]
    max_share_drifted: Share


class RegressionParams(_Group):
    """Which leads the page of errors shows."""

    leads: Annotated[tuple[Annotated[int, Field(ge=1, le=14)], ...], Field(min_length=1)]
    min_rows: Rows
    max_rows: Rows


class DecisionParams(_Group):
    """When scores are a warning, and when they ask for training.

    ``max_bias`` is a share of the mean observation, by pollutant; ``other`` stands for those not named.
    """

    lead_days: Annotated[int, Field(ge=1, le=14)]
    min_rows: Rows
    min_skill: Annotated[float, Field(ge=-1, le=1)]
    min_coverage_80: Share
    max_bias: dict[str, Annotated[float, Field(gt=0)]]

    @field_validator("max_bias")
    @classmethod
    def _covers_every_pollutant(cls, limits: dict[str, float]) -> dict[str, float]:
        for name in limits:
            if name not in (*CRITERIA, "other"):
                raise ValueError(f"{name!r} is not a pollutant AirWatch forecasts; choose from {', '.join(CRITERIA)}")
        if "other" not in limits:
            raise ValueError("'other' is missing: the limit of the pollutants that are not named")
        return limits

    def bias_limit(self, pollutant: str) -> float:
        """The largest bias of a pollutant that is no warning."""
        return self.max_bias.get(pollutant, self.max_bias["other"])


class MonitoringParams(_Group):
    """Everything monitoring can be told."""

    hindcast_origins: Rows
    scores: ScoreParams
    freshness: FreshnessParams
    drift: DriftParams
    regression: RegressionParams
    decision: DecisionParams
