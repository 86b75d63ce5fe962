"""A candidate that is taken without rolling origins: fitted, calibrated on one window, and said to be unjudged."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.pipelines.training import nodes
from airwatch.pipelines.training.champion import choose_warning_cuts, fit_champion
from airwatch.pipelines.training.unjudged import take_unjudged
from builders_training import SITES, build_history, build_training_params, examples_of, small_examples, training_run

RUN = training_run()


@cache
def params(name: str):
    return build_training_params(unjudged=name)


@cache
def calibrated(name: str):
    return nodes.backtest_candidates(small_examples(), RUN, params(name))


@cache
def fitted(name: str):
    """The decision, its record, and the model."""
    forecasts, residuals, gaps = calibrated(name)
    decision = nodes.judge_candidates(forecasts, gaps, params(name))
    scores = nodes.score_candidates(forecasts, decision, RUN)
    cuts = choose_warning_cuts(forecasts, decision, "pm25", RUN, params(name))
    model = fit_champion(small_examples(), residuals, gaps, scores, decision, cuts, RUN, params(name))
    return decision, decision.table, model


def test_the_last_days_calibrate_and_nothing_is_scored():
    forecasts, residuals, gaps = calibrated("ridge")
    assert schemas.BacktestForecasts.validate(forecasts).empty
    assert set(residuals) == set(gaps["candidate"]) == {"ridge", "climatology"}
    [origins] = residuals["ridge"].origins
    # The last origin with a target is the one before as_of; the window has 40 days.
    assert (origins.min(), origins.max()) == (np.datetime64("2023-11-21"), np.datetime64("2023-12-30"))


def test_the_residuals_of_the_window_surround_the_candidate():
    residuals = calibrated("ridge")[1]["ridge"].known_before()
    expected = ResidualDistribution.fit(residuals, centred=True)
    np.testing.assert_array_equal(fitted("ridge")[2].forecaster.main.residuals.grid, expected.grid)


@pytest.mark.parametrize("name", ["ridge", "xgboost", "stack", "climatology"])
def test_the_candidate_that_was_asked_for_forecasts(name):
    decision, _, model = fitted(name)
    assert decision.champion == model.tags["model_name"] == model.forecaster.model_name == name
    forecasts = model.forecaster.predict(small_examples().frame.tail(20))
    assert forecasts["mean"].notna().all()
    assert (forecasts["q10"] < forecasts["q90"]).all()


def test_the_record_and_the_card_say_that_it_was_not_judged():
    decision, record, model = fitted("ridge")
    card = model.card
    [row] = schemas.Gate.validate(record).to_dict("records")
    assert (row["candidate"], row["champion"], row["passed"]) == ("ridge", True, False)
    assert row["note"] == decision.paragraph
    assert "was not judged" in decision.paragraph
    assert decision.paragraph in card
    assert "All scores" not in card
    assert model.metrics == {}


def test_its_warnings_are_those_of_theory():
    assert {cut.basis for cut in fitted("ridge")[2].forecaster.cuts.cuts} == {"theory"}


def test_too_few_days_to_calibrate_on_give_no_model():
    examples = examples_of(build_history(200, sites=("06-037-0001",)), training_run(as_of="2023-01-16"))
    forecasts, residuals, gaps = nodes.backtest_candidates(examples, RUN, params("ridge"))
    assert (len(forecasts), residuals) == (0, {})
    decision = take_unjudged("ridge", gaps)
    assert decision.champion is None
    assert schemas.Gate.validate(decision.table).empty


def test_a_window_in_which_nothing_would_be_forecast_gives_no_model(caplog):
    history = build_history(sites=SITES[:2])
    sixth = history["date_local"].rank(method="dense").astype(int) % 6 == 0
    examples = examples_of(history[sixth].reset_index(drop=True))
    assert examples.observed.any()
    assert not examples.issuable.any()
    forecasts, residuals, gaps = nodes.backtest_candidates(examples, RUN, params("ridge"))
    assert (len(forecasts), residuals, len(gaps)) == (0, {}, 0)
    assert "too few days of pm25" in caplog.text
    decision = nodes.judge_candidates(forecasts, gaps, params("ridge"))
    scores = nodes.score_candidates(forecasts, decision, RUN)
    cuts = choose_warning_cuts(forecasts, decision, "pm25", RUN, params("ridge"))
    model = fit_champion(examples, residuals, gaps, scores, decision, cuts, RUN, params("ridge"))
    assert (model.forecaster, model.card, len(decision.table)) == (None, "", 0)


def test_the_tables_of_all_pollutants_hold_the_record_alone():
    forecasts, _, _ = calibrated("ridge")
    decision, record, _ = fitted("ridge")
    scores = nodes.score_candidates(forecasts, decision, RUN)
    tables = {"pm25_forecasts": forecasts, "pm25_scores": scores, "pm25_gate": record}
    joined_forecasts, joined_scores, gate = nodes.join_backtests(RUN, **tables)
    assert (len(joined_forecasts), len(joined_scores)) == (0, 0)
    pd.testing.assert_frame_equal(gate, record)
