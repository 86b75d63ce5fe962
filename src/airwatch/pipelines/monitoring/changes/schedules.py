"""Sites that sample each third or sixth day of EPA's calendar, and whether they still do so on its days.

A site that begins to sample each day, or makes up for a sample on the day after, keeps its days: what is looked for
is a schedule that has moved as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray
from airwatch.pipelines.monitoring.changes.days import Days
from airwatch.pipelines.monitoring.changes.finding import AREA, Kind, Tested
from airwatch.pipelines.monitoring.changes.sequential import evidence
from airwatch.pipelines.monitoring.params import ChangeParams

TEST = "schedule"

_PERIODS = (6, 3)  # days of EPA's sampling calendars
_ON_SCHEDULE = 0.9  # of a site's samples, for it to have a schedule, and of those after a shift
_LEAST_SAMPLES = 40  # in a year
_LEAST_CHANCE = 0.03  # of a sample on another day
_YEAR = 365


@dataclass(frozen=True)
class Schedules:
    """The sites that have a schedule.

    Attributes:
        rows: Their rows.
        period: Days from sample to sample [sites].
        phase: The day that is due, modulo the period [sites].
        seen: Where they sampled [sites, days].
        number: The day of each column, since 1970-01-01.
    """

    rows: IntArray
    period: IntArray
    phase: IntArray
    seen: np.ndarray
    number: IntArray

    @classmethod
    def of(cls, days: Days, sequence: int) -> Schedules:
        """Those that kept one in the year before the days that are judged."""
        seen = np.isfinite(days.values)
        number = days.start + np.arange(seen.shape[1])
        found = []
        for row, its in enumerate(seen[:, :sequence]):
            sampled = number[:sequence][its & (np.arange(sequence) >= sequence - _YEAR)]
            for period in _PERIODS if len(sampled) >= _LEAST_SAMPLES else ():
                counts = np.bincount(sampled % period, minlength=period)
                if counts.max() >= _ON_SCHEDULE * len(sampled):
                    found.append((row, period, int(counts.argmax())))
                    break
        rows, periods, phases = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return cls(rows, periods, phases, seen[rows], number)

    def speak_for(self, shift: int, sequence: int) -> FloatArray:
        """The log-likelihood ratio of each day for a schedule that moved by so many days [sites, days].

        Zero on a day without sample; NaN for a site that would be due on the same days.
        """
        due = (self.number[None] - shift) % self.period[:, None] == self.phase[:, None]
        past = self.seen[:, :sequence]
        chance = (past & due[:, :sequence]).sum(axis=1) / np.maximum(past.sum(axis=1), 1)
        chance = np.clip(chance, _LEAST_CHANCE, _ON_SCHEDULE / 2)[:, None]
        gain = np.where(due, np.log(_ON_SCHEDULE / chance), np.log((1 - _ON_SCHEDULE) / (1 - chance)))
        moved = (shift % self.period != 0)[:, None]
        return np.where(moved, np.where(self.seen, gain, 0.0), np.nan)


def watch_schedules(days: Days, sequence: int, params: ChangeParams) -> Iterator[Tested]:
    """Test each site of the area that has a schedule, and all of them together."""
    schedules, shifts = Schedules.of(days, sequence), range(1, params.most_shift_days + 1)
    limit = float(np.log(params.run_length_days * len(shifts)))
    if not len(schedules.rows):
        note = "Not judged: no site samples each third or sixth day."
        yield Tested("input", AREA, TEST, float("nan"), limit, None, note)
        return
    gains = np.stack([schedules.speak_for(shift, sequence)[:, sequence:] for shift in shifts])
    number = len(schedules.rows)
    together = np.nansum(gains, axis=1)
    yield _tested(days, sequence, together, limit, AREA, f"The {number} sites that sample each third or sixth day do")
    for place, row in enumerate(schedules.rows):
        if days.inside[row]:
            words = f"Samples each {'third' if schedules.period[place] == 3 else 'sixth'} day, and does"
            own = float(np.log(params.run_length_days * len(shifts) * number))
            yield _tested(days, sequence, gains[:, place], own, str(days.site_ids[row]), words)


def _tested(days: Days, sequence: int, gains: FloatArray, limit: float, scope: str, words: str) -> Tested:
    """The shift that most speaks for itself."""
    sums, begun = evidence(gains)
    best = int(np.argmax(sums[:, -1]))
    total = float(sums[best, -1])
    kind: Kind = "input" if scope == AREA else "site"
    if total <= limit:
        return Tested(kind, scope, TEST, total, limit, None, "")
    note = f"{words} so {best + 1} day{'s' * (best > 0)} later than before."
    return Tested(kind, scope, TEST, total, limit, days.day(sequence + begun[best, -1]), note)
