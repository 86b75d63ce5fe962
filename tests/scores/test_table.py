import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch import scores
from airwatch.scores import SCORE_COLUMNS, score_table
from airwatch.scores.table import BOOTSTRAPPED
from builders_scores import build_forecasts

NAN = np.nan


def score_one(**columns: object) -> pd.Series:
    return score_table(build_forecasts(**columns), ["lead_days"]).iloc[0]


def test_the_table_holds_each_score_by_its_name():
    row = score_one(observed=np.where(np.arange(60) % 2, 11.0, 7.5))
    # Errors -1 and 2.5 in turn; against persistence 2 and 5.5, against climatology 4 and 7.5.
    expected = {
        "n": 60,
        "origins": 60,
        "rmse": np.sqrt((1 + 6.25) / 2),
        "mae": 1.75,
        "bias": 0.75,
        "nmb": 1.5 / 18.5,
        "nme": 3.5 / 18.5,
        "coverage_50": 0.5,  # 9 to 11: its end, and outside
        "coverage_80": 0.5,  # 8 to 12
        "coverage_90": 1.0,  # 7 to 13
        "sharpness_80": 4.0,
        "n_persistence": 60,
        "rmse_beside_persistence": np.sqrt((1 + 6.25) / 2),
        "rmse_persistence": np.sqrt((4 + 30.25) / 2),
        "skill_persistence": 1 - 7.25 / (4 + 30.25),
        "skill_climatology": 1 - 7.25 / (16 + 56.25),
        "rmse_climatology": np.sqrt((16 + 56.25) / 2),
        "brier_50": (0.04 + 0.64) / 2,  # 11 is above 9.0 and 7.5 is not; the chance said .8
    }
    assert row[list(expected)].to_dict() == pytest.approx(expected)


def test_hits_and_false_alarms_are_counted_at_an_aqi_of_100():
    # PM2.5: above 100 from 35.5 µg/m³ on.
    row = score_one(mean=[36.0, 36.0, 35.4, 36.0] * 15, observed=[36.0, 35.4, 36.0, 40.0] * 15)
    assert row[["exceedances", "hits", "false_alarms"]].tolist() == [45, 30, 15]


def test_a_forecast_stands_beside_a_reference_on_the_rows_that_have_it():
    # Errors of the forecast -1 on 40 rows, -6 on 20; persistence is known on the 40 and errs by 2, climatology on the
    # first 30 of the 60 and errs by 4 there (15 - 11).
    late = np.arange(60) >= 40
    row = score_one(
        observed=np.where(late, 16.0, 11.0),
        persistence=np.where(late, NAN, 13.0),
        climatology=np.where(np.arange(60) < 30, 15.0, NAN),
    )
    expected = {
        "n": 60,
        "rmse": np.sqrt((40 * 1 + 20 * 36) / 60),
        "n_persistence": 40,
        "rmse_beside_persistence": 1.0,
        "rmse_persistence": 2.0,
        "skill_persistence": 0.75,
        "n_climatology": 30,
        "rmse_beside_climatology": 1.0,
        "rmse_climatology": 4.0,
        "skill_climatology": 1 - 1 / 16,
    }
    assert row[list(expected)].to_dict() == pytest.approx(expected)


def test_a_reference_that_is_nowhere_known_counts_no_rows():
    row = score_one(persistence=NAN)
    assert (row["n"], row["n_persistence"], row["n_climatology"]) == (60, 0, 60)
    assert row[["rmse_beside_persistence", "rmse_persistence", "skill_persistence"]].isna().all()


@pytest.mark.parametrize("reference", scores.REFERENCES)
@settings(max_examples=30)
@given(seed=st.integers(0, 1000), missing=st.floats(0, 0.9))
def test_skill_follows_from_the_two_errors_of_its_row(reference, seed, missing):
    rng = np.random.default_rng(seed)
    known = np.where(rng.random(60) < missing, NAN, rng.normal(20, 5, 60))
    row = score_one(observed=rng.normal(20, 5, 60), mean=rng.normal(20, 5, 60), **{reference: known})
    ratio = row[f"rmse_beside_{reference}"] / row[f"rmse_{reference}"]
    assert row[f"skill_{reference}"] == pytest.approx(1 - ratio**2, rel=1e-9, abs=1e-9, nan_ok=True)


def test_exceedances_are_counted_from_the_breakpoint_of_2024_on():
    # 35.4 is an AQI of 100, 35.5 of 101.
    observed = np.tile([35.4, 35.5, 40.0], 20)
    row = score_one(observed=observed, mean=np.tile([35.5, 35.5, 35.4], 20))
    assert row[["exceedances", "pod", "far", "csi"]].tolist() == [40, 0.5, 0.5, 1 / 3]


def test_ozone_has_its_own_breakpoints():
    # 0.070 ppm is an AQI of 100, 0.071 of 101.
    row = score_one(pollutant="ozone", observed=np.tile([0.070, 0.071], 30), mean=0.06)
    assert row["exceedances"] == 30


def test_each_group_is_scored_by_itself_in_order():
    near, far = build_forecasts(lead_days=1), build_forecasts(lead_days=2, mean=14.0)
    table = score_table(pd.concat([far, near]), ["pollutant", "lead_days"])
    assert table["lead_days"].tolist() == [1, 2]
    assert table["bias"].tolist() == [-1.0, 3.0]
    assert_frame_equal(table[1:].reset_index(drop=True), score_table(far, ["pollutant", "lead_days"]))


def test_days_not_observed_are_left_out():
    observed = np.where(np.arange(60) < 50, 11.0, NAN)
    assert score_one(observed=observed)[["n", "origins"]].tolist() == [50, 50]


def test_origins_count_days_and_not_rows():
    two_sites = pd.concat([build_forecasts(30), build_forecasts(30)])
    assert score_table(two_sites, ["lead_days"])[["n", "origins"]].iloc[0].tolist() == [60, 30]


def test_no_forecasts_give_an_empty_table_of_the_same_types():
    full = score_table(build_forecasts(), ["pollutant", "lead_days"])
    empty = score_table(build_forecasts(0), ["pollutant", "lead_days"])
    assert list(full.columns) == ["pollutant", "lead_days", *SCORE_COLUMNS]
    assert len(empty) == 0
    assert empty.dtypes[list(SCORE_COLUMNS)].to_dict() == full.dtypes[list(SCORE_COLUMNS)].to_dict()


def test_pollutants_do_not_mix_in_a_group():
    both = pd.concat([build_forecasts(), build_forecasts(pollutant="ozone")])
    with pytest.raises(ValueError, match="put pollutant among the columns"):
        score_table(both, ["lead_days"])
    assert len(score_table(both, ["pollutant"])) == 2


def test_a_skill_that_is_the_same_every_day_has_no_width():
    row = score_one()
    skill = 1 - 1 / 4
    assert row[["skill_persistence_low", "skill_persistence", "skill_persistence_high"]].tolist() == pytest.approx(
        [skill] * 3
    )


def test_one_block_of_days_gives_no_interval():
    # 1970-01-01 is day 0, so blocks of 14 begin on 2021-01-07 (day 18634 = 14 * 1331).
    days = pd.date_range("2021-01-07", periods=15, freq="D")
    one, two = build_forecasts(14, origin_date=days[:14]), build_forecasts(15, origin_date=days)
    low = [score_table(frame, ["lead_days"])["skill_persistence_low"].iloc[0] for frame in (one, two)]
    assert np.isnan(low[0])
    assert low[1] == pytest.approx(0.75)


def test_against_a_perfect_reference_there_is_no_skill_to_speak_of():
    row = score_one(persistence=11.0)
    assert row[["skill_persistence", "skill_persistence_low", "skill_persistence_high"]].isna().all()


def build_noisy(seed: int, count: int = 700) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    observed = rng.normal(20, 5, size=count)
    return build_forecasts(count, observed=observed, mean=observed + rng.normal(0, 3, size=count),
                           persistence=observed + rng.normal(0, 4, size=count))  # fmt: skip


def test_the_interval_lies_around_the_skill_and_narrows_with_more_days():
    wide, narrow = (score_table(build_noisy(3, count), ["lead_days"]).iloc[0] for count in (140, 1400))
    for row in (wide, narrow):
        assert row["skill_persistence_low"] < row["skill_persistence"] < row["skill_persistence_high"]
    # Ten times the blocks: a third of the width, give or take.
    widths = [row["skill_persistence_high"] - row["skill_persistence_low"] for row in (wide, narrow)]
    assert 2 < widths[0] / widths[1] < 5


def test_the_interval_covers_the_true_skill_about_nine_times_in_ten():
    # True skill 1 - 9 / 16. Two hundred independent records: 90 % give or take 2 % of chance.
    records = pd.concat([build_noisy(seed).assign(record=seed) for seed in range(200)])
    rows = score_table(records, ["record"], draws=200)
    covered = (rows["skill_persistence_low"] <= 7 / 16) & (rows["skill_persistence_high"] >= 7 / 16)
    assert covered.mean() == pytest.approx(0.9, abs=0.07)


def test_the_interval_follows_the_seed():
    frame = build_noisy(5)
    ends = [score_table(frame, ["lead_days"], seed=seed)["skill_persistence_low"].iloc[0] for seed in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]


def test_the_worst_tenth_is_taken_of_all_rows_of_a_lead_and_not_of_a_group():
    # 0.1 to 10.0 at lead 1: the worst tenth is 9.1 to 10, all in the second half; the interval begins at 8.
    observed = np.arange(1, 101) / 10
    near = build_forecasts(100, observed=observed, half=np.where(observed > 5, "upper", "lower"))
    far = near.assign(lead_days=2, observed=near["observed"] + 100)
    table = score_table(pd.concat([near, far]), ["lead_days", "half"]).set_index(["lead_days", "half"])
    assert table["n_worst_tenth"].to_dict() == {(1, "lower"): 0, (1, "upper"): 10, (2, "lower"): 0, (2, "upper"): 10}
    assert table["coverage_80_worst_tenth"].tolist() == pytest.approx([NAN, 1.0, NAN, 0.0], nan_ok=True)


def test_events_of_each_threshold_are_counted_and_judged_beside_their_share():
    # AQI above 50 from 9.1, above 100 from 35.5, above 150 from 55.5: 3, 2 and 1 of 4.
    row = score_one(count=4, observed=[9.0, 9.1, 35.5, 55.5], p_aqi_above_50=[0.5, 1.0, 1.0, 1.0])
    assert row[["exceedances_50", "exceedances", "exceedances_150"]].tolist() == [3, 2, 1]
    # Brier .25 / 4 beside 3/4 * 1/4; .1 given to a share of a half: .25 * .01 + .81 over 2; never for 1 of 4.
    assert row["brier_skill_50"] == pytest.approx(1 - (0.25 / 4) / (3 / 16))
    assert row["brier_skill_100"] == pytest.approx(1 - (0.01 + 0.81) / 2 / 0.25)
    assert row["brier_skill_150"] == pytest.approx(1 - 0.25 / (3 / 16))


def test_categories_are_compared_exactly_and_within_one():
    # Forecast Good, Moderate, Moderate, Good; observed Moderate, Moderate, Good, Unhealthy for Sensitive Groups.
    row = score_one(count=4, mean=[9.0, 9.1, 9.1, 9.0], observed=[9.1, 35.4, 9.0, 35.5])
    assert row[["category_hit", "category_near"]].tolist() == [0.25, 0.75]


def test_crps_skill_stands_on_the_rows_whose_reference_has_a_crps():
    # Observed 11 and 10: pinball losses sum to 1.7 and, of .05*3 + .10*2 + .25*1 on either side, 1.2.
    row = score_one(observed=np.tile([11.0, 10.0], 30), crps_persistence=np.tile([2.0, NAN], 30))
    assert row["crps"] == pytest.approx(2 * (1.7 + 1.2) / 2 / 7)
    assert row["crps_persistence"] == 2.0
    expected = 1 - 2 * 1.7 / 7 / 2
    ends = ["crps_skill_persistence_low", "crps_skill_persistence", "crps_skill_persistence_high"]
    assert row[ends].tolist() == pytest.approx([expected] * 3)


def test_a_reference_without_a_distribution_has_no_crps():
    row = score_one()
    assert row[[name for name in SCORE_COLUMNS if name.startswith("crps_skill")]].isna().all()
    assert np.isnan(row["crps_climatology"])


@pytest.mark.parametrize("score", BOOTSTRAPPED[:5])
def test_an_interval_lies_around_its_score(score):
    row = score_table(build_noisy(4).assign(q10=15.0, q90=25.0), ["lead_days"]).iloc[0]
    assert row[f"{score}_low"] < row[score] < row[f"{score}_high"]


def test_a_row_of_no_group_is_in_none():
    table = score_table(build_forecasts(4, region=["a", None, "a", "b"]), ["region"])
    assert table[["region", "n"]].to_numpy().tolist() == [["a", 2], ["b", 1]]
