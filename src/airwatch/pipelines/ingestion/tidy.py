"""Stored replies to typed tables: overlaps merged by AQS's own key, nothing later than ``as_of``."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.archive import Archive
from airwatch.domain.areas import Area
from airwatch.domain.pollutants import POLLUTANTS, WEATHER, parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.area import MONITOR, open_monitors, search_area
from airwatch.pipelines.ingestion.nodes import NoDataError, newest_list
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import folder, groups
from airwatch.sandbox.network import STATES
from airwatch.scope import mark

logger = logging.getLogger(__name__)

NAMES = {parameter(name).aqs_code: name for name in (*POLLUTANTS, *WEATHER)}
KEY = [
    *MONITOR,
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
        the one with the newest ``date_of_last_change`` stays, and of equal ones the one fetched last. ``source`` is
        ``sandbox`` in the simulated states, whoever was asked.

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
        site_id=_site_ids(rows),
        pollutant=rows["parameter_code"].map(NAMES).astype("string"),
        source=_sources(rows, run),
    )
    tidy = rows[list(schemas.empty("DailySummaries").columns)].reset_index(drop=True)
    logger.info("Ingestion: %d daily summaries at %d sites", len(tidy), tidy["site_id"].nunique())
    return mark(tidy, run, whatever=("horizon_days",))


def tidy_monitors(archive: Archive, run: RunParams) -> pd.DataFrame:
    """The monitors of the area and its neighbourhood as last listed for the years of the run.

    Returns:
        ``Monitors`` that were open by ``as_of``, keyed by site, pollutant and POC; ``in_area`` tells the area's own
        from the neighbours. Empty where EPA lists none of the area.
    """
    area = search_area(None, run)
    rows = _listed(archive, area, run).assign(in_area=True)
    if rows.empty:
        return schemas.empty("Monitors")
    box = search_area(rows, run)
    if box != area and len(near := _listed(archive, box, run)):
        rows = pd.concat([rows, near.assign(in_area=False)], ignore_index=True)
        rows = rows.drop_duplicates(MONITOR, keep="first")
    primary = rows["naaqs_primary_monitor"] if "naaqs_primary_monitor" in rows else pd.Series("", index=rows.index)
    tidy = rows.assign(
        site_id=_site_ids(rows),
        pollutant=rows["parameter_code"].map(NAMES).astype("string"),
        naaqs_primary=primary.astype("string").str.upper().str.startswith("Y").fillna(False).astype(bool),
        name=rows.get("local_site_name", pd.Series("", index=rows.index)).astype("string").fillna(""),
    )
    tidy = tidy[list(schemas.empty("Monitors").columns)]
    return tidy.sort_values(["site_id", "pollutant", "poc"], ignore_index=True)


def _listed(archive: Archive, area: Area, run: RunParams) -> pd.DataFrame:
    newest = newest_list(archive.replies(), area, run)
    return open_monitors(archive.read([newest] if newest else []), run.as_of)


def _sources(rows: pd.DataFrame, run: RunParams) -> pd.Series[str]:
    """The run's source, but the simulated states are the sandbox's, wherever its server stood in for EPA."""
    return pd.Series(run.source, index=rows.index, dtype="str").mask(rows["state_code"].isin(list(STATES)), "sandbox")


def _site_ids(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["state_code"] + "-" + rows["county_code"] + "-" + rows["site_number"]
