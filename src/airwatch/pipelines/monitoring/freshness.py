"""Whether the observations that forecasts start from are new, and whether the network still reports."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import FreshnessParams, MonitoringParams
from airwatch.tables import AnyTable, BlockTable, as_table

logger = logging.getLogger(__name__)


def check_freshness(
    daily_observations: AnyTable, sites: pd.DataFrame, run: RunParams, params: MonitoringParams
) -> pd.DataFrame:
    """Find each pollutant's newest day, its age at ``as_of``, and which of the area's sites still report.

    Agencies have three months after a quarter to report to AQS (40 CFR 58.16), so that a run on today's AQS
    is told here how old its data are.

    Args:
        daily_observations: One value for each site, pollutant and day; days after ``as_of`` are left alone.
        sites: Where each pollutant is observed, with ``in_area`` and ``forecastable``.
        run: ``as_of`` and pollutants.
        params: The limits.

    Returns:
        ``Freshness``: a row for each pollutant of the run, also for one without any observation
        (``newest_day``, ``age_days`` and ``share_reporting`` are then missing). The share is that of the
        forecastable sites with an observation in the ``reporting_days`` up to the newest day;
        ``silent_sites`` names the others.
    """
    inside = sites.loc[sites["in_area"], ["site_id", "pollutant", "forecastable"]]
    rows = [
        _freshness_of(name, as_table(daily_observations), inside[inside["pollutant"] == name], run, params.freshness)
        for name in run.pollutants
    ]
    for row in rows:
        logger.info(
            "Freshness of %s: newest day %s; %d of %d forecastable sites reporting",
            row["pollutant"],
            "none" if pd.isna(row["newest_day"]) else row["newest_day"].date(),
            row["sites_reporting"],
            row["sites_forecastable"],
        )
    return pd.DataFrame(rows).sort_values("pollutant", ignore_index=True)


def _freshness_of(
    pollutant: str, observations: BlockTable, sites: pd.DataFrame, run: RunParams, params: FreshnessParams
) -> dict[str, Any]:
    """One pollutant's row."""
    inside, as_of = list(sites["site_id"]), pd.Timestamp(run.as_of)
    seen = observations.read(["site_id", "date_local"], pollutant=pollutant, site_ids=inside, last=as_of)
    newest = seen["date_local"].max()
    since = newest - pd.Timedelta(days=params.reporting_days)
    lately = set(seen.loc[seen["date_local"] > since, "site_id"])
    forecastable = set(sites.loc[sites["forecastable"], "site_id"])
    reporting = forecastable & lately
    return {
        "pollutant": pollutant,
        "newest_day": newest,
        "age_days": float((pd.Timestamp(run.as_of) - newest).days) if seen.size else float("nan"),
        "sites_forecastable": len(forecastable),
        "sites_reporting": len(reporting),
        "share_reporting": len(reporting) / len(forecastable) if forecastable else float("nan"),
        "silent_sites": " ".join(sorted(forecastable - lately)),
    }
