"""The feature table: its rows, its columns, and the law that nothing later changes a row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airwatch.domain.pollutants import WEATHER
from airwatch.features.table import build_features
from builders import build_days, build_feature_params, build_run, build_sites

SPEC = build_feature_params().features
SITES = build_sites(
    _06_037_0001=(34.0, -118.0),
    _06_037_0007=(34.2, -118.1),
    _06_037_0003=(34.1, -117.9),
    _06_037_9999=(34.3, -118.2),
    _06_019_0011=(36.8, -119.8),  # some 350 km to the north-west
    _06_093_2001=(41.7, -122.6),  # some 950 km
)
START = pd.Timestamp("2022-01-01")
COUNT = 460  # more than a year, so that the climatology takes part
LAST = START + pd.Timedelta(days=COUNT - 1)
RUN = {"pollutants": ("pm25", "ozone"), "horizon_days": 3}

# A seed does not get simpler by shrinking it.
LAW = settings(max_examples=15, phases=[Phase.explicit, Phase.generate])


def build_region(seed, count=COUNT, start=START):
    """Four PM2.5 sites near by and far off, one of them with ozone, and weather; days are missing here and there."""
    rng = np.random.default_rng(seed)
    series = [
        ("06-037-0001", "pm25"),
        ("06-037-0007", "pm25"),
        ("06-019-0011", "pm25"),
        ("06-093-2001", "pm25"),
        ("06-037-0007", "ozone"),
        ("06-037-0003", "temperature"),
        ("06-037-0003", "wind_direction"),
    ]
    frames = [
        build_days(count, start=start, site=site, pollutant=name, seed=seed + number, missing=gaps(rng, count))
        for number, (site, name) in enumerate(series)
    ]
    return pd.concat(frames, ignore_index=True)


def gaps(rng, count):
    return set(np.flatnonzero(rng.random(count) < 0.1)) - {0}


def build(days, as_of=LAST, sites=SITES):
    return build_features(days, sites, build_run(as_of=as_of.date(), first_year=2016, **RUN), SPEC)


def at(features, origin, site=None):
    rows = features[features["origin_date"] == origin]
    return rows[rows["site_id"] == site] if site else rows


def bits(rows):
    """Keys and the exact bits of every number, NaN included."""
    keys, numbers = rows.iloc[:, :3], rows.iloc[:, 3:].to_numpy()
    return [tuple(map(str, key)) for key in keys.itertuples(index=False)], np.ascontiguousarray(numbers).tobytes()


origins = st.integers(30, COUNT - 2).map(lambda number: START + pd.Timedelta(days=number))
seeds = st.integers(0, 1_000)


@LAW
@given(seeds, origins)
def test_features_of_a_day_do_not_change_when_later_days_arrive(seed, origin):
    days = build_region(seed)
    then = build(days[days["date_local"] <= origin], as_of=origin)
    assert bits(at(build(days), origin)) == bits(at(then, origin))


@LAW
@given(seeds, origins)
def test_features_up_to_a_day_do_not_change_when_later_values_are_shuffled_and_replaced(seed, origin):
    days = build_region(seed)
    later = days["date_local"] > origin
    shuffled = days["value"].where(~later, days["value"].sample(frac=1, random_state=seed).to_numpy() * 999)
    before = build(days)
    after = build(days.assign(value=shuffled))
    up_to = before["origin_date"] <= origin
    assert bits(before[up_to]) == bits(after[up_to])


@LAW
@given(
    seeds, origins, st.sampled_from(["06-037-0000", "06-037-0004", "06-037-9999"]), st.sampled_from(["pm25", "ozone"])
)
def test_features_of_a_day_do_not_change_when_a_site_appears_later(seed, origin, newcomer, pollutant):
    days = build_region(seed)
    since = origin + pd.Timedelta(days=1)
    more = build_days((LAST - origin).days, start=since, site=newcomer, pollutant=pollutant, seed=seed + 50)
    sites = pd.concat([SITES, pd.DataFrame({"site_id": [newcomer], "latitude": [34.1], "longitude": [-118.0]})])
    grown = build(pd.concat([more, days]), sites=sites.drop_duplicates("site_id", keep="last"))
    up_to = grown["origin_date"] <= origin
    before = build(days)
    assert bits(grown[up_to]) == bits(before[before["origin_date"] <= origin])


@LAW
@given(seeds, st.integers(0, 700))
def test_features_of_a_day_do_not_change_with_history_older_than_the_reach(seed, older):
    # Five years and a bit; the shorter history begins just where the reach of the origin ends.
    days = build_region(seed, count=SPEC.reach_days + 701)
    origin = START + pd.Timedelta(days=SPEC.reach_days + older)
    short = days[days["date_local"] >= origin - pd.Timedelta(days=SPEC.reach_days)]
    assert bits(at(build(short, as_of=origin), origin)) == bits(at(build(days, as_of=origin), origin))


@pytest.mark.parametrize("back", [0, 1, 13, 27, 89, 365])
def test_features_of_a_day_do_change_with_a_value_before_it(back):
    days = build_days(COUNT, start=START, site="06-037-0001", seed=3)
    origin = START + pd.Timedelta(days=400)
    touched = days["date_local"] == origin - pd.Timedelta(days=back)
    changed = days.assign(value=days["value"] + 50 * touched)
    assert bits(at(build(days), origin)) != bits(at(build(changed), origin))


def test_features_are_deterministic():
    assert bits(build(build_region(5))) == bits(build(build_region(5).sample(frac=1, random_state=1)))


def test_a_row_stands_for_every_day_from_the_first_observation_to_as_of():
    days = build_days(3, start="2023-01-01", site="06-037-0001", missing=[1])
    features = build(days, as_of=pd.Timestamp("2023-01-05"))
    assert list(features["origin_date"]) == list(pd.date_range("2023-01-01", "2023-01-05"))
    assert list(features["days_since_last"]) == [0, 1, 0, 1, 2]
    assert features["value_lag_00"].isna().tolist() == [False, True, False, True, True]


def test_rows_are_sorted_and_unique():
    keys = build(build_region(1))[["site_id", "pollutant", "origin_date"]]
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
    assert build(build_days(3, start="2023-01-02"), as_of=pd.Timestamp("2023-01-01")).empty


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
