from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.pipelines.training.nodes import (
    backtest_candidates,
    collect_examples,
    data_hash,
    fit_champion,
    join_backtests,
    score_candidates,
)
from airwatch.scores import QUANTILES
from builders import build_days, build_feature_params
from builders_monitoring import build_area_sites, build_backtest, origins
from builders_training import (
    SITES,
    build_history,
    build_training_params,
    collect,
    examples_of,
    features_of,
    small_backtest,
    small_examples,
    train,
    trained,
    training_run,
)

RUN, PARAMS = training_run(), build_training_params()
SHORT = build_history(days=100, sites=SITES[:1])


def test_collect_examples_leaves_out_what_the_run_leaves_out():
    history = build_history(days=40)
    features = features_of(history, RUN)
    examples = collect(features, history, "pm25", training_run(pollutants=("ozone",)))
    assert (len(examples), examples.targets.shape) == (0, (0, 3))


def test_collect_examples_of_a_pollutant_that_nobody_observed_is_empty():
    examples = collect(features_of(SHORT, RUN), SHORT, "ozone", training_run(pollutants=("pm25", "ozone")))
    assert (len(examples), examples.pollutant) == (0, "ozone")


def test_collect_examples_has_the_run_s_leads_and_ends_with_as_of():
    run = training_run(as_of="2022-07-31", horizon_days=5)
    examples = collect(features_of(SHORT, run), SHORT, "pm25", run)
    # July 2022 has 31 origins, the last of them without any target.
    assert examples.targets.shape == (31, 5)
    assert np.isfinite(examples.targets).sum(axis=0).tolist() == [30, 29, 28, 27, 26]


def test_collect_examples_judges_only_what_would_be_issued_and_learns_from_all():
    # One site in the area, one beside it, and one of every third day, which is never forecastable.
    third = build_history(sites=SITES[2:])
    history = pd.concat([build_history(sites=SITES[:2]), third.iloc[::3]]).reset_index(drop=True)
    sites = build_area_sites(*SITES, in_area=[True, False, True])
    examples = collect_examples(features_of(history, RUN), history, sites, "pm25", RUN, build_feature_params())
    late = examples.features["origin_date"] >= pd.Timestamp("2023-03-01")
    judged = examples.features[late & examples.issuable]["site_id"]
    assert set(judged) == {SITES[0]}
    assert set(examples.features["site_id"]) == set(SITES)


def test_collect_examples_judges_no_origin_before_a_site_has_half_a_year_of_days():
    examples = collect(features_of(SHORT, RUN), SHORT, "pm25", RUN)
    # 100 days of observations: 180 are needed.
    assert not examples.issuable.any()


def test_backtest_candidates_gives_a_sorted_table_without_champion():
    forecasts, residuals = small_backtest()
    assert not schemas.BacktestForecasts.validate(forecasts)["champion"].any()
    assert set(residuals) == set(forecasts["candidate"])


@pytest.mark.parametrize("observations", [SHORT, SHORT.iloc[:0]])
def test_too_short_a_history_gives_empty_tables_and_no_model(observations):
    examples = examples_of(observations)
    forecasts, residuals = backtest_candidates(examples, RUN, PARAMS)
    scores = score_candidates(forecasts, "pm25", RUN)
    assert_frame_equal(forecasts, schemas.empty("BacktestForecasts"))
    assert_frame_equal(scores, schemas.empty("BacktestScores"))
    assert fit_champion(examples, residuals, scores, RUN, PARAMS).forecaster is None


def test_a_silence_that_leaves_nothing_to_calibrate_on_gives_no_model():
    history = build_history(sites=SITES[:1])
    days = history["date_local"]
    silent = history[(days <= "2023-10-01") | (days > "2023-12-10")]
    assert backtest_candidates(examples_of(silent), RUN, PARAMS)[1] == {}


def of_candidate(name, *means):
    """Forecasts of one candidate: its mean at leads 1, 2, …, quantiles one apart around it; 9 was observed."""
    leads = enumerate(means, start=1)
    tables = [build_backtest(origins(3), candidate=name, lead_days=lead, mean=mean) for lead, mean in leads]
    table = pd.concat(tables, ignore_index=True)
    shifts = dict(zip(QUANTILES, range(-3, 4), strict=True))
    return table.assign(
        champion=False,
        target_date=table["origin_date"] + pd.to_timedelta(table["lead_days"], unit="D"),
        **{quantile: table["mean"] + shift for quantile, shift in shifts.items()},
    )


def champion_of(*candidates):
    scores = score_candidates(pd.concat(candidates, ignore_index=True), "pm25", RUN)
    return set(scores.loc[scores["champion"], "candidate"])


def test_score_candidates_chooses_by_the_crps_of_all_leads():
    # One off at each of three leads is less than exact at the first and five off at the others.
    assert champion_of(of_candidate("ridge", 9, 14, 14), of_candidate("xgboost", 10, 10, 10)) == {"xgboost"}


def test_score_candidates_makes_a_baseline_champion_where_it_is_best():
    candidates = [of_candidate("ridge", 10), of_candidate("persistence", 9), of_candidate("xgboost", 12)]
    assert champion_of(*candidates) == {"persistence"}


def test_score_candidates_scores_each_candidate_at_each_lead():
    scores = score_candidates(pd.concat([of_candidate("ridge", 10, 12), of_candidate("xgboost", 9, 9)]), "pm25", RUN)
    schemas.BacktestScores.validate(scores)
    found = scores[scores["grouping"] == "all"].set_index(["candidate", "lead_days"]).loc[("ridge", 2)]
    assert found[["n", "rmse", "bias"]].tolist() == [3, 3.0, 3.0]
    # The forecast 12 is three off, the persistence 8 one: 1 - 9 / 1.
    assert found["skill_persistence"] == -8.0
    assert set(scores["grouping"]) == {"all", "season", "region", "level", "site"}


def test_the_champion_of_the_small_history_is_a_model_that_learned():
    # Its logarithm forgets 0.3 of itself a day: between today and the usual.
    assert champion_of(small_backtest()[0]) == {"ridge"}


def fit(examples=None, run=RUN, params=PARAMS):
    forecasts, residuals = small_backtest()
    scores = score_candidates(forecasts, "pm25", RUN)
    return fit_champion(examples or small_examples(), residuals, scores, run, params)


def test_fit_champion_learns_from_every_day_to_as_of():
    forecaster = fit().forecaster
    assert (forecaster.model_name, forecaster.train_until) == ("ridge", pd.Timestamp("2023-12-31"))
    assert forecaster.training_window == (pd.Timestamp("2022-07-01"), pd.Timestamp("2023-12-30"))


def test_fit_champion_puts_the_residuals_of_all_windows_around_it():
    residuals = small_backtest()[1]["ridge"].known_before()
    expected = ResidualDistribution.fit(residuals, centred=True)
    np.testing.assert_array_equal(fit().forecaster.main.residuals.grid, expected.grid)
    # 80 origins to 30 December at two sites; the last one has one target, the one before two.
    assert expected.counts.tolist() == [160, 158, 156]


def test_fit_champion_keeps_the_fallback_s_own_residuals():
    expected = ResidualDistribution.fit(small_backtest()[1]["climatology"].known_before())
    np.testing.assert_array_equal(fit().forecaster.fallback.residuals.grid, expected.grid)


def test_fit_champion_tells_the_registry_what_it_is():
    model = fit()
    tags = {name: model.tags[name] for name in ("model_name", "as_of", "source", "area", "training_window", "sites")}
    assert tags == {
        "model_name": "ridge",
        "as_of": "2023-12-31",
        "source": "sandbox-20",
        "area": "cbsa-99900",
        "training_window": "2022-07-01/2023-12-30",
        "sites": "2",
    }
    assert (len(model.example), model.tags["data_hash"]) == (3, data_hash(small_examples()))


def test_fit_champion_logs_its_scores_by_lead():
    scores = score_candidates(small_backtest()[0], "pm25", RUN).query("grouping == 'all'")
    of_ridge = scores[scores["candidate"] == "ridge"].set_index("lead_days")
    metrics = fit().metrics
    assert metrics["crps_lead_2"] == of_ridge.loc[2, "crps"]
    assert {name for name in metrics if name.startswith("rmse")} == {"rmse_lead_1", "rmse_lead_2", "rmse_lead_3"}


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
        {"params": build_training_params(backtest={"folds": 1, "fold_days": 41, "min_train_days": 200})},
    ],
)
def test_the_fingerprint_changes_with_data_parameters_and_seed(changed):
    assert fit(**changed).fingerprint != fit().fingerprint


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


def tables_of(pollutant, champion, *candidates):
    forecasts = pd.concat([of_candidate(name, 10) for name in candidates], ignore_index=True)
    forecasts = forecasts.assign(pollutant=pollutant)
    scores = score_candidates(forecasts, pollutant, RUN)
    return {
        f"{pollutant}_forecasts": forecasts,
        f"{pollutant}_scores": scores.assign(champion=scores["candidate"] == champion),
    }


EMPTY = {"ozone_forecasts": schemas.empty("BacktestForecasts"), "ozone_scores": schemas.empty("BacktestScores")}


def test_join_backtests_marks_each_pollutant_s_champion_in_both_tables():
    pm25 = tables_of("pm25", "ridge", "ridge", "xgboost")
    ozone = tables_of("ozone", "xgboost", "ridge", "xgboost")
    for table in join_backtests(RUN, **pm25, **ozone):
        champions = table.loc[table["champion"], ["pollutant", "candidate"]].drop_duplicates()
        assert champions.to_numpy().tolist() == [["ozone", "xgboost"], ["pm25", "ridge"]]


def test_join_backtests_gives_tables_of_their_schemas():
    forecasts, scores = join_backtests(RUN, **tables_of("pm25", "ridge", "xgboost", "ridge"), **EMPTY)
    assert len(schemas.BacktestForecasts.validate(forecasts)) == 6
    assert (schemas.BacktestScores.validate(scores)["grouping"] == "all").sum() == 2


def test_join_backtests_of_nothing_is_two_empty_tables():
    forecasts, scores = join_backtests(RUN, **EMPTY)
    assert_frame_equal(forecasts, schemas.empty("BacktestForecasts"))
    assert_frame_equal(scores, schemas.empty("BacktestScores"))


def test_a_site_of_every_third_day_alone_gets_no_model_because_it_would_get_no_forecast():
    history = build_days(549, "2022-07-01", site=SITES[0], every=3, seed=3)
    forecasts, residuals = backtest_candidates(examples_of(history), RUN, PARAMS)
    assert (len(forecasts), residuals) == (0, {})
