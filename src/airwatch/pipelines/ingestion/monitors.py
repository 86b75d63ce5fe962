"""The monitors of a run: as EPA lists them, or where the source is files, as their rows name them."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from airwatch import schemas
from airwatch.archive import Archive
from airwatch.domain.areas import Area
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.area import MONITOR, open_monitors, search_area
from airwatch.pipelines.ingestion.nodes import newest_list
from airwatch.pipelines.ingestion.stored import lies_in, rows_of_files

NAMES = {entry.aqs_code: name for name, entry in POLLUTANTS.items()}


def tidy_monitors(archive: Archive, run: RunParams) -> pd.DataFrame:
    """The monitors of the area and its neighbourhood for the years of the run, as last listed.

    Files bring no list: there the monitors are those that have a row, each where it stood last, and none of them is
    known to be a site's primary one.

    Returns:
        ``Monitors`` that were open by ``as_of``, keyed by site, pollutant and POC; ``in_area`` tells the area's own
        from the neighbours. Empty where there is none in the area.
    """
    listed = _in_files if run.is_from_files else _listed
    area = search_area(None, run)
    rows = listed(archive, area, run).assign(in_area=True)
    if rows.empty:
        return schemas.empty("Monitors")
    around = search_area(rows, run)
    if around != area and len(near := listed(archive, around, run)):
        rows = pd.concat([rows, near.assign(in_area=False)], ignore_index=True)
        rows = rows.drop_duplicates(MONITOR, keep="first")
    primary = rows["naaqs_primary_monitor"] if "naaqs_primary_monitor" in rows else pd.Series("", index=rows.index)
    tidy = rows.assign(
        site_id=rows["state_code"] + "-" + rows["county_code"] + "-" + rows["site_number"],
        pollutant=rows["parameter_code"].map(NAMES).astype("string"),
        naaqs_primary=primary.astype("string").str.upper().str.startswith("Y").fillna(False).astype(bool),
        name=rows.get("local_site_name", pd.Series("", index=rows.index)).astype("string").fillna(""),
    )
    tidy = pd.DataFrame(tidy[list(schemas.empty("Monitors").columns)])
    return tidy.sort_values(["site_id", "pollutant", "poc"], ignore_index=True)


def _listed(archive: Archive, area: Area, run: RunParams) -> pd.DataFrame:
    """Those of EPA's list."""
    newest = newest_list(archive.replies(), area, run)
    return open_monitors(archive.read([newest] if newest else []), run.as_of)


def _in_files(archive: Archive, area: Area, run: RunParams) -> pd.DataFrame:
    """Those that have a row, where they stood last."""
    rows = rows_of_files(archive, run.pollutants, run).narrowed(lies_in(area))
    places = [*MONITOR, "latitude", "longitude", "local_site_name"]
    stood = [
        part.group_by(places).aggregate([("date_local", "max")]) for part in rows.by_states([*places, "date_local"])
    ]
    if not stood:
        return pd.DataFrame()
    stands = pd.DataFrame(pa.concat_tables(stood).unify_dictionaries().to_pandas())
    last = stands.sort_values("date_local_max", kind="stable")
    texts = last.columns[last.dtypes == "category"]
    return last.astype(dict.fromkeys(texts, "str")).drop_duplicates(MONITOR, keep="last")
