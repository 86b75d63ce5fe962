"""Observations as one dense grid, and the rows (a site and an origin) that peers learn from and forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.skill.split import Split
from benchmarks.skill.units import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Daily values of every site.

    Attributes:
        values: [sites, days], never negative, NaN where nothing was observed.
        start: The day of the first column.
        sites: ``site_id``, ``latitude``, ``longitude``, a row of the grid each.
        horizon: Longest lead, days.
    """

    values: Floats
    start: pd.Timestamp
    sites: pd.DataFrame
    horizon: int

    @classmethod
    def of(cls, observations: pd.DataFrame, sites: pd.DataFrame, horizon: int) -> History:
        """Lay out observations of one value for each site and day.

        Small negative readings, an instrument's noise about zero, count as zero: logarithms would make them far.
        """
        ids = pd.Index(sorted(observations["site_id"].unique()))
        days = pd.date_range(observations["date_local"].min(), observations["date_local"].max(), freq="D")
        values = np.full((len(ids), len(days)), np.nan)
        row = ids.get_indexer(pd.Index(observations["site_id"]))
        column = days.get_indexer(pd.Index(observations["date_local"]))
        values[row, column] = np.maximum(observations["value"], 0.0)
        return cls(values, days[0], sites.set_index("site_id").loc[ids].reset_index(names="site_id"), horizon)

    @property
    def days(self) -> pd.DatetimeIndex:
        """The days of the columns."""
        return pd.date_range(self.start, periods=self.values.shape[1], freq="D")

    def until(self, day: pd.Timestamp) -> History:
        """The same, knowing nothing of the days after ``day``."""
        return replace(self, values=self.values[:, : (day - self.start).days + 1])


@dataclass(frozen=True, slots=True)
class Rows:
    """Sites and origins by their places in a history's grid, each [n]."""

    site: Ints
    day: Ints

    @classmethod
    def observed(cls, history: History, first: pd.Timestamp | None = None) -> Rows:
        """Every site and origin that was observed, from the day ``first`` on."""
        skipped = 0 if first is None else max(0, (first - history.start).days)
        site, day = np.nonzero(np.isfinite(history.values[:, skipped:]))
        return cls(site.astype(np.int64), day.astype(np.int64) + skipped)

    @classmethod
    def of_split(cls, history: History, split: Split) -> Rows:
        """Every test site and origin of the split where the origin was observed."""
        rows = cls.observed(history, split.origins[0])
        wanted = history.sites["site_id"].isin(split.test_sites).to_numpy()
        keep = wanted[rows.site] & np.asarray(history.days.isin(split.origins))[rows.day]
        return cls(rows.site[keep], rows.day[keep])

    def targets(self, history: History) -> Floats:
        """What was observed one to ``horizon`` days after each origin [n, horizon], NaN where nothing was."""
        beyond = np.full((len(history.values), history.horizon), np.nan)
        padded = np.hstack([history.values, beyond])
        return np.asarray(padded[self.site[:, None], self.day[:, None] + np.arange(1, history.horizon + 1)])

    def at(self, grid: Floats, back: int = 0) -> Floats:
        """The grid ``back`` days before each origin [n], NaN before its first day."""
        day = self.day - back
        return np.where(day >= 0, grid[self.site, np.maximum(day, 0)], np.nan)
