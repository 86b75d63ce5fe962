"""What the feature table holds: its windows and reaches, and the columns that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from airwatch.domain.pollutants import CRITERIA, WEATHER

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECTORS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
DAYS_OF_A_YEAR = 365.25
FALLBACK_DAYS = 90  # the mean that stands in for a climatology
_YEAR_DAYS = 365
_NEWEST_LAGS = 2


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise ValueError("give them in rising order, each once")
    return values


Days = Annotated[int, Field(ge=1, le=_YEAR_DAYS)]
Windows = Annotated[tuple[Days, ...], Field(min_length=1), AfterValidator(_rising)]
Km = Annotated[float, Field(ge=0)]


class ClimatologySpec(BaseModel):
    """The past-only mean of a day of the year: ``years`` windows of ``2 * half_width_days + 1`` days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    years: Annotated[int, Field(ge=1, le=10)]
    # The window of the year before must end before the origin of the longest lead, 14 days.
    half_width_days: Annotated[int, Field(ge=0, le=60)]
    min_count: Annotated[int, Field(ge=1)]


class SurroundingsSpec(BaseModel):
    """Which other sites count for a site: distances in km, windows in days, widths in degrees.

    Attributes:
        level_days: Days of a site's usual level.
        level_borrow_days: Days that the level of the sites near by counts for beside a site's own.
        near_km: Reach of the sites whose level a site borrows and whose spread is taken.
        neighbour_km: Reach of the mean of concentrations.
        softening_km: Added to the distance before the weight ``1 / km**2`` of those two.
        sector_km, far_km: Distances, from and to, of the sites of a sector near by and far off.
        sector_degrees: Width of each of the eight sectors, whose centres are 45 degrees apart: a site lies in one of
            them, or in two.
        sector_softening_km: Added to the distance before the weight ``1 / km`` of a sector.
        region_km, region_scale_km, region_days: Reach of the region, the distance at which a site's weight
            there has fallen to 1/e, and the trailing mean of it.
        smoke_km, smoke_days, smoke_spreads, smoke_min_count: A site within reach smokes where it stands that
            many of its own standard deviations of those days, at least so many of them observed, above its
            level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level_days: Days
    level_borrow_days: Annotated[float, Field(ge=0)]
    near_km: Km
    neighbour_km: Km
    softening_km: Annotated[float, Field(gt=0)]
    sector_km: Annotated[tuple[Km, Km], AfterValidator(_rising)]
    far_km: Annotated[tuple[Km, Km], AfterValidator(_rising)]
    sector_degrees: Literal[45, 90]
    sector_softening_km: Annotated[float, Field(gt=0)]
    region_km: Km
    region_scale_km: Annotated[float, Field(gt=0)]
    region_days: Days
    smoke_km: Km
    smoke_days: Days
    smoke_spreads: Annotated[float, Field(gt=0)]
    smoke_min_count: Annotated[int, Field(ge=2)]

    @property
    def reach_km(self) -> float:
        """The distance of the farthest site that can matter to a row."""
        around = (self.near_km, self.neighbour_km, self.region_km, self.smoke_km)
        return max(*around, self.sector_km[1], self.far_km[1])

    @property
    def past_days(self) -> int:
        """How many days before an origin the surroundings are looked at, each with its own level."""
        return max(1, self.region_days - 1)

    @property
    def reach_days(self) -> int:
        """How many days before an origin can matter to its surroundings."""
        return max(self.past_days + self.level_days, self.smoke_days)


class FeatureSpec(BaseModel):
    """Windows in days, distances in km. Each feature looks back a finite time, at most ``reach_days``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transforms: dict[str, Literal["log1p", "identity"]]
    lag_days: Annotated[int, Field(ge=2, le=60)]
    mean_days: Windows
    missing_days: Days
    history_days: Days
    spread_days: Windows
    step_days: Windows
    step_min_count: Annotated[int, Field(ge=1)]
    climatology: ClimatologySpec
    max_stale_days: Annotated[int, Field(ge=1, le=1_000)]
    surroundings: SurroundingsSpec

    @field_validator("transforms")
    @classmethod
    def _complete(cls, transforms: dict[str, str]) -> dict[str, str]:
        if set(transforms) != set(CRITERIA):
            raise ValueError(f"name a transform for each of {', '.join(CRITERIA)} and for nothing else")
        return transforms

    @model_validator(mode="after")
    def _steps_can_be_counted(self) -> Self:
        if self.step_min_count > self.step_days[0]:
            raise ValueError("step_min_count must not exceed the shortest of step_days")
        return self

    @property
    def reach_days(self) -> int:
        """How many days before an origin can matter to its row."""
        climatology = round(DAYS_OF_A_YEAR * self.climatology.years) + self.climatology.half_width_days
        # A step of the oldest day of its window needs the day before it.
        windows = (*self.mean_days, *self.spread_days, max(self.step_days) + 1, self.missing_days, self.history_days)
        return max(climatology, *windows, self.lag_days, self.max_stale_days, self.surroundings.reach_days)

    def columns(self, pollutants: Sequence[str], horizon_days: int) -> list[str]:
        """Names of the feature columns, in order.

        They follow from the parameters alone, never from the data, so that a model finds those it was fitted
        on.
        """
        return list(self.groups(pollutants, horizon_days))

    def groups(self, pollutants: Sequence[str], horizon_days: int) -> dict[str, str]:
        """The group in words that each feature column belongs to, in the order of the columns."""
        seasonal = [f"value_climatology_{lead:02d}" for lead in range(horizon_days + 1)]
        return {
            **self.own_groups(),
            **dict.fromkeys([*seasonal, "deviation_climatology", "level"], "usual level"),
            **self.surrounding_groups(),
            **dict.fromkeys(_recent("other", pollutants), "other pollutants"),
            **dict.fromkeys(_recent("weather", weather_series()), "weather"),
            **calendar_groups(horizon_days),
            "latitude": "place",
            "longitude": "place",
        }

    def own_groups(self) -> dict[str, str]:
        """The columns that follow from a site's own observations, in the order of ``own_columns``."""
        lags = {
            f"value_lag_{back:02d}": "yesterday" if back < _NEWEST_LAGS else "recent level"
            for back in range(self.lag_days)
        }
        means = {
            f"value_mean_{window:02d}": "usual level" if window >= _YEAR_DAYS else "recent level"
            for window in self.mean_days
        }
        return {
            **lags,
            "value_last": "yesterday",
            "days_since_last": "data",
            **means,
            f"missing_{self.missing_days:02d}": "data",
            "history_days": "data",
            **{f"spread_{window:02d}": "variability" for window in self.spread_days},
            **{f"step_{window:02d}": "variability" for window in self.step_days},
        }

    def surrounding_groups(self) -> dict[str, str]:
        """The columns that follow from the other sites, in the order of ``around_columns``."""
        around = self.surroundings
        upwind = [f"{kind}_{side}_{form}" for side in SECTORS for kind, form in _SECTOR_FORMS]
        region = ["region_00", "region_01", f"region_mean_{around.region_days:02d}", "network_00", "smoke_share_00"]
        return {
            "value_neighbours_00": "neighbours",
            "near_spread_00": "variability",
            **dict.fromkeys(upwind, "upwind"),
            **dict.fromkeys(region, "region"),
        }


_SECTOR_FORMS = (("sector", "00"), ("sector", "change"), ("far", "00"))


def weather_series() -> list[str]:
    """The weather series of a region; a wind direction is two, for an angle has no mean."""
    ahead = (("wind_direction_sin", "wind_direction_cos") if name == "wind_direction" else (name,) for name in WEATHER)
    return [series for names in ahead for series in names]


def calendar_groups(horizon_days: int) -> dict[str, str]:
    """The calendar columns."""
    leads = [f"{name}_{lead:02d}" for lead in range(1, horizon_days + 1) for name in ("holiday", "fireworks")]
    weekdays = [f"weekday_{day}" for day in WEEKDAYS]
    return {
        **dict.fromkeys(("doy_sin", "doy_cos", "doy_sin_2", "doy_cos_2"), "season"),
        **dict.fromkeys([*weekdays, *leads], "calendar"),
    }


def _recent(prefix: str, series: Sequence[str]) -> list[str]:
    return [f"{prefix}_{name}_{form}" for name in series for form in ("00", "mean_03")]
