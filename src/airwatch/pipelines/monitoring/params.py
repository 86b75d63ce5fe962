"""Parameters of monitoring (``conf/base/parameters/monitoring.yml``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from airwatch.alerts.message import MOST_NOTICES
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


class ProvisionalParams(_Group):
    """Which days tell how far AirNow is from AQS, and from where on that is worth a warning."""

    recent_days: Days
    since_days: Days
    min_pairs: Rows
    apart: Share
    max_bias: Annotated[float, Field(gt=0, le=10)]


class QualityParams(_Group):
    """What of each site's data is looked at, and from where on it is a fault; one line each in the YAML file."""

    history_years: Annotated[int, Field(ge=1, le=20)]
    recent_days: Days
    margin_days: Annotated[int, Field(ge=0, le=60)]
    min_days: Days
    silent_days: Days
    silent_samples: Rows
    closed_days: Days
    min_completeness: Share
    volume_days: Days
    min_volume: Share
    stuck_samples: Annotated[int, Field(ge=2)]
    stuck_years: Rows
    stuck_nearness: Share
    stuck_margin: Annotated[float, Field(ge=1)]
    negative_samples: Rows
    negative_depth: Share
    reach_km: Annotated[float, Field(gt=0, le=1000)]
    max_neighbours: Rows
    min_neighbours: Rows
    spike_spreads: Annotated[float, Field(gt=0)]
    spike_margin: Annotated[float, Field(ge=1)]
    spike_days: Days
    unit_factor: Annotated[float, Field(gt=1)]
    unit_factor_alone: Annotated[float, Field(gt=1)]
    unit_samples: Rows
    max_share_untrusted: Annotated[float, Field(gt=0, le=1)]
    max_share_failing: Annotated[float, Field(gt=0, le=1)]


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


class SmokeParams(_Group):
    """From where on a day is one of smoke, by the sites around; one line each in the YAML file."""

    reach_km: Annotated[float, Field(gt=0, le=1000)]
    min_sites: Rows
    min_share: Share
    spreads: Annotated[float, Field(gt=0)]
    level_days: Days
    spread_days: Days
    min_days: Days


class ChangeParams(_Group):
    """Sequential tests of sites, of the network and of forecast errors; one line each in the YAML file."""

    run_length_days: Annotated[int, Field(ge=30, le=1_000_000)]
    sequence_days: Days
    history_days: Annotated[int, Field(ge=180, le=4_000)]
    min_days: Days
    least_change: Annotated[float, Field(gt=0, le=10)]
    max_share_changed: Share
    cool_down_days: Days
    most_shift_days: Annotated[int, Field(ge=1, le=30)]
    refit_days: Days
    half_life_days: Annotated[float, Field(gt=0)]
    ridge: Annotated[float, Field(gt=0)]
    reach_km: Annotated[float, Field(gt=0, le=1000)]
    max_neighbours: Rows
    least_bias: Annotated[float, Field(gt=0, le=10)]
    reference_margin_days: Annotated[int, Field(ge=0, le=60)]


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
    retrain_days: Days

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


class AlertParams(_Group):
    """When incidents end, what their messages link to, and how long to try to send them."""

    send: bool
    quiet_days: Days
    page_url: str
    most_notices: Annotated[int, Field(ge=1, le=MOST_NOTICES)]
    timeout_s: Annotated[float, Field(gt=0, le=300)]
    attempts: Annotated[int, Field(ge=1, le=10)]
    pause_s: Annotated[float, Field(ge=0, le=60)]
    deadline_s: Annotated[float, Field(gt=0, le=600)]

    @field_validator("page_url", mode="before")
    @classmethod
    def _may_be_left_out(cls, given: str | None) -> str:
        return str(given or "").strip()


class MonitoringParams(_Group):
    """Everything monitoring can be told."""

    pages: Literal["all", "none"]
    hindcast_origins: Rows
    scores: ScoreParams
    freshness: FreshnessParams
    provisional: ProvisionalParams
    quality: QualityParams
    smoke: SmokeParams
    drift: DriftParams
    changes: ChangeParams
    regression: RegressionParams
    decision: DecisionParams
    alerts: AlertParams
