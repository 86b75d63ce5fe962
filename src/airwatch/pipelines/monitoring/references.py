"""What a forecast is compared with: persistence and climatology as they stood at its origin."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.features.grids import DayAxis, build_grid
from airwatch.features.kernel import climatology, last_observed
from airwatch.features.spec import DAYS_OF_A_YEAR, FeatureSpec


def add_references(rows: pd.DataFrame, observations: pd.DataFrame, spec: FeatureSpec) -> pd.DataFrame:
    """Put persistence and climatology beside forecasts, both from days up to the origin only.

    Args:
        rows: Forecasts with site_id, pollutant, origin_date and lead_days.
        observations: ``daily_observations``, in the AQS unit.
        spec: Of the feature table: how far its newest value looks back, and the windows of its climatology.

    Returns:
        ``rows`` with ``persistence``, the observation of the origin day or else the newest before it, and
        ``climatology``, the mean of the site's observations around the target's day of the year in the years
        before. NaN where there is none. The order of rows is that given.
    """
    persistence, usual = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    pollutants = rows["pollutant"].to_numpy(dtype=object)
    for pollutant in pd.unique(pollutants):
        its = np.flatnonzero(pollutants == pollutant)
        seen = observations[observations["pollutant"] == pollutant]
        persistence[its], usual[its] = _references_of(rows.iloc[its], seen, spec)
    return rows.assign(persistence=persistence, climatology=usual)


def _references_of(
    rows: pd.DataFrame, observations: pd.DataFrame, spec: FeatureSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Persistence and climatology of one pollutant's forecasts, each [rows]."""
    start, horizon = rows["origin_date"].min(), int(rows["lead_days"].max())
    years = round(DAYS_OF_A_YEAR * spec.climatology.years) + spec.climatology.half_width_days
    axis = DayAxis(start, (rows["origin_date"].max() - start).days + 1, max(spec.max_stale_days, years))
    site_ids = np.unique(rows["site_id"].to_numpy(dtype=object))
    grid = build_grid(observations, axis).rows_of(site_ids)
    site = np.searchsorted(site_ids, rows["site_id"].to_numpy(dtype=object))
    day = axis.columns_of(rows["origin_date"]) - axis.past
    newest, _ = last_observed(grid, axis.days, spec.max_stale_days)
    usual = climatology(grid, axis.days, horizon, spec.climatology)
    return newest[site, day], usual[site, day + rows["lead_days"].to_numpy()]
