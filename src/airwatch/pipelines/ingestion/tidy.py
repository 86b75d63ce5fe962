"""Stored replies to typed tables: overlaps merged by AQS's own key, nothing later than ``as_of``."""

from __future__ import annotations

import logging
from datetime import date

import pandas as pd

from airwatch import schemas
from airwatch.archive import Archive
from airwatch.domain.pollutants import POLLUTANTS, WEATHER, parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.area import search_area
from airwatch.pipelines.ingestion.nodes import NoDataError, monitors_folder
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import folder, groups

logger = logging.getLogger(__name__)

NAMES = {parameter(name).aqs_code: name for name in (*POLLUTANTS, *WEATHER)}
KEY = [
    "state_code",
    "county_code",
    "site_number",
    "parameter_code",
    "poc",
    "date_local",
    "sample_duration_code",
    "pollutant_standard",
    "event_type",
    "method_code",
]


def tidy_summaries(archive: Archive, monitors: pd.DataFrame, run: RunParams, params: IngestionParams) -> pd.DataFrame:
    """The run's daily summaries, all variants of a day.

    Returns:
        ``DailySummaries``, sorted by AQS's ten-part key, from ``first_year`` to ``as_of``. Of rows with one key
        the one with the newest ``date_of_last_change`` stays, and of equal ones the one fetched last.

    Raises:
        NoDataError: None of the run's pollutants has a row in those years.
    """
    area = search_area(monitors, run)
    years = range(run.first_year, run.as_of.year + 1)
    folders = {folder(run, group, area, year) for group in groups(run, params) for year in years}
    rows = archive.read(reply for reply in archive.replies() if reply.folder in folders)
    if len(rows):
        rows = rows[rows["date_local"] <= pd.Timestamp(run.as_of)]
    if rows.empty or not rows["parameter_code"].isin([POLLUTANTS[name].aqs_code for name in run.pollutants]).any():
        raise NoDataError(
            f"EPA has no data of {', '.join(run.pollutants)} in {area} from {run.first_year}-01-01 to {run.as_of}. "
            "Choose a later as_of, an earlier first_year, or another area."
        )
    # The site and the parameter first, so that the table is sorted by what readers ask for.
    rows = rows.sort_values([*KEY, "date_of_last_change", "fetched_at"], kind="stable", na_position="first")
    rows = rows.drop_duplicates(KEY, keep="last")
    rows = rows.assign(
        site_id=_site_ids(rows), pollutant=rows["parameter_code"].map(NAMES).astype("string"), source=run.source
    )
    tidy = rows[list(schemas.empty("DailySummaries").columns)].reset_index(drop=True)
    logger.info("Ingestion: %d daily summaries at %d sites", len(tidy), tidy["site_id"].nunique())
    return tidy


def tidy_monitors(archive: Archive, run: RunParams) -> pd.DataFrame:
    """The area's monitors as last listed for the years of the run.

    Returns:
        ``Monitors`` that were open by ``as_of``, keyed by site, pollutant and POC; empty where EPA lists none.
    """
    where = monitors_folder(run, search_area(None, run))
    begin = date(run.first_year, 1, 1)
    stored = [reply for reply in archive.replies() if reply.folder == where and reply.first <= begin]
    newest = max(stored, key=lambda reply: (reply.fetched_at, reply.last), default=None)
    rows = archive.read([newest]) if newest else pd.DataFrame()
    if rows.empty:
        return schemas.empty("Monitors")
    if "open_date" in rows:  # the list may be of a later run
        rows = rows[~(rows["open_date"] > pd.Timestamp(run.as_of))]
    primary = rows["naaqs_primary_monitor"] if "naaqs_primary_monitor" in rows else pd.Series("", index=rows.index)
    tidy = rows.assign(
        site_id=_site_ids(rows),
        pollutant=rows["parameter_code"].map(NAMES).astype("string"),
        naaqs_primary=primary.astype("string").str.upper().str.startswith("Y").fillna(False).astype(bool),
        name=rows.get("local_site_name", pd.Series("", index=rows.index)).astype("string").fillna(""),
    )
    tidy = tidy[list(schemas.empty("Monitors").columns)].drop_duplicates(["site_id", "pollutant", "poc"], keep="last")
    return tidy.sort_values(["site_id", "pollutant", "poc"], ignore_index=True)


def _site_ids(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["state_code"] + "-" + rows["county_code"] + "-" + rows["site_number"]
