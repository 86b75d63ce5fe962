import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.pipelines.training.gate import Decision
from airwatch.pipelines.training.nodes import (
    backtest_candidates,
    collect_examples,
    join_backtests,
    judge_candidates,
    score_candidates,
)
from airwatch.scope import mark
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
    examples = collect_examples(features_of(history, RUN), history, sites, "pm25", RUN, build_feature_params(), PARAMS)
    late = examples.features["origin_date"] >= pd.Timestamp("2023-03-01")
    judged = examples.features[late & examples.issuable]["site_id"]
    assert set(judged) == {SITES[0]}
    assert set(examples.features["site_id"]) == set(SITES)


def test_collect_examples_judges_no_origin_before_a_site_has_half_a_year_of_days():
    examples = collect(features_of(SHORT, RUN), SHORT, "pm25", RUN)
    # 100 days of observations: 180 are needed.
    assert not examples.issuable.any()


def test_backtest_candidates_gives_a_sorted_table_without_champion():
    forecasts, residuals, _ = small_backtest()
    assert not schemas.BacktestForecasts.validate(forecasts)["champion"].any()
    assert set(residuals) == set(forecasts["candidate"])


def test_backtest_candidates_tells_the_gap_of_each_candidate_at_each_lead():
    forecasts, _, gaps = small_backtest()
    expected = {(name, lead) for name in forecasts["candidate"].unique() for lead in (1, 2, 3)}
    assert set(gaps[["candidate", "lead_days"]].itertuples(index=False, name=None)) == expected
    assert set(gaps["pollutant"]) == {"pm25"}


@pytest.mark.parametrize("observations", [SHORT, SHORT.iloc[:0]])
def test_too_short_a_history_gives_empty_tables_and_no_champion(observations):
    forecasts, residuals, gaps = backtest_candidates(examples_of(observations), RUN, PARAMS)
    decision = judge_candidates(forecasts, gaps, PARAMS)
    assert_frame_equal(forecasts, schemas.empty("BacktestForecasts"))
    assert_frame_equal(decision.table, schemas.empty("Gate"))
    assert_frame_equal(score_candidates(forecasts, decision, RUN), schemas.empty("BacktestScores"))
    assert (residuals, len(gaps), decision.champion) == ({}, 0, None)


def test_a_silence_that_leaves_nothing_to_calibrate_on_gives_no_model():
    history = build_history(sites=SITES[:1])
    days = history["date_local"]
    silent = history[(days <= "2023-10-01") | (days > "2023-12-10")]
    assert backtest_candidates(examples_of(silent), RUN, PARAMS)[1] == {}


def test_a_site_of_every_third_day_alone_gets_no_model_because_it_would_get_no_forecast():
    history = build_days(549, "2022-07-01", site=SITES[0], every=3, seed=3)
    forecasts, residuals, _ = backtest_candidates(examples_of(history), RUN, PARAMS)
    assert (len(forecasts), residuals) == (0, {})


def test_judge_candidates_makes_the_blend_champion_where_tomorrow_lies_between_today_and_the_usual():
    # The logarithm of the small history forgets three tenths of itself a day, and nothing else is to be learned.
    forecasts, _, gaps = small_backtest()
    decision = judge_candidates(forecasts, gaps, PARAMS)
    record = schemas.Gate.validate(decision.table)
    assert decision.champion == "blend"
    assert set(record.loc[record["champion"], "candidate"]) == {"blend"}
    assert set(record["candidate"]) == set(forecasts["candidate"])


def test_judge_candidates_holds_the_limits_of_the_parameters():
    forecasts, _, gaps = small_backtest()
    params = build_training_params(gate={**PARAMS.gate.model_dump(), "max_gap": 0.07})
    record = judge_candidates(forecasts, gaps, params).table
    assert set(record.loc[record["rule"] == "gap to training", "limit"]) == {0.07}


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


def decided(champion):
    return Decision(schemas.empty("Gate"), champion, "")


def test_score_candidates_marks_the_champion_of_the_gate_in_every_group():
    candidates = pd.concat([of_candidate("ridge", 10), of_candidate("xgboost", 9)], ignore_index=True)
    scores = score_candidates(candidates, decided("ridge"), RUN)
    # xgboost errs less; the gate had its reasons.
    assert (scores["champion"] == (scores["candidate"] == "ridge")).all()
    assert scores["champion"].any()


def test_score_candidates_scores_each_candidate_at_each_lead():
    candidates = pd.concat([of_candidate("ridge", 10, 12), of_candidate("xgboost", 9, 9)])
    scores = score_candidates(candidates, decided("xgboost"), RUN)
    schemas.BacktestScores.validate(scores)
    found = scores[scores["grouping"] == "all"].set_index(["candidate", "lead_days"]).loc[("ridge", 2)]
    assert found[["n", "rmse", "bias"]].tolist() == [3, 3.0, 3.0]
    # The forecast 12 is three off, the persistence 8 one: 1 - 9 / 1.
    assert found["skill_persistence"] == -8.0
    assert set(scores["grouping"]) == {"all", "season", "region", "level", "site"}


def tables_of(pollutant, champion, *candidates):
    forecasts = pd.concat([of_candidate(name, 10) for name in candidates], ignore_index=True)
    forecasts = forecasts.assign(pollutant=pollutant)
    rules = [{"candidate": name, "rule": rule} for name in candidates for rule in ("CRPS", "80 % interval")]
    given = {"pollutant": pollutant, "value": 1.0, "limit": 1.0, "p_value": 0.5, "passed": True, "note": ""}
    given |= dict.fromkeys(("statistic", "low", "high"), -1.0)
    gate = pd.DataFrame(rules).assign(**given)
    return {
        f"{pollutant}_forecasts": forecasts,
        f"{pollutant}_scores": score_candidates(forecasts, decided(champion), RUN),
        f"{pollutant}_gate": gate.assign(champion=gate["candidate"] == champion),
    }


SCHEMAS = {"forecasts": "BacktestForecasts", "scores": "BacktestScores", "gate": "Gate"}
EMPTY = {f"ozone_{kind}": schemas.empty(schema) for kind, schema in SCHEMAS.items()}


def test_join_backtests_marks_each_pollutant_s_champion_in_all_tables():
    pm25 = tables_of("pm25", "ridge", "ridge", "xgboost")
    ozone = tables_of("ozone", "xgboost", "ridge", "xgboost")
    for table in join_backtests(RUN, **pm25, **ozone):
        champions = table.loc[table["champion"], ["pollutant", "candidate"]].drop_duplicates()
        assert champions.to_numpy().tolist() == [["ozone", "xgboost"], ["pm25", "ridge"]]


def test_join_backtests_gives_tables_of_their_schemas():
    forecasts, scores, gate = join_backtests(RUN, **tables_of("pm25", "ridge", "xgboost", "ridge"), **EMPTY)
    assert len(schemas.BacktestForecasts.validate(forecasts)) == 6
    assert (schemas.BacktestScores.validate(scores)["grouping"] == "all").sum() == 2
    assert schemas.Gate.validate(gate)["candidate"].tolist() == ["ridge", "ridge", "xgboost", "xgboost"]


def test_join_backtests_of_nothing_is_three_empty_tables():
    for table, schema in zip(join_backtests(RUN, **EMPTY), SCHEMAS.values(), strict=True):
        assert_frame_equal(table, schemas.empty(schema))


def test_join_backtests_leaves_out_what_a_run_of_another_area_left_behind():
    tables = tables_of("pm25", "ridge", "ridge")
    other = mark(tables["pm25_gate"], training_run(area={"state": "06"}))
    _, scores, gate = join_backtests(RUN, **{**tables, "pm25_gate": other})
    assert (len(gate), len(scores) > 0) == (0, True)
