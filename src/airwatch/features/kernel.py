"""The features of a series from its own past: pure functions over dense daily grids.

A grid is a float64 array [series, past + days], one column a day, NaN where nothing was observed. Its last
``days`` columns are the origins; the ``past`` columns before them are only looked back to. Every result is
[series, days].

Two laws hold to the last bit. A column depends on no later column, and on earlier ones only as far as its
window reaches. So sums run over lags in one fixed order, never as differences of running totals, whose
rounding would depend on the day the grid begins; and no matrix product is used, whose order of summing
depends on the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from airwatch.features.spec import DAYS_OF_A_YEAR, ClimatologySpec, FeatureSpec

FloatArray = NDArray[np.float64]
Named = tuple[str, FloatArray]
Cell = TypeVar("Cell", np.float64, np.bool_)


def lagged(grid: NDArray[Cell], back: int, days: int) -> NDArray[Cell]:
    """The grid as it was ``back`` days before each origin: a view [series, days]."""
    end = grid.shape[1] - back
    return grid[:, end - days : end]


def own_columns(grid: FloatArray, days: int, spec: FeatureSpec) -> Iterator[Named]:
    """Every column that follows from a series' own observations, with its name."""
    filled, seen = np.nan_to_num(grid, nan=0.0), np.isfinite(grid)
    for back in range(spec.lag_days):
        yield f"value_lag_{back:02d}", lagged(grid, back, days)
    last, since = last_observed(grid, days, spec.max_stale_days)
    yield "value_last", last
    yield "days_since_last", since
    sums = trailing_sums(filled, seen, (*spec.mean_days, *spec.spread_days, spec.missing_days), days)
    for window in spec.mean_days:
        yield f"value_mean_{window:02d}", ratio(*sums[window])
    yield from _extremes(grid, days, spec.extreme_days)
    for window in spec.spread_days:
        yield f"spread_{window:02d}", spread(filled, seen, window, days, sums[window])
    for half_life in spec.ewm_half_lives_days:
        reach = half_life * spec.ewm_reach_half_lives
        yield f"value_ewm_{half_life:02d}", decaying_mean(filled, seen, half_life, reach, days)
    yield f"missing_{spec.missing_days:02d}", 1.0 - sums[spec.missing_days][1] / spec.missing_days
    for lead in range(1, 8):
        backs = [7 - lead + 7 * week for week in range(spec.weekday_weeks)]
        yield f"value_weekday_{lead:02d}", lag_mean(filled, seen, backs, days)


def ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    """The mean from a sum and the number of terms in it; NaN where there is none."""
    mean: FloatArray = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def first_known(*choices: FloatArray) -> FloatArray:
    """Elementwise the first choice that is not NaN."""
    known = choices[0]
    for choice in choices[1:]:
        known = np.where(np.isnan(known), choice, known)
    return known


def trailing_mean(grid: FloatArray, window: int, days: int) -> FloatArray:
    """The mean of the observations of the last ``window`` days; NaN where there is none."""
    return ratio(*trailing_sums(np.nan_to_num(grid, nan=0.0), np.isfinite(grid), (window,), days)[window])


def last_observed(grid: FloatArray, days: int, max_stale_days: int) -> tuple[FloatArray, FloatArray]:
    """The newest value at or before each origin, and its age in days; NaN where older than the limit."""
    position = np.arange(grid.shape[1])
    newest = np.maximum.accumulate(np.where(np.isfinite(grid), position, -1), axis=1)[:, -days:]
    age = position[-days:] - newest
    usable = (newest >= 0) & (age <= max_stale_days)
    value = np.take_along_axis(grid, np.maximum(newest, 0), axis=1)
    return np.where(usable, value, np.nan), np.where(usable, age, np.nan)


def trailing_sums(
    filled: FloatArray, seen: NDArray[np.bool_], windows: Sequence[int], days: int
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Sum and count of the observations of the last ``window`` days, the origin among them, by window."""
    total, count = np.zeros((len(filled), days)), np.zeros((len(filled), days))
    found = {}
    for back in range(max(windows)):
        total += lagged(filled, back, days)
        count += lagged(seen, back, days)
        if back + 1 in windows:
            found[back + 1] = total.copy(), count.copy()
    return found


def lag_mean(filled: FloatArray, seen: NDArray[np.bool_], backs: Sequence[int], days: int) -> FloatArray:
    """The mean of the observations that many days back."""
    total, count = np.zeros((len(filled), days)), np.zeros((len(filled), days))
    for back in backs:
        total += lagged(filled, back, days)
        count += lagged(seen, back, days)
    return ratio(total, count)


def spread(
    filled: FloatArray,
    seen: NDArray[np.bool_],
    window: int,
    days: int,
    sums: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Standard deviation over the last ``window`` days, divided by n; NaN below two observations."""
    mean, count = ratio(*sums), sums[1]
    squares = np.zeros(mean.shape)
    for back in range(window):
        deviation = lagged(filled, back, days) - mean
        squares += np.where(lagged(seen, back, days), deviation * deviation, 0.0)
    return np.sqrt(ratio(squares, np.where(count >= 2, count, 0.0)))


def decaying_mean(filled: FloatArray, seen: NDArray[np.bool_], half_life: float, reach: int, days: int) -> FloatArray:
    """Exponential mean whose weight halves every ``half_life`` days, over the last ``reach`` days."""
    total, weight = np.zeros((len(filled), days)), np.zeros((len(filled), days))
    for back in range(reach):
        share = 0.5 ** (back / half_life)
        total += share * lagged(filled, back, days)
        weight += share * lagged(seen, back, days)
    return ratio(total, weight)


def climatology(grid: FloatArray, days: int, horizon_days: int, spec: ClimatologySpec) -> FloatArray:
    """Past-only mean of each day of the year, [series, days + horizon_days].

    Column ``d + lead`` belongs to the target day of origin ``d`` at that lead: the mean of the observations
    in windows around that day one to ``years`` years before. The newest of them is ``365 - half_width_days -
    horizon_days`` days before the origin. NaN for fewer than ``min_count`` observations.
    """
    sums = _band_sum(np.nan_to_num(grid, nan=0.0), spec.half_width_days)
    counts = _band_sum(np.isfinite(grid).astype(np.float64), spec.half_width_days)
    shape = len(grid), days + horizon_days
    total, count = np.zeros(shape), np.zeros(shape)
    for year in range(1, spec.years + 1):
        centre = round(DAYS_OF_A_YEAR * year) - horizon_days
        total += lagged(sums, centre, days + horizon_days)
        count += lagged(counts, centre, days + horizon_days)
    return ratio(total, np.where(count >= spec.min_count, count, 0.0))


def _band_sum(filled: FloatArray, half_width: int) -> FloatArray:
    """Sum over the days within ``half_width`` of each day; zero at the ends, which no climatology reaches."""
    total = np.zeros(filled.shape)
    inner = total[:, half_width : filled.shape[1] - half_width]
    for offset in range(2 * half_width + 1):
        inner += filled[:, offset : offset + inner.shape[1]]
    return total


def _extremes(grid: FloatArray, days: int, windows: Sequence[int]) -> Iterator[Named]:
    """Lowest and highest observation of the last ``window`` days."""
    low, high = lagged(grid, 0, days).copy(), lagged(grid, 0, days).copy()
    for back in range(1, max(windows) + 1):
        if back in windows:
            yield f"value_min_{back:02d}", low.copy()
            yield f"value_max_{back:02d}", high.copy()
        np.fmin(low, lagged(grid, back, days), out=low)
        np.fmax(high, lagged(grid, back, days), out=high)
