"""Where each site is, what it is called, how often it samples, and whether it lies in the run's area."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch.domain.areas import ABROAD, Area
from airwatch.features.neighbours import distances_km, unit_vectors
from airwatch.pipelines.feature_engineering.forecastability import YEAR_DAYS

logger = logging.getLogger(__name__)

NAMES = {"name": "local_site_name", "county": "county", "state": "state", "cbsa_code": "cbsa_code"}
PLACE_COLUMNS = ["site_id", "date_local", "latitude", "longitude", *NAMES.values()]


def site_positions(daily_summaries: pd.DataFrame, max_move_km: float) -> pd.DataFrame:
    """The first known position of each site, so that a later move changes no earlier feature.

    A site that lies more than ``max_move_km`` from there in some later row is logged, one warning a site.

    Returns:
        latitude and longitude in degrees, indexed by site_id.
    """
    columns = ["site_id", "date_local", "latitude", "longitude"]
    known = daily_summaries[columns].dropna()
    firsts = known.groupby(columns[:1] + columns[2:], observed=True)["date_local"].min().reset_index()
    firsts = firsts.sort_values([*columns], kind="stable")
    positions = firsts.drop_duplicates("site_id").set_index("site_id")[["latitude", "longitude"]]
    positions.index = positions.index.astype("str")
    _warn_of_moves(firsts.astype({"site_id": "str"}), positions, max_move_km)
    return positions


def site_names(daily_summaries: pd.DataFrame) -> pd.DataFrame:
    """Name, county, state and CBSA code of each site as last given, else empty; indexed by site_id."""
    newest = daily_summaries.groupby(["site_id", *NAMES.values()], observed=True, dropna=False)["date_local"].max()
    rows = newest.reset_index().sort_values(["site_id", "date_local"], kind="stable")
    names = rows.groupby("site_id", observed=True)[list(NAMES.values())].last()
    names = names.rename(columns={column: name for name, column in NAMES.items()})
    names.index = names.index.astype("str")
    return names.astype("str").fillna("")


def in_area(sites: pd.DataFrame, area: Area) -> pd.Series:
    """Whether each site lies in the area: a CBSA by its code, a box by position, the others by site id.

    Of the nation are all sites but those that EPA lists in Canada and Mexico.

    Args:
        sites: site_id, cbsa_code, latitude and longitude.
        area: The run's area.
    """
    match area.kind:
        case "cbsa":
            return sites["cbsa_code"] == area.code
        case "box":
            assert area.box is not None
            south, north, west, east = area.box
            return sites["latitude"].between(south, north) & sites["longitude"].between(west, east)
        case "nation":
            return ~sites["site_id"].str[:2].isin(list(ABROAD))
        case _:
            return sites["site_id"].str.replace("-", "").str.startswith(area.code.replace("-", ""))


def observed_days(observations: pd.DataFrame) -> pd.DataFrame:
    """The first and the last day observed, ``first_day`` and ``last_day``, by (site_id, pollutant)."""
    by_site = observations.groupby(["site_id", "pollutant"])["date_local"]
    return pd.DataFrame(by_site.agg(first_day="min", last_day="max"))


def cadence_days(observations: pd.DataFrame, newest: pd.Series) -> pd.Series:
    """Median days from one observation to the next, by (site_id, pollutant).

    Args:
        observations: Of some sites, one a day.
        newest: The newest day on which any site observed each pollutant. The gaps are those between the 365 days
            that end with it.

    Returns:
        NaN for a site with fewer than two observations in them.
    """
    days = observations[["site_id", "pollutant", "date_local"]]
    since = newest.reindex(days["pollutant"]).to_numpy() - pd.Timedelta(days=YEAR_DAYS)
    recent = days[days["date_local"] > since].sort_values(["site_id", "pollutant", "date_local"])
    by_site = recent.groupby(["site_id", "pollutant"])["date_local"]
    gaps = by_site.diff().dt.days.groupby([recent["site_id"], recent["pollutant"]])
    median: pd.Series = gaps.median()
    return median


def _warn_of_moves(places: pd.DataFrame, positions: pd.DataFrame, max_move_km: float) -> None:
    """Log each site that has moved, with the greatest distance from where it was first."""
    starts = positions.loc[places["site_id"]]
    there = unit_vectors(places["latitude"].tolist(), places["longitude"].tolist())
    here = unit_vectors(starts["latitude"].tolist(), starts["longitude"].tolist())
    moved = pd.Series(distances_km(there, here), index=places["site_id"].to_numpy()).groupby(level=0).max()
    for site_id, km in moved[moved > max_move_km].items():
        logger.warning("Site %s has moved %.1f km; its first position is used throughout.", site_id, km)
