"""What comes of a backtest as a whole: which rows, from what, and what must not move them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.pipelines.training import backtest as module
from airwatch.pipelines.training.backtest import backtest, plan_windows
from builders_training import (
    SITES,
    TINY,
    build_history,
    build_training_params,
    examples_of,
    features_of,
    small_backtest,
    small_examples,
    training_run,
)

KEY = ["site_id", "origin_date", "target_date"]
FAST = ("climatology", "persistence", "ridge")


def run_backtest(observations, candidates=FAST, folds=1, share=1.0):
    windows = {"folds": folds, "fold_days": 40, "min_train_days": 200, "judged_share": share}
    params = build_training_params(candidates, backtest=windows)
    examples = examples_of(observations)
    windows = plan_windows(examples, params.backtest)
    return backtest(examples, windows, params, seed=20)[0].sort_values(["candidate", *KEY], ignore_index=True)


HISTORY = build_history(sites=SITES[:2])


@pytest.fixture(scope="module")
def two_folds():
    return run_backtest(HISTORY, folds=2)


def test_every_candidate_forecasts_the_same_rows():
    forecasts = small_backtest()[0]
    rows = {name: table[KEY].to_numpy().tolist() for name, table in forecasts.groupby("candidate")}
    # 40 origins to 30 December at two sites; the last day, 31 December, ends lead 2 and 3 one and two origins earlier.
    assert {name: len(keys) for name, keys in rows.items()} == dict.fromkeys(TINY, 2 * (40 + 39 + 38))
    assert all(keys == rows["climatology"] for keys in rows.values())


def test_a_share_of_the_origins_is_judged_the_same_for_all_and_forecast_as_among_all(two_folds):
    half = run_backtest(HISTORY, folds=2, share=0.5)
    rows = {name: table[KEY].to_numpy().tolist() for name, table in half.groupby("candidate")}
    assert all(keys == rows["climatology"] for keys in rows.values())
    origins = half.groupby("site_id")["origin_date"].nunique()
    assert origins.between(25, 55).all()  # of 80; a binomial half is outside once in a thousand
    whole = two_folds.merge(half[["candidate", *KEY]])
    assert_frame_equal(whole.sort_values(["candidate", *KEY], ignore_index=True), half, check_exact=True)


def test_the_calibration_window_is_not_forecast(two_folds):
    # 80 days to 30 December begin on 12 October.
    assert (two_folds["origin_date"].min(), set(two_folds["fold"])) == (pd.Timestamp("2023-10-12"), {1, 2})


def test_a_forecast_stands_beside_what_was_observed_and_what_the_references_said(two_folds):
    site = HISTORY[HISTORY["site_id"] == SITES[0]].set_index("date_local")["value"]
    rows = two_folds[(two_folds["site_id"] == SITES[0]) & (two_folds["candidate"] == "ridge")]
    np.testing.assert_array_equal(rows["observed"], site.loc[rows["target_date"]])
    np.testing.assert_array_equal(rows["persistence"], site.loc[rows["origin_date"]].astype("float32"))


def test_a_day_that_was_not_observed_is_not_scored():
    missing = HISTORY[HISTORY["date_local"] != "2023-12-10"]
    forecasts = run_backtest(missing)
    assert not (forecasts["target_date"] == "2023-12-10").any()
    assert forecasts.loc[forecasts["origin_date"] == "2023-12-10", "persistence"].isna().all()
    assert (forecasts["origin_date"] == "2023-12-10").any()


class Spy:
    """A climatology that notes the last origin it learned from, and those it was asked about then."""

    def __init__(self, candidate, notes):
        self.candidate, self.notes = candidate, notes
        self.name, self.predicts_mean = candidate.name, candidate.predicts_mean

    def fit(self, features, targets_t):
        self.notes.append([features["origin_date"].max()])
        self.candidate.fit(features, targets_t)
        return self

    def predict(self, features):
        if len(features):
            self.notes[-1].append(features["origin_date"].min())
        return self.candidate.predict(features)


def test_no_target_of_a_training_row_lies_in_or_after_the_window(monkeypatch):
    notes, build = [], module.build_candidate
    monkeypatch.setattr(module, "build_candidate", lambda *given: Spy(build(*given), notes))
    monkeypatch.setattr(module, "Climatology", Spy)
    run_backtest(HISTORY, ("climatology",), folds=2)
    # Windows begin on 2 September, 12 October and 21 November; the horizon of 3 days parts them from the last origin.
    # The first origin of the training is asked about last, for the error within it.
    assert [(str(learned.date()), {str(day.date()) for day in asked}) for learned, *asked in notes] == [
        ("2023-08-29", {"2023-09-02", "2022-07-01"}),
        ("2023-10-08", {"2023-10-12", "2022-07-01"}),
        ("2023-11-17", {"2023-11-21", "2022-07-01"}),
    ]


def test_a_window_is_calibrated_on_what_was_observed_before_it_began(monkeypatch):
    used, own = {}, module.assemble

    def note(model, climatology, spread, training, residuals, *settings):
        used.setdefault(str(training.train_until.date()), []).extend(residuals)
        return own(model, climatology, spread, training, residuals, *settings)

    monkeypatch.setattr(module, "assemble", note)
    run_backtest(HISTORY, ("climatology", "ridge"), folds=2)
    counts = {day: {tuple(np.isfinite(each).sum(axis=0)) for each in found} for day, found in used.items()}
    # Of the 40 origins before a window at two sites, the last one, two and three were not observed in time.
    assert counts == {"2023-10-11": {(78, 76, 74)}, "2023-11-20": {(158, 156, 154)}}


def replaced_after(day, observations=HISTORY):
    """The same days observed, with other values after ``day``."""
    later = observations["date_local"] > pd.Timestamp(day)
    return observations.assign(value=observations["value"].where(~later, 99.0 - observations["value"]))


def issued_by(day, forecasts):
    return forecasts[forecasts["origin_date"] <= pd.Timestamp(day)].drop(columns="observed").reset_index(drop=True)


@settings(max_examples=5)
@given(day=st.dates(date(2023, 10, 12), date(2023, 12, 30)))
def test_what_is_observed_later_changes_no_forecast_issued_before(two_folds, day):
    then = run_backtest(replaced_after(day), folds=2)
    assert_frame_equal(issued_by(day, then), issued_by(day, two_folds), check_exact=True)


def test_what_is_observed_later_changes_no_forecast_of_any_candidate():
    then, now = (run_backtest(table, tuple(TINY)) for table in (replaced_after("2023-11-30"), HISTORY))
    assert_frame_equal(issued_by("2023-11-30", then), issued_by("2023-11-30", now), check_exact=True)


def test_what_was_observed_earlier_does_change_the_forecasts(two_folds):
    then = issued_by("2023-12-30", run_backtest(replaced_after("2023-09-01"), folds=2))
    ridge = then["candidate"] == "ridge"
    assert (then["mean"] != issued_by("2023-12-30", two_folds)["mean"])[ridge].all()


def test_within_a_window_intervals_follow_the_errors_observed_by_each_origin():
    examples = small_examples()
    tables = []
    for prior in (1, 10**9):
        recency = {"days": 20, "prior_days": prior, "prior_count": prior}
        params = build_training_params(("climatology", "ridge"), recency=recency)
        tables.append(backtest(examples, plan_windows(examples, params.backtest), params, seed=20)[0])
    moved = (tables[0]["q90"] != tables[1]["q90"]) & (tables[0]["candidate"] == "ridge")
    # The window begins on 21 November; the forecast of the 22nd is the first to be observed, at lead 1.
    assert {lead: str(rows["origin_date"].min().date()) for lead, rows in tables[0][moved].groupby("lead_days")} == {
        1: "2023-11-22",
        2: "2023-11-23",
        3: "2023-11-24",
    }


def test_a_leak_of_the_future_into_the_features_shows_in_the_scores():
    honest = small_examples()
    tomorrow = honest.targets[:, 0].astype("float32")
    leaking = replace(honest, features=honest.features.assign(value_tomorrow=tomorrow))
    params = build_training_params(("climatology", "ridge"))
    windows = plan_windows(honest, params.backtest)
    errors = []
    for examples in (honest, leaking):
        forecasts, _ = backtest(examples, windows, params, seed=20)
        tomorrow = forecasts[(forecasts["candidate"] == "ridge") & (forecasts["lead_days"] == 1)]
        errors.append((tomorrow["q50"] - tomorrow["observed"]).abs().mean())
    assert errors[1] < 0.5 * errors[0]


def test_a_candidate_with_too_few_days_to_learn_from_is_left_out_and_the_others_go_on():
    # A filter that samples every third day never has three coming days in a row, which the forest needs.
    third_days = HISTORY[(HISTORY["date_local"] - pd.Timestamp("2022-07-01")).dt.days % 3 == 0]
    params = build_training_params(("climatology", "persistence", "random_forest"))
    examples = examples_of(third_days)
    judged = replace(examples, issuable=np.ones(len(examples), dtype=bool))
    forecasts, residuals = backtest(judged, plan_windows(judged, params.backtest), params, seed=20)
    assert set(forecasts["candidate"]) == set(residuals) == {"climatology", "persistence"}


def silent(last, first="2023-08-25"):
    """The history without the days after ``first`` up to ``last``."""
    days = HISTORY["date_local"]
    return HISTORY[(days <= pd.Timestamp(first)) | (days > pd.Timestamp(last))]


def test_a_window_after_a_long_silence_calibrates_the_next():
    # Windows begin on 2 September, 12 October and 21 November: before the second nothing of the first is known.
    assert set(run_backtest(silent("2023-10-20"), folds=2)["fold"]) == {2}


def test_no_window_is_forecast_where_none_has_residuals_to_calibrate_on():
    assert run_backtest(silent("2023-11-24")).empty


def test_the_run_s_seed_is_the_seed_of_the_candidates():
    params = build_training_params(("climatology", "xgboost"))
    windows = plan_windows(small_examples(), params.backtest)
    means = [backtest(small_examples(), windows, params, seed)[0]["mean"].tolist() for seed in (20, 20, 21)]
    assert means[0] == means[1]
    assert means[0] != means[2]


def alike(value=10.0, history=HISTORY):
    return history.assign(value=value)


@pytest.mark.parametrize("value", [0.0, 10.0])
def test_where_all_values_are_equal_they_are_forecast_and_nothing_else(value):
    forecasts = run_backtest(alike(value), tuple(TINY))
    assert set(forecasts["candidate"]) == set(TINY)
    np.testing.assert_allclose(forecasts[["mean", "q05", "q50", "q95"]], value, atol=1e-6)


def test_a_site_with_three_observations_changes_no_row_that_is_judged_and_has_none():
    few = build_history(days=3, sites=SITES[2:])
    forecasts = run_backtest(pd.concat([HISTORY, few.assign(date_local=few["date_local"] + pd.Timedelta(days=500))]))
    alone = run_backtest(HISTORY)
    assert SITES[2] not in set(forecasts["site_id"])
    assert_frame_equal(forecasts[KEY], alone[KEY])
    assert np.isfinite(forecasts[["mean", "q05", "q95"]]).all(axis=None)


def test_one_site_without_a_neighbour_is_forecast_by_every_candidate():
    history = build_history(sites=SITES[:1])
    examples = examples_of(history)
    around = features_of(history, training_run()).filter(like="sector").columns
    assert examples.features[around].isna().all(axis=None)
    forecasts = run_backtest(history, tuple(TINY))
    assert forecasts.groupby("candidate").size().to_dict() == dict.fromkeys(sorted(TINY), 40 + 39 + 38)
    assert np.isfinite(forecasts[["mean", "q05", "q95"]]).all(axis=None)
