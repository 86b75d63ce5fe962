"""From long tables of observations to dense daily grids, one for each pollutant or weather parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.features.compiled import FloatArray
from airwatch.features.neighbours import region_mean

_DEGREES = np.arange(360)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The days of a grid's columns: ``past`` days to look back to, then ``days`` origins from ``start``."""

    start: pd.Timestamp
    days: int
    past: int

    @property
    def origins(self) -> pd.DatetimeIndex:
        """The origins, consecutive local standard days."""
        return pd.date_range(self.start, periods=self.days, freq="D")

    def columns_of(self, dates: pd.Series) -> NDArray[np.int64]:
        """Column of each date; outside ``0 <= column < past + days`` the day is not on the axis."""
        since = dates.to_numpy().astype("datetime64[D]") - np.datetime64(self.start, "D")
        return np.asarray(since.astype(np.int64) + self.past)


@dataclass(frozen=True, slots=True)
class Grid:
    """The observations of one parameter: ``values`` [sites, past + days], NaN where nothing was observed."""

    site_ids: NDArray[np.object_]
    values: FloatArray

    def rows_of(self, site_ids: NDArray[np.object_]) -> FloatArray:
        """The values of those sites, all NaN for a site that does not observe this parameter."""
        rows = pd.Index(self.site_ids).get_indexer(pd.Index(site_ids))
        return np.where(rows[:, None] >= 0, self.values[rows], np.nan)


def build_grid(observations: pd.DataFrame, axis: DayAxis) -> Grid:
    """Lay out one parameter's observations, the sites in the order of their ids.

    Raises:
        ValueError: Two values for one site and day.
    """
    column = axis.columns_of(observations["date_local"])
    on_axis = (column >= 0) & (column < axis.past + axis.days)
    row, site_ids = pd.factorize(observations["site_id"].to_numpy(dtype=object)[on_axis], sort=True)
    values = np.full((len(site_ids), axis.past + axis.days), np.nan)
    place = row * values.shape[1] + column[on_axis]
    _require_unique(place, site_ids, values.shape[1])
    values.ravel()[place] = observations["value"].to_numpy(dtype=np.float64)[on_axis]
    return Grid(np.asarray(site_ids, dtype=object), values)


def weather_regions(name: str, grid: Grid) -> dict[str, FloatArray]:
    """The region's weather each day, by series name, [1, past + days].

    A wind direction in degrees becomes the sine and cosine of the mean vector over the sites: near zero,
    both, where the sites disagree. Degrees are rounded to whole ones (EPA asks instruments for 5 degrees),
    whose sines come from one table.
    """
    if name != "wind_direction":
        return {name: region_mean(grid.values)}
    known = np.isfinite(grid.values)
    degrees = np.where(known, np.rint(grid.values), 0.0).astype(np.int64) % len(_DEGREES)
    angles = np.deg2rad(_DEGREES)
    return {
        f"{name}_{part}": region_mean(np.where(known, table[degrees], np.nan))
        for part, table in (("sin", np.sin(angles)), ("cos", np.cos(angles)))
    }


def ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    """The mean from a sum and the weight of its terms; NaN where there is none."""
    mean: FloatArray = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def lagged(grid: FloatArray, back: int, days: int) -> FloatArray:
    """The grid as it was ``back`` days before each origin: a view [series, days]."""
    end = grid.shape[1] - back
    return grid[:, end - days : end]


def first_known(*choices: FloatArray) -> FloatArray:
    """Elementwise the first choice that is not NaN."""
    known = choices[0]
    for choice in choices[1:]:
        known = np.where(np.isnan(known), choice, known)
    return known


def _require_unique(place: NDArray[np.int64], site_ids: pd.Index | NDArray[np.object_], width: int) -> None:
    """Refuse two values for one site and day."""
    order = np.sort(place)
    repeated = np.flatnonzero(order[1:] == order[:-1])
    if len(repeated):
        site_id = site_ids[order[repeated[0]] // width]
        raise ValueError(
            f"{len(repeated)} days are in the observations twice, the first at site {site_id}. "
            "Keep one value for each site, pollutant and day."
        )
