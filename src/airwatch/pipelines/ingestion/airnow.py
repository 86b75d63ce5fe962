"""The node that speaks to AirNow: the days that AQS does not have yet, and the forecasts of the agencies."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from airwatch.archive import Archive, Reply
from airwatch.domain.areas import NATION
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.progress import progress
from airwatch.services import EpaServices
from airwatch.sources.airnow_rows import Parsed
from airwatch.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from airwatch.tables import AnyTable, as_table

logger = logging.getLogger(__name__)

SOURCE = "airnow"
DAILY, FORECASTS = "daily", "forecasts"  # groups of the archive
DROPPED = "dropped"  # under which a stored file says what was left out of it
YEAR = pd.Timedelta(days=365)


def fetch_airnow(
    services: EpaServices, index: Archive, daily_summaries: AnyTable, run: RunParams, params: IngestionParams
) -> Iterator[dict[str, pa.Table]]:
    """Ask AirNow for the days that AQS does not have yet, and for the forecasts that stand on ``as_of``.

    AirNow is an addition: a file that is none is told in one line and left out, and where AirNow does not answer, or
    refuses to, the run goes on with what is stored. It asks nothing unless ``ingestion.airnow`` is true.

    Yields:
        One file after another, under its name in the archive; stored before the next is asked for.

    Raises:
        SourceRefused: ``AIRNOW_BASE_URL`` is no address of such files.
    """
    if not params.airnow:
        return
    stored = airnow_files(index, DAILY)
    days = days_to_ask(stored, first_without_aqs(daily_summaries, run, params), run.as_of, params)
    asked = [(DAILY, day) for day in days]
    if run.as_of not in {reply.first for reply in airnow_files(index, FORECASTS)}:
        asked.append((FORECASTS, run.as_of))
    found = 0
    with services.open_airnow() as client, progress() as bar:
        ask = {DAILY: client.daily, FORECASTS: client.forecasts}
        for group, day in bar.track(asked, description="AirNow"):
            try:
                parsed = ask[group](day)
            except SourceChanged as error:
                logger.warning("%s It is left out.", error)
                continue
            except (SourceUnavailable, SourceRefused) as error:
                logger.warning("AirNow is used as it is stored. %s", error)
                break
            parsed = _issued_by(parsed, run.as_of) if parsed and group == FORECASTS else parsed
            if parsed is not None:
                found += 1
                yield _reply(group, day, parsed, run.as_of)
    logger.info("AirNow: %d of %d files asked for were there", found, len(asked))


def first_without_aqs(daily_summaries: AnyTable, run: RunParams, params: IngestionParams) -> date:
    """The first day that AQS does not have yet, no further back than ``airnow_days``.

    Agencies report to AQS one by one. AQS has a day once half of a pollutant's sites have one as late or later; of
    several pollutants the one counts that AQS is latest with. Sites without a day in the year before ``as_of`` are
    closed.
    """
    as_of = pd.Timestamp(run.as_of)
    furthest = as_of - pd.Timedelta(days=params.airnow_days - 1)
    blocks = as_table(daily_summaries).blocks(
        columns=["site_id", "pollutant", "date_local"], pollutant=run.pollutants, first=as_of - YEAR, last=as_of
    )
    newest = pd.concat([block.groupby(["pollutant", "site_id"], observed=True)["date_local"].max() for block in blocks])
    reached = [
        newest.xs(name, level="pollutant").quantile(0.5, interpolation="lower") + pd.Timedelta(days=1)
        for name in newest.index.unique("pollutant")
    ]
    return max([furthest, min(reached, default=furthest)]).date()


def days_to_ask(stored: Iterable[Reply], first: date, as_of: date, params: IngestionParams) -> list[date]:
    """The days from ``first`` to ``as_of`` that are not stored, or were when AirNow might still revise them.

    A day is settled once it was fetched ``airnow_settles_days`` after it or later; until then each later ``as_of`` asks
    again.
    """
    fetched: dict[date, date] = {}
    for reply in stored:
        fetched[reply.first] = max(reply.fetched_at, fetched.get(reply.first, reply.fetched_at))
    settles = timedelta(days=params.airnow_settles_days)
    days = [first + timedelta(days=number) for number in range((as_of - first).days + 1)]
    return [day for day in days if day not in fetched or fetched[day] < min(as_of, day + settles)]


def airnow_files(archive: Archive, group: str) -> list[Reply]:
    """The stored files of a group, ``daily`` or ``forecasts``."""
    return [reply for reply in archive.replies() if reply.folder.startswith(f"{SOURCE}/{group}/")]


def as_known(files: Iterable[Reply], as_of: date) -> list[Reply]:
    """Of each day up to ``as_of`` the file that was known then: the last one fetched by then, else the first after."""
    known: dict[date, Reply] = {}
    for reply in sorted(files, key=lambda reply: reply.fetched_at):
        if reply.first <= as_of and (reply.fetched_at <= as_of or reply.first not in known):
            known[reply.first] = reply
    return [known[day] for day in sorted(known)]


def _issued_by(parsed: Parsed, as_of: date) -> Parsed | None:
    """The forecasts that were issued by then; None where there is none, as in today's file of a run about the past."""
    rows = parsed.rows[parsed.rows["issued"] <= pd.Timestamp(as_of)].reset_index(drop=True)
    return Parsed(rows, parsed.dropped) if len(rows) else None


def _reply(group: str, day: date, parsed: Parsed, fetched_at: date) -> dict[str, pa.Table]:
    """The rows of a file under the name of a reply, with what was left out noted."""
    for reason, lines in parsed.dropped.items():
        logger.warning("AirNow's %s of %s: %d times %s; left out", group, day, lines, reason)
    newest = day if len(parsed.rows) else None
    reply = Reply(f"{SOURCE}/{group}/{NATION.slug}/{day.year}", "days", day, day, fetched_at, newest)
    rows = parsed.rows.assign(source=SOURCE, fetched_at=pd.Timestamp(fetched_at))
    noted = {DROPPED: json.dumps(dict(parsed.dropped))}
    return {reply.name: pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(noted)}
