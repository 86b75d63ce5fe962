"""Is one forecast better than another by more than noise: the test of Diebold and Mariano (1995)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from airwatch.scores.measures import complete


class Comparison(NamedTuple):
    """What the test of two forecasts found.

    Attributes:
        statistic: Negative where the first forecast lost less; NaN with fewer than two days.
        p_value: Of a difference so far from zero, on either side, were there none.
        days: Origin days compared.
        mean_difference: First loss minus second, the mean over days.
        error: Standard error of that mean; NaN with fewer than two days.
        freedom: Degrees of freedom of the statistic, likewise.
    """

    statistic: float
    p_value: float
    days: int
    mean_difference: float
    error: float = math.nan
    freedom: float = math.nan

    def interval(self, share: float) -> tuple[float, float]:
        """The ends of the interval that holds the true mean difference in so large a share of cases."""
        reach = float(stdtrit(self.freedom, (1 + share) / 2)) * self.error
        return self.mean_difference - reach, self.mean_difference + reach


def diebold_mariano(loss_a: ArrayLike, loss_b: ArrayLike, days: ArrayLike, *, lags: int | None = None) -> Comparison:
    """Compare the losses of two forecasts on the same rows.

    Sites of one day miss together, so a day counts once, with the mean difference of its rows. The variance of the
    mean over days is Newey and West's with Bartlett's weights; a day without rows adds to no covariance (Parzen
    1963). Without ``lags`` the bandwidth is 1.3 times the root of the days from the first to the last and the
    statistic is held against Student's t with 1.5 days / bandwidth degrees of freedom (Lazarus, Lewis, Stock and
    Watson 2018): errors that last for weeks make shorter bandwidths find differences where there are none. The
    small-sample factor of Harvey, Leybourne and Newbold (1997) is taken for these weights, so that the variance of
    white noise is unbiased;
    with no lags the test is the t-test of the daily means.

    Args:
        loss_a: Of the first forecast, such as squared errors or ``crps_rows`` [n]. A row with a missing member is
            left out.
        loss_b: Of the second, on the same rows [n].
        days: Origin of each row, as numbers of days or as dates [n].
        lags: Days over which errors hang together, at least the lead minus one.

    Raises:
        ValueError: The lengths differ, or ``lags`` is negative.
    """
    if not np.shape(loss_a) == np.shape(loss_b) == np.shape(days):
        shapes = f"{np.shape(loss_a)}, {np.shape(loss_b)} and {np.shape(days)}"
        raise ValueError(f"Two losses and their days have one row each; given {shapes}. Score the same rows.")
    if lags is not None and lags < 0:
        raise ValueError(f"lags is {lags}; give the days over which errors hang together, 0 or more.")
    first, second, day = complete(loss_a, loss_b, _day_numbers(days))
    seen, daily = _daily_means(first - second, day.astype(np.int64))
    count = int(seen.sum())
    if count < 2:
        return Comparison(math.nan, math.nan, count, float(daily.sum()) if count else math.nan)
    mean = float(daily.sum() / count)
    width = min(math.ceil(1.3 * math.sqrt(len(seen))) if lags is None else lags + 1, count)
    variance = _variance_of_mean(np.where(seen, daily - mean, 0.0), seen, width)
    freedom = min(count - 1, 1.5 * count / width)
    if variance <= 0:  # the same difference every day
        sure = math.copysign(math.inf, mean) if mean else 0.0
        return Comparison(sure, 0.0 if mean else 1.0, count, mean, 0.0, freedom)
    error = math.sqrt(variance)
    statistic = mean / error
    return Comparison(statistic, float(2.0 * stdtr(freedom, -abs(statistic))), count, mean, error, freedom)


def _day_numbers(days: ArrayLike) -> NDArray[np.float64]:
    """Days as whole numbers; dates count from 1970-01-01."""
    values = np.asarray(days)
    return (values.astype("datetime64[D]").astype(np.int64) if values.dtype.kind == "M" else values).astype(np.float64)


def _daily_means(
    difference: NDArray[np.floating[Any]], day: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which days from the first to the last have rows, and the mean of each, 0 where it has none."""
    if not day.size:
        return np.zeros(0, dtype=bool), np.zeros(0)
    place = day - day.min()
    rows = np.bincount(place)
    return rows > 0, np.bincount(place, weights=difference) / np.maximum(rows, 1)


def _variance_of_mean(deviation: NDArray[np.float64], seen: NDArray[np.bool_], width: int) -> float:
    """Newey and West's variance of the mean of ``seen.sum()`` days, over the factor of Harvey and colleagues.

    Args:
        deviation: From the mean, one a calendar day, 0 where there is none [d].
        seen: Days that count [d].
        width: Of Bartlett's weights: a covariance of ``k`` days weighs 1 - ``k`` / ``width``.
    """
    count = int(seen.sum())
    covariance, pairs = float(deviation @ deviation), float(count)
    for lag in range(1, width):
        weight = 2.0 * (1.0 - lag / width)
        covariance += weight * float(deviation[lag:] @ deviation[:-lag])
        pairs += weight * float((seen[lag:] & seen[:-lag]).sum())
    # Deviations from the sample's own mean covary by -1 / count of the variance too little, each pair of them.
    factor = 1.0 - pairs / count**2
    return covariance / count**2 / factor
