"""The contest of a trained model with the registered champion: the rules on plain numbers, and who may take part."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.model_registry import NewerLibraryError, Outcome, RegisteredForecaster, UnreadableModelError, Version
from airwatch.pipelines.training.contest import compare, hold_contest, new_days
from airwatch.pipelines.training.gate import Decision
from airwatch.pipelines.training.incumbent import Incumbent, find_incumbent, forecast_again
from airwatch.pipelines.training.stored import StoredRows
from airwatch.scores import QUANTILES
from airwatch.tables import as_table
from builders_gate import DAYS, EVERY_OTHER, LIMITS, off_by, saying, side_by_side
from builders_inference import HISTORY, Shelf, frozen, issue
from builders_registry import OneModel
from builders_training import (
    SITES,
    build_training_params,
    examples_of,
    forecaster,
    small_backtest,
    small_examples,
    trained,
    training_run,
)

CHAMPION = RegisteredForecaster(forecaster("ridge"), "3")
INCUMBENT = Incumbent("3", CHAMPION)
SMOKE = {"observed": np.where(EVERY_OTHER, 60.0, 11.0)}


def meet(champion, days=DAYS, name="xgboost", limits=LIMITS, **challenger):
    """The contest of a challenger's forecasts with the champion's, on the first ``days`` days."""
    forecasts = side_by_side({name: challenger["says"], "champion": champion})
    ends = forecasts["origin_date"].min() + pd.Timedelta(days=days)
    return compare(name, forecasts[forecasts["origin_date"] < ends], INCUMBENT, limits)


def finding(contest, rule):
    [found] = [each for each in contest.findings if each.rule == rule]
    return found


def test_a_challenger_that_is_better_by_more_than_noise_is_promoted():
    # Off by 1 on every fifth day, where the champion is off by 1 each day: CRPS 0.2 against 1.
    verdict = meet(saying(12.0), says=off_by(1.0)).verdict
    assert (verdict.outcome, verdict.promoted, verdict.against, verdict.days) == (Outcome.PROMOTED, True, "3", 60)
    assert verdict.statistic < -10
    assert verdict.p_value < 1e-6


def test_the_interval_is_of_the_difference_in_units_of_what_both_lose():
    # 0.5 against 1.5 each day: of the 1 that the two lose on average the challenger loses one less, every day.
    contest = meet(saying(12.5), says=saying(11.5), limits=LIMITS.model_copy(update={"coverage_tolerance": 0.9}))
    assert contest.verdict.interval == pytest.approx((-1.0, -1.0))
    assert finding(contest, "CRPS against champion").value == pytest.approx(0.5 / 1.5)


def test_a_worse_challenger_is_not():
    verdict = meet(off_by(1.0), says=off_by(2.0)).verdict
    assert (verdict.outcome, verdict.promoted) == (Outcome.NOT_BETTER, False)
    assert verdict.statistic > 0


def test_a_challenger_that_is_better_within_noise_is_not():
    # Errors 0 and 1.98 in turn beside the champion's 1: better by 0.01, while days differ by 1 either way.
    rng = np.random.default_rng(1)
    contest = meet(saying(12.0), says=saying(11.0 + 1.98 * rng.permutation(EVERY_OTHER)))
    assert finding(contest, "CRPS against champion").value == pytest.approx(0.99)
    assert contest.verdict.p_value > 0.5
    assert contest.verdict.interval[0] < 0 < contest.verdict.interval[1]
    assert contest.verdict.outcome is Outcome.NOT_BETTER


@pytest.mark.parametrize(("days", "outcome"), [(29, Outcome.TOO_FEW_DAYS), (30, Outcome.PROMOTED)])
def test_too_few_new_days_tell_nothing(days, outcome):
    verdict = meet(saying(12.0), days, says=off_by(1.0)).verdict
    assert (verdict.outcome, verdict.days) == (outcome, days)


def test_no_new_day_at_all_is_too_few():
    verdict = meet(saying(12.0), 0, says=off_by(1.0)).verdict
    assert (verdict.outcome, verdict.days, verdict.promoted) == (Outcome.TOO_FEW_DAYS, 0, False)
    assert "learned from all days of origin but 0, too few to tell (30 are needed)" in verdict.reason


# The challenger covers every day but is far better; the champion covers four days of five, or none.
@pytest.mark.parametrize(("champion", "promoted"), [(off_by(10.0), False), (saying(12.0), True)])
def test_intervals_are_to_be_within_the_tolerance_or_as_honest_as_the_champion_s(champion, promoted):
    contest = meet(champion, says=saying(11.0))
    assert finding(contest, "80 % interval").value == pytest.approx(0.2)
    assert contest.verdict.promoted == promoted


def test_a_challenger_that_misses_the_smoke_that_the_champion_sees_is_not_promoted():
    # Right on calm days, where the champion is 24 off; on days of smoke it says 40, and the champion 58 of 60.
    champion, challenger = (np.where(EVERY_OTHER, *said) for said in ((58.0, 35.0), (40.0, 11.0)))
    contest = meet(saying(champion, **SMOKE), says=saying(challenger, **SMOKE))
    assert finding(contest, "CRPS against champion").passed is True
    assert finding(contest, "exceedance days").passed is False
    assert not contest.verdict.promoted
    assert "Failed: exceedance days." in contest.verdict.reason


def test_a_baseline_that_no_candidate_beats_replaces_a_champion_that_is_worse():
    # It covers every day, which a candidate would have to answer for.
    contest = meet(off_by(10.0), name="blend", says=saying(11.0))
    assert contest.verdict.promoted
    assert [each.rule for each in contest.findings] == ["CRPS against champion"]


def test_a_baseline_that_is_better_within_noise_does_not():
    rng = np.random.default_rng(1)
    verdict = meet(saying(12.0), name="blend", says=saying(11.0 + 1.98 * rng.permutation(EVERY_OTHER))).verdict
    assert verdict.outcome is Outcome.NOT_BETTER


def test_the_reason_has_the_figures_of_both():
    assert meet(off_by(1.0), says=off_by(2.0)).verdict.reason.startswith(
        "It is a challenger and does not forecast; version 3 (ridge) stays champion. On 60 days of origin at 1 sites, "
        "from which neither has learned, its CRPS is 0.4 µg/m³, and the champion's 0.2 µg/m³: a difference of "
    )


RUN, PARAMS = training_run(), build_training_params()


def chosen(name="ridge"):
    """The decision of a gate that chose a candidate."""
    return Decision(schemas.empty("Gate"), name, "It was chosen.")


def held(shelf, model=None, name="ridge", run=RUN, params=PARAMS, forecasts=None):
    """The contest of a model of the small history, and its card and record."""
    forecasts = small_backtest()[0] if forecasts is None else forecasts
    return hold_contest(model or trained(name), chosen(name), forecasts, small_examples(), shelf, run, params)


def outcome(shelf, **given):
    verdict = held(shelf, **given)[0].verdict
    return verdict.outcome, verdict.promoted, verdict.against


def test_without_a_champion_the_model_is_the_first_one():
    model, card, table = held(OneModel())
    assert (model.verdict.outcome, model.verdict.promoted) == (Outcome.FIRST, True)
    title, verdict, *_ = card.split("\n\n")
    assert title == "# PM2.5: model card (simulated data)"
    assert verdict == "**First champion.** It is the first champion of PM2.5: it faced the baselines alone."
    assert model.card == card
    [row] = schemas.Gate.validate(table).to_dict("records")
    assert (row["rule"], row["passed"], row["champion"]) == ("contest", True, True)


def test_on_the_day_after_its_training_the_champion_stays():
    yesterday = replace(frozen("ridge"), train_until=pd.Timestamp("2023-12-30"))
    model, card, table = held(OneModel(yesterday))
    assert (model.verdict.outcome, model.verdict.days) == (Outcome.TOO_FEW_DAYS, 1)
    assert "version 3 (ridge), has learned from all days of origin but 1, too few to tell" in card
    [row] = table.to_dict("records")
    assert (row["value"], row["passed"]) == (1, False)


def test_a_month_after_its_training_it_is_held_to_the_days_since():
    model, card, table = held(OneModel(frozen("ridge")))
    # Origins from 30 November to 30 December; those of the next day have no target yet.
    assert model.verdict.days == 31
    record = schemas.Gate.validate(table).set_index("rule")
    assert set(record.index) == {
        "contest",
        "contest: 80 % interval",
        "contest: CRPS against champion",
        "contest: exceedance days",
    }
    assert record.loc["contest", "statistic"] == model.verdict.statistic
    assert record.loc["contest", "low"] < record.loc["contest", "high"]
    assert model.verdict.reason in card


@pytest.mark.parametrize(
    ("champion", "told"),
    [
        (
            OneModel(frozen("ridge"), source="sandbox-7"),
            "it was trained on sandbox-7, and this run is about sandbox-20",
        ),
        (OneModel(frozen("ridge"), area="state-06"), "it was trained on state-06, and this run is about cbsa-99900"),
        (OneModel(forecaster("ridge")), "it has learned from days to 2023-12-31, later than as_of=2023-12-30"),
        (OneModel(error=NewerLibraryError("it needs xgboost 9")), "it needs xgboost 9"),
        (OneModel(error=UnreadableModelError("its files are gone")), "its files are gone"),
        (
            OneModel(replace(frozen("ridge"), feature_names=("value_lag_00", "value_lag_77"))),
            "it reads 1 features that this run does not have (value_lag_77, …)",
        ),
    ],
)
def test_a_champion_that_cannot_be_compared_yields_and_the_reason_is_told(champion, told):
    model, card, table = held(champion, run=training_run(as_of="2023-12-30"))
    assert (model.verdict.outcome, model.verdict.promoted) == (Outcome.NOT_COMPARABLE, True)
    assert told in model.verdict.reason
    assert table["note"].tolist() == [model.verdict.reason]
    assert model.verdict.reason in card


def test_a_champion_of_measured_air_does_not_yield_to_a_model_of_simulated_air():
    model, card, _ = held(OneModel(frozen("ridge"), source="aqs"))
    assert (model.verdict.outcome, model.verdict.promoted) == (Outcome.NOT_COMPARABLE, False)
    assert "it learned from simulated air, and the champion, version 3, from measured air" in card


def test_a_champion_of_another_horizon_cannot_be_compared():
    found = find_incumbent(OneModel(frozen("ridge")), small_examples(), training_run(horizon_days=2))
    assert found.reason == "it forecasts 3 days ahead, and horizon_days is 2"


def test_an_unjudged_model_is_champion_as_asked():
    params, none = build_training_params(unjudged="ridge"), small_backtest()[0].iloc[:0]
    model, _, table = held(OneModel(frozen("ridge")), params=params, forecasts=none)
    assert (model.verdict.outcome, model.verdict.promoted) == (Outcome.UNJUDGED, True)
    assert table["note"].tolist() == ["It is champion without having been judged, as asked (training.unjudged)."]


def test_a_champion_that_is_trained_again_keeps_its_card():
    model = replace(trained("ridge"), fingerprint="known")
    found, card, _ = held(OneModel(frozen("ridge"), fingerprint="known", was_champion="yes"), model=model)
    assert (found.verdict.outcome, found.verdict.promoted, card) == (Outcome.KNOWN, False, "# Card of version 3")


def known(**tags):
    """A shelf with version 3 as champion, on which the model that is trained is found as version 4."""
    yesterday = replace(frozen("ridge"), train_until=pd.Timestamp("2023-12-30"))
    return OneModel(yesterday, beside=Version("airwatch-pm25", "4", (), tags, "run", "# Card of version 4"))


@pytest.mark.parametrize(
    ("tags", "promoted"),
    [
        ({"verdict": "not better", "contest_with": "3"}, False),
        # A run that died between registering it and moving the alias is made up for.
        ({"verdict": "promoted", "contest_with": "3"}, True),
        # It was champion, and another one was made champion after it.
        ({"verdict": "promoted", "contest_with": "3", "was_champion": "yes"}, False),
        ({"verdict": "promoted", "contest_with": "2", "was_champion": "yes"}, False),
    ],
)
def test_a_model_that_has_met_the_champion_or_was_champion_meets_it_no_more(tags, promoted):
    assert outcome(known(**tags)) == (Outcome.KNOWN, promoted, "3")


@pytest.mark.parametrize("tags", [{"verdict": "promoted", "contest_with": "2"}, {"verdict": "first champion"}])
def test_a_model_that_won_against_another_champion_has_to_meet_this_one(tags):
    assert outcome(known(**tags)) == (Outcome.TOO_FEW_DAYS, False, "3")


def test_a_model_that_could_not_be_judged_meets_nobody():
    nobody = replace(trained("ridge"), forecaster=None)
    assert hold_contest(
        nobody,
        Decision(schemas.empty("Gate"), None, ""),
        small_backtest()[0],
        small_examples(),
        OneModel(),
        RUN,
        PARAMS,
    )[:2] == (nobody, "")


def test_the_model_is_tagged_with_the_days_it_was_judged_on_and_its_crps():
    model = held(OneModel())[0]
    own = small_backtest()[0].query("candidate == 'ridge'")
    assert model.tags["judged_window"] == "2023-11-21/2023-12-30"
    assert float(model.tags["crps"]) == pytest.approx(
        np.mean([model.metrics[f"crps_lead_{lead}"] for lead in (1, 2, 3)]), rel=1e-5
    )
    assert own["origin_date"].min() == pd.Timestamp("2023-11-21")


ASKED = pd.DataFrame({"site_id": SITES[0], "origin_date": pd.date_range("2023-12-05", "2023-12-20")})


def test_the_champion_forecasts_again_what_inference_would_have_issued():
    again = forecast_again(frozen("ridge"), examples_of(HISTORY), ASKED)
    issued = issue(model=Shelf(frozen("ridge")), origins="2023-12-05/2023-12-20")
    issued = issued[issued["site_id"] == SITES[0]].reset_index(drop=True)
    assert len(again) == 16 * 3
    assert_frame_equal(again[list(QUANTILES)], issued[list(QUANTILES)], check_exact=True)


def test_rows_that_are_read_in_blocks_give_the_same(monkeypatch):
    in_memory = examples_of(HISTORY)
    keys = in_memory.frame[["site_id", "origin_date"]]
    table = as_table(in_memory.frame)
    rows = StoredRows.all_of(table, "pm25", pd.Timestamp(RUN.as_of), keys)
    monkeypatch.setattr("airwatch.pipelines.training.stored.BLOCK_ROWS", 10)
    assert len(list(rows.blocks())) == 3
    stored = forecast_again(frozen("ridge"), replace(in_memory, features=rows), ASKED)
    assert_frame_equal(stored, forecast_again(frozen("ridge"), in_memory, ASKED), check_exact=True)


def test_no_day_that_the_champion_has_learned_from_is_compared():
    own = small_backtest()[0].query("candidate == 'ridge'")
    compared = new_days(own, Incumbent("3", RegisteredForecaster(frozen("ridge"), "3")), small_examples())
    assert compared["origin_date"].min() == pd.Timestamp("2023-11-30")
    sides = [rows.drop(columns=["candidate", *QUANTILES]) for _, rows in compared.groupby("candidate")]
    assert_frame_equal(*(rows.reset_index(drop=True) for rows in sides))
    assert compared[list(QUANTILES)].notna().all(axis=None)
