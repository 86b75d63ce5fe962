"""Forecasts whose day has come: from the ledger, from hindcasts and, before any is due, from the backtest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.forecasting.design import climatology_of_targets, column
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.scope import made_for, mark, require_made_for
from airwatch.scores import BRIER_AQI, QUANTILES, REFERENCES
from airwatch.tables import AnyTable, BlockTable, as_table

logger = logging.getLogger(__name__)

Ledger = Mapping[str, Callable[[], pd.DataFrame] | pd.DataFrame]

KEY = ["site_id", "pollutant", "origin_date", "target_date"]
ORIGIN = ["site_id", "pollutant", "origin_date"]
ISSUE = ["issued_at", "site_id", "pollutant", "target_date"]
COLUMNS = [
    *KEY,
    "lead_days",
    "mean",
    *QUANTILES,
    *(f"p_aqi_above_{aqi}" for aqi in BRIER_AQI),
    "model_name",
    "model_version",
]
MADE = [*COLUMNS, "data_through"]


def gather_matured(
    forecast_ledger: Ledger,
    forecasts: pd.DataFrame,
    backtest_forecasts: pd.DataFrame,
    daily_observations: AnyTable,
    features: AnyTable,
    run: RunParams,
    params: MonitoringParams,
) -> pd.DataFrame:
    """Find the forecasts whose target day was observed by ``as_of``, each beside what was observed.

    A forecast that was issued counts before a hindcast of the same day. For a pollutant of which neither has
    matured, the last ``hindcast_origins`` origins of the champion's backtest stand in: models that had not
    seen those days made them too. Forecasts and a backtest that were made for a run of another scope count as none.

    Args:
        forecast_ledger: Every forecast ever issued, by partition (``source/origin/number``); may be empty.
            Partitions of another source, or of another seed of the sandbox, are about another world.
        forecasts: This run's forecasts; they are hindcasts if ``run.origins`` names past days.
        backtest_forecasts: What training learned from rolling origins, with ``champion`` (bool),
            ``persistence`` and ``climatology``.
        daily_observations: One value for each site, pollutant and day, in the AQS unit.
        features: The feature table. Persistence is the value at the origin (``value_lag_00``) where the forecast knew
            it, climatology that of the lead's day (``value_climatology_NN``), as in the backtest; NaN where the table
            has no such row or column.
        run: ``as_of``, ``origins``, pollutants and scope.
        params: ``hindcast_origins``.

    Returns:
        ``MaturedForecasts``: forecasts with ``observed``, ``persistence``, ``climatology`` in the AQS unit,
        ``provisional`` (observed by AirNow, until AQS publishes that day) and ``kind`` (issued, hindcast or backtest),
        unique by site, pollutant, origin and target day. The models of the backtest were never registered, and have no
        ``model_version``.

    Raises:
        OtherScopeError: The features were built for another run.
    """
    require_made_for(features, "features", "ingestion,feature_engineering", run)
    observations = as_table(daily_observations)
    made = [_issued(forecast_ledger, run)]
    if run.is_hindcast:
        made.append(_of_scope(forecasts, "forecasts", run)[MADE].assign(kind="hindcast"))
    fresh = _observed(_together(made), observations, run).drop_duplicates(KEY, keep="first")
    fresh = _beside_references(fresh, as_table(features)).drop(columns="data_through")
    waiting = [name for name in run.pollutants if name not in set(fresh["pollutant"])]
    backtest = _of_scope(backtest_forecasts, "backtest_forecasts", run)
    past = _observed(_backtested(backtest, waiting), observations, run)
    matured = _together([fresh, _newest_origins(past, params.hindcast_origins)])
    counts = (matured["pollutant"] + " " + matured["kind"]).value_counts()
    logger.info("Matured: %s", ", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing yet")
    return mark(matured.sort_values(KEY, ignore_index=True), run)


def _of_scope(table: pd.DataFrame, name: str, run: RunParams) -> pd.DataFrame:
    """The table if it was made for a run of this scope, else none of its rows."""
    if made_for(table, run):
        return table
    logger.warning("Monitoring: %s were made for another run and are left out", name)
    return table.iloc[:0]


def _issued(ledger: Ledger, run: RunParams) -> pd.DataFrame:
    """The rows of the ledger that are due, each issue of a site, pollutant and day once."""
    issued = _together(list(_due(ledger, run))).drop_duplicates(ISSUE, keep="first")
    return issued[MADE].assign(kind="issued")


def _due(ledger: Ledger, run: RunParams) -> Iterator[pd.DataFrame]:
    """Partition by partition, so that the days still to come are never held together."""
    yield schemas.empty("Forecasts")
    for name, stored in sorted(ledger.items()):
        if not name.startswith(f"{run.source_label}/"):
            continue
        part = stored() if callable(stored) else stored
        yield part[(part["target_date"] <= pd.Timestamp(run.as_of)) & part["pollutant"].isin(run.pollutants)]


def _backtested(backtest: pd.DataFrame, pollutants: list[str]) -> pd.DataFrame:
    """The champion's backtest of some pollutants."""
    its = backtest[backtest["champion"].astype(bool) & backtest["pollutant"].isin(pollutants)]
    return its.assign(kind="backtest", model_version="")[[*COLUMNS, "kind", *REFERENCES]]


def _observed(rows: pd.DataFrame, observations: BlockTable, run: RunParams) -> pd.DataFrame:
    """Those rows whose target day was observed by ``as_of``, with ``observed`` and ``provisional``."""
    due = rows[rows["pollutant"].isin(run.pollutants)]
    truth = observations.read(
        ["site_id", "pollutant", "date_local", "value", "provisional"],
        pollutant=run.pollutants,
        site_ids=list(due["site_id"].unique()),
        first=due["target_date"].min(),
        last=pd.Timestamp(run.as_of),
    )
    truth = truth.rename(columns={"date_local": "target_date", "value": "observed"}).dropna()
    return due.merge(truth, on=["site_id", "pollutant", "target_date"], how="inner")


def _beside_references(rows: pd.DataFrame, features: BlockTable) -> pd.DataFrame:
    """The rows, in their order, with what the feature table holds at their origins as persistence and climatology.

    An origin whose value came after the forecast was issued, as AQS's do, has no persistence: nobody knew it then.
    """
    horizon = int(rows["lead_days"].max()) if len(rows) else 1
    wanted = ["value_lag_00", *(f"value_climatology_{lead:02d}" for lead in range(1, horizon + 1))]
    known = features.read(
        [*ORIGIN, *(name for name in features.columns if name in wanted)],
        pollutant=list(rows["pollutant"].unique()),
        site_ids=list(rows["site_id"].unique()),
        first=rows["origin_date"].min(),
        last=rows["origin_date"].max(),
    )
    at_origin = rows[ORIGIN].merge(known, on=ORIGIN, how="left", validate="many_to_one")
    climatology = climatology_of_targets(at_origin, horizon)
    lead, was_known = rows["lead_days"].to_numpy(), (rows["data_through"] >= rows["origin_date"]).to_numpy()
    return rows.assign(
        persistence=np.where(was_known, column(at_origin, "value_lag_00"), np.nan),
        climatology=climatology[np.arange(len(rows)), lead - 1],
    )


def _newest_origins(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Each pollutant's rows of its last ``count`` origins."""
    age = rows.groupby("pollutant")["origin_date"].rank(method="dense", ascending=False)
    return rows[age <= count]


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of several with the same columns; an empty one among them has no say in the types."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
