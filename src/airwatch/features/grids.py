"""Dense daily grids, one for each pollutant or weather parameter: a row a site, a column a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import parameter
from airwatch.features.compiled import IntArray, compiled
from airwatch.features.plan import STEPS, Grid, whole_step
from airwatch.features.records import EPOCH, Numbers, Records
from airwatch.features.series import region_mean
from airwatch.features.tasks import at_once

_DEGREES = np.arange(360)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The days of a grid's columns: ``width`` of them from ``start`` on, the last ``days`` of which are origins."""

    start: int  # days since 1970-01-01
    width: int
    days: int

    @property
    def origin_days(self) -> NDArray[np.datetime64]:
        """The origins, consecutive local standard days, as a table has them."""
        end = self.start + self.width
        return np.arange(end - self.days, end).astype("datetime64[D]").astype("datetime64[us]")

    @property
    def origins(self) -> pd.DatetimeIndex:
        """The origins."""
        return pd.DatetimeIndex(self.origin_days, freq="D")

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


def build_grid(parts: Sequence[Records], sites: Sequence[str], axis: DayAxis, threads: int = 1) -> SiteGrid:
    """Lay out one parameter's observations, the sites in the order of their ids.

    Raises:
        ValueError: Two values for one site and day.
    """
    site_ids, number = np.array(sites, dtype=object), len(sites)
    met = at_once([partial(_met, each.site, each.day, axis.start, axis.width, number) for each in parts], threads)
    there = np.flatnonzero(np.any(met, axis=0))
    there = there[np.argsort(site_ids[there])]
    row_of = np.zeros(number, dtype=np.int64)
    row_of[there] = np.arange(len(there))
    values = np.full((len(there), axis.width), np.nan, dtype=np.float32)
    put = [partial(_lay_out, row_of, each.site, each.day, each.value, axis.start, values) for each in parts]
    twice = sum(at_once(put, threads)) - np.count_nonzero(~np.isnan(values))
    if twice:
        raise ValueError(
            f"{twice} days are in the observations twice, the first at site {_first_twice(parts, site_ids, axis)}. "
            "Keep one value for each site, pollutant and day."
        )
    return SiteGrid(site_ids[there], values)


@compiled
def _met(site: Numbers, day: Numbers, start: int, width: int, sites: int) -> NDArray[np.bool_]:
    """Whether each site observed something on the axis [sites]."""
    met = np.zeros(sites, np.bool_)
    for number in range(len(site)):
        if 0 <= day[number] - start < width:
            met[site[number]] = True
    return met


@compiled
def _lay_out(
    row_of: IntArray, site: Numbers, day: Numbers, value: NDArray[np.float32], start: int, values: Grid
) -> int:
    """Put values into their places; how many those on the axis are."""
    count, width = 0, values.shape[1]
    for number in range(len(site)):
        column = day[number] - start
        if 0 <= column < width:
            values[row_of[site[number]], column] = value[number]
            count += 1
    return count


def _first_twice(parts: Sequence[Records], site_ids: NDArray[np.object_], axis: DayAxis) -> str:
    """The first site with two values on a day of the axis."""
    site, day = (np.concatenate([getattr(each, name) for each in parts]) for name in ("site", "day"))
    on_axis = (day >= axis.start) & (day < axis.start + axis.width)
    table = pd.DataFrame({"site": site_ids[site[on_axis]], "day": day[on_axis]})
    return str(table.loc[table.duplicated(), "site"].min())


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
