"""Whether sites report: since when one is silent, how complete its quarters are, how much the area reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.watch import Mask, Watch, runs

_CALENDAR = (12, 6, 3)  # days from sample to sample, but for every day, on EPA's sampling calendar
_SCHEDULES = (*_CALENDAR, 2)
_SHARE_ON_SCHEDULE = 0.8  # of the gaps between samples that are whole multiples of the schedule
_LEAST_GAPS = 3  # to tell a schedule from
_LEAST_SCHEDULED = 5  # samples a quarter must have to be judged
_YEARS_OF_REST = 2  # in each of which a site must have rested to be expected to rest again


def find_silent(watch: Watch) -> Iterator[Finding]:
    """Sites of the area from which nothing has come for longer than their schedule explains.

    A day on which the site rested in the earlier years does not count (ozone has seasons, by state). A site that
    has been silent for ``closed_days`` is taken to be closed and is not named any more, here or as incomplete.
    """
    params = watch.params
    for row in watch.active:
        missing = _missing(watch, int(row))
        cadence = 1.0 if np.isnan(watch.cadence[row]) else watch.cadence[row]
        limit = max(params.silent_days, params.silent_samples * cadence)
        if limit < len(missing) <= params.closed_days:
            last, reached = watch.day(watch.last[row]), int(watch.reached[row])
            note = f"Nothing since {last:%Y-%m-%d}, where a sample is due every {_days(cadence)}."
            yield Finding(int(row), "silent", int(missing[0]), reached, len(missing), limit, note)


def find_incomplete(watch: Watch, silent: Collection[int]) -> Iterator[Finding]:
    """Sites of the area whose quarter has less than 75 % of its scheduled samples (40 CFR 50 App. N, 4.1).

    The quarter that is running fails on the day from which it cannot be complete any more; one that has ended is named
    for ``recent_days``. Days before the site's first one, and those of seasons in which it rests, are not scheduled.

    Args:
        watch: The sites.
        silent: Rows that are named already.
    """
    judged = np.array([row for row in watch.active if row not in silent and not _closed(watch, int(row))], dtype=int)
    for reached in np.unique(watch.reached[judged]):
        rows, quarter = judged[watch.reached[judged] == reached], pd.Period(watch.day(reached), freq="Q")
        for period in (quarter - 1, quarter):
            first, last = watch.column(period.start_time), watch.column(period.end_time)
            if first < 0 or last <= reached - watch.params.recent_days:
                continue
            for row, due in zip(rows, expected(watch, rows, first, last), strict=True):
                yield from _of_quarter(watch, int(row), due, first, period)


def find_thin(watch: Watch) -> Iterator[Finding]:
    """An area that reports less than in the same weeks of any earlier year; a pollutant new to it is not judged."""
    params, through = watch.params, watch.through
    counts = watch.seen[watch.inside].sum(axis=0)
    sums = np.convolve(counts, np.ones(params.volume_days, dtype=np.int64))[: len(counts)]  # of days up to each
    least = _least_of_earlier_years(sums, params.history_years)
    thin = sums < params.min_volume * least
    if thin[through]:
        since = int(runs(thin[: through + 1])[-1, 0])
        now, before = int(sums[through]), int(least[through])
        note = f"{now} values in {_days(params.volume_days)}; in the same weeks of earlier years at least {before}."
        yield Finding(None, "volume", since, through, now / before, params.min_volume, note)


def _least_of_earlier_years(sums: IntArray, years: int) -> FloatArray:
    """The least that each day's weeks had in an earlier year that had anything; NaN where none had."""
    least = np.full(len(sums), np.nan)
    for shift in (round(DAYS_OF_A_YEAR * year) for year in range(1, years + 1)):
        then = np.full(len(sums), np.nan)
        then[shift:] = sums[: max(len(sums) - shift, 0)]
        least = np.fmin(least, np.where(then > 0, then, np.nan))
    return least


def expected(watch: Watch, rows: IntArray, first: int, last: int) -> Mask:
    """Where sites can be expected to run, [rows, first to last]; ``last`` may lie ahead.

    Everywhere from a site's first day on, but not in weeks in which it rested in each of the two years before: it ran
    on a day if it observed something in the ``margin_days`` before and after, the day itself being of both.
    """
    sums = np.concatenate([np.zeros((len(rows), 1), np.int32), watch.seen[rows].cumsum(axis=1, dtype=np.int32)], axis=1)
    columns, margin = np.arange(first, last + 1), watch.params.margin_days
    since, width = watch.first[rows, None], watch.seen.shape[1]
    ran, known = np.zeros((2, len(rows), len(columns)), dtype=bool)
    for year in range(1, _YEARS_OF_REST + 1):
        then = columns - round(DAYS_OF_A_YEAR * year)
        begin, day, after, end = np.clip([then - margin, then, then + 1, then + margin + 1], 0, width)
        can_tell = then - margin >= since
        ran |= can_tell & (sums[:, after] > sums[:, begin]) & (sums[:, end] > sums[:, day])
        known |= can_tell
    return (columns >= since) & (ran | ~known)


def _missing(watch: Watch, row: int) -> IntArray:
    """The columns after a site's newest day on which it was expected, up to the day that sites like it have reached."""
    since, reached = int(watch.last[row]) + 1, int(watch.reached[row])
    if since > reached:
        return np.empty(0, np.int64)
    return since + np.flatnonzero(expected(watch, np.array([row]), since, reached)[0])


def _closed(watch: Watch, row: int) -> bool:
    """Whether nothing has come for so long that nothing more can be expected."""
    return len(_missing(watch, row)) > watch.params.closed_days


def _of_quarter(watch: Watch, row: int, due: Mask, first: int, quarter: pd.Period) -> Iterator[Finding]:
    """A site's quarter, if it is or must remain incomplete."""
    done = min(len(due), int(watch.reached[row]) + 1 - first)  # days of it that are over
    seen = watch.seen[row, first : first + done]
    schedule = _schedule(seen, watch.cadence[row])
    scheduled = int(due.sum()) // schedule
    to_come = -(-int(due[done:].sum()) // schedule)
    share = (int(seen.sum()) + to_come) / max(scheduled, 1)
    if scheduled < _LEAST_SCHEDULED or share >= watch.params.min_completeness:
        return
    rest = f" and at most {to_come} to come" if to_come else ""
    note = f"{seen.sum()} of {scheduled} scheduled samples in {quarter.year} Q{quarter.quarter}{rest}."
    missed = first + _first_missed(seen, due[:done], schedule)
    yield Finding(row, "completeness", missed, first + done - 1, share, watch.params.min_completeness, note)


def _schedule(seen: Mask, cadence: float) -> int:
    """Days from sample to sample: the longest schedule that the gaps are multiples of, but no shorter than the year's.

    A sample that was made up for on another day, and a second instrument that begins to read each day, break gaps and
    not the schedule.
    """
    of_year = 1 if np.isnan(cadence) else round(cadence)
    gaps = np.diff(np.flatnonzero(seen))
    if len(gaps) < _LEAST_GAPS:
        gaps = np.array([of_year])
    own = next((days for days in _SCHEDULES if (gaps % days == 0).mean() >= _SHARE_ON_SCHEDULE), 1)
    return max(own, of_year if of_year in _CALENDAR else 1)


def _first_missed(seen: Mask, due: Mask, schedule: int) -> int:
    """The first day that is due from which on nothing came for a schedule's length."""
    sums = np.concatenate([[0], seen.cumsum()])
    days = np.arange(len(seen))
    empty = sums[np.minimum(days + schedule, len(seen))] == sums[days]
    return int(np.argmax(due & empty))


def _days(count: float) -> str:
    return "day" if count == 1 else f"{count:.0f} days"
