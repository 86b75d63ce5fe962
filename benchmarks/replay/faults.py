"""Faults put into a real history from a day on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

LATE_DAYS = 1
HIGH = 1.3
SLIP = 1000.0
LOW_FORECASTS = 0.8
_FORECAST = ["mean", "q05", "q10", "q25", "q50", "q75", "q90", "q95"]

Change = Callable[[pd.DataFrame, str, pd.Timestamp], pd.DataFrame]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at a site, in the whole network or in the forecasts.

    Attributes:
        name: What the report calls it.
        change: Gives the table as it would have been, of the site, from the day on.
        found_by: Tests of ``drift`` and checks of ``data_quality`` that name it; of a metro of one site ``freshness``.
        of: ``site``, ``network`` or ``forecasts``: what it changes, and which scope must be named.
    """

    name: str
    change: Change
    found_by: tuple[str, ...]
    of: str


def reads_high(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """An instrument that reads 30 % high."""
    return times(values, site, day, HIGH)


def unit_slips(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """An instrument whose values come a thousand times too large."""
    return times(values, site, day, SLIP)


def site_dies(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """A site of which nothing comes any more."""
    return values[~since(values, site, day)]


def site_is_late(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """A site whose values come under the date of the day after their own.

    The value of the day before the first is then given again, as it is where a clock is put back.
    """
    return _late(values, values["site_id"] == site, day)


def all_are_late(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """All sites' values come under the date of the day after their own."""
    return _late(values, values["site_id"].notna(), day)


def all_skip_a_day(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """All sites' values come under the date of the day before their own, and one day is lost."""
    after = values["date_local"] > day
    early = values[after].assign(date_local=values.loc[after, "date_local"] - pd.Timedelta(days=LATE_DAYS))
    return _sorted([values[values["date_local"] < day], early])


def forecasts_run_low(forecasts: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """Forecasts of all sites that are 20 % lower than they were."""
    return forecasts.assign(
        **{
            name: forecasts[name].where(forecasts["target_date"] < day, LOW_FORECASTS * forecasts[name])
            for name in _FORECAST
        }
    )


CALENDAR = ("repeated", "schedule", "weekday")
FAULTS = (
    Fault("instrument 30 % high", reads_high, ("level",), "site"),
    Fault("unit slip (× 1,000)", unit_slips, ("unit", "level"), "site"),
    Fault("dead site", site_dies, ("silent", "freshness"), "site"),
    Fault("calendar of a site a day late", site_is_late, ("calendar", "schedule"), "site"),
    Fault("calendar of all sites a day late", all_are_late, CALENDAR, "network"),
    Fault("calendar of all sites a day early", all_skip_a_day, CALENDAR, "network"),
    Fault("forecasts 20 % low", forecasts_run_low, ("bias",), "forecasts"),
)


def since(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.Series:
    """Which rows are of the site, from the day on."""
    return (values["site_id"] == site) & (values["date_local"] >= day)


def times(values: pd.DataFrame, site: str, day: pd.Timestamp, factor: float) -> pd.DataFrame:
    """The site's values from the day on multiplied."""
    hit = since(values, site, day)
    return values.assign(value=values["value"].where(~hit, factor * values["value"]))


def _late(values: pd.DataFrame, of: pd.Series, day: pd.Timestamp) -> pd.DataFrame:
    """Values from the day before ``day`` on a day later; what was there before that day stays."""
    shift, days = pd.Timedelta(days=LATE_DAYS), values["date_local"]
    moved = values[of & (days >= day - shift)]
    return _sorted([values[~of | (days < day)], moved.assign(date_local=moved["date_local"] + shift)])


def _sorted(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).sort_values(["site_id", "date_local"], ignore_index=True)
