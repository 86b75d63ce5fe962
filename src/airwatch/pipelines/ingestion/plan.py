"""What to ask EPA for: only what is new, or may have been revised, since the last look.

A slice is a group of parameters (a pollutant, or the weather), an area and a calendar year.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from airwatch.archive import Reply
from airwatch.domain.areas import Area
from airwatch.domain.pollutants import parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.params import IngestionParams

METEOROLOGY = "meteorology"
ROWS_PER_MONITOR_DAY = 10  # AQS gives up to ten (AQS_API: four standards in two forms, the hours, events)


@dataclass(frozen=True, slots=True)
class Question:
    """One request for daily summaries.

    Attributes:
        folder: Where its reply is kept, ``<source>/<group>/<area>/<year>``.
        codes: AQS parameter codes, at most five.
        first: First day, of the same calendar year as ``last``.
        last: Last day.
        changed_since: Only rows changed on or after this day; None for all.
    """

    folder: str
    codes: tuple[str, ...]
    first: date
    last: date
    changed_since: date | None = None

    def reply(self, fetched_at: date, newest: date | None) -> Reply:
        """The name under which the answer is kept."""
        kind = "days" if self.changed_since is None else "changes"
        return Reply(self.folder, kind, self.first, self.last, fetched_at, newest)


def groups(run: RunParams, params: IngestionParams) -> dict[str, tuple[str, ...]]:
    """The AQS codes asked for together, by the name of their folder."""
    asked: dict[str, tuple[str, ...]] = {name: (parameter(name).aqs_code,) for name in run.pollutants}
    if params.meteorology:
        asked[METEOROLOGY] = tuple(parameter(name).aqs_code for name in params.meteorology)
    return asked


def folder(run: RunParams, group: str, area: Area, year: int) -> str:
    """Where the replies of one slice are kept."""
    return f"{run.source_label}/{group}/{area.slug}/{year}"


def plan_questions(
    stored: Iterable[Reply], area: Area, monitors: dict[str, int], run: RunParams, params: IngestionParams
) -> list[Question]:
    """The questions of a run, oldest year first.

    Args:
        stored: What the archive holds.
        area: Where to ask, neighbourhood included.
        monitors: Monitors of each group, for the size of a slice.
        run: Period, pollutants and source.
        params: How often to look again, and how large a reply may be.

    Returns:
        Nothing for what is stored and was looked at within ``recheck_days``. No question for days is expected to bring
        more than ``max_slice_rows`` rows, unless a single day does. Revisions are asked for at once: how many there
        are is not known, and seldom are they many.
    """
    by_folder: dict[str, list[Reply]] = {}
    for reply in stored:
        by_folder.setdefault(reply.folder, []).append(reply)
    questions: list[Question] = []
    for year in range(run.first_year, run.as_of.year + 1):
        for group, codes in groups(run, params).items():
            where = folder(run, group, area, year)
            rows_a_day = monitors.get(group, 0) * ROWS_PER_MONITOR_DAY
            for question in _of_slice(where, codes, year, by_folder.get(where, []), run.as_of, params):
                questions.extend(_split(question, rows_a_day, params.max_slice_rows))
    return questions


def _of_slice(
    where: str, codes: tuple[str, ...], year: int, stored: list[Reply], as_of: date, params: IngestionParams
) -> Iterator[Question]:
    """What is missing of one slice: its revisions, then its later days."""
    begin, end = date(year, 1, 1), min(date(year, 12, 31), as_of)
    days = [reply for reply in stored if reply.kind == "days"]
    asked_to = _asked_without_gap(days, begin)
    if asked_to is None:
        yield Question(where, codes, begin, end)
        return
    looked = min(reply.fetched_at for reply in days)
    looked = max([looked, *(r.fetched_at for r in stored if r.kind == "changes")])
    if (as_of - looked).days >= params.recheck_days:
        yield Question(where, codes, begin, asked_to, changed_since=looked)
    if asked_to < end:
        # AQS is months late: days asked for in vain are asked for again, from the newest that came.
        newest = max((reply.newest for reply in days if reply.newest), default=begin)
        # Those that this as_of (or a later one) has asked for are not: the run died between two spans.
        just_asked = [r.last + timedelta(days=1) for r in days if r.fetched_at >= as_of and r.last <= asked_to]
        yield Question(where, codes, max([min(newest, asked_to), *just_asked]), end)


def _asked_without_gap(days: list[Reply], begin: date) -> date | None:
    """The last day up to which every day of the slice was asked for."""
    reached = begin - timedelta(days=1)
    for reply in sorted(days, key=lambda reply: reply.first):
        if reply.first <= reached + timedelta(days=1):
            reached = max(reached, reply.last)
    return reached if reached >= begin else None


def _split(question: Question, rows_a_day: int, most: int) -> list[Question]:
    """In spans of nearly equal days, as few as hold at most ``most`` rows each, or one day (AQS refuses a million)."""
    if question.changed_since is not None or rows_a_day == 0:
        return [question]
    days = (question.last - question.first).days + 1
    spans = math.ceil(days / max(1, most // rows_a_day))
    starts = [question.first + timedelta(days=days * number // spans) for number in range(spans + 1)]
    return [replace(question, first=first, last=after - timedelta(days=1)) for first, after in pairwise(starts)]
