"""How good the matured forecasts were: scores by pollutant, lead, window and region."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.scores import SCORE_COLUMNS, score_table

logger = logging.getLogger(__name__)

KEY = ["pollutant", "lead_days", "window", "region"]
EVERYWHERE = EVER = "all"


def verify_forecasts(
    matured_forecasts: pd.DataFrame, sites: pd.DataFrame, run: RunParams, params: MonitoringParams
) -> pd.DataFrame:
    """Score the matured forecasts.

    Args:
        matured_forecasts: Forecasts beside what was observed, persistence and climatology, in the AQS unit.
        sites: Gives each site its state.
        run: ``as_of`` and ``seed`` (of the bootstrap).
        params: Length of the recent window, and the bootstrap.

    Returns:
        ``Verification``, keyed by ``pollutant``, ``lead_days``, ``window`` (``all``, or ``last_30_days``:
        target days within that many days up to ``as_of``) and ``region`` (``all``, or a state), with the
        kinds of forecast and the target days it covers, then the scores with their counts. A group without
        rows has no row.
    """
    rows = matured_forecasts.merge(_states(sites), on=["site_id", "pollutant"], how="left")
    since = pd.Timestamp(run.as_of) - pd.Timedelta(days=params.scores.recent_days)
    windows = {EVER: rows, recent_window(params): rows[rows["target_date"] > since]}
    tables = []
    for window, inside in windows.items():
        for regions in (
            inside.assign(region=EVERYWHERE),
            inside.dropna(subset=["state"]).rename(columns={"state": "region"}),
        ):
            if len(regions):
                tables.append(_score(regions.assign(window=window), run, params))
    if not tables:
        logger.warning("Verification: no forecast has matured by %s, so there is nothing to score", run.as_of)
        return schemas.empty("Verification")
    logger.info("Verification: %d matured forecasts of %d sites scored", len(rows), rows["site_id"].nunique())
    return pd.concat(tables, ignore_index=True).sort_values(KEY, ignore_index=True)


def recent_window(params: MonitoringParams) -> str:
    """What the recent window is called."""
    return f"last_{params.scores.recent_days}_days"


def _score(rows: pd.DataFrame, run: RunParams, params: MonitoringParams) -> pd.DataFrame:
    """The scores of each group of one window and one kind of region."""
    scores = score_table(rows, KEY, block_days=params.scores.block_days, draws=params.scores.draws, seed=run.seed)
    kinds = rows.groupby("pollutant")["kind"].agg(lambda kind: "+".join(sorted(kind.unique()))).rename("kind")
    days = rows.groupby(KEY)["target_date"].agg(first_target="min", last_target="max").reset_index()
    described = scores.merge(days, on=KEY, validate="one_to_one").merge(kinds, on="pollutant")
    return described[[*KEY, "kind", "first_target", "last_target", *SCORE_COLUMNS]]


def _states(sites: pd.DataFrame) -> pd.DataFrame:
    """The state of each site and pollutant that has one."""
    return sites.loc[sites["state"].fillna("") != "", ["site_id", "pollutant", "state"]]
