"""What the feature table holds: its windows and reaches, and the columns that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from airwatch.domain.pollutants import WEATHER

Days = Annotated[int, Field(ge=1, le=365)]
Windows = Annotated[tuple[Days, ...], Field(min_length=1)]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS_OF_A_YEAR = 365.25


class ClimatologySpec(BaseModel):
    """The past-only mean of a day of the year: ``years`` windows of ``2 * half_width_days + 1`` days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    years: Annotated[int, Field(ge=1, le=10)]
    # The window of the year before must end before the origin of the longest lead, 14 days.
    half_width_days: Annotated[int, Field(ge=0, le=60)]
    min_count: Annotated[int, Field(ge=1)]


class FeatureSpec(BaseModel):
    """Windows in days, distances in km. Each feature looks back a finite time, at most ``reach_days``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lag_days: Annotated[int, Field(ge=2, le=60)]
    mean_days: Windows
    extreme_days: Windows
    spread_days: Windows
    ewm_half_lives_days: Windows
    ewm_reach_half_lives: Annotated[int, Field(ge=1, le=20)]
    missing_days: Days
    weekday_weeks: Annotated[int, Field(ge=1, le=26)]
    climatology: ClimatologySpec
    max_stale_days: Annotated[int, Field(ge=1, le=1_000)]
    neighbour_km: Annotated[float, Field(gt=0)]
    neighbour_softening_km: Annotated[float, Field(gt=0)]
    holiday_reach_days: Days

    @property
    def reach_days(self) -> int:
        """How many days before an origin can matter to its row."""
        climatology = round(DAYS_OF_A_YEAR * self.climatology.years) + self.climatology.half_width_days
        ewm = max(self.ewm_half_lives_days) * self.ewm_reach_half_lives
        windows = (*self.mean_days, *self.extreme_days, *self.spread_days, self.missing_days)
        return max(climatology, ewm, *windows, self.lag_days, 7 * (self.weekday_weeks + 1), self.max_stale_days)

    def columns(self, pollutants: Sequence[str], horizon_days: int) -> list[str]:
        """Names of the feature columns, in order.

        They follow from the parameters alone, never from the data, so that a model finds those it was fitted
        on.
        """
        return [
            *self._own_columns(),
            *(f"value_climatology_{lead:02d}" for lead in range(horizon_days + 1)),
            "deviation_climatology",
            "value_neighbours_00",
            "value_neighbours_01",
            "value_region_00",
            "value_region_01",
            "value_region_mean_07",
            *(f"other_{name}_{form}" for name in pollutants for form in ("00", "mean_03")),
            *(f"weather_{name}_{form}" for name in weather_series() for form in ("00", "mean_03")),
            *calendar_names(horizon_days),
            "latitude",
            "longitude",
        ]

    def _own_columns(self) -> Iterator[str]:
        """Columns that follow from a site's own observations."""
        yield from (f"value_lag_{back:02d}" for back in range(self.lag_days))
        yield from ("value_last", "days_since_last")
        yield from (f"value_mean_{window:02d}" for window in self.mean_days)
        yield from (f"value_{kind}_{window:02d}" for window in self.extreme_days for kind in ("min", "max"))
        yield from (f"spread_{window:02d}" for window in self.spread_days)
        yield from (f"value_ewm_{half_life:02d}" for half_life in self.ewm_half_lives_days)
        yield f"missing_{self.missing_days:02d}"
        yield from (f"value_weekday_{lead:02d}" for lead in range(1, 8))


def weather_series() -> list[str]:
    """The weather series of a region; a wind direction is two, for an angle has no mean."""
    ahead = (("wind_direction_sin", "wind_direction_cos") if name == "wind_direction" else (name,) for name in WEATHER)
    return [series for names in ahead for series in names]


def calendar_names(horizon_days: int) -> list[str]:
    """Names of the calendar columns."""
    return [
        "doy_sin",
        "doy_cos",
        *(f"weekday_{day}" for day in WEEKDAYS),
        *(f"weekend_{lead:02d}" for lead in range(1, horizon_days + 1)),
        "days_to_holiday",
        "days_since_holiday",
        "days_to_fireworks",
        "days_since_fireworks",
    ]
