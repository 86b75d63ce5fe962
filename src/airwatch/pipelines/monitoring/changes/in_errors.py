"""Residual drift: whether matured forecasts have begun to err to one side, beyond what the season explains.

Errors are those of the median in the working unit, in units of the forecast's own spread, so that a day on which
much was uncertain counts no more than another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.domain.transforms import Transform
from airwatch.features.compiled import FloatArray
from airwatch.features.records import EPOCH, days_since_epoch
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.pipelines.monitoring.changes.finding import AREA, Tested, long_run_spread, robust_spread
from airwatch.pipelines.monitoring.changes.sequential import cumulative_sums
from airwatch.pipelines.monitoring.params import MonitoringParams

TEST = "bias"
ERROR_KEY = ["site_id", "target_date"]

_SPREADS_80 = 2.563  # standard deviations between the 10 % and the 90 % quantile of a normal distribution
_FAR_SPREADS = 4.0  # an error counts as no more
_FAR_OF_DAYS = 3.0  # nor a day of an area as more of its usual spreads
_LEAST_RELATIVE_SPREAD = 1e-6
_LEAST_SPREAD = 1e-6  # of errors, which are in spreads of a forecast
_LEAST_LATELY = 5


@dataclass(frozen=True)
class Errors:
    """Errors of one pollutant's forecasts by target day, in units of their spread.

    Attributes:
        pollutant: Its name.
        scopes: A site id, a state or ``AREA`` for each row.
        start: Of the first column, days since 1970-01-01.
        values: Above zero where more was observed than forecast; NaN where nothing matured [scopes, days].
    """

    pollutant: str
    scopes: NDArray[np.object_]
    start: int
    values: FloatArray


def watch_errors(
    pollutant: str,
    forecasts: pd.DataFrame,
    smoke_days: pd.DataFrame,
    states: pd.Series,
    as_of: pd.Timestamp,
    working: Transform,
    params: MonitoringParams,
) -> Iterator[Tested]:
    """Test the errors of the area, of each state where there are several, and of each site.

    Args:
        pollutant: Its name.
        forecasts: ``site_id``, ``target_date``, ``q10``, ``q50``, ``q90`` and ``observed`` of one lead, each site and
            day once.
        smoke_days: Site-days that are left out.
        states: The state of each site id.
        as_of: Ends the days that are judged.
        working: The working unit.
        params: Windows, the least bias and the run length.
    """
    kept = _without(forecasts[forecasts["target_date"] <= as_of], smoke_days)
    if kept.empty:
        yield Tested("residual", AREA, TEST, float("nan"), 1.0, None, "Not judged: no forecast has matured.")
        return
    at_sites = _of_sites(pollutant, kept, as_of, working)
    yield from _tested(_together(at_sites, states), params)
    yield from _tested(at_sites, params)


def _without(forecasts: pd.DataFrame, smoke_days: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of days without smoke."""
    smoky = pd.MultiIndex.from_frame(smoke_days[["site_id", "date_local"]])
    return forecasts[~pd.MultiIndex.from_frame(forecasts[ERROR_KEY]).isin(smoky)]


def _of_sites(pollutant: str, forecasts: pd.DataFrame, as_of: pd.Timestamp, working: Transform) -> Errors:
    """The errors of each site, no error counting as more than a few spreads."""
    unit = {name: working.forward(forecasts[name].to_numpy(dtype=np.float64)) for name in ("q10", "q50", "q90")}
    observed = working.forward(forecasts["observed"].to_numpy(dtype=np.float64))
    spread = (unit["q90"] - unit["q10"]) / _SPREADS_80
    least = _LEAST_RELATIVE_SPREAD * np.maximum(np.abs(unit["q50"]), np.abs(observed))
    error = np.where(spread > least, (observed - unit["q50"]) / np.where(spread > least, spread, 1.0), np.nan)
    site, ids = pd.factorize(forecasts["site_id"].astype("object"), sort=True)
    day = days_since_epoch(forecasts["target_date"]).astype(np.int64)
    start, end = int(day.min()), int((np.datetime64(as_of, "D") - EPOCH).astype(int))
    values = np.full((len(ids), end - start + 1), np.nan)
    values[site, day - start] = np.clip(error, -_FAR_SPREADS, _FAR_SPREADS)
    return Errors(pollutant, np.asarray(ids, dtype=object), start, values)


def _together(errors: Errors, states: pd.Series) -> Errors:
    """The mean errors of the area and of each of its states; of a day on which a site matured."""
    state = states.reindex(errors.scopes).fillna("").to_numpy(dtype=object)
    names = [name for name in np.unique(state) if name]
    groups = [np.ones(len(state), dtype=bool), *([state == name for name in names] if len(names) > 1 else [])]
    known = np.isfinite(errors.values)
    count = np.array([known[rows].sum(axis=0) for rows in groups])
    total = np.array([np.where(known[rows], errors.values[rows], 0.0).sum(axis=0) for rows in groups])
    scopes = np.array([AREA, *(names if len(names) > 1 else [])], dtype=object)
    return Errors(errors.pollutant, scopes, errors.start, total / np.where(count > 0, count, np.nan))


def _tested(errors: Errors, params: MonitoringParams) -> Iterator[Tested]:
    """The sums of what the newest days erred beyond the same weeks of earlier years, row by row."""
    settled, days = params.changes, errors.values.shape[1]
    sequence = max(days - settled.sequence_days, 0)
    past, newest = errors.values[:, :sequence], errors.values[:, sequence:]
    before, lately = np.isfinite(past).sum(axis=1), np.isfinite(newest).sum(axis=1)
    usual = _same_weeks(errors.values, sequence, params)
    spread, daily = long_run_spread(past - _mean(past)), robust_spread(past - _mean(past))[:, None]
    able = (before >= settled.min_days) & (lately >= _LEAST_LATELY) & (spread > _LEAST_SPREAD)
    spread = np.where(able, spread, 1.0)
    z = np.clip(newest - usual, -_FAR_OF_DAYS * daily, _FAR_OF_DAYS * daily) / spread[:, None]
    run_length = settled.run_length_days * max(int(able.sum()), 1)
    sums = cumulative_sums(z, settled.least_bias / spread, run_length)
    for row, scope in enumerate(errors.scopes):
        if not able[row]:
            if lately[row] or scope == AREA:
                few = before[row] < settled.min_days or lately[row] < _LEAST_LATELY
                note = f"Not judged: {before[row]} errors before, {lately[row]} lately, {settled.min_days} and "
                note += f"{_LEAST_LATELY} needed." if few else "their spread cannot be told."
                yield Tested("residual", str(scope), TEST, float("nan"), 1.0, None, note)
            continue
        since = int(sums.since[row])
        yield _row(errors, row, float(sums.worst[row]), sequence + since, newest[row, since:] - usual[row, 0])


def _row(errors: Errors, row: int, statistic: float, since: int, beyond: FloatArray) -> Tested:
    """One test, in words where it found something."""
    scope, label = str(errors.scopes[row]), POLLUTANTS[errors.pollutant].label
    if abs(statistic) <= 1:
        return Tested("residual", scope, TEST, statistic, 1.0, None, "")
    side = "above" if statistic > 0 else "below"
    by = abs(float(np.nanmean(beyond)))
    note = f"{label} is observed {by:.1f} spreads {side} its forecasts, unlike in the same weeks of earlier years."
    day = pd.Timestamp(EPOCH + (errors.start + since))
    return Tested("residual", scope, TEST, statistic, 1.0, day, note)


def _same_weeks(values: FloatArray, sequence: int, params: MonitoringParams) -> FloatArray:
    """The mean error of the same weeks of earlier years; where they have too few, of all days before [rows, 1]."""
    margin, least = params.changes.reference_margin_days, params.changes.min_days // 2
    total, years = np.zeros(len(values)), np.zeros(len(values))
    for year in range(1, params.drift.reference_years + 1):
        back = round(DAYS_OF_A_YEAR * year)
        weeks = values[:, max(sequence - back - margin, 0) : max(min(values.shape[1] - back + margin, sequence), 0)]
        enough = np.isfinite(weeks).sum(axis=1) >= least
        total += np.where(enough, _mean(weeks)[:, 0], 0.0)
        years += enough
    return np.where(years > 0, total / np.maximum(years, 1), _mean(values[:, :sequence])[:, 0])[:, None]


def _mean(values: FloatArray) -> FloatArray:
    """The mean of each row [rows, 1]; NaN where nothing is known."""
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1, keepdims=True) / np.where(count > 0, count, np.nan))
