"""AirNow's values go on where AQS ends, site by site, and give way to it."""

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.feature_engineering.nodes import build_features, choose_daily_values, describe_sites
from airwatch.scope import OtherScopeError, mark
from builders import SITE, build_feature_params, build_monitors, build_run, build_summaries

PARAMS = build_feature_params()
OTHER = "06-037-4004"


def build_airnow(*days, site=SITE, pollutant="pm25", value=30.0):
    """``airnow_daily`` of one site, days of January 2023."""
    frame = pd.DataFrame({"date_local": pd.to_datetime([f"2023-01-{day:02d}" for day in days])})
    return frame.assign(site_id=site, pollutant=pollutant, value=value)[["site_id", "pollutant", "date_local", "value"]]


def choose(summaries, *airnow, **run):
    observations, dropped = choose_daily_values(
        summaries, build_monitors(), build_run(**{"as_of": "2023-01-31"} | run), PARAMS, pd.concat(airnow)
    )
    rows = observations.read()
    schemas.DailyObservations.validate(rows)
    return rows, dropped


def days(rows, site=SITE, provisional=True):
    its = rows[(rows["site_id"] == site) & (rows["provisional"] == provisional)]
    return its["date_local"].dt.day.tolist()


def test_the_days_after_aqs_are_airnows():
    rows, dropped = choose(build_summaries(3), build_airnow(2, 3, 4, 5))
    assert (days(rows), days(rows, provisional=False)) == ([4, 5], [1, 2, 3])
    [last] = rows[-1:].to_dict("records")
    assert (last["source"], last["value"], last["poc"]) == ("airnow", 30.0, 0)
    assert pd.isna([last["method_code"], last["observation_percent"], last["event_type"]]).all()
    assert dropped.empty


def test_a_site_is_gone_on_with_from_its_own_last_day():
    summaries = pd.concat([build_summaries(5), build_summaries(2, site_id=OTHER)], ignore_index=True)
    rows, _ = choose(summaries, build_airnow(*range(1, 7)), build_airnow(*range(1, 7), site=OTHER))
    assert (days(rows), days(rows, OTHER)) == ([6], [3, 4, 5, 6])
    assert rows["site_id"].is_monotonic_increasing


def test_each_pollutant_of_a_site_is_gone_on_with_from_its_own_last_day():
    summaries = pd.concat([build_summaries(5, pollutant="ozone"), build_summaries(2)], ignore_index=True)
    ozone = build_airnow(5, 6, pollutant="ozone", value=0.04)
    rows, _ = choose(summaries, ozone, build_airnow(2, 3), pollutants=("pm25", "ozone"))
    found = rows[rows["provisional"]]
    assert found[["pollutant", "value"]].to_numpy().tolist() == [["ozone", 0.04], ["pm25", 30.0]]


def test_a_day_that_aqs_left_out_before_its_last_is_not_brought_back():
    every_third = build_summaries(7).iloc[::3]
    invalid = build_summaries(1, start="2023-01-08", validity_indicator="N")
    rows, dropped = choose(pd.concat([every_third, invalid], ignore_index=True), build_airnow(*range(1, 10)))
    assert (days(rows), days(rows, provisional=False)) == ([9], [1, 4, 7])
    assert dropped["rows"].sum() == 1


def test_airnow_gives_way_when_aqs_publishes():
    airnow = build_airnow(*range(1, 11))
    assert days(choose(build_summaries(3), airnow)[0]) == [4, 5, 6, 7, 8, 9, 10]
    assert days(choose(build_summaries(9), airnow)[0]) == [10]
    assert days(choose(build_summaries(10), airnow)[0]) == []


def test_no_later_day_than_as_of_is_taken_and_none_of_aqs_counts():
    rows, _ = choose(build_summaries(9), build_airnow(*range(1, 11)), as_of="2023-01-05")
    assert (days(rows), days(rows, provisional=False)) == ([], [1, 2, 3, 4, 5])
    few = build_summaries(3)
    later = build_summaries(1, start="2023-01-20")
    rows, _ = choose(pd.concat([few, later], ignore_index=True), build_airnow(*range(1, 11)), as_of="2023-01-05")
    assert days(rows) == [4, 5]


def test_a_site_that_aqs_does_not_know_is_left_out():
    rows, _ = choose(build_summaries(3), build_airnow(4, site=OTHER), build_airnow(4, pollutant="ozone"))
    assert not rows["provisional"].any()


def test_blocks_of_sites_are_the_whole_table():
    sites = [f"06-037-{number:04d}" for number in range(5)]
    summaries = pd.concat([build_summaries(3, site_id=site) for site in sites], ignore_index=True)
    airnow = pd.concat([build_airnow(3, 4, 5, site=site) for site in sites])
    run = build_run(as_of="2023-01-31")
    table, _ = choose_daily_values(summaries, build_monitors(), run, build_feature_params(block_rows=4), airnow)
    assert [len(block) for block in table.blocks(1)] == [5] * 5
    assert table.read()["provisional"].sum() == 10


def test_values_of_another_run_are_refused():
    other = mark(build_airnow(4), build_run(source="aqs", area={"state": "08"}))
    with pytest.raises(OtherScopeError, match="airnow_daily was made for source=aqs and this run is source=sandbox-20"):
        choose_daily_values(build_summaries(3), build_monitors(), build_run(), PARAMS, other)


def test_features_take_airnows_values_as_any_other():
    run = build_run(as_of="2023-07-31")
    airnow = build_airnow(1).assign(date_local=pd.Timestamp("2023-07-31"), value=77.0)
    observations, _ = choose_daily_values(build_summaries(211), build_monitors(), run, PARAMS, airnow)
    sites = describe_sites(build_summaries(211), observations, run, PARAMS)
    assert sites["last_day"].tolist() == [pd.Timestamp("2023-07-31")]
    features = build_features(observations, sites, run, PARAMS).read(["origin_date", "value_lag_00"])
    assert features["value_lag_00"].tolist()[-2:] == [10.0, 77.0]
