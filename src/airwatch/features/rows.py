"""From features on grids to the rows of the feature table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.features.compiled import Named
from airwatch.features.grids import DayAxis, Grid
from airwatch.features.kernel import Columns


class FeatureTable:
    """Rows (site_id, pollutant, origin_date), sorted, from a site's first observation to the last origin.

    The columns are written one at a time into one float32 block, so that memory stays that of the table
    itself.
    """

    def __init__(self, names: Sequence[str], axis: DayAxis, grids: Mapping[str, Grid]) -> None:
        """Lay out the rows of the grids, by pollutant; every cell is NaN until it is written."""
        self._names = list(names)
        self._number = {name: number for number, name in enumerate(self._names)}
        self._axis = axis
        self._series = sorted(
            (site_id, pollutant, site, _first_origin(grid, site, axis))
            for pollutant, grid in grids.items()
            for site, site_id in enumerate(grid.site_ids)
        )
        lengths = np.array([axis.days - first for *_, first in self._series])
        self._ends = np.cumsum(lengths)
        self._block = np.full((len(self._names), int(lengths.sum())), np.nan, dtype=np.float32)

    def write(self, pollutant: str, columns: Iterable[Named]) -> None:
        """Write columns of one pollutant, each [sites, days], [1, days], [days] or [sites, 1]."""
        places = self._places(pollutant)
        for name, column in columns:
            target = self._block[self._number[name]]
            values = np.broadcast_to(column, (len(places), self._axis.days))
            for rows, site, first in places:
                target[rows] = values[site, first:]

    def write_series(self, pollutant: str, names: Sequence[str], sweep: Callable[[int], Columns]) -> None:
        """Write the columns [columns, days] that ``sweep`` makes of each row of the pollutant's grid."""
        columns = [self._number[name] for name in names]
        for rows, site, first in self._places(pollutant):
            self._block[columns, rows] = sweep(site)[:, first:]

    def _places(self, pollutant: str) -> list[tuple[slice, int, int]]:
        """The rows of each of the pollutant's sites, its row of the grid, and its first origin."""
        return [
            (slice(int(end) - self._axis.days + first, int(end)), site, first)
            for end, (_, name, site, first) in zip(self._ends, self._series, strict=True)
            if name == pollutant
        ]

    def frame(self) -> pd.DataFrame:
        """The table."""
        lengths = np.diff(self._ends, prepend=0)
        frame = pd.DataFrame(self._block.T, columns=self._names, copy=False)
        days = self._axis.origins.to_numpy()
        origins = np.concatenate([days[first:] for *_, first in self._series])
        frame.insert(0, "site_id", _repeated([site_id for site_id, *_ in self._series], lengths))
        frame.insert(1, "pollutant", _repeated([pollutant for _, pollutant, *_ in self._series], lengths))
        frame.insert(2, "origin_date", origins)
        return frame


def empty_table(names: Sequence[str]) -> pd.DataFrame:
    """The feature table without a row, its columns typed."""
    keys = {"site_id": pd.Series(dtype="str"), "pollutant": pd.Series(dtype="str")}
    origins = {"origin_date": pd.Series(dtype="datetime64[us]")}
    return pd.DataFrame({**keys, **origins, **{name: pd.Series(dtype="float32") for name in names}})


def _first_origin(grid: Grid, site: int, axis: DayAxis) -> int:
    """The first origin on or after the site's first observation."""
    first = int(np.argmax(np.isfinite(grid.values[site])))
    return max(first - axis.past, 0)


def _repeated(values: Sequence[str], lengths: NDArray[np.int64]) -> pd.Series:
    return pd.Series(values, dtype="str").iloc[np.repeat(np.arange(len(lengths)), lengths)].reset_index(drop=True)
