"""Learning and forecasting, against XGBoost alone on the same matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray

from airwatch.domain.transforms import transform
from airwatch.features.table import build_features
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.design import feature_matrix, model_columns
from airwatch.forecasting.forecaster import Forecaster, TrainingSet, assemble, observed_after
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.ranks import RecencyParams
from airwatch.forecasting.spread import LocalSpread
from benchmarks.speed.clock import take_turns
from benchmarks.speed.network import SEED, Network
from benchmarks.speed.sizes import Measured, Sizes, production_candidate, production_spec

POLLUTANT = "pm25"
EVERY_DAYS = 7  # one day and the next say nearly the same; so examples span years
RECENT_DAYS = 14
UNIT = transform(production_spec().transforms[POLLUTANT])
# Those of BoostingParams that XGBoost itself takes, at every round.
OF_XGBOOST = (
    "learning_rate",
    "max_depth",
    "max_bin",
    "subsample",
    "colsample_bytree",
    "min_child_weight",
    "reg_lambda",
)

Floats = NDArray[np.float64]


def fitting(sizes: Sizes) -> Measured:
    """AirWatch's boosted candidate against XGBoost with the same rounds of the same trees, one thread each."""
    features, targets = examples(sizes.examples)
    params, targets_t = boosting_params(sizes), UNIT.forward(targets)
    matrix = feature_matrix(features, model_columns(features))
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: Boosting(UNIT, params, SEED).fit(features, targets_t),
        "xgboost": lambda: plain_boosters(matrix, targets_t, params),
    }
    return Measured(take_turns(runs, sizes.rounds), {"examples": len(features), "columns": matrix.shape[1]})


def forecasting(sizes: Sizes) -> Measured:
    """A batch of forecasts with all they say against the bare predictions of the trees in them, one thread each."""
    features, targets = examples(max(sizes.examples // 4, sizes.forecasts))
    forecaster = fitted(features, targets, boosting_params(sizes))
    model, asked = forecaster.main.model, features.tail(sizes.forecasts).reset_index(drop=True)
    assert isinstance(model, Boosting)
    matrix = feature_matrix(asked, model.columns)

    def bare() -> list[object]:
        return [booster.inplace_predict(matrix) for booster in model.boosters]

    runs: dict[str, Callable[[], object]] = {"ours": lambda: forecaster.predict(asked), "xgboost": bare}
    facts = {"rows": len(asked), "forecasts": len(asked) * targets.shape[1], "rounds": rounds_of(model)}
    return Measured(take_turns(runs, sizes.rounds), facts)


def examples(rows: int) -> tuple[pd.DataFrame, Floats]:
    """So many rows of a generated feature table and what was observed after them [n, 7], AQS unit."""
    network = Network.of_rows(rows * EVERY_DAYS)
    table = build_features(next(network.observations()), network.places(), network, production_spec())
    day = (table["origin_date"] - table["origin_date"].min()).dt.days
    features = table[(day % EVERY_DAYS == 0) & table["value_lag_00"].notna()].reset_index(drop=True)
    return features, observed_after(features, table, network.horizon_days)


def plain_boosters(matrix: NDArray[np.float32], targets_t: Floats, params: BoostingParams) -> list[xgboost.Booster]:
    """One booster a lead on one set of binned features; rows without a target weigh nothing."""
    own = {name: value for name, value in asdict(params).items() if name in OF_XGBOOST}
    own |= {"objective": "reg:squarederror", "tree_method": "hist", "nthread": params.n_jobs, "seed": SEED}
    binned = xgboost.QuantileDMatrix(matrix, nthread=params.n_jobs, max_bin=params.max_bin)
    boosters = []
    for lead, target in enumerate(targets_t.T, start=1):
        seen = np.isfinite(target)
        binned.set_label(np.where(seen, target, 0.0))
        binned.set_weight(seen.astype(np.float32))
        boosters.append(xgboost.train(own, binned, num_boost_round=max(1, params.n_estimators // lead**2)))
    return boosters


def fitted(features: pd.DataFrame, targets: Floats, params: BoostingParams) -> Forecaster:
    """A forecaster around the boosted candidate; the residuals are those of its own training, for the time's sake."""
    targets_t = UNIT.forward(targets)
    model = Boosting(UNIT, params, SEED).fit(features, targets_t)
    usual = Climatology(UNIT).fit(features, targets_t)
    spread = LocalSpread.fit(RidgeByLead(UNIT).fit(features, targets_t), features, targets_t)
    residuals = (targets_t - model.predict(features)) / spread.predict(features), targets_t - usual.predict(features)
    training = TrainingSet(str(features["pollutant"].iloc[0]), features, targets, features["origin_date"].max())
    recency = RecencyParams(days=90, prior_days=60, prior_count=20)
    return assemble(model, usual, spread, training, residuals, UNIT, (RECENT_DAYS, recency))


def boosting_params(sizes: Sizes) -> BoostingParams:
    """AirWatch's own settings, on one thread."""
    own = {**production_candidate("xgboost"), "n_jobs": 1}
    return BoostingParams(**own | ({"n_estimators": sizes.estimators} if sizes.estimators else {}))


def rounds_of(model: Boosting) -> int:
    """Trees in all its boosters."""
    return sum(booster.num_boosted_rounds() for booster in model.boosters)
