"""One value for one site and day: which row gives it, and why the others do not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airwatch.pipelines.feature_engineering import policy
from airwatch.pipelines.feature_engineering.policy import Reason
from builders import SITE, build_feature_params, build_monitors, build_run, build_summaries

PARAMS = build_feature_params().policy
PRIMARY_IS_3 = build_monitors([(SITE, 3)])


def judge(frame, monitors=None, params=PARAMS, **run):
    run = build_run(**{"pollutants": ("pm25", "ozone"), **run})
    summaries = policy.Summaries(frame)
    reasons = policy.judge(summaries, build_monitors() if monitors is None else monitors, run, params)
    return [Reason(reason) for reason in reasons]


def rows(*changes, **common):
    """Rows of one site and day, each differing from a sound one as told."""
    return pd.concat([build_summaries(**{**common, **change}) for change in changes], ignore_index=True)


def test_the_live_apis_ten_rows_of_a_day_give_one_value():
    # As recorded for Wake County: the hourly row, and the daily mean by four standards in two forms.
    standards = [f"PM25 {form} {year}" for year in (1997, 2006, 2012, 2024) for form in ("24-hour", "Annual")]
    day = [{"sample_duration_code": "1", "pollutant_standard": None}]
    day += [{"sample_duration_code": "X", "pollutant_standard": standard} for standard in standards]
    day += [{"sample_duration_code": "X", "event_type": "Concurred Events Excluded"}]
    same, other = Reason.SAME_MONITOR, Reason.STANDARD
    assert judge(rows(*day)) == [
        Reason.DURATION, same, other, same, other, same, other, Reason.KEPT, other, Reason.EVENT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pollutant": "so2"}, Reason.NOT_ASKED),
        ({"date_local": pd.Timestamp("2024-01-01")}, Reason.AFTER_AS_OF),
        ({"sample_duration_code": "1"}, Reason.DURATION),
        ({"sample_duration_code": None}, Reason.DURATION),
        ({"pollutant_standard": "PM25 Annual 2024"}, Reason.STANDARD),
        ({"pollutant_standard": None}, Reason.STANDARD),
        ({"event_type": "Events Excluded"}, Reason.EVENT),
        ({"event_type": "Concurred Events Excluded"}, Reason.EVENT),
        ({"event_type": "Excluded"}, Reason.EVENT),
        ({"event_type": "Events Included"}, Reason.KEPT),
        ({"event_type": "Included"}, Reason.KEPT),
        ({"event_type": "None"}, Reason.KEPT),
        ({"event_type": None}, Reason.KEPT),
        ({"arithmetic_mean": np.nan}, Reason.NO_VALUE),
        ({"validity_indicator": "N"}, Reason.INVALID),
        ({"validity_indicator": None}, Reason.KEPT),
        ({"observation_percent": 75.0}, Reason.KEPT),
        ({"observation_percent": 74.0}, Reason.INCOMPLETE),
        ({"observation_percent": np.nan}, Reason.INCOMPLETE),
        ({"arithmetic_mean": -10.0}, Reason.KEPT),
        ({"arithmetic_mean": -10.1}, Reason.IMPLAUSIBLE),
        ({"arithmetic_mean": 2_000.1}, Reason.IMPLAUSIBLE),
        ({"method_code": "236"}, Reason.KEPT),
    ],
)
def test_a_row_alone_is_kept_or_left_out_for_one_reason(change, reason):
    assert judge(rows(change)) == [reason]


def test_a_row_is_left_out_for_the_first_reason_that_holds():
    wrong = {"sample_duration_code": "1", "validity_indicator": "N", "observation_percent": 10.0}
    assert judge(rows(wrong)) == [Reason.DURATION]


@pytest.mark.parametrize(("ppm", "reason"), [(0.070, Reason.INCOMPLETE), (0.071, Reason.KEPT)])
def test_an_incomplete_ozone_day_counts_only_above_the_standard(ppm, reason):
    # 40 CFR 50 App. U: fewer than 13 of 17 eight-hour means, and the highest above 0.070 ppm.
    day = build_summaries(pollutant="ozone", observation_percent=71.0, first_max_value=ppm)
    assert judge(day) == [reason]


def test_ozone_takes_the_highest_eight_hours_and_not_the_mean():
    day = build_summaries(pollutant="ozone", arithmetic_mean=0.030, first_max_value=0.055)
    assert policy.observations(policy.Summaries(day), np.array([0]))["value"].tolist() == [0.055]


@pytest.mark.parametrize(("original", "correction"), [("236", "736"), ("236", "636"), ("238", "738")])
def test_a_reading_that_was_given_again_corrected_is_left_out(original, correction):
    assert judge(rows({"method_code": original}, {"method_code": correction})) == [Reason.RESTATED, Reason.KEPT]


@pytest.mark.parametrize(
    "elsewhere",
    [{"poc": 3}, {"date_local": pd.Timestamp("2023-01-02")}, {"site_id": "06-037-4004"}, {"validity_indicator": "N"}],
)
def test_an_original_reading_stays_where_its_monitor_and_day_has_no_sound_correction(elsewhere):
    assert judge(rows({"method_code": "236"}, {"method_code": "736", **elsewhere}))[0] is Reason.KEPT


def test_an_older_standard_stands_in_where_the_preferred_one_is_not_sound():
    day = rows(
        {"validity_indicator": "N"},
        {"pollutant_standard": "PM25 24-hour 2012"},
        {"pollutant_standard": "PM25 24-hour 1997"},
    )
    assert judge(day) == [Reason.INVALID, Reason.KEPT, Reason.SAME_MONITOR]


@pytest.mark.parametrize(
    ("monitors", "expected"),
    [
        (None, [Reason.KEPT, Reason.OTHER_MONITOR, Reason.OTHER_MONITOR]),
        (PRIMARY_IS_3, [Reason.OTHER_MONITOR, Reason.OTHER_MONITOR, Reason.KEPT]),
        (build_monitors([(SITE, 3)], pollutant="ozone"), [Reason.KEPT, Reason.OTHER_MONITOR, Reason.OTHER_MONITOR]),
        (build_monitors([("06-037-4004", 3)]), [Reason.KEPT, Reason.OTHER_MONITOR, Reason.OTHER_MONITOR]),
    ],
)
def test_the_primary_monitor_gives_the_value_else_the_lowest_poc(monitors, expected):
    assert judge(rows({"poc": 1}, {"poc": 2}, {"poc": 3}), monitors) == expected


def test_another_monitor_stands_in_on_a_day_without_the_primary_one():
    days = rows({"poc": 1}, {"poc": 3}, {"poc": 1, "date_local": pd.Timestamp("2023-01-02")})
    assert judge(days, PRIMARY_IS_3) == [Reason.OTHER_MONITOR, Reason.KEPT, Reason.KEPT]


def test_weather_is_kept_though_no_pollutant_of_the_run():
    assert judge(build_summaries(pollutant="temperature")) == [Reason.KEPT]


def test_texts_may_be_categorical():
    frame = rows({"poc": 1}, {"poc": 2, "event_type": None}, {"poc": 3, "event_type": "Events Excluded"})
    texts = [
        "site_id",
        "pollutant",
        "sample_duration_code",
        "pollutant_standard",
        "event_type",
        "method_code",
        "validity_indicator",
    ]
    assert judge(frame.astype(dict.fromkeys(texts, "category"))) == judge(frame)


def test_dropped_rows_are_counted_by_pollutant_and_reason_with_their_site_days():
    frame = rows(
        {"sample_duration_code": "1"},
        {"sample_duration_code": "1", "poc": 2},
        {"sample_duration_code": "1", "date_local": pd.Timestamp("2023-01-02")},
        {"pollutant": "ozone", "validity_indicator": "N"},
        {},
    )
    reasons = np.array(judge(frame), dtype=np.int8)
    dropped = policy.count_dropped(policy.Summaries(frame), reasons)
    assert dropped.to_dict("records") == [
        {"pollutant": "ozone", "reason": "marked invalid by the agency", "rows": 1, "site_days": 1},
        {"pollutant": "pm25", "reason": "another averaging time", "rows": 3, "site_days": 2},
    ]


@st.composite
def messy_days(draw):
    """Rows of two sites and three days, each right or wrong in its own way, no two with the same AQS key."""
    choices = {
        "site_id": [SITE, "06-037-4004"],
        "date_local": list(pd.date_range("2023-12-29", periods=4)),
        "poc": [1, 2, 3],
        "sample_duration_code": ["7", "X", "1"],
        "pollutant_standard": ["PM25 24-hour 2024", "PM25 24-hour 2012", "PM25 Annual 2024", None],
        "event_type": ["No Events", "Events Included", "Events Excluded"],
        "method_code": ["170", "236", "736"],
        "validity_indicator": ["Y", "N"],
        "observation_percent": [100.0, 50.0],
        "arithmetic_mean": [5.0, 9_000.0, np.nan],
    }
    row = st.tuples(*(st.sampled_from(values) for values in choices.values()))
    drawn = draw(st.lists(row, min_size=1, max_size=25, unique_by=lambda each: each[:7]))
    columns = dict(zip(choices, map(list, zip(*drawn, strict=True)), strict=True))
    return build_summaries(count=len(drawn)).assign(**columns)


@settings(max_examples=40)
@given(messy_days())
def test_every_row_is_either_kept_or_counted_once(frame):
    reasons = np.array(judge(frame), dtype=np.int8)
    dropped = policy.count_dropped(policy.Summaries(frame), reasons)
    assert (reasons == Reason.KEPT).sum() + dropped["rows"].sum() == len(frame)


@settings(max_examples=40)
@given(messy_days())
def test_each_site_and_day_has_at_most_one_value(frame):
    kept = frame[np.array(judge(frame)) == Reason.KEPT]
    assert not kept.duplicated(["site_id", "date_local"]).any()


@settings(max_examples=40)
@given(messy_days())
def test_a_site_and_day_loses_its_value_only_where_no_row_is_sound(frame):
    reasons = np.array(judge(frame))
    sound = frame[np.isin(reasons, [Reason.KEPT, Reason.SAME_MONITOR, Reason.OTHER_MONITOR])]
    assert len(sound.drop_duplicates(["site_id", "date_local"])) == (reasons == Reason.KEPT).sum()


@settings(max_examples=40)
@given(messy_days(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(frame, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    reasons = judge(frame)
    assert judge(frame.iloc[order]) == [reasons[number] for number in order]


@settings(max_examples=40)
@given(messy_days(), st.sampled_from(list(pd.date_range("2023-12-29", periods=3))))
def test_nothing_after_a_day_changes_which_row_gives_its_value(frame, day):
    known = frame["date_local"] <= day
    assert judge(frame[known], PRIMARY_IS_3) == list(np.array(judge(frame, PRIMARY_IS_3), dtype=object)[known])


def test_real_days_with_their_repetitions_give_one_value_each(shared_data):
    columns = [
        "state_code",
        "county_code",
        "site_number",
        "parameter_code",
        "poc",
        "date_local",
        "sample_duration_code",
    ]
    columns += ["pollutant_standard", "event_type", "method_code", "observation_percent", "validity_indicator"]
    columns += ["arithmetic_mean", "first_max_value"]
    filters = [("state_code", "==", "37")]
    frame = pd.read_parquet(shared_data / "aqs/pm25_88101_2014.parquet", columns=columns, filters=filters)
    site = frame["state_code"].str.cat([frame["county_code"], frame["site_number"]], sep="-")
    frame = frame.assign(site_id=site, pollutant="pm25", source="aqs", date_local=pd.to_datetime(frame["date_local"]))
    summaries = policy.Summaries(frame)
    kept = np.flatnonzero(np.array(judge(frame)) == Reason.KEPT)
    observations = policy.observations(summaries, kept)
    valid = frame[(frame["pollutant_standard"] == "PM25 24-hour 2012") & (frame["observation_percent"] >= 75)]
    assert not observations.duplicated(["site_id", "date_local"]).any()
    assert len(observations) == len(valid[["site_id", "date_local"]].drop_duplicates())
