"""Laws that every method obeys: it sees no later day, and its quantiles rise."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from airwatch.scores import QUANTILES
from benchmarks.skill import airwatch_entry, boosted
from benchmarks.skill.boosted import DirectTrees, as_series
from benchmarks.skill.history import Rows
from benchmarks.skill.method import FORECAST_COLUMNS, KEYS
from benchmarks.skill.methods import METHODS
from benchmarks.skill.peer import Peer
from benchmarks.skill.units import Unit
from builders_skill import SITES, build_split, history_of, observed, places, wandering
from builders_training import build_training_params

NAN = float("nan")
SPLIT = build_split("2019-12-31", origins=20)
CUT = SPLIT.origins[9]
PLAIN = Unit(logarithm=False)


def small_budget(split, as_of, given=airwatch_entry._parameters):
    return {**given(split, as_of), "training": build_training_params()}


@cache
def forecast(name, replaced=False):
    """Forecasts of a small history; ``replaced`` puts other values on the days after the tenth origin."""
    observations = wandering(3 * 365 + 20, "2017-01-01")
    if replaced:
        later = observations["date_local"] > CUT
        observations.loc[later, "value"] = 100.0 - observations.loc[later, "value"] / 2.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(boosted.COMMON, "n_estimators", 10)
        patch.setattr(airwatch_entry, "_parameters", small_budget)
        return METHODS[name]().forecast(observations, places(), SPLIT).sort_values(KEYS, ignore_index=True)


@pytest.mark.parametrize("name", METHODS)
def test_a_forecast_does_not_change_when_later_days_do(name):
    true, other = forecast(name), forecast(name, replaced=True)
    known = true["origin_date"] <= CUT
    assert known.any()
    assert_frame_equal(true[known], other[known], rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ("climatology", "calendar_xgboost")])
def test_a_forecast_changes_with_the_days_that_it_may_see(name):
    true, other = forecast(name), forecast(name, replaced=True)
    later = true["origin_date"] > CUT
    assert (true.loc[later, "q50"] != other.loc[later, "q50"]).mean() > 0.7


@pytest.mark.parametrize("name", METHODS)
def test_quantiles_rise_and_chances_fall_with_the_threshold(name):
    table = forecast(name)
    assert list(table.columns) == FORECAST_COLUMNS
    assert not table.isna().any(axis=None)
    assert (np.diff(table[list(QUANTILES)].to_numpy(), axis=1) >= 0.0).all()
    assert (table["q05"] >= 0.0).all()
    assert table["p_aqi_above_50"].between(0.0, 1.0).all()
    assert (table["p_aqi_above_100"] <= table["p_aqi_above_50"]).all()


@pytest.mark.parametrize("name", METHODS)
def test_every_observed_origin_is_forecast_at_every_lead_once(name):
    days = wandering(3 * 365 + 20, "2017-01-01")
    wanted = days[days["date_local"].isin(SPLIT.origins)]
    found = forecast(name).groupby(["site_id", "origin_date"])["lead_days"].agg(list)
    assert found[pd.MultiIndex.from_frame(wanted[["site_id", "date_local"]])].map(lambda leads: leads == [1, 2]).all()


def test_a_site_begins_anew_after_a_long_gap_as_another_series():
    gapped = observed([1.0, NAN, 3.0, *[NAN] * 40, 4.0])
    series, place = as_series(history_of(gapped), PLAIN)
    first = [1.0, 1.0, 3.0, *[3.0] * 28]  # the gap of a day is filled, of the long one 28 days
    assert series["y"].tolist() == [*first, 4.0, 4.0]
    assert series["unique_id"].tolist() == [1] * len(first) + [2, 2]
    assert place[0, [0, 30, 31, 43, 44]].tolist() == [0, 30, -1, 31, 32]


def test_the_direct_strategy_is_that_of_mlforecast_itself():
    rng = np.random.default_rng(20)
    days = pd.concat([observed(rng.gamma(4.0, 2.0, 120), site=site) for site in SITES])
    history = history_of(days)
    trees = DirectTrees(PLAIN, LGBMRegressor(n_estimators=5, n_jobs=1, verbose=-1))
    trees.fit(history)
    ours = trees.expect(history, Rows(np.arange(3), np.full(3, 119)))

    theirs = MLForecast(
        models={"trees": LGBMRegressor(n_estimators=1, n_jobs=1, verbose=-1)},
        freq="D",
        lags=range(1, 15),
        lag_transforms={1: [RollingMean(window, min_samples=1) for window in (3, 7, 14, 28)]},
        date_features=["dayofweek", "month"],
    )
    long = days.rename(columns={"site_id": "unique_id", "date_local": "ds", "value": "y"})
    theirs.fit(long, static_features=[], dropna=False, max_horizon=2, as_numpy=True)
    theirs.models_ = trees.forecaster.models_
    assert len(np.unique(ours)) == 6
    assert_allclose(ours, theirs.predict(2)["trees"].to_numpy().reshape(3, 2))


class Scribe:
    """Says nothing, and writes down the last day of what it is given to learn from."""

    smeared = False

    def __init__(self, learnt):
        self.learnt = learnt

    def fit(self, history):
        self.learnt.append(history.days[-1])

    def expect(self, history, rows):
        return np.zeros((len(rows.day), history.horizon))


def test_a_peer_takes_its_errors_from_a_year_that_it_has_not_learnt_from():
    learnt = []
    Peer("scribe", lambda unit: Scribe(learnt)).forecast(wandering(3 * 365 + 20, "2017-01-01"), places(), SPLIT)
    assert learnt == [pd.Timestamp("2018-12-31"), pd.Timestamp("2019-12-31")]
