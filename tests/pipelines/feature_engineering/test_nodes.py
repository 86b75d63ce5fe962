import logging

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.pipelines.feature_engineering.nodes import build_features, choose_daily_values, describe_sites
from airwatch.scope import OtherScopeError, made_for, mark
from builders import SITE, build_days, build_feature_params, build_monitors, build_run, build_summaries

PARAMS = build_feature_params()
FILTER_SITE = "06-037-4004"


def summaries():
    """Two hundred days at one site, a filter at another, and the weather."""
    return pd.concat(
        [
            build_summaries(200),
            build_summaries(200, sample_duration_code="1", pollutant_standard=None),
            build_summaries(200, site_id=FILTER_SITE, latitude=33.79).iloc[::3],
            build_summaries(200, pollutant="temperature"),
        ],
        ignore_index=True,
    )


def choose(frame, **run):
    observations, dropped = choose_daily_values(frame, build_monitors(), build_run(**run), PARAMS)
    return observations.read(), dropped


def test_choose_daily_values_fills_its_tables():
    observations, dropped = choose(summaries())
    schemas.DailyObservations.validate(observations)
    schemas.DroppedSummaries.validate(dropped)
    assert observations.groupby("pollutant").size().to_dict() == {"pm25": 267, "temperature": 200}
    assert len(observations) + dropped["rows"].sum() == len(summaries())


def test_choose_daily_values_spells_events_as_the_api_does():
    observations, _ = choose(build_summaries(3, event_type=["Included", "None", None]))
    assert observations["event_type"].tolist() == ["Events Included", "No Events", "No Events"]


def test_choose_daily_values_keeps_where_a_value_came_from():
    observations, _ = choose(build_summaries(poc=3, method_code="636", observation_percent=96.0, arithmetic_mean=-0.4))
    row = observations.iloc[0]
    assert (row["poc"], row["method_code"], row["observation_percent"], row["value"]) == (3, "636", 96.0, -0.4)
    assert (row["source"], row["provisional"]) == ("sandbox", False)


def test_choose_daily_values_warns_of_a_pollutant_without_observation_and_goes_on(caplog):
    with caplog.at_level(logging.WARNING):
        observations, _ = choose(build_summaries(3), pollutants=("ozone", "pm25"))
    assert len(caplog.records) == 1
    assert len(observations) == 3


def test_choose_daily_values_of_nothing_are_empty_tables():
    observations, dropped = choose(schemas.empty("DailySummaries"))
    schemas.DailyObservations.validate(observations)
    schemas.DroppedSummaries.validate(dropped)
    assert observations.empty
    assert dropped.empty


def test_describe_sites_tells_what_is_forecastable_and_why_the_rest_is_not():
    run = build_run(area={"cbsa": "31080"}, as_of="2023-07-19")
    observations, _ = choose(summaries(), as_of="2023-07-19")
    sites = describe_sites(summaries(), observations, run, PARAMS)
    schemas.Sites.validate(sites)
    assert sites["pollutant"].tolist() == ["pm25", "pm25"]
    daily, every_third = sites.to_dict("records")
    assert (daily["site_id"], daily["forecastable"], daily["reason_not"]) == (SITE, True, "")
    assert (daily["cadence_days"], daily["in_area"]) == (1.0, True)
    assert (daily["first_day"], daily["last_day"]) == (pd.Timestamp("2023-01-01"), pd.Timestamp("2023-07-19"))
    assert every_third["reason_not"] == "samples every third day: 67 days of observations in the last 365, 180 needed"
    assert (every_third["latitude"], every_third["cadence_days"]) == (33.79, 3.0)


def test_describe_sites_without_any_observation_is_an_empty_table():
    nothing = schemas.empty("DailySummaries")
    sites = describe_sites(nothing, schemas.empty("DailyObservations"), build_run(), PARAMS)
    schemas.Sites.validate(sites)
    assert sites.empty


def test_a_site_outside_the_area_is_described_and_marked():
    run = build_run(area={"county": "06059"})
    sites = describe_sites(build_summaries(), build_days(1), run, PARAMS)
    assert sites["in_area"].tolist() == [False]


def test_build_features_fills_its_table():
    run = build_run(as_of="2023-07-19")
    observations, _ = choose(summaries())
    features = build_features(observations, describe_sites(summaries(), observations, run, PARAMS), run, PARAMS).read()
    schemas.Features.validate(features)
    last = features[features["origin_date"] == "2023-07-19"].set_index("site_id")
    assert last.loc[SITE, "value_lag_00"] == 10.0
    assert last.loc[SITE, "weather_temperature_00"] == 10.0
    assert np.float32(33.79) == last.loc[FILTER_SITE, "latitude"]


def test_build_features_of_nothing_is_an_empty_table():
    features = build_features(schemas.empty("DailyObservations"), schemas.empty("Sites"), build_run(), PARAMS).read()
    schemas.Features.validate(features)
    assert features.empty


def national(seed=7):
    """Three pollutants at twelve sites, some silent for a year, values drawn at random; in the order of the key."""
    rng = np.random.default_rng(seed)
    frames = [
        build_summaries(
            700 - 40 * number,
            start="2022-01-01",
            site_id=f"06-037-{number:04d}",
            pollutant=pollutant,
            latitude=34.0 + number / 100,
            observation_percent=rng.choice([50.0, 100.0], 700 - 40 * number),
        )
        for number in range(12)
        for pollutant in ("ozone", "pm25", "temperature")
    ]
    return pd.concat(frames, ignore_index=True)


def made_in_blocks(rows):
    params = build_feature_params(block_rows=rows)
    run = build_run(pollutants=("pm25", "ozone"), as_of="2023-11-20")
    observations, dropped = choose_daily_values(national(), build_monitors(), run, params)
    sites = describe_sites(national(), observations, run, params)
    return observations.read(), dropped, sites


def test_tables_are_the_same_however_many_rows_are_worked_on_at_a_time():
    for in_blocks, at_once in zip(made_in_blocks(1), made_in_blocks(1_000_000), strict=True):
        assert_frame_equal(in_blocks, at_once)
        assert len(at_once)


def test_a_move_within_a_site_s_history_is_one_warning_in_blocks_too(caplog):
    # 0.02 degrees of latitude are 2.2 km.
    moved = pd.concat([build_summaries(2), build_summaries(2, start="2023-01-03", latitude=34.08659)])
    with caplog.at_level(logging.WARNING):
        describe_sites(moved, build_days(4), build_run(), build_feature_params(block_rows=1))
    assert len(caplog.records) == 1


def test_daily_values_bear_the_mark_of_their_run():
    observations, _ = choose_daily_values(build_summaries(), build_monitors(), build_run(), PARAMS)
    assert not made_for(observations, build_run(seed=21))
    assert made_for(observations, build_run(horizon_days=3))


def test_summaries_of_another_run_are_refused():
    with pytest.raises(OtherScopeError, match="daily_summaries was made for"):
        choose(mark(build_summaries(), build_run(seed=21)))
