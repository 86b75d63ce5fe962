"""Scores of the mean and of the distribution of one set of forecasts (``airwatch.scores`` has the definitions)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]

QUANTILES = {"q05": 0.05, "q10": 0.10, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q90": 0.90, "q95": 0.95}
INTERVALS = {50: ("q25", "q75"), 80: ("q10", "q90"), 90: ("q05", "q95")}


def complete(*arrays: ArrayLike) -> list[FloatArray]:
    """The arrays as float64, without the places where one of them is NaN."""
    floats: list[FloatArray] = [np.asarray(array, dtype=np.float64) for array in arrays]
    missing = np.logical_or.reduce([np.isnan(array) for array in floats])
    return [array[~missing] for array in floats] if missing.any() else floats


def rmse(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Root mean squared error."""
    f, o = complete(forecast, observed)
    return float(np.sqrt(mean_of((f - o) ** 2)))


def mae(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean absolute error."""
    f, o = complete(forecast, observed)
    return mean_of(np.abs(f - o))


def mean_bias(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean of forecast minus observed."""
    f, o = complete(forecast, observed)
    return mean_of(f - o)


def nmb(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean bias: the sum of errors over the sum of observations (a share, not percent)."""
    f, o = complete(forecast, observed)
    return ratio((f - o).sum(), o.sum())


def nme(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean error: the sum of absolute errors over that of observations (a share, not percent)."""
    f, o = complete(forecast, observed)
    return ratio(np.abs(f - o).sum(), o.sum())


def correlation(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Pearson's r; NaN where either side does not vary."""
    f, o = complete(forecast, observed)
    if not f.size:
        return float("nan")
    f, o = f - f.mean(), o - o.mean()
    return ratio((f * o).sum(), np.sqrt((f**2).sum() * (o**2).sum()))


def agreement(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Willmott's index of agreement (1981), 1 for no error: errors beside how far both lie from the observed mean."""
    f, o = complete(forecast, observed)
    if not f.size:
        return float("nan")
    return 1.0 - ratio(((f - o) ** 2).sum(), ((np.abs(f - o.mean()) + np.abs(o - o.mean())) ** 2).sum())


def fractional_bias(forecast: ArrayLike, observed: ArrayLike) -> float:
    """The mean of error over the mean of forecast and observed (a share); rows where that is not positive are left out.

    It lies within -2 and 2 where neither side is negative, so that no single row decides it.
    """
    return mean_of(_fractional_errors(forecast, observed))


def fractional_error(forecast: ArrayLike, observed: ArrayLike) -> float:
    """As ``fractional_bias``, of the absolute error."""
    return mean_of(np.abs(_fractional_errors(forecast, observed)))


def mse_skill(forecast: ArrayLike, observed: ArrayLike, reference: ArrayLike) -> float:
    """One minus the ratio of mean squared errors of forecast and reference, on the rows that have both."""
    f, o, r = complete(forecast, observed, reference)
    return 1.0 - ratio(((f - o) ** 2).sum(), ((r - o) ** 2).sum())


def pinball_loss(quantile: ArrayLike, observed: ArrayLike, level: float) -> FloatArray:
    """The loss of one quantile forecast, elementwise."""
    shortfall = np.asarray(observed, dtype=np.float64) - np.asarray(quantile, dtype=np.float64)
    return np.maximum(level * shortfall, (level - 1.0) * shortfall)


def crps(quantiles: ArrayLike, observed: ArrayLike) -> float:
    """The mean of ``crps_rows``, without the rows where it is missing."""
    losses = crps_rows(quantiles, observed)
    return mean_of(losses[~np.isnan(losses)])


def crps_rows(quantiles: ArrayLike, observed: ArrayLike) -> FloatArray:
    """Twice the mean pinball loss over the seven quantiles, row by row.

    Args:
        quantiles: At the levels of ``QUANTILES`` [n, 7].
        observed: [n].

    Returns:
        [n], in the unit of the observations; NaN where a member is missing.
    """
    columns = np.asarray(quantiles, dtype=np.float64).reshape(-1, len(QUANTILES)).T
    losses = np.zeros(columns.shape[1])
    for quantile, level in zip(columns, QUANTILES.values(), strict=True):
        losses += pinball_loss(quantile, observed, level)
    return 2.0 / len(QUANTILES) * losses


def worst_tenth(observed: ArrayLike) -> NDArray[np.bool_]:
    """Which observations are among the highest tenth: at or above the 90th percentile of those known [n]."""
    values = np.asarray(observed, dtype=np.float64)
    known = values[~np.isnan(values)]
    return values >= np.quantile(known, 0.9) if known.size else np.zeros(values.shape, dtype=bool)


def coverage(low: ArrayLike, high: ArrayLike, observed: ArrayLike) -> float:
    """The share of observations within the interval, ends included."""
    lower, upper, o = complete(low, high, observed)
    return mean_of((o >= lower) & (o <= upper))


def sharpness(low: ArrayLike, high: ArrayLike) -> float:
    """The mean width of the interval."""
    lower, upper = complete(low, high)
    return mean_of(upper - lower)


def mean_of(values: NDArray[Any]) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")


def ratio(above: float, below: float) -> float:
    """The ratio; NaN where it would be over nothing."""
    return float(above / below) if below else float("nan")


def _fractional_errors(forecast: ArrayLike, observed: ArrayLike) -> FloatArray:
    """Each error over the mean of its two sides, where that is positive."""
    f, o = complete(forecast, observed)
    positive = f + o > 0
    return 2.0 * (f - o)[positive] / (f + o)[positive]
