from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.pipelines.training import backtest as module
from airwatch.pipelines.training.backtest import Residuals, Window, backtest, plan_windows
from airwatch.pipelines.training.examples import Examples
from airwatch.pipelines.training.params import BacktestParams
from builders import SITE
from builders_training import (
    SITES,
    TINY,
    build_history,
    build_training_params,
    examples_of,
    small_backtest,
    small_examples,
)

KEY = ["site_id", "origin_date", "target_date"]
ONE_DAY = np.timedelta64(1, "D")
FAST = ("climatology", "persistence", "ridge")


def examples_over(days, horizon=2, start="2023-01-01"):
    """Examples of one site with a target for each origin."""
    origins = pd.date_range(start, periods=days, freq="D")
    return Examples(
        "pm25",
        pd.DataFrame({"site_id": SITE, "pollutant": "pm25", "origin_date": origins}),
        np.ones((days, horizon)),
        np.ones(days, dtype=bool),
    )


def spans(windows):
    return [(window.number, str(window.first), str(window.last)) for window in windows]


def plan(examples, folds=2, fold_days=30, min_train_days=60):
    return plan_windows(examples, BacktestParams(folds=folds, fold_days=fold_days, min_train_days=min_train_days))


def test_plan_windows_ends_on_the_newest_origin_with_a_target():
    # The 300th day of 2023 is 27 October; the two origins after it have no target yet.
    examples = examples_over(302)
    examples.targets[300:] = np.nan
    assert spans(plan(examples)) == [
        (0, "2023-07-30", "2023-08-28"),
        (1, "2023-08-29", "2023-09-27"),
        (2, "2023-09-28", "2023-10-27"),
    ]


def test_plan_windows_counts_an_origin_with_one_target_of_two():
    examples = examples_over(300)
    examples.targets[299, 1] = np.nan
    assert spans(plan(examples))[-1] == (2, "2023-09-28", "2023-10-27")


@pytest.mark.parametrize(("days", "length"), [(152, 30), (151, 29), (122, 20)])
def test_plan_windows_has_shorter_windows_where_history_is_short(days, length):
    # Three windows share what 60 days of training and a horizon of 2 leave: 152 - 62 = 3 * 30, 151 - 62 = 3 * 29 + 2.
    lengths = [int((window.last - window.first).astype(int)) + 1 for window in plan(examples_over(days))]
    assert lengths == [length] * 3


@pytest.mark.parametrize("examples", [examples_over(121), examples_over(0)])
def test_plan_windows_is_empty_where_windows_would_be_shorter_than_20_days(examples):
    assert plan(examples) == []


def test_plan_windows_is_empty_where_nothing_was_observed():
    examples = examples_over(300)
    examples.targets[:] = np.nan
    assert plan(examples) == []


@given(days=st.integers(1, 900), folds=st.integers(1, 5), fold_days=st.integers(20, 200), horizon=st.integers(1, 14))
def test_windows_follow_each_other_and_leave_the_days_to_train_on(days, folds, fold_days, horizon):
    examples = examples_over(days, horizon)
    windows = plan(examples, folds, fold_days, min_train_days=100)
    assert all(later.first - earlier.last == ONE_DAY for earlier, later in pairwise(windows))
    assert len(windows) in (0, folds + 1)
    calibrated = windows[0].first if windows else np.datetime64("9999-12-31")
    assert not windows or (examples.origins + horizon * ONE_DAY < calibrated).sum() >= 100


def test_a_window_holds_its_first_and_its_last_origin():
    window = Window(1, np.datetime64("2023-01-02"), np.datetime64("2023-01-03"))
    assert window.holds(examples_over(4)).tolist() == [False, True, True, False]


@pytest.fixture
def residuals():
    found = Residuals()
    found.add(np.array(["2023-01-01"], dtype="datetime64[D]"), np.array([[1.0, 2.0]]))
    found.add(np.array(["2023-01-02"], dtype="datetime64[D]"), np.array([[3.0, 4.0]]))
    return found


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2023-01-02", [[np.nan, np.nan], [np.nan, np.nan]]),
        ("2023-01-03", [[1.0, np.nan], [np.nan, np.nan]]),
        ("2023-01-04", [[1.0, 2.0], [3.0, np.nan]]),
        ("2023-01-05", [[1.0, 2.0], [3.0, 4.0]]),
    ],
)
def test_a_residual_is_known_from_the_day_after_its_target(residuals, day, known):
    np.testing.assert_array_equal(residuals.known_before(np.datetime64(day)), known)


def test_all_residuals_are_known_in_the_end(residuals):
    np.testing.assert_array_equal(residuals.known_before(), [[1.0, 2.0], [3.0, 4.0]])


def run_backtest(observations, candidates=FAST, folds=1):
    params = build_training_params(candidates, backtest={"folds": folds, "fold_days": 40, "min_train_days": 200})
    examples = examples_of(observations)
    windows = plan_windows(examples, params.backtest)
    return backtest(examples, windows, params, seed=20)[0].sort_values(["candidate", *KEY], ignore_index=True)


HISTORY = build_history(sites=SITES[:2])


@pytest.fixture(scope="module")
def two_folds():
    return run_backtest(HISTORY, folds=2)


def test_every_candidate_forecasts_the_same_rows():
    forecasts, _ = small_backtest()
    rows = {name: table[KEY].to_numpy().tolist() for name, table in forecasts.groupby("candidate")}
    # 40 origins to 30 December at two sites; the last day, 31 December, ends lead 2 and 3 one and two origins earlier.
    assert {name: len(keys) for name, keys in rows.items()} == dict.fromkeys(TINY, 2 * (40 + 39 + 38))
    assert all(keys == rows["climatology"] for keys in rows.values())


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
    """A climatology that notes the last origin it learned from, and the first it was asked about then."""

    def __init__(self, candidate, notes):
        self.candidate, self.notes = candidate, notes
        self.name, self.predicts_mean = candidate.name, candidate.predicts_mean

    def fit(self, features, targets_t):
        self.notes.append([features["origin_date"].max()])
        self.candidate.fit(features, targets_t)
        return self

    def predict(self, features):
        self.notes[-1].append(features["origin_date"].min())
        return self.candidate.predict(features)


def test_no_target_of_a_training_row_lies_in_or_after_the_window(monkeypatch):
    notes, build = [], module.build_candidate
    monkeypatch.setattr(module, "build_candidate", lambda *given: Spy(build(*given), notes))
    run_backtest(HISTORY, ("climatology",), folds=2)
    # Windows begin on 2 September, 12 October and 21 November; the horizon of 3 days parts them from the last origin.
    assert [(str(learned.date()), str(asked[0].date())) for learned, *asked in notes] == [
        ("2023-08-29", "2023-09-02"),
        ("2023-10-08", "2023-10-12"),
        ("2023-11-17", "2023-11-21"),
    ]


def replaced_after(day, observations=HISTORY):
    """The same days observed, with other values after ``day``."""
    later = observations["date_local"] > pd.Timestamp(day)
    return observations.assign(value=observations["value"].where(~later, 99.0 - observations["value"]))


def issued_by(day, forecasts):
    return forecasts[forecasts["origin_date"] <= pd.Timestamp(day)].drop(columns="observed").reset_index(drop=True)


@settings(max_examples=8)
@given(day=st.dates(date(2023, 10, 12), date(2023, 12, 30)))
def test_what_is_observed_later_changes_no_forecast_issued_before(two_folds, day):
    then = run_backtest(replaced_after(day), folds=2)
    assert_frame_equal(issued_by(day, then), issued_by(day, two_folds), check_exact=True)


def test_what_is_observed_later_changes_no_forecast_of_the_trees_either():
    trees = ("climatology", "random_forest", "xgboost")
    then, now = (run_backtest(table, trees) for table in (replaced_after("2023-11-30"), HISTORY))
    assert_frame_equal(issued_by("2023-11-30", then), issued_by("2023-11-30", now), check_exact=True)


def test_what_was_observed_earlier_does_change_the_forecasts(two_folds):
    then = issued_by("2023-12-30", run_backtest(replaced_after("2023-09-01"), folds=2))
    ridge = then["candidate"] == "ridge"
    assert (then["mean"] != issued_by("2023-12-30", two_folds)["mean"])[ridge].all()


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
    assert errors[1] < 0.2 * errors[0]


def test_residuals_are_those_of_both_windows_in_the_transformed_unit():
    _, residuals = small_backtest()
    found = residuals["persistence"].known_before()
    examples = small_examples()
    # The calibration window and the test window: 80 origins to 30 December at two sites.
    held = (examples.origins >= np.datetime64("2023-10-12")) & (examples.origins <= np.datetime64("2023-12-30"))
    today = examples.features["value_lag_00"].to_numpy(dtype=float)[held]
    expected = np.log1p(examples.targets[held]) - np.log1p(today)[:, np.newaxis]
    assert found.shape == (160, 3)
    np.testing.assert_allclose(np.sort(found, axis=None), np.sort(expected, axis=None))


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
