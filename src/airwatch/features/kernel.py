"""The features of a series from its own past: one compiled sweep over its days.

A grid is a float64 array [series, past + days], one column a day, NaN where nothing was observed; a series is
one row of it. Its last ``days`` days are the origins; the ``past`` days before them are only looked back to.

Two laws hold to the last bit. A number depends on no later day, and on earlier ones only as far as its window
reaches. So sums run over lags in one fixed order, nested windows in one accumulating pass, never as
differences of running totals, whose rounding would depend on the day the grid begins; only whole numbers are
counted that way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airwatch.features.compiled import FloatArray, IntArray, compiled
from airwatch.features.grids import ratio
from airwatch.features.spec import DAYS_OF_A_YEAR, FeatureSpec

Columns = NDArray[np.float32]  # [columns, days], written in the order of ``FeatureSpec.own_groups``


class OwnPlan(NamedTuple):
    """The windows of ``own_past``, in days."""

    lag_days: int
    max_stale_days: int
    mean_days: IntArray
    missing_days: int
    history_days: int
    spread_days: IntArray
    step_days: IntArray
    step_min_count: int
    columns: int

    @classmethod
    def of(cls, spec: FeatureSpec) -> OwnPlan:
        """The windows as declared."""
        return cls(
            spec.lag_days,
            spec.max_stale_days,
            np.array(spec.mean_days),
            spec.missing_days,
            spec.history_days,
            np.array(spec.spread_days),
            np.array(spec.step_days),
            spec.step_min_count,
            len(spec.own_groups()),
        )


@compiled
def own_past(values: FloatArray, unit: FloatArray, days: int, plan: OwnPlan) -> Columns:
    """Every column that follows from a series' own observations.

    Args:
        values: Concentrations in the AQS unit [past + days], NaN where missing.
        unit: The same in the working unit.
        days: How many of the last days are origins.
        plan: The windows.

    Returns:
        The columns [columns, days] in the order of ``FeatureSpec.own_groups``.
    """
    out = np.empty((plan.columns, days), dtype=np.float32)
    filled, before = _filled(values), _seen_before(values)
    at = _lags(values, plan.lag_days, out, 0)
    _last_observed(values, plan.max_stale_days, out[at], out[at + 1])
    at = _means(filled, before, plan.mean_days, out, at + 2)
    _counts(before, plan.missing_days, out[at])
    for day in range(days):
        out[at, day] = 1.0 - out[at, day] / plan.missing_days
    _counts(before, plan.history_days, out[at + 1])
    at = _spreads(unit, plan.spread_days, out, at + 2)
    _steps(unit, plan.step_days, plan.step_min_count, out, at)
    return out


@compiled
def trailing_sums(grid: FloatArray, window: int, days: int) -> tuple[FloatArray, FloatArray]:
    """Sum and count of the observations of the last ``window`` days, the origin among them, [series, days]."""
    totals, counts = np.zeros((len(grid), days)), np.empty((len(grid), days))
    for row in range(len(grid)):
        _add_lags(_filled(grid[row]), 0, window, days, totals[row])
        _counts(_seen_before(grid[row]), window, counts[row])
    return totals, counts


@compiled
def trailing_spread(grid: FloatArray, window: int, min_count: int, days: int) -> FloatArray:
    """Standard deviation over the last ``window`` days, [series, days]; NaN below ``min_count`` observations."""
    spreads = np.empty((len(grid), days))
    for row in range(len(grid)):
        _spread(grid[row], window, min_count, spreads[row])
    return spreads


@compiled
def last_observed(grid: FloatArray, max_stale_days: int, days: int) -> tuple[FloatArray, FloatArray]:
    """The newest value at or before each origin and its age in days, [series, days]; NaN where older."""
    values, ages = np.empty((len(grid), days)), np.empty((len(grid), days))
    for row in range(len(grid)):
        _last_observed(grid[row], max_stale_days, values[row], ages[row])
    return values, ages


@compiled
def climatology(
    grid: FloatArray, days: int, horizon_days: int, years: int, half_width: int, min_count: int
) -> FloatArray:
    """Past-only mean of each day of the year, [series, days + horizon_days].

    Column ``d + lead`` belongs to the target day of origin ``d`` at that lead: the mean of the observations
    in windows around that day one to ``years`` years before. The newest of them is ``365 - half_width -
    horizon_days`` days before the origin. NaN for fewer than ``min_count`` observations.
    """
    means = np.zeros((len(grid), days + horizon_days))
    start = grid.shape[1] - days
    for row in range(len(grid)):
        filled, before, count = _filled(grid[row]), _seen_before(grid[row]), np.zeros(days + horizon_days)
        for year in range(1, years + 1):
            # The oldest and the newest day of the window, as days before the target; half a day is rounded to even.
            newest = int(np.rint(DAYS_OF_A_YEAR * year)) - half_width
            _add_lags(filled, newest, newest + 2 * half_width + 1, days, means[row])
            for day in range(days + horizon_days):
                end = start + day - newest + 1
                count[day] += before[end] - before[end - 2 * half_width - 1]
        for day in range(days + horizon_days):
            means[row, day] = means[row, day] / count[day] if count[day] >= min_count else np.nan
    return means


def trailing_mean(grid: FloatArray, window: int, days: int) -> FloatArray:
    """The mean of the observations of the last ``window`` days, [series, days]; NaN where there is none."""
    return ratio(*trailing_sums(grid, window, days))


@compiled
def _filled(series: FloatArray) -> FloatArray:
    """The series with zeros where nothing was observed."""
    filled = np.empty(len(series))
    for day in range(len(series)):
        filled[day] = 0.0 if np.isnan(series[day]) else series[day]
    return filled


@compiled
def _seen_before(series: FloatArray) -> IntArray:
    """How many days before each day were observed, [days of the series + 1]."""
    before = np.zeros(len(series) + 1, dtype=np.int64)
    for day in range(len(series)):
        before[day + 1] = before[day] + (not np.isnan(series[day]))
    return before


@compiled
def _add_lags(filled: FloatArray, low: int, high: int, days: int, total: FloatArray) -> None:
    """Add the days ``low`` to ``high - 1`` before each day of ``total``, whose first is the first origin."""
    start = len(filled) - days
    for back in range(low, high):
        for day in range(len(total)):
            total[day] += filled[start + day - back]


@compiled
def _counts(before: IntArray, window: int, count: FloatArray) -> None:
    """Observed days among the last ``window``."""
    end = len(before) - len(count)
    for day in range(len(count)):
        count[day] = before[end + day] - before[end + day - window]


@compiled
def _lags(values: FloatArray, lag_days: int, out: Columns, at: int) -> int:
    """The value of each of the last days; NaN where it was not observed."""
    start = len(values) - out.shape[1]
    for back in range(lag_days):
        for day in range(out.shape[1]):
            out[at + back, day] = values[start + day - back]
    return at + lag_days


@compiled
def _last_observed(series: FloatArray, max_stale_days: int, value: FloatArray, age: FloatArray) -> None:
    """The newest value at or before each origin, and its age in days; NaN where older than the limit."""
    start, newest = len(series) - len(value), -1
    for day in range(len(series)):
        if not np.isnan(series[day]):
            newest = day
        if day >= start:
            usable = newest >= 0 and day - newest <= max_stale_days
            value[day - start] = series[newest] if usable else np.nan
            age[day - start] = day - newest if usable else np.nan


@compiled
def _means(filled: FloatArray, before: IntArray, windows: IntArray, out: Columns, at: int) -> int:
    """The mean of the observations of each window; NaN where there is none."""
    days, low = out.shape[1], 0
    total, count = np.zeros(days), np.empty(days)
    for window in windows:
        _add_lags(filled, low, window, days, total)
        _counts(before, window, count)
        for day in range(days):
            out[at, day] = total[day] / count[day] if count[day] > 0 else np.nan
        low, at = window, at + 1
    return at


@compiled
def _spreads(unit: FloatArray, windows: IntArray, out: Columns, at: int) -> int:
    """Standard deviation over each window; NaN below two observations."""
    for window in windows:
        _spread(unit, window, 2, out[at])
        at += 1
    return at


@compiled
def _spread(series: FloatArray, window: int, min_count: int, spread: FloatArray) -> None:
    """Standard deviation over the last ``window`` days, divided by n; NaN below ``min_count`` observations."""
    days = len(spread)
    start = len(series) - days
    mean, count, squares = np.zeros(days), np.empty(days), np.zeros(days)
    _add_lags(_filled(series), 0, window, days, mean)
    _counts(_seen_before(series), window, count)
    for day in range(days):
        mean[day] /= count[day]
    for back in range(window):
        for day in range(days):
            off = series[start + day - back] - mean[day]
            squares[day] += off * off if off == off else 0.0
    for day in range(days):
        spread[day] = np.sqrt(squares[day] / count[day]) if count[day] >= min_count else np.nan


@compiled
def _steps(unit: FloatArray, windows: IntArray, min_count: int, out: Columns, at: int) -> None:
    """Mean distance from one day to the next over each window; NaN below ``min_count`` such pairs of days."""
    steps = np.empty(len(unit))
    for day in range(len(unit)):
        steps[day] = abs(unit[day] - unit[day - 1]) if day else np.nan
    before = _seen_before(steps)
    at = _means(_filled(steps), before, windows, out, at) - len(windows)
    count = np.empty(out.shape[1])
    for number in range(len(windows)):
        _counts(before, windows[number], count)
        for day in range(out.shape[1]):
            out[at + number, day] = out[at + number, day] if count[day] >= min_count else np.nan
