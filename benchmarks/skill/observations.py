"""One value for each site and day, from daily rows with AQS field names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS

PARTS = ["state_code", "county_code", "site_number"]


def read_observations(path: Path, pollutant: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a pollutant's daily values and where they were measured.

    Args:
        path: Parquet file with ``state_code``, ``county_code``, ``site_number``, ``parameter_code``, ``poc``,
            ``date_local``, ``latitude``, ``longitude``, ``arithmetic_mean`` and ``first_max_value``.
        pollutant: A name of ``POLLUTANTS``.

    Returns:
        Observations (``site_id``, ``date_local``, ``value`` in the AQS unit), one for each site and day, and
        sites (``site_id``, ``latitude``, ``longitude``), both sorted.

    Raises:
        ValueError: The file holds nothing of the pollutant.
    """
    about = POLLUTANTS[pollutant]
    columns = [*PARTS, "poc", "date_local", "latitude", "longitude", about.value_column]
    rows = pd.read_parquet(path, columns=columns, filters=[("parameter_code", "==", about.aqs_code)])
    if rows.empty:
        raise ValueError(f"{path.name} has no row of {about.label} (parameter {about.aqs_code}). Name another file.")
    state, county, site = (rows[part].astype(str) for part in PARTS)
    named = rows.rename(columns={about.value_column: "value"}).dropna(subset="value")
    named = named.assign(site_id=state + "-" + county + "-" + site, date_local=pd.to_datetime(named["date_local"]))
    sites = named.groupby("site_id", as_index=False)[["latitude", "longitude"]].first()
    return one_value_a_day(named), sites


def one_value_a_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the value of one monitor for each site and day.

    That of the POC with the most days at the site, the smallest number among equals; on days that it did not
    report, of the POC with the next most.

    Args:
        rows: ``site_id``, ``poc``, ``date_local`` and ``value``, one for each monitor and day.

    Returns:
        ``site_id``, ``date_local``, ``value``, sorted by site and day.
    """
    days = rows.groupby(["site_id", "poc"])["date_local"].nunique().rename("days").reset_index()
    rank = days.sort_values(["site_id", "days", "poc"], ascending=[True, False, True])
    rank["rank"] = rank.groupby("site_id").cumcount()
    ranked = rows.merge(rank[["site_id", "poc", "rank"]], on=["site_id", "poc"])
    ordered = ranked.sort_values(["site_id", "date_local", "rank"])
    kept = ordered.drop_duplicates(["site_id", "date_local"])
    return kept[["site_id", "date_local", "value"]].reset_index(drop=True)
