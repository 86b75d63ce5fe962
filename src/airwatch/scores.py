"""Scores of forecasts: of the mean, of the intervals, of the chances, each beside persistence and climatology.

Definitions: CRPS is twice the mean pinball loss over the seven quantiles; skill is one minus the ratio of mean squared
errors on the same rows; intervals include their ends; an exceedance is an AQI above 100 by EPA's 2024 table; FAR is the
false-alarm ratio, false alarms over alarms. Concentrations and their errors are in the AQS unit. A pair with a missing
member is left out; a score of nothing is NaN.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from airwatch.domain.aqi import exceedance_concentration

FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

QUANTILES = {"q05": 0.05, "q10": 0.10, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q90": 0.90, "q95": 0.95}
INTERVALS = {50: ("q25", "q75"), 80: ("q10", "q90"), 90: ("q05", "q95")}
BRIER_AQI = (50, 100, 150)
EXCEEDANCE_AQI = 100
REFERENCES = ("persistence", "climatology")


def rmse(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Root mean squared error."""
    f, o = _complete(forecast, observed)
    return float(np.sqrt(_mean((f - o) ** 2)))


def mae(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean absolute error."""
    f, o = _complete(forecast, observed)
    return _mean(np.abs(f - o))


def mean_bias(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean of forecast minus observed."""
    f, o = _complete(forecast, observed)
    return _mean(f - o)


def nmb(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean bias: the sum of errors over the sum of observations (a share, not percent)."""
    f, o = _complete(forecast, observed)
    return _ratio((f - o).sum(), o.sum())


def nme(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean error: the sum of absolute errors over the sum of observations (a share, not percent)."""
    f, o = _complete(forecast, observed)
    return _ratio(np.abs(f - o).sum(), o.sum())


def correlation(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Pearson's r; NaN where either side does not vary."""
    f, o = _complete(forecast, observed)
    if not f.size:
        return float("nan")
    f, o = f - f.mean(), o - o.mean()
    return _ratio((f * o).sum(), np.sqrt((f**2).sum() * (o**2).sum()))


def mse_skill(forecast: ArrayLike, observed: ArrayLike, reference: ArrayLike) -> float:
    """One minus the ratio of mean squared errors of forecast and reference, on the rows that have both."""
    f, o, r = _complete(forecast, observed, reference)
    return 1.0 - _ratio(((f - o) ** 2).sum(), ((r - o) ** 2).sum())


def pinball_loss(quantile: ArrayLike, observed: ArrayLike, level: float) -> FloatArray:
    """The loss of one quantile forecast, elementwise."""
    shortfall = np.asarray(observed, dtype=np.float64) - np.asarray(quantile, dtype=np.float64)
    return np.maximum(level * shortfall, (level - 1.0) * shortfall)


def crps(quantiles: ArrayLike, observed: ArrayLike) -> float:
    """Twice the mean pinball loss over the seven quantiles.

    Args:
        quantiles: At the levels of ``QUANTILES`` [n, 7].
        observed: [n].
    """
    *columns, o = _complete(*np.asarray(quantiles, dtype=np.float64).reshape(-1, len(QUANTILES)).T, observed)
    losses = [pinball_loss(q, o, level) for q, level in zip(columns, QUANTILES.values(), strict=True)]
    return _mean(2.0 * np.mean(losses, axis=0))


def coverage(low: ArrayLike, high: ArrayLike, observed: ArrayLike) -> float:
    """The share of observations within the interval, ends included."""
    lower, upper, o = _complete(low, high, observed)
    return _mean((o >= lower) & (o <= upper))


def sharpness(low: ArrayLike, high: ArrayLike) -> float:
    """The mean width of the interval."""
    lower, upper = _complete(low, high)
    return _mean(upper - lower)


def pod(alarm: ArrayLike, event: ArrayLike) -> float:
    """Probability of detection: the share of events that were forecast."""
    hits, misses, _ = _contingency(alarm, event)
    return _ratio(hits, hits + misses)


def far(alarm: ArrayLike, event: ArrayLike) -> float:
    """False-alarm ratio: the share of alarms without an event."""
    hits, _, false_alarms = _contingency(alarm, event)
    return _ratio(false_alarms, hits + false_alarms)


def csi(alarm: ArrayLike, event: ArrayLike) -> float:
    """Critical success index: hits over hits, misses and false alarms."""
    hits, misses, false_alarms = _contingency(alarm, event)
    return _ratio(hits, hits + misses + false_alarms)


def brier(chance: ArrayLike, event: ArrayLike) -> float:
    """Mean squared difference of the chance and what happened (1 or 0)."""
    p, e = _complete(chance, event)
    return _mean((p - e) ** 2)


def _complete(*arrays: ArrayLike) -> list[FloatArray]:
    """The arrays as float64, without the places where one of them is NaN."""
    floats = [np.asarray(array, dtype=np.float64) for array in arrays]
    known = np.logical_and.reduce([~np.isnan(array) for array in floats])
    return [array[known] for array in floats]


def _contingency(alarm: ArrayLike, event: ArrayLike) -> tuple[int, int, int]:
    """Hits, misses and false alarms."""
    a, e = np.asarray(alarm, dtype=bool), np.asarray(event, dtype=bool)
    return int((a & e).sum()), int((~a & e).sum()), int((a & ~e).sum())


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below else float("nan")
