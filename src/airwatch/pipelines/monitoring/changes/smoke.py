"""Smoke, and other episodes of the whole network: days that say nothing of an instrument or of a model."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.domain.transforms import transform
from airwatch.features.compiled import FloatArray
from airwatch.features.neighbours import EARTH_RADIUS_KM, unit_vectors
from airwatch.features.records import EPOCH
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.monitoring.changes.days import Days, Mask
from airwatch.pipelines.monitoring.params import MonitoringParams, SmokeParams
from airwatch.tables import AnyTable, as_table

logger = logging.getLogger(__name__)

PARTICLES = "pm25"  # what smoke is told by
NO_EVENT = ("No Events", "None", "")
KEY = ["site_id", "date_local"]


def mark_smoke(
    daily_observations: AnyTable,
    sites: pd.DataFrame,
    run: RunParams,
    params: MonitoringParams,
    policy: FeatureEngineeringParams,
) -> pd.DataFrame:
    """Find the days on which smoke, or fireworks or another episode of all sites around, was at a site.

    At least ``min_sites`` sites within ``reach_km``, and ``min_share`` of those that observed, stand ``spreads`` of
    their own standard deviations above their usual PM2.5 (the rule of the feature ``smoke_share_00``, near by); or the
    agency has marked the day's value as one of an exceptional event.

    Args:
        daily_observations: One value for each site, pollutant and day; days after ``as_of`` are left alone. Where PM2.5
            is not among them only the agencies' marks count.
        sites: Where each pollutant is observed.
        run: ``as_of`` and pollutants.
        params: The rule, and how many earlier years are compared.
        policy: The working unit.

    Returns:
        ``SmokeDays``, keyed by site and day: ``share`` of the sites around that stood out (NaN where none observed)
        and ``told_by`` (``network`` or ``agency``).
    """
    last = pd.Timestamp(run.as_of)
    history = round(DAYS_OF_A_YEAR * params.drift.reference_years) + params.smoke.level_days + params.drift.current_days
    working = transform(policy.features.transforms[PARTICLES])
    nothing = schemas.empty("SmokeDays")
    days = Days.of(PARTICLES, daily_observations, sites, nothing, last, history, working)
    found = [nothing, _by_agency(daily_observations, run, last - pd.Timedelta(days=history))]
    if days is not None:
        found.append(_by_network(days, sites, params.smoke))
    table = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    table = table.sort_values([*KEY, "told_by"]).drop_duplicates(KEY, keep="last").reset_index(drop=True)
    logger.info("Smoke: %d site-days, on %d days", len(table), table["date_local"].nunique())
    return table


def _by_agency(observations: AnyTable, run: RunParams, first: pd.Timestamp) -> pd.DataFrame:
    """The site-days that an agency marked."""
    table = as_table(observations)
    if "event_type" not in table.columns:
        return schemas.empty("SmokeDays")
    columns, marked = ["site_id", "date_local", "event_type"], []
    for block in table.blocks(columns=columns, pollutant=run.pollutants, first=first, last=pd.Timestamp(run.as_of)):
        event = block["event_type"].astype("object")
        marked.append(block.loc[event.notna() & ~event.isin(NO_EVENT), KEY])
    rows = pd.concat(marked, ignore_index=True).drop_duplicates()
    return rows.assign(site_id=rows["site_id"].astype("str"), share=np.nan, told_by="agency")


def _by_network(days: Days, sites: pd.DataFrame, params: SmokeParams) -> pd.DataFrame:
    """The site-days at which the sites around stood out."""
    out, seen = standing_out(days.unit, params), np.isfinite(days.values)
    places = sites.drop_duplicates("site_id")
    near = _near(places[["latitude", "longitude"]].to_numpy(dtype=np.float64), days.places, params.reach_km)
    many = near @ out.astype(np.float32)
    of_all = near @ seen.astype(np.float32)
    smoky = (many >= params.min_sites) & (many >= params.min_share * of_all)
    row, column = np.nonzero(smoky)
    return pd.DataFrame(
        {
            "site_id": places["site_id"].astype("str").to_numpy()[row],
            "date_local": pd.Series(EPOCH + (days.start + column)).astype("datetime64[us]"),
            "share": (many[row, column] / of_all[row, column]).astype(np.float64),
            "told_by": "network",
        }
    )


def standing_out(unit: FloatArray, params: SmokeParams) -> Mask:
    """Where a site stands far above its own mean of the year before, by its own spread of the weeks before.

    The day itself is in neither, so that a long episode does not hide its own first day.
    """
    level, counts = _trailing_mean(unit, params.level_days)
    middle, _ = _trailing_mean(unit, params.spread_days)
    square, spread_counts = _trailing_mean(unit**2, params.spread_days)
    spread = np.sqrt(np.maximum(square - middle**2, 0.0))
    enough = np.minimum(counts, spread_counts) >= params.min_days
    return np.asarray(enough & (unit - level > params.spreads * spread) & (spread > 0))


def _trailing_mean(values: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """Mean and count of the ``window`` days before each day."""
    known = np.isfinite(values)
    sums, counts = (
        np.concatenate([np.zeros((len(values), 1)), np.cumsum(part, axis=1)], axis=1)
        for part in (np.where(known, values, 0.0), known)
    )
    day = np.arange(values.shape[1])
    since = np.maximum(day - window, 0)
    count = counts[:, day] - counts[:, since]
    return (sums[:, day] - sums[:, since]) / np.where(count > 0, count, np.nan), count


def _near(here: FloatArray, there: FloatArray, reach_km: float) -> np.ndarray:
    """1 where a place is within reach of another, else 0 [here, there]; a place that is unknown is near none."""
    points = [unit_vectors(places[:, 0].tolist(), places[:, 1].tolist()) for places in (here, there)]
    chord = 2 - 2 * points[0] @ points[1].T  # squared, on a sphere of radius 1
    return np.asarray(chord <= (reach_km / EARTH_RADIUS_KM) ** 2, dtype=np.float32)
