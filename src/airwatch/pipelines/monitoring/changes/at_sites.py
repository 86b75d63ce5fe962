"""Faults of single instruments, by how a site stands to its neighbours: another level, or another calendar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.pipelines.monitoring.changes.days import Days, Mask
from airwatch.pipelines.monitoring.changes.finding import Tested, long_run_spread, robust_spread
from airwatch.pipelines.monitoring.changes.instruments import on_one_level
from airwatch.pipelines.monitoring.changes.relations import Relations, relate
from airwatch.pipelines.monitoring.changes.sequential import cumulative_sums, evidence
from airwatch.pipelines.monitoring.params import ChangeParams
from airwatch.pipelines.monitoring.quality.surroundings import median

_FAR_SPREADS = 2.0  # an error counts as no more than this: one wild day is no lasting change
_FAR_OF_OTHERS = 3.0  # where two explanations of a day are compared, one day tells more
_LEAST_RELATIVE_SPREAD = 1e-6  # below it errors are those of rounding
_LEVEL_DAYS = 28  # whose errors tell a new level, if it is more than a spread away
_LEAST_LATELY = 5  # observations among the days that are judged


def watch_sites(days: Days, params: ChangeParams) -> Iterator[Tested]:
    """Hold every site of the area against its neighbours, or where it has none against its own season."""
    sequence = max(days.values.shape[1] - params.sequence_days, 0)
    unit, cooling = on_one_level(days, sequence, params)
    relations = relate(np.where(days.smoky | cooling, np.nan, unit), days.places, days.first_day, params)
    spread = robust_spread(relations.errors[:, :sequence])
    lately = np.isfinite(relations.errors[:, sequence:]).sum(axis=1)
    wander = long_run_spread(_near(relations.errors, spread)[:, :sequence])
    told = wander > _LEAST_RELATIVE_SPREAD * np.abs(unit[np.isfinite(unit)]).max(initial=0.0)
    judged = np.flatnonzero(days.inside & told & (lately >= _LEAST_LATELY))
    yield from _levels(days, relations, spread, judged, params)
    yield from _calendars(days, relations, spread, judged, params)
    yield from _unjudged(days, cooling, sequence, judged)


def _levels(
    days: Days, relations: Relations, spread: FloatArray, judged: IntArray, params: ChangeParams
) -> Iterator[Tested]:
    """Whether a site reads higher or lower than its neighbours make of it, and stays there."""
    errors, sequence = _near(relations.errors, spread)[judged], relations.sequence
    usual = long_run_spread(errors[:, :sequence])
    run_length = params.run_length_days * max(len(judged), 1)
    change = _of_share(days, relations.expected[judged][:, sequence:], params.least_change)
    sums = cumulative_sums(errors[:, sequence:] / usual[:, None], change / usual, run_length)
    for number, row in enumerate(judged):
        since = sequence + int(sums.since[number])
        yield _level(days, relations, int(row), float(sums.worst[number]), since)


def _level(days: Days, relations: Relations, row: int, statistic: float, since: int) -> Tested:
    """One site's level, in words if it has changed."""
    scope, drifted = str(days.site_ids[row]), abs(statistic) > 1
    note = ""
    if drifted:
        expected = days.working.inverse(relations.expected[row, since:])
        observed = days.working.inverse(relations.expected[row, since:] + relations.errors[row, since:])
        both = np.isfinite(observed)
        ratio = float(np.median(observed[both]) / max(np.median(expected[both]), np.finfo(float).tiny))
        beside = f"{relations.neighbours[row]} neighbours" if relations.neighbours[row] else "its season"
        label = POLLUTANTS[days.pollutant].label
        note = (
            f"{label} reads {ratio - 1:+.0%} beside what {beside} make{'s' * (not relations.neighbours[row])} likely."
        )
        note = note.replace("%", " %")
    return Tested("site", scope, "level", statistic, 1.0, days.day(since) if drifted else None, note)


def _calendars(
    days: Days, relations: Relations, spread: FloatArray, judged: IntArray, params: ChangeParams
) -> Iterator[Tested]:
    """Whether a site's days are those of its neighbours, or other ones under their dates.

    For each shift the evidence that the site's value of a day belongs to the neighbours' of so many days before. A site
    that has another level now is allowed it, so that a level is not taken for a calendar.
    """
    rows = judged[relations.neighbours[judged] > 0]
    shifts = [shift for shift in range(-params.most_shift_days, params.most_shift_days + 1) if shift]
    limit = float(np.log(params.run_length_days * max(len(rows), 1) * len(shifts)))
    sequence, expected, errors = relations.sequence, relations.expected[rows], relations.errors[rows]
    observed, usual = expected + errors, _least(errors, spread[rows])
    gains = [_speaks(usual, observed - moved(expected, shift), spread[rows]) for shift in shifts]
    found = evidence(np.concatenate(gains)[:, sequence:])
    sums, begun = (part[:, -1].reshape(len(shifts), len(rows)) for part in found)
    for number, row in enumerate(rows):
        best = int(np.argmax(sums[:, number]))
        total, scope = float(sums[best, number]), str(days.site_ids[row])
        if total <= limit:
            yield Tested("site", scope, "calendar", total, limit, None, "")
        else:
            since, note = days.day(sequence + begun[best, number]), f"Its values are those of {_apart(shifts[best])}"
            yield Tested("site", scope, "calendar", total, limit, since, f"{note} by its neighbours.")


def _least(errors: FloatArray, spread: FloatArray) -> FloatArray:
    """Errors, or what is left of them at the level of the newest weeks if that is another, whichever is less."""
    level = median(errors[:, -_LEVEL_DAYS:])
    shifted = errors - np.where(np.abs(level) > spread, level, 0.0)[:, None]
    return np.where(np.abs(shifted) < np.abs(errors), shifted, errors)


def moved(series: FloatArray, shift: int) -> FloatArray:
    """Each series so many days later, NaN where there is none [series, days]."""
    out = np.full_like(series, np.nan)
    if shift > 0:
        out[:, shift:] = series[:, :-shift]
    else:
        out[:, :shift] = series[:, -shift:]
    return out


def _speaks(errors: FloatArray, otherwise: FloatArray, spread: FloatArray) -> FloatArray:
    """The log-likelihood ratio of each day for other errors than these; days go together, so that it is halved."""
    kept = [np.clip(part / spread[:, None], -_FAR_OF_OTHERS, _FAR_OF_OTHERS) for part in (errors, otherwise)]
    return np.asarray((kept[0] ** 2 - kept[1] ** 2) / 4)


def _apart(shift: int) -> str:
    return f"{abs(shift)} day{'s' * (abs(shift) > 1)} {'earlier' if shift > 0 else 'later'}"


def _unjudged(days: Days, cooling: Mask, sequence: int, judged: IntArray) -> Iterator[Tested]:
    """Sites that lately observed and could not be judged, with the reason."""
    lately = days.inside & np.isfinite(days.values[:, sequence:]).any(axis=1)
    for row in np.setdiff1d(np.flatnonzero(lately), judged):
        new = cooling[row, sequence:].any()
        note = "Not judged: its instrument changed." if new else "Not judged: too few days without smoke."
        yield Tested("site", str(days.site_ids[row]), "level", float("nan"), 1.0, None, note)


def _near(errors: FloatArray, spread: FloatArray) -> FloatArray:
    """Errors, none counting as more than a few daily spreads."""
    return np.clip(errors, -_FAR_SPREADS * spread[:, None], _FAR_SPREADS * spread[:, None])


def _of_share(days: Days, expected: FloatArray, share: float) -> FloatArray:
    """What a change by a share of the concentration is in the working unit at each site's usual level [sites]."""
    known = np.isfinite(expected)
    middle = np.array(
        [np.median(row[here]) if here.any() else np.nan for row, here in zip(expected, known, strict=True)]
    )
    level = np.asarray(days.working.inverse(middle), dtype=np.float64)
    return np.asarray(np.abs(days.working.forward((1 + share) * level) - middle))
