"""EPA's own forecasts beside ours: which reporting area speaks for a site.

Agencies forecast for reporting areas, of which AirNow gives a centre and no border. The area of a site and pollutant
is the one whose centre is nearest within ``REACH_KM``, of those that forecast the pollutant; an area of the site's
own state goes before a nearer one of another, whose agency does not speak for it. A site without an area within reach
has no forecast of EPA's. On 9 January 2024, 72 % of the sites that observe PM2.5 had one, and 43 % of those of ozone,
which is out of season then.

What AirNow reports, and agencies forecast, of an area is the highest AQI of its sites: at most sites it runs high.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from airwatch.domain.states import POSTAL
from airwatch.features.neighbours import EARTH_RADIUS_KM, unit_vectors

REACH_KM = 50.0
AREA = ["reporting_area", "state"]


def epa_reference(epa_forecasts: pd.DataFrame, sites: pd.DataFrame, reach_km: float = REACH_KM) -> pd.DataFrame:
    """EPA's forecast for each site, pollutant, day and lead.

    The forecast of an agency is issued in the course of ``issued``, on which ours would have that day as its origin:
    the same ``lead_days`` is the fair comparison, though the agency has not seen the whole of the day. EPA's AQI is
    of the breakpoints in force then; PM2.5 has others since May 2024.

    Args:
        epa_forecasts: ``EpaForecasts``, as known on ``as_of``.
        sites: ``site_id``, ``pollutant``, ``latitude`` and ``longitude``.
        reach_km: No area further away speaks for a site.

    Returns:
        Sorted by its key (site_id, pollutant, target_date, lead_days): ``issued``, ``aqi`` (NaN where the agency gave a
        category alone), ``category``, ``action_day``, ``reporting_area``, ``state`` and ``distance_km``.
    """
    key = ["site_id", "pollutant", "target_date", "lead_days"]
    found = areas_of(epa_forecasts, sites, reach_km).merge(epa_forecasts, on=["pollutant", *AREA])
    columns = [*key, "issued", "aqi", "category", "action_day", *AREA, "distance_km"]
    return found[columns].sort_values(key, ignore_index=True)


def areas_of(epa_forecasts: pd.DataFrame, sites: pd.DataFrame, reach_km: float = REACH_KM) -> pd.DataFrame:
    """The reporting area of each site and pollutant that has one: ``reporting_area``, ``state``, ``distance_km``."""
    placed = epa_forecasts.sort_values(["issued", *AREA], kind="stable").drop_duplicates(
        ["pollutant", *AREA], keep="last"
    )
    found = [
        _nearest(placed[placed["pollutant"] == name].sort_values(AREA, ignore_index=True), own, reach_km)
        for name, own in sites.groupby("pollutant", observed=True)
    ]
    columns = ["site_id", "pollutant", *AREA, "distance_km"]
    return pd.concat([pd.DataFrame(columns=columns), *found], ignore_index=True)[columns]


def _nearest(areas: pd.DataFrame, sites: pd.DataFrame, reach_km: float) -> pd.DataFrame:
    """The area of each site of one pollutant; of two as near the first by name."""
    if areas.empty:
        return pd.DataFrame()
    centres, places = (unit_vectors(each["latitude"].tolist(), each["longitude"].tolist()) for each in (areas, sites))
    km = EARTH_RADIUS_KM * np.sqrt(((places[:, None] - centres[None]) ** 2).sum(axis=2))
    elsewhere = sites["site_id"].str[:2].map(POSTAL).to_numpy()[:, None] != areas["state"].to_numpy()[None]
    rank = np.where(km <= reach_km, km + 2 * reach_km * elsewhere, np.inf)
    best = rank.argmin(axis=1)
    rows = np.arange(len(sites))
    spoken_for = sites.assign(
        **areas.loc[best, AREA].reset_index(drop=True).set_index(sites.index), distance_km=km[rows, best]
    )
    return pd.DataFrame(spoken_for[np.isfinite(rank[rows, best])])
