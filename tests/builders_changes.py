"""A metro whose sites share their weather, with a fault where a test wants one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.domain.transforms import transform
from airwatch.pipelines.monitoring.changes.days import Days

LAST = pd.Timestamp("2023-12-31")
COUNT = 900  # days up to LAST


def site_ids(count: int) -> list[str]:
    """The ids of a metro's sites."""
    return [f"06-037-{number:04d}" for number in range(count)]


def build_metro(sites: int = 6, count: int = COUNT, seed: int = 1, noise: float = 0.15, **columns: Any) -> pd.DataFrame:
    """``daily_observations`` of PM2.5 around 10 µg/m³: what sites share has a spread of 0.5, what not ``noise``.

    Spreads are those of the logarithm.
    """
    draw, days = np.random.default_rng(seed), pd.date_range(end=LAST, periods=count, freq="D")
    shared = draw.normal(0, 0.5, count)
    values = np.exp(np.log(10.0) + shared + draw.normal(0, noise, (sites, count)))
    table = pd.DataFrame(
        {
            "site_id": np.repeat(site_ids(sites), count),
            "pollutant": "pm25",
            "date_local": np.tile(days, sites),
            "value": values.ravel().round(1),
            "poc": 1,
            "method_code": "170",
            "event_type": "No Events",
        }
    )
    return table.astype({"site_id": "str", "pollutant": "str"}).assign(**columns)


def from_day(observations: pd.DataFrame, days_ago: int, sites: Sequence[str] | None = None) -> pd.Series:
    """Which rows are of the last so many days, of some sites or of all."""
    late = observations["date_local"] > LAST - pd.Timedelta(days=days_ago)
    return late if sites is None else late & observations["site_id"].isin(sites)


def times(observations: pd.DataFrame, factor: float, rows: pd.Series) -> pd.DataFrame:
    """The observations, some of them multiplied."""
    return observations.assign(value=observations["value"].where(~rows, factor * observations["value"]))


def a_day_late(observations: pd.DataFrame, rows: pd.Series, days: int = 1) -> pd.DataFrame:
    """The observations, each of some rows with the value of so many days before at its site."""
    late = observations.groupby("site_id")["value"].shift(days)
    return observations.assign(value=observations["value"].where(~rows, late))


def filtered(observations: pd.DataFrame, sites: int = 3, period: int = 3) -> pd.DataFrame:
    """The observations, some of the sites sampling each third or sixth day of EPA's calendar only."""
    number = (observations["date_local"] - pd.Timestamp("1970-01-01")).dt.days
    return observations[~observations["site_id"].isin(site_ids(sites)) | (number % period == 1)]


def places(observations: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """``sites`` a few km apart, in the area."""
    ids = sorted(observations["site_id"].unique())
    given = {
        "site_id": pd.Series(ids, dtype="str"),
        "pollutant": "pm25",
        "latitude": 34.0 + 0.05 * np.arange(len(ids)),
        "longitude": -118.0,
        "state": "California",
        "in_area": True,
    }
    return pd.DataFrame({**given, **columns})


def build_smoke(site: str | None = None, *days: str) -> pd.DataFrame:
    """``smoke_days`` of one site; without a site none."""
    if site is None:
        return schemas.empty("SmokeDays")
    marked = pd.Series(pd.to_datetime(list(days))).astype("datetime64[us]")
    return pd.DataFrame({"site_id": site, "date_local": marked, "share": 1.0, "told_by": "network"})


def grid(observations: pd.DataFrame, smoke_days: pd.DataFrame | None = None, history: int = COUNT) -> Days:
    """The observations as the tests of drift read them."""
    smoke = build_smoke() if smoke_days is None else smoke_days
    working = transform("log1p")
    days = Days.of("pm25", observations, places(observations), smoke, LAST, history, working)
    assert days is not None
    return days
