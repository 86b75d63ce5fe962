"""Faults of the calendar of a whole network: days given twice, and days under other dates than their own.

Neighbours do not tell, for they are shifted too. What tells: equal values at many sites at once, the schedules of
samples, and the weekdays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray
from airwatch.pipelines.monitoring.changes.days import Days
from airwatch.pipelines.monitoring.changes.finding import AREA, Tested, robust_spread
from airwatch.pipelines.monitoring.changes.schedules import watch_schedules
from airwatch.pipelines.monitoring.changes.sequential import evidence
from airwatch.pipelines.monitoring.params import ChangeParams

_NAMED_DAYS = 28  # how long days that were given twice are named
_MOST_REPEATS = 0.9  # share of equal values where days are given again
_LEAST_SITES = 2  # one site alone may be stuck
_LEAST_CHANCE = 0.03  # of an equal value
_WEEK = 7


def watch_network(days: Days, params: ChangeParams) -> Iterator[Tested]:
    """Hold the network, and each site that has a schedule, against their own habits."""
    sequence = max(days.values.shape[1] - params.sequence_days, 0)
    yield _repeated(days, sequence, params)
    yield from watch_schedules(days, sequence, params)
    yield _weekdays(days, sequence, params)


def _repeated(days: Days, sequence: int, params: ChangeParams) -> Tested:
    """Whether the values of a day, at all sites, are those of a day before."""
    limit = float(np.log(params.run_length_days * params.most_shift_days))
    gains = [_again(days.values, shift, sequence) for shift in range(1, params.most_shift_days + 1)]
    sums, begun = evidence(np.array(gains)[:, sequence:])
    named = sums[:, -_NAMED_DAYS:]
    shift, day = np.unravel_index(int(np.argmax(named)), named.shape)
    best, since = float(named[shift, day]), days.day(sequence + begun[:, -_NAMED_DAYS:][shift, day])
    if not np.isfinite(np.array(gains)[:, sequence:]).any():
        return Tested(
            "input",
            AREA,
            "repeated",
            float("nan"),
            limit,
            None,
            "Not judged: too few sites, or values that repeat anyway.",
        )
    if best <= limit:
        return Tested("input", AREA, "repeated", best, limit, None, "")
    note = f"All sites give again what they gave {_days(int(shift) + 1)} before."
    return Tested("input", AREA, "repeated", best, limit, since, note)


def _again(values: FloatArray, shift: int, sequence: int) -> FloatArray:
    """What speaks for days being given again after so many [days]; NaN where too few sites tell."""
    gain = np.full(values.shape[1], np.nan)
    if shift >= values.shape[1]:
        return gain
    later, before = values[:, shift:], values[:, :-shift]
    both, equal = (np.isfinite(later) & np.isfinite(before)).sum(axis=0), (later == before).sum(axis=0)
    told = _speaks_for(equal, both, max(sequence - shift, 0), _MOST_REPEATS)
    gain[shift:] = np.where(both >= _LEAST_SITES, told, np.nan)
    return gain


def _weekdays(days: Days, sequence: int, params: ChangeParams) -> Tested:
    """Whether the days of the week are the network's own, or those of a calendar that is shifted.

    The network's mean follows itself from day to day; what a day adds has a weekday, if a weak one.
    """
    limit = float(np.log(params.run_length_days * (_WEEK - 1)))
    adds, weekday = _additions(days, sequence), (days.start + 3 + np.arange(days.values.shape[1])) % _WEEK
    past = [adds[:sequence][(weekday[:sequence] == day) & np.isfinite(adds[:sequence])] for day in range(_WEEK)]
    if min(map(len, past)) < params.min_days // _WEEK:
        return Tested("input", AREA, "weekday", float("nan"), limit, None, "Not judged: too few days before.")
    usual = np.array([values.mean() for values in past])
    spread = float(robust_spread((adds - usual[weekday])[None, :sequence])[0])
    if not spread > 0:
        return Tested("input", AREA, "weekday", float("nan"), limit, None, "Not judged: all days are alike.")
    gains = []
    for shift in range(1, _WEEK):
        kept = [np.clip((adds - usual[(weekday - back) % _WEEK]) / spread, -3, 3) for back in (0, shift)]
        gains.append((kept[0] ** 2 - kept[1] ** 2) / 2)
    sums, begun = evidence(np.array(gains)[:, sequence:])
    best = int(np.argmax(sums[:, -1]))
    total, since = float(sums[best, -1]), days.day(sequence + begun[best, -1])
    if total <= limit:
        return Tested("input", AREA, "weekday", total, limit, None, "")
    note = f"Weekdays are those of {_days(best + 1)} before, or of {_days(_WEEK - 1 - best)} after."
    return Tested("input", AREA, "weekday", total, limit, since, note)


def _additions(days: Days, sequence: int) -> FloatArray:
    """What each day adds to what the day before makes of the network's mean [days]; NaN on days of smoke."""
    unit = np.where(days.smoky, np.nan, days.unit)
    known = np.isfinite(unit)
    level = np.where(known, unit, 0.0).sum(axis=1) / np.where(known.sum(axis=1) > 0, known.sum(axis=1), np.nan)
    count = known.sum(axis=0)
    mean = np.where(known, unit - level[:, None], 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
    before, after = mean[:-1], mean[1:]
    both = np.isfinite(before) & np.isfinite(after) & (np.arange(len(before)) < sequence)
    follows = float((before[both] * after[both]).sum() / max((before[both] ** 2).sum(), np.finfo(float).tiny))
    return np.concatenate([[np.nan], after - follows * before])


def _speaks_for(hits: IntArray, tries: IntArray, past: int, share: float) -> FloatArray:
    """The log-likelihood ratio of each day for a share of hits rather than the share of the past [days].

    NaN where the past had as many hits: then they tell nothing.
    """
    chance = max(hits[:past].sum() / max(tries[:past].sum(), 1), _LEAST_CHANCE)
    if chance > share / 2:
        return np.full(len(hits), np.nan)
    return np.asarray(hits * np.log(share / chance) + (tries - hits) * np.log((1 - share) / (1 - chance)))


def _days(count: int) -> str:
    return f"{count} day{'s' * (count != 1)}"
