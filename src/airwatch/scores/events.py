"""Scores of alarms and of chances: an event, such as an exceedance, happens on a row or does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from airwatch.scores.measures import complete, mean_of, ratio


def pod(alarm: ArrayLike, event: ArrayLike) -> float:
    """Probability of detection: the share of events that were forecast."""
    hits, misses, _, _ = _contingency(alarm, event)
    return ratio(hits, hits + misses)


def far(alarm: ArrayLike, event: ArrayLike) -> float:
    """False-alarm ratio: the share of alarms without an event."""
    hits, _, false_alarms, _ = _contingency(alarm, event)
    return ratio(false_alarms, hits + false_alarms)


def csi(alarm: ArrayLike, event: ArrayLike) -> float:
    """Critical success index: hits over hits, misses and false alarms."""
    hits, misses, false_alarms, _ = _contingency(alarm, event)
    return ratio(hits, hits + misses + false_alarms)


def frequency_bias(alarm: ArrayLike, event: ArrayLike) -> float:
    """Alarms over events: above 1 warns too often."""
    hits, misses, false_alarms, _ = _contingency(alarm, event)
    return ratio(hits + false_alarms, hits + misses)


def ets(alarm: ArrayLike, event: ArrayLike) -> float:
    """Equitable threat score: the CSI without the hits that as many alarms would make by chance."""
    hits, misses, false_alarms, quiet = _contingency(alarm, event)
    by_chance = ratio((hits + misses) * (hits + false_alarms), hits + misses + false_alarms + quiet)
    return ratio(hits - by_chance, hits + misses + false_alarms - by_chance)


def hss(alarm: ArrayLike, event: ArrayLike) -> float:
    """Heidke's skill: the share of right rows beyond what as many alarms would have right by chance."""
    hits, misses, false_alarms, quiet = _contingency(alarm, event)
    chance = (hits + misses) * (misses + quiet) + (hits + false_alarms) * (false_alarms + quiet)
    return ratio(2 * (hits * quiet - misses * false_alarms), chance)


def brier(chance: ArrayLike, event: ArrayLike) -> float:
    """Mean squared difference of the chance and what happened (1 or 0)."""
    p, e = complete(chance, event)
    return mean_of((p - e) ** 2)


def brier_skill(chance: ArrayLike, event: ArrayLike) -> float:
    """One minus the ratio of the Brier score and that of always giving the share of events of the same rows.

    NaN where the event happened always or never: there is nothing to tell apart.
    """
    p, e = complete(chance, event)
    base_rate = mean_of(e)
    return 1.0 - ratio(mean_of((p - e) ** 2), base_rate * (1.0 - base_rate))


def _contingency(alarm: ArrayLike, event: ArrayLike) -> tuple[int, int, int, int]:
    """Hits, misses, false alarms and rows rightly without an alarm."""
    a, e = np.asarray(alarm, dtype=bool), np.asarray(event, dtype=bool)
    hits, alarms, events = int((a & e).sum()), int(a.sum()), int(e.sum())
    return hits, events - hits, alarms - hits, a.size - alarms - events + hits
