"""The nodes of inference: forecasts of each pollutant by its registered model, then all of them together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.forecasting.forecaster import Forecaster
from airwatch.ledger import read_parts
from airwatch.model_registry import ModelShelf, RegisteredForecaster
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.forecastability import forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.scope import made_for, mark, require_reach

logger = logging.getLogger(__name__)

LEDGER_KEY = ["issued_at", "site_id", "pollutant", "target_date"]


class ModelRefusedError(Exception):
    """A registered model cannot honestly make the forecasts that are asked of it."""


def issue_forecasts(
    features: pd.DataFrame,
    daily_observations: pd.DataFrame,
    sites: pd.DataFrame,
    model: ModelShelf,
    pollutant: str,
    run: RunParams,
    params: InferenceParams,
    policy: FeatureEngineeringParams,
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
    rows = _rows_to_forecast(features, daily_observations, sites, pollutant, run, policy)
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
    history = _recent_rows(features, pollutant, registered.forecaster, run)
    return mark(_as_table(rows, history, registered, params), run)


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
    features: pd.DataFrame,
    observations: pd.DataFrame,
    sites: pd.DataFrame,
    pollutant: str,
    run: RunParams,
    policy: FeatureEngineeringParams,
) -> pd.DataFrame:
    """Rows of the feature table to forecast from, with ``data_through``."""
    rows = features[(features["pollutant"] == pollutant) & features["origin_date"].isin(run.origin_dates)]
    wanted = sites[(sites["pollutant"] == pollutant) & sites["in_area"]]["site_id"]
    rows = rows[rows["site_id"].isin(wanted)]
    if pollutant not in run.pollutants or rows.empty:
        return rows.iloc[:0].assign(data_through=pd.Series(dtype="datetime64[ns]"))
    of_pollutant = observations[observations["pollutant"] == pollutant]
    judged = forecastable(of_pollutant, run.origin_dates, policy.forecastable)
    judged = judged[judged["forecastable"]][["site_id", "pollutant", "origin_date", "data_through"]]
    return rows.merge(judged, on=["site_id", "pollutant", "origin_date"], how="inner")


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


def _recent_rows(features: pd.DataFrame, pollutant: str, forecaster: Forecaster, run: RunParams) -> pd.DataFrame:
    """Rows of all sites whose forecasts have matured by the origins, or will: how they fared bends a distribution."""
    origins = features["origin_date"]
    recent = (origins >= forecaster.history_from(run.origin_dates[0])) & (origins <= run.origin_dates[-1])
    return features[recent & (features["pollutant"] == pollutant)]


def _as_table(
    rows: pd.DataFrame, history: pd.DataFrame, registered: RegisteredForecaster, params: InferenceParams
) -> pd.DataFrame:
    """The forecaster's answer with its status and its origin in time."""
    forecaster = registered.forecaster
    forecasts = forecaster.predict(rows, forecaster.recent_errors(history))
    known = rows[["site_id", "origin_date", "data_through"]].assign(status=_status(rows, forecaster, params))
    forecasts = forecasts.merge(known, on=["site_id", "origin_date"], how="left")
    hour = pd.Timedelta(days=1, hours=params.issue_hour_utc)
    forecasts["issued_at"] = (forecasts["origin_date"] + hour).dt.tz_localize("UTC")
    forecasts["model_version"] = registered.version
    return forecasts[list(schemas.empty("Forecasts").columns)]


def _status(rows: pd.DataFrame, forecaster: Forecaster, params: InferenceParams) -> np.ndarray:
    stale = (rows["origin_date"] - rows["data_through"]).dt.days > params.stale_after_days
    return np.where(stale, "stale", np.where(forecaster.lacks_recent_history(rows), "climatology", "ok"))
