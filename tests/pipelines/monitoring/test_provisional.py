"""AirNow beside AQS: the values that both know, how far apart they are, and since when."""

import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.provisional import compare_provisional, judge_provisional
from airwatch.scope import OtherScopeError, mark
from builders import SITE, build_days, build_run
from builders_monitoring import build_monitoring_params

OTHER = "06-037-4004"
LIMITS = {"recent_days": 90, "since_days": 7, "min_pairs": 20, "apart": 0.2, "max_bias": 0.15}


def build_airnow(days, **columns):
    return days[["site_id", "pollutant", "date_local", "value"]].assign(**columns)


def build_pairs(airnow, aqs=10.0, start="2023-01-01", pollutant="pm25"):
    """``provisional_differences`` of one site."""
    pairs = pd.DataFrame({"date_local": pd.date_range(start, periods=len(airnow)), "airnow": airnow, "aqs": aqs})
    keyed = pairs.assign(site_id=SITE, pollutant=pollutant, difference=pairs["airnow"] - pairs["aqs"])
    return keyed[list(schemas.empty("ProvisionalDifferences").columns)]


def judge(*pairs, **limits):
    rows = judge_provisional(
        pd.concat([schemas.empty("ProvisionalDifferences"), *pairs], ignore_index=True),
        build_run(pollutants=("pm25", "ozone")),
        build_monitoring_params(provisional=LIMITS | limits),
    )
    schemas.ProvisionalAgreement.validate(rows)
    return {row["pollutant"]: row for row in rows.to_dict("records")}


def test_what_both_know_is_set_side_by_side():
    known = build_days(3, values=[10.0, 12.0, 14.0])
    airnow = pd.concat([build_airnow(known, value=[11.0, 12.0, 12.0]), build_airnow(build_days(3, site=OTHER))])
    rows = compare_provisional(known, airnow, build_run())
    schemas.ProvisionalDifferences.validate(rows)
    assert rows[["airnow", "aqs", "difference"]].to_numpy().tolist() == [[11, 10, 1], [12, 12, 0], [12, 14, -2]]


def test_airnows_own_values_are_no_answer_of_aqs():
    days = build_days(4)
    days.loc[2:, ["source", "provisional"]] = ["airnow", True]
    rows = compare_provisional(days, build_airnow(days), build_run())
    assert rows["date_local"].dt.day.tolist() == [1, 2]


def test_days_after_as_of_are_left_alone():
    assert len(compare_provisional(build_days(4), build_airnow(build_days(4)), build_run(as_of="2023-01-02"))) == 2


def test_without_airnow_there_is_nothing_to_compare():
    rows = compare_provisional(build_days(3), schemas.empty("AirnowDaily"), build_run())
    assert rows.empty
    assert judge(rows)["pm25"]["pairs"] == 0


def test_values_of_another_run_are_refused():
    other = mark(build_airnow(build_days(3)), build_run(source="aqs", area={"state": "08"}))
    with pytest.raises(OtherScopeError, match="airnow_daily was made for source=aqs"):
        compare_provisional(build_days(3), other, build_run())


def test_the_mean_difference_is_told_in_the_unit_and_as_a_share_of_aqs():
    # 11 - 10 = 1 on half of the days, 13 - 10 = 3 on the others: mean 2, of 10 is 20 %; 3 is more than 20 % of 10.
    found = judge(build_pairs([11.0, 13.0] * 20))["pm25"]
    assert (found["pairs"], found["mean_difference"], found["share_apart"]) == (40, 2.0, 0.5)
    assert found["bias"] == pytest.approx(0.2)


def test_only_the_newest_days_count():
    found = judge(build_pairs([20.0] * 60 + [10.0] * 40), recent_days=40)["pm25"]
    assert (found["pairs"], found["mean_difference"]) == (40, 0.0)
    assert found["since"] == pd.Timestamp("2023-03-02"), "the first of the days"


def test_since_when_is_the_day_the_last_stretch_began():
    # Days high by half: three of seven pass 15 % (3 x 5 of 7 x 10 is 21 %), two do not (14 %).
    airnow = np.full(80, 10.0)
    airnow[[10, 11, 12, 13]] = 15.0  # an earlier stretch, over since
    airnow[50:] = 15.0
    found = judge(build_pairs(airnow))["pm25"]
    assert found["since"] == pd.Timestamp("2023-01-01") + pd.Timedelta(days=52)


def test_a_difference_that_has_just_ended_is_told_since_the_first_of_the_days():
    # 30 days twice as high and 10 alike: 75 % too high over the days, and nothing over the last seven.
    found = judge(build_pairs([20.0] * 30 + [10.0] * 10))["pm25"]
    assert found["bias"] == pytest.approx(0.75)
    assert found["since"] == pd.Timestamp("2023-01-01")


def test_a_difference_that_was_always_there_is_so_since_the_first_day():
    assert judge(build_pairs([15.0] * 40))["pm25"]["since"] == pd.Timestamp("2023-01-01")


def test_air_without_a_level_has_no_share():
    found = judge(build_pairs([1.0] * 40, aqs=0.0))["pm25"]
    assert (found["mean_difference"], np.isnan(found["bias"])) == (1.0, True)
    assert found["since"] == pd.Timestamp("2023-01-01")


def test_each_pollutant_of_the_run_has_a_row():
    found = judge(build_pairs([0.04] * 30, aqs=0.05, pollutant="ozone"))
    assert (found["pm25"]["pairs"], found["ozone"]["pairs"]) == (0, 30)
    assert found["ozone"]["bias"] == pytest.approx(-0.2)
