"""The feature table: its rows, its columns, and what stands in where nothing was observed."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from airwatch.domain.pollutants import WEATHER
from builders import build_days, build_sites
from builders_table import SITES, at, bits, build, build_region


def test_a_row_stands_for_every_day_from_the_first_observation_to_as_of():
    days = build_days(3, start="2023-01-01", site="06-037-0001", missing=[1])
    features = build(days, as_of=pd.Timestamp("2023-01-05"))
    assert list(features["origin_date"]) == list(pd.date_range("2023-01-01", "2023-01-05"))
    assert list(features["days_since_last"]) == [0, 1, 0, 1, 2]
    assert features["value_lag_00"].isna().tolist() == [False, True, False, True, True]


def test_rows_are_sorted_and_unique():
    keys = build(build_region(1))[["pollutant", "site_id", "origin_date"]]
    assert keys.equals(keys.sort_values(list(keys), ignore_index=True))
    assert not keys.duplicated().any()


def test_numbers_are_float32():
    features = build(build_region(1))
    assert set(features.dtypes.iloc[3:].astype(str)) == {"float32"}


def test_columns_do_not_depend_on_the_data():
    nothing = build(build_days(0))
    assert list(build(build_region(1)).columns) == list(nothing.columns)
    assert nothing.empty
    assert set(nothing.dtypes.iloc[3:].astype(str)) == {"float32"}


def test_a_pollutant_without_observation_leaves_its_columns_missing():
    features = build(build_days(3, start="2023-01-01", site="06-037-0001"))
    assert set(features["pollutant"]) == {"pm25"}
    assert features["other_ozone_00"].isna().all()


def test_other_pollutant_is_the_sites_own_or_else_the_regions():
    days = pd.concat(
        [
            build_days(1, site="06-037-0001"),
            build_days(1, site="06-037-0007"),
            build_days(1, site="06-037-0007", pollutant="ozone", values=0.06),
            build_days(1, site="06-037-0003", pollutant="ozone", values=0.04),
        ]
    )
    features = build(days, as_of=pd.Timestamp("2023-01-01")).set_index(["site_id", "pollutant"])
    assert_allclose(features.loc[("06-037-0007", "pm25"), "other_ozone_00"], 0.06, rtol=1e-6)
    assert_allclose(features.loc[("06-037-0001", "pm25"), "other_ozone_00"], 0.05, rtol=1e-6)


def test_a_pollutant_is_not_among_the_others_of_its_own_row():
    features = build(build_days(1, site="06-037-0001"), as_of=pd.Timestamp("2023-01-01"))
    assert features["other_pm25_00"].isna().all()


def test_weather_is_the_regions_at_every_site():
    days = pd.concat(
        [build_days(1, site="06-037-0001"), build_days(1, site="06-037-0003", pollutant="temperature", values=70)]
    )
    features = build(days, as_of=pd.Timestamp("2023-01-01"))
    assert features["weather_temperature_00"].tolist() == [70.0]


def test_neighbours_leave_the_site_itself_out():
    days = pd.concat([build_days(1, site="06-037-0001", values=4), build_days(1, site="06-037-0007", values=10)])
    features = build(days, as_of=pd.Timestamp("2023-01-01"))
    assert features["value_neighbours_00"].tolist() == [10, 4]


def test_anomalies_are_in_the_working_unit_of_their_pollutant():
    # On the first day of two sites a level is the site's own day and twenty of the other's.
    def nearby(pollutant, values):
        named = zip(("06-037-0001", "06-037-0007"), values, strict=True)
        days = pd.concat([build_days(1, site=site, pollutant=pollutant, values=value) for site, value in named])
        return build(days, as_of=pd.Timestamp("2023-01-01")).iloc[0]

    smoke, ozone = nearby("pm25", (np.e - 1, np.e**3 - 1)), nearby("ozone", (0.05, 0.07))
    assert_allclose((smoke["level"], ozone["level"]), ((1 + 20 * 3) / 21, (0.05 + 20 * 0.07) / 21), rtol=1e-6)
    assert_allclose((smoke["region_00"], ozone["region_00"]), (3 - (3 + 20) / 21, 0.07 - (0.07 + 1.0) / 21), rtol=1e-6)


def test_every_declared_column_is_written():
    # A star of sites 300 and 800 km away in each of the eight directions, and one pair 24 km apart in the middle.
    star = {f"_08_{number:03d}_{km:04d}": place_at(45 * number + 10, km) for number in range(8) for km in (300, 800)}
    sites = build_sites(_08_009_0001=(40.0, -100.0), _08_009_0002=(40.2, -100.1), _08_009_0003=(41.5, -100), **star)
    count = 40
    days = [build_days(count, site=site, seed=number) for number, site in enumerate(sites["site_id"])]
    days += [build_days(count, site="08-009-0001", pollutant=name, seed=9) for name in ("ozone", *WEATHER)]
    features = build(pd.concat(days, ignore_index=True), pd.Timestamp("2023-02-09"), sites)
    middle = features[features["site_id"] == "08-009-0001"]
    assert [name for name in features.columns if middle[name].isna().all()] == []


def place_at(degrees, km):
    angle = np.deg2rad(degrees)
    return 40 + np.cos(angle) * km / 111.2, -100 + np.sin(angle) * km / 111.2 / np.cos(np.deg2rad(40))


def test_a_site_without_position_has_no_neighbours():
    days = pd.concat([build_days(1, site="06-037-0001"), build_days(1, site="06-037-4444")])
    features = build(days, as_of=pd.Timestamp("2023-01-01")).set_index("site_id")
    assert np.isnan(features.loc["06-037-4444", "latitude"])
    assert features["value_neighbours_00"].isna().all()


def test_climatology_of_a_new_site_is_the_regions_then_its_own_recent_mean():
    old = build_days(400, start="2022-01-01", site="06-037-0001", values=20)
    new = build_days(2, start="2023-02-03", site="06-037-0007", values=[2.0, 4.0])
    together = at(build(pd.concat([old, new]), pd.Timestamp("2023-02-04")), "2023-02-04", "06-037-0007")
    alone = at(build(new, pd.Timestamp("2023-02-04")), "2023-02-04", "06-037-0007")
    assert together["value_climatology_01"].tolist() == [20]
    assert_allclose(together["deviation_climatology"], [np.log(5 / 21)], rtol=1e-6)  # log1p of 4 less that of 20
    assert alone["value_climatology_01"].tolist() == [3]


def test_climatology_of_a_site_silent_for_months_is_its_last_value():
    features = build(build_days(1, site="06-037-0001", values=9), as_of=pd.Timestamp("2023-04-30"))
    assert at(features, "2023-04-30")["value_climatology_03"].tolist() == [9]


def test_a_site_with_three_observations_has_a_row_for_each_day_since():
    few = build_days(3, start="2023-01-01", site="06-037-0001", values=[2.0, 4.0, 6.0])
    features = build(few, as_of=pd.Timestamp("2023-12-31"))
    last = features.iloc[-1]
    assert len(features) == 365
    assert (last["value_last"], last["history_days"], last["value_climatology_03"]) == (6, 3, 6)
    assert_allclose(last["level"], np.log([3, 5, 7]).mean(), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.1, 8.0])
def test_equal_values_stand_nowhere_above_their_level(value):
    trio = ("06-037-0001", "06-037-0007", "06-037-9999")
    days = pd.concat([build_days(400, site=site, values=value) for site in trio])
    last = at(build(days, as_of=pd.Timestamp("2024-02-04")), "2024-02-04", "06-037-0001").iloc[0]
    flat = ["spread_07", "step_14", "near_spread_00", "region_mean_07", "network_00", "smoke_share_00"]
    assert_allclose(last[flat].astype(float), 0, atol=1e-7)
    assert_allclose(last["level"], np.log1p(value), rtol=1e-6)


def test_a_day_after_as_of_is_left_out():
    days = build_days(3, start="2023-01-01", site="06-037-0001")
    assert build(days, as_of=pd.Timestamp("2023-01-02"))["origin_date"].max() == pd.Timestamp("2023-01-02")


def test_nothing_observed_by_as_of_is_an_empty_table():
    nothing = build(build_days(3, start="2023-01-02"), as_of=pd.Timestamp("2023-01-01"))
    pd.testing.assert_frame_equal(nothing, build(build_days(0)))


@pytest.mark.parametrize("name", ["ozone", "temperature"])
@pytest.mark.parametrize("late", [{"start": "2023-01-04"}, {"values": np.nan}], ids=["later", "missing"])
def test_what_was_not_observed_by_as_of_might_not_be_there(name, late):
    days, as_of = build_days(3, site="06-037-0001"), pd.Timestamp("2023-01-03")
    more = build_days(2, site="06-037-0001", pollutant=name, **late)
    assert bits(build(pd.concat([days, more]), as_of)) == bits(build(days, as_of))


def test_weather_alone_is_an_empty_table():
    assert build(build_days(3, pollutant="temperature")).empty


def test_a_site_whose_first_observation_is_the_last_day_has_one_row():
    days = pd.concat([build_days(3, site="06-037-0001"), build_days(1, "2023-01-03", "06-037-0007", values=5)])
    features = build(days, as_of=pd.Timestamp("2023-01-03"))
    [row] = features[features["site_id"] == "06-037-0007"].to_dict("records")
    assert (row["value_lag_00"], row["history_days"], row["value_neighbours_00"]) == (5, 1, 3)
    assert np.isnan(row["value_lag_01"])


def test_weather_older_than_the_first_observation_of_a_pollutant_is_looked_back_to():
    warm = build_days(4, "2022-12-29", "06-037-0003", "temperature", values=[90, 40, 50, 60])
    features = build(pd.concat([build_days(1, site="06-037-0001"), warm]), as_of=pd.Timestamp("2023-01-01"))
    assert features["weather_temperature_mean_03"].tolist() == [50]


def test_weather_older_than_the_reach_is_left_out():
    cold = build_days(3, "2003-01-01", "06-037-0003", "temperature")
    days, as_of = build_days(3, site="06-037-0001"), pd.Timestamp("2023-01-03")
    assert bits(build(pd.concat([days, cold]), as_of)) == bits(build(days, as_of))


def test_two_values_for_one_day_are_refused():
    days = build_days(3, site="06-037-0001")
    with pytest.raises(ValueError, match="06-037-0001"):
        build(pd.concat([days, days[:1]]), as_of=pd.Timestamp("2023-01-03"))


def test_a_missing_value_counts_as_a_day_without_observation():
    days = build_days(3, start="2023-01-01", site="06-037-0001")
    holed = days.assign(value=days["value"].where(days.index != 1))
    as_of = pd.Timestamp("2023-01-03")
    assert bits(build(holed, as_of)) == bits(build(days.drop(index=1), as_of))


def test_inputs_are_left_alone():
    days, sites = build_region(2), SITES.copy()
    before = days.copy()
    build(days, sites=sites)
    pd.testing.assert_frame_equal(days, before)
    pd.testing.assert_frame_equal(sites, SITES)
