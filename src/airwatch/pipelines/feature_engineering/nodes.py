"""The nodes of feature engineering: one value a site and day, the sites, the feature table."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from airwatch.features import table
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering import description, policy
from airwatch.pipelines.feature_engineering.forecastability import forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.scope import mark, require_made_for

logger = logging.getLogger(__name__)

SITE_COLUMNS = [
    "site_id",
    "pollutant",
    "latitude",
    "longitude",
    "name",
    "county",
    "state",
    "cbsa_code",
    "in_area",
    "cadence_days",
    "forecastable",
    "reason_not",
    "first_day",
    "last_day",
]


def choose_daily_values(
    daily_summaries: pd.DataFrame, monitors: pd.DataFrame, run: RunParams, params: FeatureEngineeringParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose one value for each site, pollutant and day, and count what was left out.

    Args:
        daily_summaries: All variants of a day as AQS gives them, days in local standard time.
        monitors: The primary monitor of each site and pollutant, where EPA names one.
        run: Pollutants and ``as_of``.
        params: The policy; ``policy`` tells why one site and day has many rows.

    Returns:
        ``daily_observations``, sorted by (site_id, pollutant, date_local), values in AQS units, weather among
        them; ``dropped_summaries``: rows and site-days by pollutant and the first reason that spoke against a
        row. Every row of ``daily_summaries`` is in one of the two.

    Raises:
        OtherScopeError: The summaries are of another source or area.
    """
    require_made_for(daily_summaries, "daily_summaries", "ingestion", run)
    summaries = policy.Summaries(daily_summaries)
    reasons = policy.judge(summaries, monitors, run, params.policy)
    observations = policy.observations(summaries, np.flatnonzero(reasons == policy.Reason.KEPT))
    dropped = policy.count_dropped(summaries, reasons)
    logger.info(
        "Chose %d daily values from %d summaries, %d left out for %d reasons",
        len(observations),
        len(daily_summaries),
        dropped["rows"].sum(),
        dropped["reason"].nunique(),
    )
    for name in run.pollutants:
        if not (observations["pollutant"] == name).any():
            logger.warning("No usable observation of %s in this area and period: it gets no forecast.", name)
    return mark(observations, run, whatever=("horizon_days",)), dropped


def describe_sites(
    daily_summaries: pd.DataFrame,
    daily_observations: pd.DataFrame,
    run: RunParams,
    params: FeatureEngineeringParams,
) -> pd.DataFrame:
    """Describe each site at which a pollutant of the run was observed.

    Args:
        daily_summaries: Positions and names.
        daily_observations: What was observed, one value a day.
        run: Area, pollutants and ``as_of``.
        params: When a site is forecastable, and when a move is worth a warning.

    Returns:
        ``sites``, sorted by (site_id, pollutant): the first known position in degrees, names as last given,
        whether it lies in the area, its cadence in days, and whether it is forecastable as of ``as_of`` or
        why not.
    """
    known = daily_observations[daily_observations["date_local"] <= pd.Timestamp(run.as_of)]
    known = known[known["pollutant"].isin(run.pollutants) & known["value"].notna()]
    days = known.groupby(["site_id", "pollutant"])["date_local"]
    sites = days.agg(first_day="min", last_day="max").assign(cadence_days=description.cadence_days(known)).reset_index()
    sites = sites.join(description.site_positions(daily_summaries, params.sites.max_move_km), on="site_id")
    sites = sites.join(description.site_names(daily_summaries), on="site_id")
    sites["in_area"] = description.in_area(sites, run.area)
    judged = forecastable(known, pd.DatetimeIndex([pd.Timestamp(run.as_of)]), params.forecastable)
    sites = sites.merge(judged[["site_id", "pollutant", "forecastable", "reason_not"]], on=["site_id", "pollutant"])
    logger.info(
        "Described %d sites: %d forecastable in the area",
        len(sites),
        (sites["forecastable"] & sites["in_area"]).sum(),
    )
    table_of_sites: pd.DataFrame = sites[SITE_COLUMNS]
    return table_of_sites.sort_values(["site_id", "pollutant"], ignore_index=True)


def build_features(
    daily_observations: pd.DataFrame, sites: pd.DataFrame, run: RunParams, params: FeatureEngineeringParams
) -> pd.DataFrame:
    """Build the one feature table; ``airwatch.features.table.build_features`` has its contract."""
    require_made_for(daily_observations, "daily_observations", "feature_engineering", run)
    features = mark(table.build_features(daily_observations, sites, run, params.features), run)
    logger.info("Built %d feature rows of %d columns", len(features), features.shape[1] - 3)
    return features
