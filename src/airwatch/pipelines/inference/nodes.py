"""The nodes of inference: forecasts of each pollutant by its registered model, then all of them together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.cluster import LOCAL, Engines
from airwatch.engine import Engine
from airwatch.forecasting.calibrated import FORECAST_KEYS
from airwatch.forecasting.forecaster import Forecaster, RecentErrors
from airwatch.ledger import read_parts
from airwatch.model_registry import ModelShelf, RegisteredForecaster
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.forecastability import YEAR_DAYS, forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.scope import made_for, mark, require_reach
from airwatch.tables import AnyTable, BlockTable, as_table

logger = logging.getLogger(__name__)

KEY = ["site_id", "pollutant", "origin_date"]
OBSERVED = ["site_id", "pollutant", "date_local", "value"]
ROWS_AT_ONCE = 5_000
LEDGER_KEY = ["issued_at", "site_id", "pollutant", "target_date"]


class ModelRefusedError(Exception):
    """A registered model cannot honestly make the forecasts that are asked of it."""


def issue_forecasts(
    features: AnyTable,
    daily_observations: AnyTable,
    sites: pd.DataFrame,
    model: ModelShelf,
    pollutant: str,
    run: RunParams,
    params: InferenceParams,
    policy: FeatureEngineeringParams,
    engines: Engines = LOCAL,
) -> pd.DataFrame:
    """Forecast one pollutant at every site of the area that is forecastable as of its origin.

    Returns:
        ``Forecasts``; empty where the run leaves the pollutant out, nothing was observed, or no model is registered.

    Raises:
        OtherScopeError: The feature table ends before ``as_of``, or was built for another run.
        ModelRefusedError: The model was trained on days after an origin, on air of another source or for another
            horizon, or the version that was asked for does not exist.
    """
    require_reach(features, run)
    rows = _rows_to_forecast(as_table(features), as_table(daily_observations), sites, pollutant, run, policy)
    if rows.empty:
        if pollutant in run.pollutants:
            logger.warning("Inference: no site of %s is forecastable as of %s", pollutant, run.origin_dates[-1].date())
        return mark(schemas.empty("Forecasts"), run)
    registered = model.load(run.model_version)
    if registered is None:
        if run.model_version != "champion":
            raise ModelRefusedError(
                f"{model.name} has no version {run.model_version}. Leave model_version out for the champion."
            )
        logger.warning("Inference: %s has no champion yet; kedro run --pipelines training makes one", model.name)
        return mark(schemas.empty("Forecasts"), run)
    _check(registered, model.name, rows, run)
    first = registered.forecaster.history_from(run.origin_dates[0])
    # Rows of all sites whose forecasts have matured by the origins, or will: how they fared bends a distribution.
    history = as_table(features).read(pollutant=pollutant, first=first, last=run.origin_dates[-1])
    rows = history.merge(rows, on=KEY)
    return mark(_as_table(rows, _forecasts(rows, history, registered, engines.of(run)), registered, params), run)


def join_forecasts(
    issued: Mapping[str, Callable[[], pd.DataFrame]], run: RunParams, **tables: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """All pollutants' forecasts of this run, and what of them is new to the ledger.

    Args:
        issued: The parts of the ledger; they are never rewritten.
        run: What an earlier run left of another namespace is taken if it is about the same source, area, horizon and
            origins.
        **tables: Forecasts by pollutant.

    Returns:
        ``Forecasts`` sorted by key, and the ledger's new partition by its name; none for hindcasts or a repetition.
    """
    given = [t for name, t in tables.items() if len(t) and name in run.pollutants and made_for(t, run)]
    if not given:
        logger.warning("Inference: no forecast was issued")
        return mark(schemas.empty("Forecasts"), run), {}
    joined = mark(pd.concat(given, ignore_index=True), run)
    joined = joined[joined["origin_date"].isin(run.origin_dates)]
    joined = joined.sort_values(["site_id", "pollutant", "origin_date", "target_date"], ignore_index=True)
    logger.info(
        "Inference: %d forecasts for %d sites, %s",
        len(joined),
        joined["site_id"].nunique(),
        ", ".join(f"{count} {status}" for status, count in joined["status"].value_counts().items()),
    )
    if run.is_hindcast or joined.empty:
        return joined, {}
    prefix = f"{run.source_label}/{run.as_of}/"
    parts = read_parts(issued, prefix)
    known = pd.MultiIndex.from_frame(pd.concat([joined.iloc[:0], *parts])[LEDGER_KEY])
    new = joined[~pd.MultiIndex.from_frame(joined[LEDGER_KEY]).isin(known)].sort_values(LEDGER_KEY, ignore_index=True)
    return joined, {f"{prefix}{len(parts):04d}": new} if len(new) else {}


def _rows_to_forecast(
    features: BlockTable,
    observations: BlockTable,
    sites: pd.DataFrame,
    pollutant: str,
    run: RunParams,
    policy: FeatureEngineeringParams,
) -> pd.DataFrame:
    """The key of the rows of the feature table to forecast from, with ``data_through``."""
    origins, wanted = run.origin_dates, sites[(sites["pollutant"] == pollutant) & sites["in_area"]]["site_id"]
    if pollutant not in run.pollutants:
        wanted = wanted.iloc[:0]
    rows = features.read(KEY, pollutant=pollutant, site_ids=list(wanted), first=origins[0], last=origins[-1])
    # A site is forecastable by a year of the network's, which must not have gone silent long before the origin.
    reach = pd.Timedelta(days=YEAR_DAYS + policy.forecastable.max_stale_days)
    observed = observations.read(OBSERVED, pollutant=pollutant, first=origins[0] - reach, last=origins[-1])
    judged = forecastable(observed, origins, policy.forecastable)
    return rows.merge(judged[judged["forecastable"]][[*KEY, "data_through"]], on=KEY)


def _check(registered: RegisteredForecaster, name: str, rows: pd.DataFrame, run: RunParams) -> None:
    forecaster, which = registered.forecaster, f"{name} version {registered.version}"
    if registered.tags.get("source", run.source_label) != run.source_label:
        raise ModelRefusedError(
            f"{which} was trained on {registered.tags['source']} and this run is about {run.source_label}. "
            "Train on it: kedro run --pipelines training, or name another model_version."
        )
    if registered.tags.get("area", run.area.slug) != run.area.slug:
        logger.warning("Inference: %s was trained on %s and forecasts %s", which, registered.tags["area"], run.area)
    early = forecaster.knows_beyond(rows["origin_date"])
    if early.any():
        first = rows["origin_date"][early].min().date()
        raise ModelRefusedError(
            f"{which} was trained on days to {forecaster.train_until.date()}, so it cannot forecast honestly from "
            f"{first}. Train with as_of={first} or earlier, or name an older model_version."
        )
    if forecaster.horizon != run.horizon_days:
        raise ModelRefusedError(
            f"{which} forecasts {forecaster.horizon} days ahead and horizon_days is {run.horizon_days}. "
            f"Use horizon_days={forecaster.horizon}, or train again."
        )


@dataclass(frozen=True)
class _Rows:
    """Some of the rows to forecast."""

    rows: pd.DataFrame

    def __str__(self) -> str:
        sites = self.rows["site_id"]
        return f"the forecasts of {self.rows['pollutant'].iloc[0]} at {sites.iloc[0]} to {sites.iloc[-1]}"


def _forecast(forecaster: Forecaster, recent: RecentErrors, some: _Rows) -> pd.DataFrame:
    return forecaster.predict(some.rows, recent)


def _forecasts(
    rows: pd.DataFrame, history: pd.DataFrame, registered: RegisteredForecaster, engine: Engine
) -> pd.DataFrame:
    """The forecasts of all rows, so many at a time; a row's is the same whatever others are with it."""
    recent = registered.forecaster.recent_errors(history)
    some = (_Rows(rows.iloc[start : start + ROWS_AT_ONCE]) for start in range(0, len(rows), ROWS_AT_ONCE))
    made = engine.map(partial(_forecast, registered.forecaster, recent), some)
    return pd.concat(made).sort_values(FORECAST_KEYS, ignore_index=True, kind="stable")


def _as_table(
    rows: pd.DataFrame, forecasts: pd.DataFrame, registered: RegisteredForecaster, params: InferenceParams
) -> pd.DataFrame:
    """The forecaster's answer with its status and its origin in time."""
    forecaster = registered.forecaster
    known = rows[["site_id", "origin_date", "data_through"]].assign(status=_status(rows, forecaster, params))
    forecasts = forecasts.merge(known, on=["site_id", "origin_date"], how="left")
    hour = pd.Timedelta(days=1, hours=params.issue_hour_utc)
    forecasts["issued_at"] = (forecasts["origin_date"] + hour).dt.tz_localize("UTC")
    forecasts["model_version"] = registered.version
    return forecasts[list(schemas.empty("Forecasts").columns)]


def _status(rows: pd.DataFrame, forecaster: Forecaster, params: InferenceParams) -> np.ndarray:
    stale = (rows["origin_date"] - rows["data_through"]).dt.days > params.stale_after_days
    return np.where(stale, "stale", np.where(forecaster.lacks_recent_history(rows), "climatology", "ok"))
