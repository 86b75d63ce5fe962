import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.pipelines.feature_engineering.forecastability import forecastable
from builders import SITE, build_days, build_feature_params

PARAMS = build_feature_params().forecastable
OTHER = "06-037-4004"


def judge(days, *origins):
    return forecastable(days, pd.DatetimeIndex([pd.Timestamp(origin) for origin in origins]), PARAMS)


def reason(days, origin, site=SITE):
    rows = judge(days, origin)
    return rows.set_index("site_id").loc[site, "reason_not"]


@pytest.mark.parametrize(
    ("count", "expected"), [(180, ""), (179, "179 days of observations in the last 365, 180 needed")]
)
def test_a_site_needs_180_days_in_the_last_365(count, expected):
    days = build_days(count, start="2023-01-01")
    assert reason(days, days["date_local"].max()) == expected


def test_days_older_than_a_year_do_not_count():
    # 100 days at the start of 2022, 100 at the end of 2023.
    days = pd.concat([build_days(100, start="2022-01-01"), build_days(100, start="2023-09-23")])
    assert reason(days, "2023-12-31") == "100 days of observations in the last 365, 180 needed"


@pytest.mark.parametrize(
    ("every", "words"),
    [(3, "samples every third day: 122 days"), (6, "samples every sixth day: 61 days"), (5, "73 days")],
)
def test_a_filter_site_is_told_its_schedule(every, words):
    # 365 days end with the last sample: 122, 61 and 73 of them.
    days = build_days(800, every=every)
    assert reason(days, days["date_local"].max()) == f"{words} of observations in the last 365, 180 needed"


def test_one_day_is_counted_in_the_singular():
    assert reason(build_days(1, start="2023-12-31"), "2023-12-31").startswith("1 day of")


@pytest.mark.parametrize(("silent_days", "expected"), [(29, ""), (30, "no observation in the last 30 days")])
def test_a_site_must_have_observed_within_30_days_of_the_network(silent_days, expected):
    days = pd.concat([build_days(365, site=OTHER), build_days(365 - silent_days)])
    assert reason(days, "2023-12-31") == expected


def test_a_network_that_is_months_late_is_still_forecast():
    days = build_days(365, start="2022-11-27")  # to 2023-11-26
    rows = judge(days, "2023-12-31", "2024-12-30", "2024-12-31")
    # 2024-12-30 is 400 days after 2023-11-26.
    assert rows["forecastable"].tolist() == [True, True, False]
    assert rows["reason_not"].iloc[2] == "no site has an observation newer than 401 days, 400 allowed"
    assert set(rows["data_through"]) == {pd.Timestamp("2023-11-26")}


def test_the_networks_day_is_that_of_the_pollutant():
    days = pd.concat([build_days(300, pollutant="ozone"), build_days(365, site=OTHER)])
    rows = judge(days, "2023-12-31").set_index("pollutant")
    assert rows["forecastable"].to_dict() == {"ozone": True, "pm25": True}


def test_a_site_is_judged_from_its_first_observation_on():
    rows = judge(build_days(3, start="2023-01-02"), "2022-01-01", "2023-01-01", "2023-01-02", "2023-01-03")
    assert rows["origin_date"].tolist() == [pd.Timestamp("2023-01-02"), pd.Timestamp("2023-01-03")]
    assert rows["data_through"].tolist() == rows["origin_date"].tolist()


def test_weather_is_passed_over():
    assert judge(build_days(300, pollutant="temperature"), "2023-12-31").empty


def test_nothing_known_is_an_empty_table():
    some = judge(build_days(300), "2023-12-31")
    assert judge(build_days(0), "2023-12-31").dtypes.astype(str).to_dict() == some.dtypes.astype(str).to_dict()


def test_rows_are_sorted_by_their_key():
    days = pd.concat([build_days(5, site=OTHER), build_days(5, pollutant="ozone"), build_days(5)])
    keys = judge(days, "2023-01-02", "2023-01-05")[["site_id", "pollutant", "origin_date"]]
    assert keys.equals(keys.sort_values(list(keys), ignore_index=True))
    assert len(keys) == 6


@settings(max_examples=30)
@given(st.integers(0, 1_000), st.integers(200, 560))
def test_an_origin_is_judged_the_same_alone_and_with_later_days_present(seed, number):
    rng = np.random.default_rng(seed)
    gaps = set(np.flatnonzero(rng.random(600) < rng.uniform(0.1, 0.7)))
    days = pd.concat([build_days(600, missing=gaps), build_days(500, site=OTHER, start="2023-06-01", every=3)])
    origin = pd.Timestamp("2023-01-01") + pd.Timedelta(days=number)
    among = judge(days, "2023-03-01", origin, "2024-08-01")
    alone = judge(days[days["date_local"] <= origin], origin)
    pd.testing.assert_frame_equal(among[among["origin_date"] == origin].reset_index(drop=True), alone)


@given(st.integers(0, 2**32 - 1), st.integers(1, 900))
@settings(max_examples=25)
def test_sites_judged_by_themselves_beside_the_network_s_days_are_as_judged_together(seed, longest):
    rng = np.random.default_rng(seed)
    starts = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 600, 3), unit="D")
    days = pd.concat(
        [
            build_days(
                int(rng.integers(1, longest + 1)), start=start, site=f"06-037-{n:04d}", every=int(rng.integers(1, 4))
            )
            for n, start in enumerate(starts)
        ],
        ignore_index=True,
    )
    origins = pd.date_range("2020-12-01", "2024-06-01", freq="97D")
    network = {"pm25": pd.DatetimeIndex(np.unique(days["date_local"]))}
    alone = [forecastable(own, origins, PARAMS, network) for _, own in days.groupby("site_id")]
    assert_frame_equal(pd.concat(alone, ignore_index=True), forecastable(days, origins, PARAMS))
