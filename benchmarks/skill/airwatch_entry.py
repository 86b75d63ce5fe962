"""AirWatch itself, trained and asked as its pipelines do it, with the parameters of ``conf/base``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf
from pydantic import BaseModel

from airwatch.features.table import build_features
from airwatch.forecasting.forecaster import Forecaster
from airwatch.parameters import settle
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.training import champion, nodes
from airwatch.pipelines.training.params import TrainingParams
from airwatch.scores import EXCEEDANCE_AQI
from benchmarks.skill.method import FORECAST_COLUMNS, WARNING
from benchmarks.skill.split import Split

logger = logging.getLogger(__name__)

PARAMETERS = Path(__file__).resolve().parents[2] / "conf/base/parameters"
EVERYWHERE = {"box": [-90.0, 90.0, -180.0, 180.0]}
GROUPS: dict[str, type[BaseModel]] = {"feature_engineering": FeatureEngineeringParams, "training": TrainingParams}


class AirWatch:
    """The champion of the rolling origins within the training days, then frozen."""

    name = "airwatch"

    def forecast(self, observations: pd.DataFrame, sites: pd.DataFrame, split: Split) -> pd.DataFrame:
        """Forecast every test site from every origin; see ``Method``."""
        observed = observations.assign(pollutant=split.pollutant)
        forecaster = _train(observed, sites, split)
        settled = _parameters(split, split.origins[-1])
        features = build_features(observed, sites, settled["run"], settled["feature_engineering"].features)
        first, last = forecaster.history_from(split.origins[0]), split.origins[-1]
        recent = features[features["origin_date"].between(first, last)]
        asked = recent["origin_date"].isin(split.origins) & recent["site_id"].isin(split.test_sites)
        table = forecaster.predict(recent[asked], forecaster.recent_errors(recent))
        decided = forecaster.cuts.decide(table)
        warned = decided.loc[decided["threshold"] == EXCEEDANCE_AQI, "warned"]
        return table.assign(**{WARNING: warned.to_numpy()})[FORECAST_COLUMNS]


def _train(observed: pd.DataFrame, sites: pd.DataFrame, split: Split) -> Forecaster:
    """The champion of the rolling origins within the training days."""
    settled = _parameters(split, split.train_until)
    run, policy, params = settled["run"], settled["feature_engineering"], settled["training"]
    places = sites.assign(pollutant=split.pollutant, in_area=True)
    features = build_features(observed, sites, run, policy.features)
    examples = nodes.collect_examples(features, observed, places, split.pollutant, run, policy, params)
    replayed, residuals, gaps = nodes.backtest_candidates(examples, run, params)
    decision = nodes.judge_candidates(replayed, gaps, params)
    scores = nodes.score_candidates(replayed, decision, run)
    cuts = champion.choose_warning_cuts(replayed, decision, split.pollutant, run, params)
    model = champion.fit_champion(examples, residuals, gaps, scores, decision, cuts, run, params)
    logger.info("%s", model.card)
    if model.forecaster is None:
        raise ValueError(f"AirWatch has too few days of {split.pollutant} to judge a model on. Give more history.")
    return model.forecaster


def _parameters(split: Split, as_of: pd.Timestamp) -> dict[str, Any]:
    """The project's own parameters, for a run that knows the days up to ``as_of``."""
    raw: dict[str, Any] = {
        "source": "aqs",
        "area": EVERYWHERE,
        "pollutants": [split.pollutant],
        "as_of": as_of.date(),
        "horizon_days": split.horizon,
    }
    for path in (PARAMETERS / f"{name}.yml" for name in ("run", *GROUPS)):
        raw = {**OmegaConf.to_container(OmegaConf.load(path)), **raw}
    return settle(raw, GROUPS)
