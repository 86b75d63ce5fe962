"""The two nodes that speak to EPA; each reply is handed to the archive the moment it arrives."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import date

import pandas as pd
import pyarrow as pa

from airwatch.archive import Archive, Reply
from airwatch.domain.areas import Area
from airwatch.domain.pollutants import parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.area import open_monitors, search_area
from airwatch.pipelines.ingestion.files import fetch_files, files_of
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import METEOROLOGY, plan_questions
from airwatch.pipelines.ingestion.progress import progress
from airwatch.services import EpaServices

logger = logging.getLogger(__name__)


class NoDataError(Exception):
    """EPA has nothing of what was asked for, and the run cannot go on without it."""


def fetch_monitors(
    services: EpaServices, index: Archive, run: RunParams, params: IngestionParams
) -> Iterator[dict[str, pd.DataFrame | pa.Table]]:
    """Ask for the area's monitors of the run's pollutants, unless that was asked within ``recheck_days``.

    EPA's yearly files tell of monitors by their rows, so with ``source=airdata`` it is they that are fetched here,
    those that are missing or have changed; a table of one's own is there already.

    With a neighbourhood, the monitors of the box around them are asked for too, as a list of its own.

    Yields:
        At most two replies, under their names in the archive. Their days run from ``first_year`` to ``as_of``.

    Raises:
        NoDataError: EPA lists no monitor of any of the pollutants there. The reply is not kept: a mistyped code that
            is mended asks anew.
    """
    if run.is_from_files:
        if run.source == "airdata":
            years = range(run.first_year, run.as_of.year + 1)
            files = files_of((*run.pollutants, *params.meteorology), years)
            yield from fetch_files(services, index, files, run.as_of)
        return
    area = search_area(None, run)
    stored = index.replies()
    known = newest_list(stored, area, run)
    if known is None or not _is_fresh(known, run, params):
        known, own = None, _list_monitors(services, area, run)
        if own.empty:
            raise _no_monitor(run)
        yield {_list_of(area, run).name: own}
    if run.neighbourhood_km == 0:
        return
    # What was yielded is not in the index, which is the archive as the run found it.
    own = open_monitors(index.read([known]) if known else own, run.as_of)
    box = search_area(own.assign(in_area=True), run)
    near = newest_list(stored, box, run)
    if box != area and (near is None or not _is_fresh(near, run, params)):
        yield {_list_of(box, run).name: _list_monitors(services, box, run)}


def fetch_daily(
    services: EpaServices, index: Archive, monitors: pd.DataFrame, run: RunParams, params: IngestionParams
) -> Iterator[dict[str, pd.DataFrame]]:
    """Ask for every slice that is missing or may have been revised, one request at a time.

    Yields:
        One reply after another, under its name in the archive; stored before the next request is made.

    Raises:
        NoDataError: The monitors that EPA lists all opened after ``as_of``, or no file has a row of the area.
    """
    if monitors.empty:
        raise _no_monitor(run)
    if run.is_from_files:
        return
    area = search_area(monitors, run)
    counts = {str(name): len(of_one) for name, of_one in monitors.groupby("pollutant", observed=True)}
    counts[METEOROLOGY] = len(monitors)
    questions = plan_questions(index.replies(), area, counts, run, params)
    logger.info("Ingestion: %d requests to make for %s, %d to %s", len(questions), area, run.first_year, run.as_of)
    if not questions:
        return
    rows = 0
    with services.open(run) as client, progress() as bar:
        task = bar.add_task(f"{run.source} {area}", total=len(questions))
        for question in questions:
            frame = client.daily_summaries(
                question.codes, area, question.first, question.last, changed_since=question.changed_since
            )
            newest = frame["date_local"].max().date() if len(frame) else None
            frame = frame.assign(source=run.source, fetched_at=pd.Timestamp(run.as_of))
            yield {question.reply(run.as_of, newest).name: frame}
            rows += len(frame)
            bar.advance(task)
    logger.info("Ingestion: %d rows stored", rows)


def monitors_folder(run: RunParams, area: Area) -> str:
    """Where the area's list of monitors is kept; another set of pollutants is another list."""
    return f"{run.source_label}/monitors/{area.slug}/{'+'.join(sorted(run.pollutants))}"


def newest_list(stored: Iterable[Reply], area: Area, run: RunParams) -> Reply | None:
    """The list of the area's monitors that was fetched last, of those that reach back to ``first_year``."""
    where, begin = monitors_folder(run, area), date(run.first_year, 1, 1)
    lists = [reply for reply in stored if reply.folder == where and reply.first <= begin]
    return max(lists, key=lambda reply: (reply.fetched_at, reply.last), default=None)


def _list_of(area: Area, run: RunParams) -> Reply:
    """The name under which a list of monitors is kept."""
    return Reply(monitors_folder(run, area), "monitors", date(run.first_year, 1, 1), run.as_of, run.as_of, None)


def _list_monitors(services: EpaServices, area: Area, run: RunParams) -> pd.DataFrame:
    codes = [parameter(name).aqs_code for name in run.pollutants]
    with services.open(run) as client:
        return client.monitors(codes, area, date(run.first_year, 1, 1), run.as_of)


def _is_fresh(listed: Reply, run: RunParams, params: IngestionParams) -> bool:
    return (run.as_of - listed.fetched_at).days < params.recheck_days


def _no_monitor(run: RunParams) -> NoDataError:
    return NoDataError(
        f"EPA lists no monitor of {', '.join(run.pollutants)} in {search_area(None, run)} "
        f"between {run.first_year} and {run.as_of}. Check the code of the area, or choose other years."
    )
