"""A small history that models can be trained on in a second, and a budget to match."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import yaml

from airwatch.features.table import build_features
from airwatch.forecasting.forecaster import Forecaster
from airwatch.model_registry import TrainedModel
from airwatch.parameters import RunParams
from airwatch.pipelines.training import champion as chosen
from airwatch.pipelines.training import nodes
from airwatch.pipelines.training.backtest import Residuals
from airwatch.pipelines.training.examples import Examples
from airwatch.pipelines.training.params import TrainingParams
from builders import PARAMETERS, build_days, build_feature_params, build_run, build_sites
from builders_monitoring import build_area_sites

FIRST_DAY = "2022-07-01"
DAYS = 549  # 2022-07-01 to 2023-12-31
PLACES = {"_06_037_0001": (34.0, -118.0), "_06_037_0002": (34.1, -118.1), "_06_059_0003": (33.9, -117.9)}
SITES = tuple(name.strip("_").replace("_", "-") for name in PLACES)
TINY = {
    "persistence": {},
    "climatology": {},
    "blend": {},
    "ridge": {"alpha": 0.004},
    "random_forest": {"n_estimators": 5, "max_depth": 5, "sample_rows": 200, "n_jobs": 1},
    "xgboost": {"n_estimators": 5, "n_jobs": 1},
    "stack": {},
}


def build_training_params(candidates: tuple[str, ...] = tuple(TINY), **groups: Any) -> TrainingParams:
    """The project's own, with one test window of 40 days after at least 200, and each candidate on a tiny budget.

    Args:
        candidates: Those that take part.
        groups: Whole groups to replace.
    """
    project = yaml.safe_load((PARAMETERS / "training.yml").read_text())["training"]
    given = {
        "candidates": {name: settings if name in candidates else None for name, settings in TINY.items()},
        "backtest": {"folds": 1, "fold_days": 40, "min_train_days": 200, "judged_share": 1.0},
        "recency": {"days": 20, "prior_days": 10, "prior_count": 20},
    }
    return TrainingParams.model_validate({**project, **given, **groups})


def build_history(days: int = DAYS, sites: tuple[str, ...] = SITES, pollutant: str = "pm25") -> pd.DataFrame:
    """Daily observations whose logarithm forgets three tenths of itself a day, another at each site."""
    frames = [
        build_days(days, FIRST_DAY, site=site, pollutant=pollutant, values=_wandering(days, seed))
        for seed, site in enumerate(sites)
    ]
    return pd.concat(frames, ignore_index=True)


def training_run(**overrides: Any) -> RunParams:
    """The parameters of a run over that history, three days ahead."""
    return build_run(**{"horizon_days": 3, "first_year": 2022, **overrides})


def features_of(observations: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """The project's own feature table."""
    return build_features(observations, build_sites(**PLACES), run, build_feature_params().features)


def examples_of(observations: pd.DataFrame, run: RunParams | None = None) -> Examples:
    """The examples of PM2.5."""
    run = run or training_run()
    return collect(features_of(observations, run), observations, "pm25", run)


def collect(features: pd.DataFrame, observations: pd.DataFrame, pollutant: str, run: RunParams) -> Examples:
    """What the node gathers where each site of the observations lies in the area."""
    sites = build_area_sites(*observations["site_id"].unique(), pollutant=pollutant)
    policy, params = build_feature_params(), build_training_params()
    return nodes.collect_examples(features, observations, sites, pollutant, run, policy, params)


@cache
def small_examples() -> Examples:
    """The examples of the whole history at two sites."""
    return examples_of(build_history(sites=SITES[:2]))


@cache
def small_backtest() -> tuple[pd.DataFrame, dict[str, Residuals], pd.DataFrame]:
    """Forecasts of its window by all candidates, their residuals, and how much less they err in training."""
    return nodes.backtest_candidates(small_examples(), training_run(), build_training_params())


def train(champion: str, examples: Examples | None = None, run: RunParams | None = None) -> TrainedModel:
    """Train one candidate to be champion, whatever the gate says."""
    run, examples = run or training_run(), examples or small_examples()
    others = ("climatology", "ridge", "random_forest") if champion == "stack" else ("climatology",)
    params = build_training_params(candidates=tuple(dict.fromkeys([*others, champion])))
    forecasts, residuals, gaps = nodes.backtest_candidates(examples, run, params)
    decision = nodes.judge_candidates(forecasts, gaps, params)
    decision = replace(decision, champion=champion)
    scores = nodes.score_candidates(forecasts, decision, run)
    cuts = chosen.choose_warning_cuts(forecasts, decision, "pm25", run, params)
    return chosen.fit_champion(examples, residuals, gaps, scores, decision, cuts, run, params)


@cache
def trained(champion: str = "ridge") -> TrainedModel:
    """A trained model of the whole history."""
    return train(champion)


def forecaster(champion: str = "ridge") -> Forecaster:
    """Its forecaster."""
    found = trained(champion).forecaster
    assert found is not None
    return found


def _wandering(days: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = np.zeros(days)
    for day in range(1, days):
        level[day] = 0.7 * level[day - 1] + 0.3 * rng.standard_normal()
    return (10.0 * np.exp(level)).round(1)
