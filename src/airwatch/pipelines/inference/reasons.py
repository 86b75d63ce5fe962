"""The node that says why: what moves each forecast from what is usual."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.domain.pollutants import CRITERIA
from airwatch.forecasting.reasons import explain
from airwatch.model_registry import ModelShelf
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.inference.issued import issued_by
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.scope import mark
from airwatch.tables import AnyTable, BlockTable, as_table

logger = logging.getLogger(__name__)

ROW = ["site_id", "pollutant", "origin_date"]


def explain_forecasts(
    forecasts: pd.DataFrame,
    features: AnyTable,
    run: RunParams,
    params: InferenceParams,
    policy: FeatureEngineeringParams,
    **models: ModelShelf,
) -> pd.DataFrame:
    """Say what moves each forecast from what is usual.

    Args:
        forecasts: ``Forecasts`` of all pollutants.
        features: The feature table they were made from.
        run: What the reasons are marked as made for.
        params: ``reasons`` names the origins: ``latest`` (the last one of the run), ``all`` or ``none``.
        policy: Its ``features`` name the group of each column.
        **models: The models of each pollutant by its name; the version that made a forecast explains it.

    Returns:
        ``ForecastReasons``, sorted by key; empty where none are asked for.
    """
    chosen = {"none": run.origin_dates[:0], "latest": run.origin_dates[-1:], "all": run.origin_dates}[params.reasons]
    asked = forecasts[forecasts["origin_date"].isin(chosen)]
    groups = policy.features.groups(CRITERIA, run.horizon_days)  # the table may be of more pollutants than the run
    tables = []
    for forecaster, issued in issued_by(asked, models):
        rows = _rows_of(issued, as_table(features))
        tables.append(issued[[*ROW, "lead_days", "target_date"]].merge(explain(forecaster, rows, groups)))
    blank = schemas.empty("ForecastReasons")
    if not tables:
        return mark(blank, run)
    logger.info("Inference: reasons of %d forecasts", len(asked))
    reasons = pd.concat(tables)[list(blank.columns)]
    return mark(reasons.sort_values([*ROW, "target_date"], ignore_index=True), run)


def _rows_of(issued: pd.DataFrame, features: BlockTable) -> pd.DataFrame:
    """The rows of the feature table that forecasts of one pollutant were made from."""
    origins = issued["origin_date"]
    [pollutant] = issued["pollutant"].unique()
    rows = features.read(
        pollutant=pollutant, site_ids=list(issued["site_id"].unique()), first=origins.min(), last=origins.max()
    )
    return rows.merge(issued[ROW].drop_duplicates(), on=ROW)
