"""Sequential tests: what is small but lasts adds up, what is chance does not.

A cumulative sum (Page 1954) collects what exceeds half of the smallest change worth finding, and an alarm is raised
where it passes a limit. The limit follows from the run length that is asked for: the days between two false alarms
while nothing has changed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray

# Siegmund's correction of a Brownian motion for steps in discrete time (Sequential Analysis, 1985).
_OVERSHOOT = 1.166
_LEAST_ALLOWANCE = 0.02  # spreads; below it no change of a useful size is looked for any more
_LEAST_LIMIT = 0.5  # where Siegmund's approximation ends


class Sums(NamedTuple):
    """Where the cumulative sums of some series stand on their last day, as multiples of their limit.

    Attributes:
        worst: The larger of the sums of what lay above and of what lay below expectation, the latter negative [series].
        since: The column at which it began to rise the last time.
    """

    worst: FloatArray
    since: IntArray


class Evidence(NamedTuple):
    """What speaks for a change, summed day by day from when it began to.

    Attributes:
        sums: [series, days]
        since: The column at which each sum began to rise [series, days].
    """

    sums: FloatArray
    since: IntArray


def cumulative_sums(z: FloatArray, change: FloatArray, run_length_days: float) -> Sums:
    """Collect what lies beyond half of a change, in both directions.

    Args:
        z: Deviations from what is expected in units of their long-run spread [series, days]; a NaN adds nothing.
        change: The smallest lasting change worth finding, in the same unit [series].
        run_length_days: Days between two false alarms of one series, both directions together.
    """
    allowance = np.maximum(change / 2, _LEAST_ALLOWANCE)
    limit = limit_of(2 * run_length_days, allowance)
    both = np.concatenate([z, -z])
    sums, since = evidence(both - np.concatenate([allowance, allowance])[:, None])
    if not z.shape[1]:
        return Sums(np.zeros(len(z)), np.zeros(len(z), dtype=np.int64))
    above, below = sums[: len(z), -1] / limit, sums[len(z) :, -1] / limit
    up = above >= below
    return Sums(np.where(up, above, -below), np.where(up, since[: len(z), -1], since[len(z) :, -1]))


def evidence(gain: FloatArray) -> Evidence:
    """Sum what speaks for a change for as long as the sum is above zero.

    Of log-likelihood ratios, such a sum passes the logarithm of a run length at most once in that run length while
    nothing has changed (Lorden 1971).

    Args:
        gain: What each day adds, negative where it speaks against [series, days]; a NaN says nothing.
    """
    sums, since = np.zeros_like(gain), np.zeros(gain.shape, dtype=np.int64)
    total, begun = np.zeros(len(gain)), np.zeros(len(gain), dtype=np.int64)
    for day in range(gain.shape[1]):
        today = gain[:, day]
        total = np.where(np.isnan(today), total, np.maximum(total + today, 0.0))
        begun = np.where(total > 0, begun, day + 1)
        sums[:, day], since[:, day] = total, begun
    return Evidence(sums, since)


def limit_of(run_length: float, allowance: FloatArray) -> FloatArray:
    """The limit at which a one-sided sum of standard normal numbers has a run length (Siegmund's approximation).

    It solves ``exp(x) - x - 1 = 2 allowance² run_length`` for ``x = 2 allowance (limit + 1.166)``.
    """
    wanted = 2 * allowance**2 * run_length
    x = np.log1p(wanted + np.sqrt(2 * wanted))
    for _ in range(100):  # a contraction: its slope is 1 / (1 + wanted + x)
        x = np.log1p(wanted + x)
    return np.asarray(np.maximum(x / (2 * allowance) - _OVERSHOOT, _LEAST_LIMIT))
