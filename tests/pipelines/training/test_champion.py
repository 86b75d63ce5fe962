"""Fitting the champion: what it learns from, what it tells the registry, and when it is another model."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.warnings import WarningCuts
from airwatch.pipelines.training.champion import choose_warning_cuts, data_hash, fit_champion
from airwatch.pipelines.training.nodes import judge_candidates, score_candidates
from builders_training import (
    SITES,
    build_history,
    build_training_params,
    examples_of,
    small_backtest,
    small_examples,
    train,
    trained,
    training_run,
)

RUN, PARAMS, NO_CUTS = training_run(), build_training_params(), WarningCuts(())


def decide(champion="ridge"):
    """What the gate said of the small history, but for the champion."""
    forecasts, _, gaps = small_backtest()
    return replace(judge_candidates(forecasts, gaps, PARAMS), champion=champion)


@cache
def scores_of(champion="ridge"):
    return score_candidates(small_backtest()[0], decide(champion), RUN)


def fit(examples=None, run=RUN, params=PARAMS, champion="ridge", residuals=None, cuts=NO_CUTS):
    """The model."""
    _, known, gaps = small_backtest()
    given = examples or small_examples(), residuals or known, gaps, scores_of(champion), decide(champion)
    return fit_champion(*given, cuts, run, params)


@pytest.fixture(scope="module")
def fitted():
    """The model, of the project's own parameters."""
    return fit()


def test_fit_champion_learns_from_every_day_to_as_of(fitted):
    forecaster = fitted.forecaster
    assert (forecaster.model_name, forecaster.train_until) == ("ridge", pd.Timestamp("2023-12-31"))
    assert forecaster.training_window == (pd.Timestamp("2022-07-01"), pd.Timestamp("2023-12-30"))


def test_fit_champion_fits_whom_the_gate_chose():
    assert fit(champion="blend").forecaster.model_name == "blend"


def test_fit_champion_puts_the_residuals_of_all_windows_around_it(fitted):
    residuals = small_backtest()[1]["ridge"].known_before()
    expected = ResidualDistribution.fit(residuals, centred=True)
    np.testing.assert_array_equal(fitted.forecaster.main.residuals.grid, expected.grid)
    # 80 origins to 30 December at two sites; the last one has one target, the one before two.
    assert expected.counts.tolist() == [160, 158, 156]


def test_fit_champion_keeps_the_fallback_s_own_residuals(fitted):
    expected = ResidualDistribution.fit(small_backtest()[1]["climatology"].known_before(raw=True))
    np.testing.assert_array_equal(fitted.forecaster.fallback.residuals.grid, expected.grid)


def test_fit_champion_tells_the_registry_what_it_is(fitted):
    tags = {name: fitted.tags[name] for name in ("model_name", "as_of", "source", "area", "training_window", "sites")}
    assert tags == {
        "model_name": "ridge",
        "as_of": "2023-12-31",
        "source": "sandbox-20",
        "area": "cbsa-99900",
        "training_window": "2022-07-01/2023-12-30",
        "sites": "2",
    }
    assert (len(fitted.example), fitted.tags["data_hash"]) == (3, data_hash(small_examples()))


def test_fit_champion_logs_its_scores_by_lead(fitted):
    scores = scores_of().query("grouping == 'all'")
    of_ridge = scores[scores["candidate"] == "ridge"].set_index("lead_days")
    metrics = fitted.metrics
    assert metrics["crps_lead_2"] == of_ridge.loc[2, "crps"]
    assert {name for name in metrics if name.startswith("rmse")} == {"rmse_lead_1", "rmse_lead_2", "rmse_lead_3"}


def test_fit_champion_writes_the_card_that_the_registry_keeps(fitted):
    assert decide().paragraph in fitted.card
    assert "The model is `ridge`." in fitted.card


def test_fit_champion_carries_the_cuts_into_the_forecaster_and_the_card():
    cuts = choose_warning_cuts(small_backtest()[0], decide(), "pm25", RUN, PARAMS)
    model = fit(cuts=cuts)
    assert model.forecaster.cuts == cuts
    assert len(cuts.cuts) == 3 * 3  # thresholds and leads
    assert "warn from a chance of" in model.card


def test_the_cuts_are_chosen_on_the_champion_s_own_forecasts():
    forecasts, _, _ = small_backtest()
    others = forecasts["candidate"] != "ridge"
    spoilt = forecasts.assign(p_aqi_above_50=forecasts["p_aqi_above_50"].mask(others, 1.0))
    chosen, again = (choose_warning_cuts(table, decide(), "pm25", RUN, PARAMS) for table in (forecasts, spoilt))
    assert chosen == again
    assert chosen != choose_warning_cuts(spoilt, decide("blend"), "pm25", RUN, PARAMS)


def test_without_a_champion_there_is_no_model_no_cut_and_no_card():
    forecasts, _, _ = small_backtest()
    model = fit(champion=None)
    assert (model.pollutant, model.forecaster, model.card) == ("pm25", None, "")
    assert choose_warning_cuts(forecasts, decide(None), "pm25", RUN, PARAMS) == NO_CUTS


def test_a_champion_that_cannot_be_fitted_on_all_days_is_told():
    known = {"climatology": small_backtest()[1]["climatology"]}
    without = build_training_params(candidates=("climatology",))
    with pytest.raises(TooFewTrainingRows, match="ridge of pm25 was judged and then could not be fitted"):
        fit(residuals=known, params=without)


def test_the_fingerprint_is_the_same_for_the_same_training():
    again = examples_of(build_history(sites=SITES[:2]))
    assert train("climatology").fingerprint == train("climatology", examples=again).fingerprint


def with_target(value):
    targets = small_examples().targets.copy()
    targets[0, 0] = value
    return replace(small_examples(), targets=targets)


def with_feature(name, value):
    features = small_examples().features.copy()
    features.iloc[0, features.columns.get_loc(name)] = value
    return replace(small_examples(), features=features)


def with_renamed(name, to):
    return replace(small_examples(), features=small_examples().features.rename(columns={name: to}))


@pytest.mark.parametrize(
    "changed",
    [
        {"examples": with_target(1.5)},
        {"examples": with_feature("value_lag_00", 1.5)},
        {"examples": with_feature("site_id", "06-037-9999")},
        {"examples": with_renamed("spread_07", "spread")},
        {"run": training_run(seed=21)},
        {"params": build_training_params(recent_days=15)},
        {
            "params": build_training_params(
                backtest={"folds": 1, "fold_days": 41, "min_train_days": 200, "judged_share": 1.0}
            )
        },
    ],
)
def test_the_fingerprint_changes_with_data_parameters_and_seed(changed, fitted):
    assert fit(**changed).fingerprint != fitted.fingerprint


def test_training_twice_gives_the_same_model_to_the_bit():
    rows = small_examples().features.tail(20)
    once, twice = (train("random_forest").forecaster.predict(rows) for _ in range(2))
    assert_frame_equal(once, twice, check_exact=True)


def test_an_observation_after_as_of_changes_no_model():
    history = build_history(sites=SITES[:2])
    run = training_run(as_of="2023-11-30")
    later = history.assign(value=history["value"].where(history["date_local"] <= "2023-11-30", 99.0))
    models = [train("ridge", examples_of(table, run), run) for table in (history, later)]
    assert models[0].fingerprint == models[1].fingerprint != trained("ridge").fingerprint


def test_a_pollutant_that_ended_a_year_ago_still_gets_a_model():
    run = training_run(as_of="2024-12-30")
    model = train("ridge", examples_of(build_history(sites=SITES[:1]), run), run)
    assert model.forecaster.training_window[1] == pd.Timestamp("2023-12-30")
