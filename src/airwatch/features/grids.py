"""Dense daily grids, one for each pollutant or weather parameter: a row a site, a column a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import parameter
from airwatch.features.compiled import IntArray
from airwatch.features.plan import STEPS, Grid, whole_step
from airwatch.features.records import EPOCH, Records
from airwatch.features.series import region_mean

_DEGREES = np.arange(360)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The days of a grid's columns: ``width`` of them from ``start`` on, the last ``days`` of which are origins."""

    start: int  # days since 1970-01-01
    width: int
    days: int

    @property
    def origins(self) -> pd.DatetimeIndex:
        """The origins, consecutive local standard days."""
        first = pd.Timestamp(EPOCH + (self.start + self.width - self.days))
        return pd.date_range(first, periods=self.days, freq="D", unit="us")

    def columns_of(self, dates: pd.DatetimeIndex) -> NDArray[np.int64]:
        """Column of each date; outside ``0 <= column < width`` the day is not on the axis."""
        return np.asarray((dates.to_numpy().astype("datetime64[D]") - EPOCH).astype(np.int64) - self.start)


@dataclass(frozen=True, slots=True)
class SiteGrid:
    """The observations of one parameter: ``values`` [sites, width], NaN where nothing was observed."""

    site_ids: NDArray[np.object_]
    values: Grid

    @property
    def first(self) -> IntArray:
        """The column of each site's first observation."""
        return np.asarray(np.argmax(~np.isnan(self.values), axis=1))

    def rows_of(self, site_ids: NDArray[np.object_]) -> Grid:
        """The values of those sites, all NaN for a site that does not observe this parameter."""
        rows = pd.Index(self.site_ids).get_indexer(pd.Index(site_ids))
        found = self.values[rows]
        found[rows < 0] = np.nan
        return found


def build_grid(records: Records, sites: Sequence[str], axis: DayAxis) -> SiteGrid:
    """Lay out one parameter's observations, the sites in the order of their ids.

    Raises:
        ValueError: Two values for one site and day.
    """
    column = records.day - axis.start
    on_axis = (column >= 0) & (column < axis.width)
    rows = slice(None) if on_axis.all() else on_axis
    site, column = records.site[rows], column[rows]
    met = np.flatnonzero(np.bincount(site, minlength=len(sites)))
    met = met[np.argsort(np.array(sites, dtype=object)[met])]
    row_of = np.zeros(len(sites), dtype=np.int64)
    row_of[met] = np.arange(len(met))
    values = np.full((len(met), axis.width), np.nan, dtype=np.float32)
    place = row_of[site] * axis.width + column
    values.ravel()[place] = records.value[rows]
    grid = SiteGrid(np.array(sites, dtype=object)[met], values)
    if np.count_nonzero(~np.isnan(values)) < len(place):
        raise _twice(place, grid)
    return grid


def weather_regions(name: str, grid: Grid) -> dict[str, Grid]:
    """The region's weather each day, by series name, [1, width].

    A wind direction in degrees becomes the sine and cosine of the mean vector over the sites: near zero,
    both, where the sites disagree. Degrees are rounded to whole ones (EPA asks instruments for 5 degrees),
    whose sines come from one table.
    """
    if name != "wind_direction":
        return {name: region_mean(grid, whole_step(parameter(name).highest_plausible, STEPS))}
    known = np.isfinite(grid)
    degrees = np.where(known, np.rint(grid), 0.0).astype(np.int64) % len(_DEGREES)
    angles = np.deg2rad(_DEGREES)
    return {
        f"{name}_{part}": region_mean(
            np.where(known, table.astype(np.float32)[degrees], np.float32(np.nan)), whole_step(1.0, STEPS)
        )
        for part, table in (("sin", np.sin(angles)), ("cos", np.cos(angles)))
    }


def first_known(first: Grid, otherwise: Grid) -> Grid:
    """Elementwise the first choice, or the other where it is NaN."""
    return np.where(np.isnan(first), otherwise, first)


def _twice(place: IntArray, grid: SiteGrid) -> ValueError:
    """Two values for one site and day."""
    order = np.sort(place)
    repeated = np.flatnonzero(order[1:] == order[:-1])
    site_id = grid.site_ids[order[repeated[0]] // grid.values.shape[1]]
    return ValueError(
        f"{len(repeated)} days are in the observations twice, the first at site {site_id}. "
        "Keep one value for each site, pollutant and day."
    )
