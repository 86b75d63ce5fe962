"""Small observations and splits for the skill benchmark, by keyword."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.skill.history import History
from benchmarks.skill.split import Split

SITES = ("06-037-0001", "06-037-0002", "41-051-0003")


def observed(values: Sequence[float], start: str = "2019-01-01", site: str = SITES[0]) -> pd.DataFrame:
    """One site's values of consecutive days; NaN is a day without observation."""
    days = pd.date_range(start, periods=len(values), freq="D")
    return pd.DataFrame({"site_id": site, "date_local": days, "value": values}).dropna(ignore_index=True)


def places(sites: Sequence[str] = SITES) -> pd.DataFrame:
    """Where the sites are: on a line."""
    return pd.DataFrame({"site_id": sites, "latitude": 34.0 + np.arange(len(sites)), "longitude": -118.0})


def history_of(*series: pd.DataFrame, horizon: int = 2) -> History:
    """The grid of a few sites' observations."""
    together = pd.concat(series)
    return History.of(together, places(sorted(together["site_id"].unique())), horizon)


def wandering(days: int, start: str, seed: int = 20) -> pd.DataFrame:
    """Three sites whose logarithms forget three tenths of themselves a day, a twentieth of the days missing."""
    rng = np.random.default_rng(seed)
    level = np.zeros((len(SITES), days))
    for day in range(1, days):
        level[:, day] = 0.7 * level[:, day - 1] + 0.3 * rng.standard_normal(len(SITES))
    values = np.where(rng.random(level.shape) < 0.05, np.nan, (10.0 * np.exp(level)).round(1))
    return pd.concat([observed(row, start, site) for site, row in zip(SITES, values, strict=True)], ignore_index=True)


def build_split(train_until: str = "2019-12-31", origins: int = 30, horizon: int = 2, **given: object) -> Split:
    """PM2.5 at all three sites, from the days after training."""
    until = pd.Timestamp(train_until)
    days = pd.date_range(until + pd.Timedelta(days=1), periods=origins, freq="D")
    fields = {"protocol": "dev", "pollutant": "pm25", "test_sites": SITES, "near_daily": 0, **given}
    return Split(train_until=until, origins=days, horizon=horizon, **fields)
