"""The rows that a run's tables are made of, wherever its source keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from airwatch.archive import Archive
from airwatch.domain.areas import ABROAD, Area
from airwatch.domain.pollutants import parameter
from airwatch.domain.sites import SiteId
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.files import files_of, newest_of
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import folder, groups
from airwatch.sources.errors import SourceRefused
from airwatch.sources.rows import SummaryRows
from airwatch.sources.table import open_table


def stored_rows(archive: Archive, area: Area, run: RunParams, params: IngestionParams) -> SummaryRows:
    """The rows of an area, neighbourhood included, from ``first_year`` to ``as_of``.

    Raises:
        SourceError: The run's table cannot be read, or lacks a column.
        UnreadableTableError: When they are read: a file of the archive is damaged.
    """
    if run.is_from_files:
        rows = rows_of_files(archive, (*run.pollutants, *params.meteorology), run)
        return rows if area.kind == "nation" else rows.narrowed(lies_in(area))
    years = range(run.first_year, run.as_of.year + 1)
    folders = {folder(run, group, area, year) for group in groups(run, params) for year in years}
    rows = archive.rows(reply for reply in archive.replies() if reply.folder in folders)
    return rows.narrowed(pc.field("date_local") <= pd.Timestamp(run.as_of))


def rows_of_files(archive: Archive, names: Sequence[str], run: RunParams) -> SummaryRows:
    """The rows of the whole country about some pollutants or kinds of weather, from ``first_year`` to ``as_of``.

    Raises:
        SourceError: The run's table cannot be read, or lacks a column.
    """
    if run.source == "table":
        rows = open_table(run.table or "")
        if run.area.kind == "cbsa" and "cbsa_code" not in rows.dataset.schema.names:
            raise SourceRefused(
                f"table: {run.table} has no cbsa_code; use area.county, area.state, area.box or area.nation."
            )
    else:
        files = files_of(names, range(run.first_year, run.as_of.year + 1))
        rows = archive.rows(newest_of(archive.replies(), files).values())
    days = pc.field("date_local")
    return rows.narrowed(
        pc.field("parameter_code").isin([parameter(name).aqs_code for name in names])
        & (days >= pd.Timestamp(run.first_year, 1, 1))
        & (days <= pd.Timestamp(run.as_of))
    )


def lies_in(area: Area) -> Any:
    """The condition that a row fulfils whose site lies in an area; of the nation are all but those abroad."""
    match area.kind:
        case "box":
            assert area.box is not None
            south, north, west, east = area.box
            latitude, longitude = pc.field("latitude"), pc.field("longitude")
            return (latitude >= south) & (latitude <= north) & (longitude >= west) & (longitude <= east)
        case "nation":
            return ~pc.field("state_code").isin(sorted(ABROAD))
        case "site":
            site = SiteId.parse(area.code)
            whole = {"state_code": site.state, "county_code": site.county, "site_number": site.site}
        case "county":
            whole = {"state_code": area.code[:2], "county_code": area.code[2:]}
        case _:
            whole = {f"{area.kind}_code": area.code}
    conditions = [pc.field(name) == code for name, code in whole.items()]
    together = conditions[0]
    for condition in conditions[1:]:
        together &= condition
    return together
