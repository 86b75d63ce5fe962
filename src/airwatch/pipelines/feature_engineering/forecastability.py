"""Which sites can be forecast as of a day, and why the others cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import WEATHER
from airwatch.features.grids import DayAxis, build_grid
from airwatch.features.records import EPOCH, collect
from airwatch.pipelines.feature_engineering.params import ForecastableParams

YEAR_DAYS = 365
NEVER = -1
OTHER_SCHEDULE = 0

_SCHEDULES = {3: "every third day", 6: "every sixth day", 12: "every twelfth day"}  # EPA's sampling calendar

Columns = NDArray[np.int32]  # columns of a grid, or differences of them, which are days
Texts = NDArray[np.object_]


def forecastable(
    observations: pd.DataFrame,
    origins: pd.DatetimeIndex,
    params: ForecastableParams,
    network: Mapping[str, pd.DatetimeIndex] | None = None,
) -> pd.DataFrame:
    """Say of every site and origin whether there is enough recent history for a forecast.

    The measure is the network: the newest day at or before the origin on which any site observed the
    pollutant. That day may be ``max_stale_days`` old, for AQS is months late. A site needs ``min_days``
    observations in the 365 days that end with it, and an observation in the ``max_gap_days`` that end with
    it.

    Args:
        observations: ``daily_observations``; only days at or before an origin count for it. Weather is passed
            over.
        origins: Local standard days, in order.
        params: The limits, in days.
        network: The days on which any site of the network observed each pollutant, in order, where the observations
            are of some of its sites. Of the days at or before an origin it is enough to have the newest.

    Returns:
        One row for each (site_id, pollutant, origin_date), sorted, for the sites with an observation by then:
        ``data_through`` is the site's newest observed day, ``reason_not`` is empty where ``forecastable``.
    """
    known = observations[observations["value"].notna() & ~observations["pollutant"].isin(list(WEATHER))]
    known = known[known["date_local"] <= origins.max()]
    by_name = known.groupby("pollutant", observed=True, sort=True)
    frames = [_judge(str(name), rows, origins, params, (network or {}).get(str(name))) for name, rows in by_name]
    if not frames:
        return _empty()
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values(["site_id", "pollutant", "origin_date"], kind="stable", ignore_index=True)


@dataclass(frozen=True, slots=True)
class _History:
    """Facts about one pollutant by column of its grid, each from that column and earlier ones."""

    newest: Columns  # [sites, columns]: the newest observed column at or before, NEVER where there is none
    seen: NDArray[np.bool_]  # [sites, columns]

    @classmethod
    def of(cls, seen: NDArray[np.bool_]) -> _History:
        columns = np.arange(seen.shape[1], dtype=np.int32)
        newest = np.maximum.accumulate(np.where(seen, columns, np.int32(NEVER)), axis=1)
        return cls(newest, seen)

    def count_of_year(self, marked: NDArray[np.bool_], last: Columns) -> Columns:
        """Marked columns among the 365 that end with each of ``last``, [sites, len(last)]."""
        running = np.cumsum(marked, axis=1, dtype=np.int32)
        return np.asarray(running[:, last] - running[:, np.maximum(last - YEAR_DAYS, 0)])

    def schedule(self, last: Columns) -> Columns:
        """Days between samples if most gaps of the year that ends with ``last`` are that long, else zero."""
        before = np.pad(self.newest[:, :-1], ((0, 0), (1, 0)), constant_values=NEVER)
        gap = np.where(self.seen & (before != NEVER), np.arange(self.seen.shape[1]) - before, 0)
        total = self.count_of_year(self.seen, last)
        found = np.full(total.shape, OTHER_SCHEDULE, dtype=np.int32)
        for days in _SCHEDULES:
            found[2 * self.count_of_year(gap == days, last) > total] = days
        return found


def _judge(
    pollutant: str,
    rows: pd.DataFrame,
    origins: pd.DatetimeIndex,
    params: ForecastableParams,
    network: pd.DatetimeIndex | None,
) -> pd.DataFrame:
    """The rows of one pollutant."""
    start, last = rows["date_local"].min(), origins.max()
    days = (last - start).days + 1
    axis = DayAxis((start - pd.Timestamp(EPOCH)).days - YEAR_DAYS, YEAR_DAYS + days, days)
    collected = collect([rows], (pollutant,), last)
    grid = build_grid(collected.records[pollutant], list(collected.sites), axis)
    history = _History.of(np.isfinite(grid.values))
    at = _columns(axis, origins)
    if network is None:
        newest = history.newest.max(axis=0)[at]
    else:
        newest = _columns(axis, network[np.maximum(network.searchsorted(origins, side="right") - 1, 0)])
    own, reasons = history.newest[:, at], _reasons(history, at, newest, params)
    site, origin = np.nonzero(own != NEVER)
    through = np.datetime64(start, "D") + (own[site, origin] - YEAR_DAYS)
    return pd.DataFrame(
        {
            "site_id": pd.Series(grid.site_ids, dtype="str").iloc[site].reset_index(drop=True),
            "pollutant": pd.Series([pollutant], dtype="str").iloc[0 * site].reset_index(drop=True),
            "origin_date": origins.to_numpy()[origin],
            "data_through": through.astype("datetime64[us]"),
            "forecastable": reasons[site, origin] == "",
            "reason_not": pd.Series(reasons[site, origin], dtype="str"),
        }
    )


def _columns(axis: DayAxis, days: pd.DatetimeIndex) -> Columns:
    """Columns of a grid that is empty before its first observation, as is what lies before the grid."""
    return np.maximum(axis.columns_of(days), 0).astype(np.int32)


def _reasons(history: _History, at: Columns, network: Columns, params: ForecastableParams) -> Texts:
    """Why each site cannot be forecast as of each column, given the network's newest; empty where it can.

    Returns:
        [sites, len(at)].
    """
    count = history.count_of_year(history.seen, network)
    reasons = np.full(count.shape, "", dtype=object)
    few = count < params.min_days
    reasons[few] = _too_few(count[few], history.schedule(network)[few], params.min_days)
    silent = network - history.newest[:, at] >= params.max_gap_days
    reasons[silent] = f"no observation in the last {params.max_gap_days} days"
    age = at - network
    for column in np.flatnonzero(age > params.max_stale_days):
        newest = f"no site has an observation newer than {age[column]} days"
        reasons[:, column] = f"{newest}, {params.max_stale_days} allowed"
    return reasons


def _too_few(count: Columns, schedule: Columns, needed: int) -> Texts:
    """The reason for each pair of count and schedule; there are few pairs, so each text is written once."""
    pairs, which = np.unique(np.stack([schedule, count]), axis=1, return_inverse=True)
    texts = [_too_few_text(int(days), int(observed), needed) for days, observed in pairs.T]
    return np.array([*texts, ""], dtype=object)[which.ravel()]


def _too_few_text(schedule: int, observed: int, needed: int) -> str:
    days = "day" if observed == 1 else "days"
    counted = f"{observed} {days} of observations in the last {YEAR_DAYS}, {needed} needed"
    return f"samples {_SCHEDULES[schedule]}: {counted}" if schedule in _SCHEDULES else counted


def _empty() -> pd.DataFrame:
    dates, texts = pd.Series(dtype="datetime64[us]"), pd.Series(dtype="str")
    return pd.DataFrame(
        {
            "site_id": texts,
            "pollutant": texts,
            "origin_date": dates,
            "data_through": dates,
            "forecastable": pd.Series(dtype=bool),
            "reason_not": texts,
        }
    )
