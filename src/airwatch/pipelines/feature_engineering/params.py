"""Parameters of feature engineering (``conf/base/parameters/feature_engineering.yml``)."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.spec import FeatureSpec

EVENT_TYPES = ("No Events", "Events Included", "Events Excluded", "Concurred Events Excluded")


class PolicyParams(BaseModel):
    """Which of AQS's rows gives the value of a site and day; see ``policy.judge``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_observation_percent: Annotated[float, Field(ge=0, le=100)]
    incomplete_exceedances: tuple[str, ...]
    kept_events: Annotated[tuple[str, ...], Field(min_length=1)]
    restated_methods: dict[str, tuple[str, ...]]

    @field_validator("incomplete_exceedances")
    @classmethod
    def _pollutants_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known(names, tuple(POLLUTANTS), "pollutant")

    @field_validator("kept_events")
    @classmethod
    def _events_exist(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        return _known(events, EVENT_TYPES, "AQS event type")


class ForecastableParams(BaseModel):
    """How much, and how recent, a history must be for a forecast; all in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_days: Annotated[int, Field(ge=1, le=365)]
    max_gap_days: Annotated[int, Field(ge=1, le=365)]
    max_stale_days: Annotated[int, Field(ge=0, le=3_650)]


class SitesParams(BaseModel):
    """When a site's change of position is worth a warning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_move_km: Annotated[float, Field(gt=0)]


class FeatureEngineeringParams(BaseModel):
    """The groups of the pipeline, and how it spends memory and cores; the last two change no result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    block_rows: Annotated[int, Field(ge=1)]
    threads: Annotated[int, Field(ge=0)]
    policy: PolicyParams
    forecastable: ForecastableParams
    sites: SitesParams
    features: FeatureSpec

    @property
    def cores(self) -> int:
        """How many threads compute features."""
        return self.threads or os.cpu_count() or 1


def _known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise ValueError(f"{name!r} is no {what}; choose from {', '.join(known)}")
    return names
