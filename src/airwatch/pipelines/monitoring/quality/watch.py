"""One pollutant's sites and days as the checks of data quality read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import Transform
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.grids import DayAxis, build_grid
from airwatch.features.plan import Grid
from airwatch.features.records import EPOCH, Records, first_day
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.pipelines.monitoring.params import QualityParams

Mask = NDArray[np.bool_]

_YEAR = 365


@dataclass(frozen=True)
class Watch:
    """The sites of one pollutant; rows are sites in the order of their ids, columns days.

    Attributes:
        pollutant: Its name.
        site_ids: Of the rows.
        places: Latitude and longitude, degrees [sites, 2]; NaN where unknown.
        inside: Whether a site is of the area; the others are neighbours [sites].
        cadence: Days from one sample to the next, as ``sites`` has it [sites]; NaN where unknown.
        provisional: The column of each site's first value that stands in for AQS; one past the last where none does.
        start: Of the first column, days since 1970-01-01.
        values: AQS unit, NaN where nothing was observed.
        unit: The same in the working unit.
        working: That unit.
        params: Windows and limits.
    """

    pollutant: str
    site_ids: NDArray[np.object_]
    places: FloatArray
    inside: Mask
    cadence: FloatArray
    provisional: IntArray
    start: int
    values: Grid
    unit: Grid
    working: Transform
    params: QualityParams

    @classmethod
    def of(
        cls,
        pollutant: str,
        records: Sequence[Records],
        met: list[str],
        sites: pd.DataFrame,
        working: Transform,
        params: QualityParams,
        provisional: Mapping[str, pd.Timestamp],
    ) -> Watch:
        """Lay out what was observed.

        Args:
            pollutant: Its name.
            records: Its observations, at least one.
            met: The ids of the sites that they number.
            sites: ``sites``, of any pollutant.
            working: The working unit.
            params: Windows and limits.
            provisional: The first day of each site that stands in for AQS, of those that have one.
        """
        last = max(int(part.day.max()) for part in records)
        width = min(last - first_day(records) + 1, round(params.history_years * DAYS_OF_A_YEAR) + _YEAR)
        axis = DayAxis(last - width + 1, width, width)
        grid = build_grid(records, met, axis)
        begun = [provisional.get(site, EPOCH + (last + 1)) for site in grid.site_ids]
        known = sites[sites["pollutant"] == pollutant].set_index("site_id").reindex(grid.site_ids)
        return cls(
            pollutant=pollutant,
            site_ids=grid.site_ids,
            places=known[["latitude", "longitude"]].to_numpy(dtype=np.float64),
            inside=(known["in_area"] == True).to_numpy(dtype=bool),  # noqa: E712  missing is not inside
            cadence=known["cadence_days"].to_numpy(dtype=np.float64),
            provisional=axis.columns_of(pd.DatetimeIndex(begun)),
            start=last - width + 1,
            values=grid.values,
            unit=working.forward(grid.values),
            working=working,
            params=params,
        )

    @cached_property
    def seen(self) -> Mask:
        """Where something was observed [sites, days]."""
        return np.isfinite(self.values)

    @cached_property
    def first(self) -> IntArray:
        """The column of each site's first observation."""
        return np.asarray(np.argmax(self.seen, axis=1))

    @cached_property
    def last(self) -> IntArray:
        """The column of each site's newest observation."""
        return np.asarray(self.values.shape[1] - 1 - np.argmax(self.seen[:, ::-1], axis=1))

    @cached_property
    def active(self) -> IntArray:
        """The rows of the area's sites that have observed enough in the year to ``through`` to be judged."""
        year = self.seen[:, max(self.through + 1 - _YEAR, 0) : self.through + 1].sum(axis=1)
        return np.flatnonzero(self.inside & (year >= self.params.min_days))

    @cached_property
    def through(self) -> int:
        """The column up to which the network has reported.

        One agency publishes before another, so it is not the newest day of all but the one that a quarter of the sites
        that are at work have reached.
        """
        return self._reached(self.last)

    @cached_property
    def reached(self) -> IntArray:
        """The column up to which each site can have reported [sites].

        Where nothing stands in for a site while AQS is late, that is as far as AQS has come.
        """
        width = self.values.shape[1]
        of_aqs = self.seen & (np.arange(width) < self.provisional[:, None])
        newest = np.where(of_aqs.any(axis=1), width - 1 - np.argmax(of_aqs[:, ::-1], axis=1), -1)
        return np.where(self.provisional < width, self.through, self._reached(newest))

    @cached_property
    def recent_at(self) -> IntArray:
        """The first column on which a fault of each site's own readings is still named that ended there [sites]."""
        return np.asarray(self.reached + 1 - self.params.recent_days)

    def _reached(self, newest: IntArray) -> int:
        """The column that a quarter of the sites at work have reached, going by the newest column of each."""
        at_work = newest[self.last > self.values.shape[1] - 1 - _YEAR]
        return int(np.quantile(at_work, 0.75, method="higher"))

    @cached_property
    def recent(self) -> int:
        """The first column on which a fault is still named that ended there."""
        return self.through + 1 - self.params.recent_days

    def day(self, column: int) -> pd.Timestamp:
        """The day of a column."""
        return pd.Timestamp(EPOCH + (self.start + int(column)))

    def column(self, day: pd.Timestamp) -> int:
        """The column of a day, which may lie outside."""
        return int((np.datetime64(day, "D") - EPOCH).astype(int)) - self.start

    def years_before(self, first: int, last: int, margin: int) -> list[slice]:
        """The same weeks of earlier years as columns, the newest year first; those that lie on the grid whole."""
        shifts = [round(DAYS_OF_A_YEAR * year) for year in range(1, self.params.history_years + 1)]
        return [slice(first - s - margin, last - s + margin + 1) for s in shifts if first - s - margin >= 0]


def runs(marked: Mask) -> NDArray[np.int64]:
    """Where True stands without a break, first and last place of each stretch [stretches, 2]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return np.asarray(edges.reshape(-1, 2) - [0, 1])
