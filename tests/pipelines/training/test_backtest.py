from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.domain.transforms import transform
from airwatch.forecasting.stacking import MEMBERS
from airwatch.pipelines.training import backtest as module
from airwatch.pipelines.training.backtest import Residuals, Window, backtest, fit_candidates, fit_gaps, plan_windows
from airwatch.pipelines.training.examples import Examples
from airwatch.pipelines.training.params import BacktestParams
from builders import SITE
from builders_training import (
    SITES,
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
        transform("log1p"),
    )


def spans(windows):
    return [(window.number, str(window.first), str(window.last)) for window in windows]


def plan(examples, folds=2, fold_days=30, min_train_days=60):
    return plan_windows(
        examples, BacktestParams(folds=folds, fold_days=fold_days, min_train_days=min_train_days, judged_share=1.0)
    )


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


def build_residuals(*windows, first="2023-01-01"):
    """Residuals of windows of one origin each, on days that follow each other; standardised they are halves."""
    days = np.datetime64(first) + np.arange(len(windows))
    raw = [np.array([each], dtype=float) for each in windows]
    return Residuals(
        origins=[np.array([day]) for day in days],
        raw=raw,
        standardised=[each / 2 for each in raw],
        training=[np.array([0.5, 1.0])] * len(windows),
    )


@pytest.fixture
def residuals():
    return build_residuals([2.0, 4.0], [6.0, 8.0])


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
    np.testing.assert_array_equal(residuals.known_before(np.datetime64(day), raw=True), 2 * np.array(known))


def test_all_residuals_are_known_in_the_end(residuals):
    np.testing.assert_array_equal(residuals.known_before(), [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(residuals.known_before(raw=True), [[2.0, 4.0], [6.0, 8.0]])


def test_the_days_that_residuals_span_are_counted_once():
    many = Residuals(origins=[np.array(["2023-01-01"] * 3 + ["2023-01-02"], dtype="datetime64[D]")])
    assert (many.days, Residuals().days) == (2, 0)


def test_the_gap_is_the_error_on_rolling_origins_beyond_that_within_the_training():
    # Roots of the mean squares 25 and 4; the errors in training were 4 and 6 in two windows, and 2.5 in both.
    found = build_residuals([7.0, 2.0], [1.0, np.nan])
    found.training = [np.array([4.0, 2.5]), np.array([6.0, 2.5])]
    table = fit_gaps({"ridge": found}, "pm25")
    assert table[["pollutant", "candidate"]].drop_duplicates().to_numpy().tolist() == [["pm25", "ridge"]]
    numbers = table[["lead_days", "rmse_training", "rmse_rolling", "gap"]].to_numpy()
    np.testing.assert_allclose(numbers, [[1, 5.0, 5.0, 0.0], [2, 2.5, 2.0, -0.2]], atol=1e-12)


def test_without_a_candidate_there_is_no_gap():
    none, one = fit_gaps({}, "pm25"), fit_gaps({"ridge": build_residuals([1, 1])}, "pm25")
    assert (len(none), none.columns.tolist()) == (0, one.columns.tolist())


def test_residuals_are_those_of_both_windows_in_the_working_unit():
    residuals = small_backtest()[1]["persistence"]
    found = residuals.known_before(raw=True)
    examples = small_examples()
    # The calibration window and the test window: 80 origins to 30 December at two sites.
    held = (examples.origins >= np.datetime64("2023-10-12")) & (examples.origins <= np.datetime64("2023-12-30"))
    today = examples.features["value_lag_00"].to_numpy(dtype=float)[held]
    expected = np.log1p(examples.targets[held]) - np.log1p(today)[:, np.newaxis]
    assert found.shape == (160, 3)
    np.testing.assert_allclose(np.sort(found, axis=None), np.sort(expected, axis=None))


def test_residuals_are_divided_by_one_spread_that_all_candidates_share():
    residuals = small_backtest()[1]
    spreads = [residuals[n].known_before(raw=True) / residuals[n].known_before() for n in ("persistence", "xgboost")]
    np.testing.assert_allclose(spreads[0], spreads[1])
    # Around an error that is about the same every day.
    assert 0.1 < np.nanmin(spreads[0]) < np.nanmax(spreads[0]) < 1.0


def test_what_would_not_be_issued_teaches_and_is_neither_forecast_nor_calibrated_on():
    examples = small_examples()
    first = (examples.features["site_id"] == SITES[0]).to_numpy()
    params = build_training_params(("climatology", "ridge"))
    windows = plan_windows(examples, params.backtest)
    both = backtest(examples, windows, params, seed=20)[1]
    forecasts, one = backtest(replace(examples, issuable=examples.issuable & first), windows, params, seed=20)
    assert set(forecasts["site_id"]) == {SITES[0]}
    inside = np.concatenate([first[window.holds(examples)] for window in windows])
    np.testing.assert_array_equal(one["ridge"].known_before(), both["ridge"].known_before()[inside])


def test_the_error_within_the_training_is_of_the_rows_a_candidate_learned_from():
    found = small_backtest()[1]["persistence"].training
    examples = small_examples()
    for window, first in zip(found, ["2023-10-12", "2023-11-21"], strict=True):
        learned = examples.origins + 3 * ONE_DAY < np.datetime64(first)
        today = examples.features["value_lag_00"].to_numpy(dtype=float)[learned, np.newaxis]
        errors = np.log1p(examples.targets[learned]) - np.log1p(today)
        np.testing.assert_allclose(window, np.sqrt(np.mean(errors**2, axis=0)))


def test_the_error_within_a_long_training_is_measured_on_a_sample(monkeypatch):
    whole = fit_gaps(small_backtest()[1], "pm25").set_index("candidate").loc["persistence", "rmse_training"]
    monkeypatch.setattr(module, "ROWS_OF_THE_GAP", 600)
    params = build_training_params(("climatology", "persistence"))
    examples = small_examples()
    once, again = (
        fit_gaps(backtest(examples, plan_windows(examples, params.backtest), params, seed=20)[1], "pm25")
        for _ in range(2)
    )
    sampled = once.set_index("candidate").loc["persistence", "rmse_training"]
    assert (sampled != whole).all()
    np.testing.assert_allclose(sampled, whole, rtol=0.1)
    assert_frame_equal(once, again)


def weights_of(examples, residuals, names=MEMBERS, only=None):
    """The stack's weights when fitted on the last day, from such residuals."""
    params = build_training_params(("climatology", *names, "stack"))
    fitted = fit_candidates(examples, np.datetime64("2023-12-31"), residuals, params, seed=20, only=only)
    return fitted.models["stack"].weights


def erring(size, days=800, windows=2):
    """Residuals of such a size, of either sign by a coin, on the days to the end of 2023."""
    rng = np.random.default_rng(int(10 * size))
    origins = np.array_split(np.datetime64("2024-01-01") - np.arange(days, 0, -1), windows)
    raw = [rng.choice([-size, size], (len(each), 3)) for each in origins]
    return Residuals(origins=origins, raw=raw, standardised=raw, training=[np.ones(3)] * windows)


def test_the_stack_trusts_those_more_that_erred_less():
    residuals = {"ridge": erring(1.0), "random_forest": erring(2.0), "xgboost": erring(1.1)}
    weights = weights_of(small_examples(), residuals)
    # By the inverse of the squares: 1, 0.25 and 0.83 of 2.08; signs that chance to agree move them a little.
    np.testing.assert_allclose(weights, np.tile([[0.48], [0.12], [0.40]], 3), atol=0.06)


@pytest.mark.parametrize(
    "residuals",
    [
        {"ridge": erring(1.0, 729), "random_forest": erring(2.0, 729)},
        {"ridge": erring(1.0), "random_forest": erring(2.0, 400, windows=1)},
        {"ridge": Residuals(), "random_forest": Residuals()},
    ],
    ids=["less than two years", "a member that missed a window", "the first window"],
)
def test_members_of_the_stack_count_the_same_where_there_is_too_little_to_compare(residuals):
    weights = weights_of(small_examples(), residuals, ("ridge", "random_forest"))
    np.testing.assert_array_equal(weights, np.full((2, 3), 0.5))


def test_the_stack_does_not_learn_from_residuals_observed_after_its_training():
    known = {"ridge": erring(1.0), "random_forest": erring(2.0)}
    later = {"ridge": erring(1.0), "random_forest": erring(2.0)}
    for name, wrong in (("ridge", 9.0), ("random_forest", 0.0)):
        later[name].origins.append(np.datetime64("2023-12-31") + np.arange(400))
        later[name].raw.append(np.full((400, 3), wrong))
        known[name].origins.append(later[name].origins[-1])
        known[name].raw.append(np.full((400, 3), np.nan))
    names = ("ridge", "random_forest")
    np.testing.assert_array_equal(*(weights_of(small_examples(), each, names) for each in (known, later)))


def test_a_member_that_was_never_judged_is_not_in_the_stack_that_was():
    residuals = {"ridge": erring(1.0), "xgboost": erring(2.0), "stack": erring(1.0), "climatology": erring(3.0)}
    assert weights_of(small_examples(), residuals, only="stack").shape == (2, 3)


def test_only_what_is_wanted_is_fitted():
    params = build_training_params()
    residuals = small_backtest()[1]
    until = np.datetime64("2023-12-31")
    found = {
        only: set(fit_candidates(small_examples(), until, residuals, params, 20, only).models)
        for only in ("ridge", "climatology", "stack")
    }
    assert found == {
        "ridge": {"ridge", "climatology"},
        "climatology": {"climatology"},
        "stack": {"stack", "climatology", *MEMBERS},
    }


def test_three_observations_are_too_few_for_any_window():
    examples = examples_of(build_history(days=3, sites=SITES[:1]))
    assert plan_windows(examples, build_training_params().backtest) == []
    assert fit_candidates(examples, np.datetime64("2023-12-31"), {}, build_training_params(), 20) is None


def test_residuals_of_all_candidates_are_standardised_by_the_one_spread_of_row_and_lead():
    residuals = small_backtest()[1]
    ridge, persistence = [each.raw[0] / each.standardised[0] for each in (residuals["ridge"], residuals["persistence"])]
    np.testing.assert_allclose(ridge, persistence)
    assert (ridge[np.isfinite(ridge)] > 0).all()
    assert np.nanstd(ridge) > 0
