"""Sources that are files of the whole country: which of them a run needs, and those that are new or have changed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date

import pyarrow as pa

from airwatch.archive import Archive, Reply
from airwatch.domain.areas import NATION
from airwatch.pipelines.ingestion.progress import progress
from airwatch.services import EpaServices
from airwatch.sources.airdata import AirDataClient, YearFile, year_files
from airwatch.sources.download import Version
from airwatch.sources.errors import SourceError
from airwatch.sources.rows import DAY

logger = logging.getLogger(__name__)


def files_of(names: Iterable[str], years: Iterable[int]) -> dict[str, YearFile]:
    """EPA's yearly files about some pollutants and kinds of weather, by the folder of the archive that keeps each."""
    files = year_files(names, years)
    return {f"airdata/{file.group}/{NATION.slug}/{file.year}": file for file in files}


def newest_of(stored: Iterable[Reply], folders: Iterable[str]) -> dict[str, Reply]:
    """The reply of each folder that was fetched last: each holds a whole file, and the last one is EPA's word."""
    wanted = set(folders)
    found = sorted((reply for reply in stored if reply.folder in wanted), key=lambda reply: reply.fetched_at)
    return {reply.folder: reply for reply in found}


def fetch_files(
    services: EpaServices, index: Archive, files: Mapping[str, YearFile], as_of: date
) -> Iterator[dict[str, pa.Table]]:
    """Fetch the yearly files that are not stored, or that EPA has made anew since.

    Args:
        services: The way to EPA.
        index: What is stored.
        files: The files that are needed, by their folders.
        as_of: The day of the run that asks.

    Yields:
        One file's rows after another, under its name in the archive and with what tells its version; stored before
        the next file is asked for.

    Raises:
        SourceRefused: EPA has not published one of the years.
        SourceUnavailable: A file that is not stored yet did not come, or is damaged.
        SourceChanged: A file holds something else than AirWatch knows.
    """
    stored = newest_of(index.replies(), files)
    fetched = 0
    with services.open_airdata() as client, progress() as bar:
        task = bar.add_task("AirData", total=len(files))
        for folder, file in files.items():
            known = stored.get(folder)
            version = client.look(file) if known is None else _changed(client, file, index.said(known))
            if version is not None:
                asked = max(as_of, known.fetched_at) if known else as_of  # so that it comes after what it replaces
                with client.fetched(file, version) as rows:
                    yield _reply(folder, file, version, rows, asked)
                fetched += 1
            bar.advance(task)
    logger.info("Ingestion: %d of %d yearly files fetched, the others are as they were", fetched, len(files))


def _changed(client: AirDataClient, file: YearFile, noted: dict[str, str]) -> Version | None:
    """The version of a stored file where EPA has another one now; None too where EPA does not say."""
    try:
        version = client.look(file, hurried=True)
    except SourceError as error:
        logger.warning("%s is used as it is stored. %s", file.name, error)
        return None
    return None if _note(version).items() <= noted.items() else version


def _reply(folder: str, file: YearFile, version: Version, rows: pa.Table, fetched_at: date) -> dict[str, pa.Table]:
    """The rows of a file under the name of a reply, with its version noted."""
    reply = Reply(folder, "days", date(file.year, 1, 1), date(file.year, 12, 31), fetched_at, newest=None)
    asked = pa.repeat(pa.scalar(fetched_at).cast(DAY), len(rows))
    return {reply.name: rows.append_column("fetched_at", asked).replace_schema_metadata(_note(version))}


def _note(version: Version) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(version).items()}
