"""The surroundings against cases worked by hand, and against a slow plain reading of the same definitions."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features import surroundings
from airwatch.features.surroundings import Around
from builders_features import POLLUTANT, build_network, build_plain_spec, columns_around
from plain_features import plain_surroundings

NAN = np.nan
PLAIN = build_plain_spec()
PAST = PLAIN.surroundings.reach_days
BORROW = PLAIN.surroundings.level_borrow_days  # 20
HERE = (40.0, -100.0)
KM_A_DEGREE = 6371.0088 * math.pi / 180

LAW = settings(max_examples=10, phases=[Phase.explicit, Phase.generate])


def km_away(north=0.0, east=0.0):
    """A place so many km from 40 N, 100 W."""
    return 40 + north / KM_A_DEGREE, -100 + east / KM_A_DEGREE / math.cos(math.radians(40))


def usual_year(*last, usual=0.0):
    """Days to look back to, all of one value, then the last days."""
    return np.concatenate([np.full(PAST, usual), last])[-PAST - 1 :]


def around(*sites, spec=PLAIN):
    """Columns by name from (place, series) of each site, of the first site on the last day; in one unit."""
    places, grid = np.array([place for place, _ in sites]), np.array([series for _, series in sites])
    return {name: float(column[0, -1]) for name, column in table(places, grid, 1, spec).items()}


def table(places, grid, days, spec=PLAIN):
    """Columns by name [sites, days]."""
    return columns_around(build_network(places, grid, days, spec))


def anomaly_of(value):
    """Of a day after a year of noughts: it is one of the 365 days of its own level, and 20 more are borrowed.

    Where the other sites had an unusual day too, the borrowed days are not noughts, and the anomaly is less by under a
    ten thousandth of theirs.
    """
    return value - value / (365 + BORROW)


def test_level_of_a_site_with_a_full_year_is_hardly_drawn_to_its_neighbours():
    found = around((HERE, usual_year(10, usual=10)), (km_away(north=50), usual_year(4, usual=4)))
    assert_allclose(found["level"], (365 * 10 + 20 * 4) / 385, rtol=1e-5)


def test_level_of_a_site_with_a_day_is_nearly_that_of_its_neighbours():
    first_day = np.append(np.full(PAST, NAN), 31.0)
    found = around((HERE, first_day), (km_away(north=50), usual_year(4, usual=4)))
    assert_allclose(found["level"], (31 + 20 * 4) / 21, rtol=1e-5)


def test_level_of_a_site_without_near_neighbour_is_drawn_to_that_of_all_sites():
    # Sites 600 km away are not near: (1 + 4 + 7) / 3 over the three, the site's own among them.
    first_day = np.append(np.full(PAST, NAN), 1.0)
    far = [(km_away(north=600), usual_year(4, usual=4)), (km_away(east=600), usual_year(7, usual=7))]
    assert_allclose(around((HERE, first_day), *far)["level"], (1 + 20 * 4) / 21, rtol=1e-5)


def test_level_of_the_only_site_is_its_mean():
    found = around((HERE, usual_year(NAN, usual=5)))
    assert_allclose(found["level"], 5, rtol=1e-5)


def test_level_where_nobody_has_observed_for_a_year_is_missing():
    silent = np.full(PAST + 1, NAN)
    silent[0] = 5.0
    assert np.isnan(around((HERE, silent))["level"])


@pytest.mark.parametrize(("km", "near"), [(99, 7.0), (101, NAN)])
def test_concentrations_are_those_of_the_sites_within_100_km(km, near):
    found = around((HERE, usual_year(0)), (km_away(north=km), usual_year(7)))
    assert_allclose(found["value_neighbours_00"], near, rtol=1e-5)


def test_near_neighbours_weigh_more():
    # Softened by 20 km, 80 and 30 km are 100 and 50: weights of one to four.
    found = around((HERE, usual_year(0)), (km_away(north=80), usual_year(10)), (km_away(north=-30), usual_year(20)))
    assert_allclose(found["value_neighbours_00"], (10 + 4 * 20) / 5, rtol=1e-4)


def test_a_neighbour_that_missed_the_day_leaves_its_weight_to_the_others():
    found = around((HERE, usual_year(0)), (km_away(north=80), usual_year(10)), (km_away(north=-30), usual_year(NAN)))
    assert_allclose(found["value_neighbours_00"], 10, rtol=1e-5)
    assert_allclose(found["region_00"], anomaly_of(10), rtol=1e-5)


def test_the_day_before_is_kept_apart_and_trailing_means_are_over_days():
    found = around((HERE, usual_year(0, 0)), (km_away(north=50), usual_year(6, 9)))
    yesterday, today = 6 - 6 / 385, 9 - (6 + 9) / 385
    assert_allclose((found["region_01"], found["region_00"]), (yesterday, today), rtol=1e-5)
    # The five days before the neighbour stood at its level of nought.
    assert_allclose(found["region_mean_07"], (yesterday + today) / 7, rtol=1e-5)


def test_a_trailing_mean_leaves_out_days_on_which_no_neighbour_observed():
    found = around((HERE, usual_year(0, 0)), (km_away(north=50), usual_year(NAN, 6)))
    assert_allclose(found["region_mean_07"], 6 * (1 - 1 / 384) / 6, rtol=1e-5)
    assert np.isnan(found["region_01"])
    assert np.isnan(found["sector_n_change"])


def test_near_spread_is_among_the_neighbours_of_the_day_and_needs_two():
    two = [(km_away(north=50), usual_year(4)), (km_away(east=50), usual_year(10))]
    found = around((HERE, usual_year(99)), *two)
    assert_allclose(found["near_spread_00"], (anomaly_of(10) - anomaly_of(4)) / 2, rtol=1e-3)
    assert np.isnan(around((HERE, usual_year(99)), two[0])["near_spread_00"])


@pytest.mark.parametrize(
    ("place", "sides"),
    [
        (km_away(north=200, east=20), ["n", "ne"]),
        (km_away(north=20, east=200), ["ne", "e"]),
        (km_away(north=-200, east=-20), ["s", "sw"]),
        (km_away(north=40, east=-200), ["w", "nw"]),
    ],
)
def test_a_neighbour_is_in_the_two_directions_from_which_its_air_would_come(place, sides):
    found = around((HERE, usual_year(0, 0)), (place, usual_year(2, 5)))
    kept = [name for name in found if name.startswith("sector") and not np.isnan(found[name])]
    assert kept == [f"sector_{side}_{form}" for side in sides for form in ("00", "change")]
    today, yesterday = 5 - 7 / 385, 2 - 2 / 385
    assert_allclose(found[f"sector_{sides[0]}_00"], today, rtol=1e-5)
    assert_allclose(found[f"sector_{sides[1]}_change"], today - yesterday, rtol=1e-5)


@pytest.mark.parametrize(("degrees", "sides"), [(45, ["ne"]), (90, ["ne", "e"])])
def test_a_narrow_direction_leaves_out_what_a_wide_one_holds(degrees, sides):
    # A bearing of about 60 degrees: 15 from north-east and 30 from east.
    place = km_away(north=100, east=173)
    found = around((HERE, usual_year(0)), (place, usual_year(5)), spec=build_plain_spec(sector_degrees=degrees))
    kept = [name for name in found if name.startswith("sector") and name.endswith("00") and not np.isnan(found[name])]
    assert kept == [f"sector_{side}_00" for side in sides]


@pytest.mark.parametrize(("km", "kinds"), [(399, {"sector"}), (450, {"sector", "far"}), (800, {"far"}), (1250, set())])
def test_directions_reach_from_near_by_to_far_off(km, kinds):
    found = around((HERE, usual_year(0)), (km_away(north=-km), usual_year(3)))
    assert {kind for kind in ("sector", "far") if not np.isnan(found[f"{kind}_s_00"])} == kinds


def test_in_a_direction_a_site_twice_as_far_weighs_half_as_much():
    # Softened by 50 km, 50 and 150 km are 100 and 200: weights of two to one.
    found = around((HERE, usual_year(0)), (km_away(north=50), usual_year(3)), (km_away(north=150), usual_year(9)))
    assert_allclose(found["sector_n_00"], (2 * anomaly_of(3) + anomaly_of(9)) / 3, rtol=1e-4)


def test_the_region_falls_by_e_in_400_km_and_ends_at_1000():
    near, far = (km_away(north=100), usual_year(3)), (km_away(north=-500), usual_year(9))
    found = around((HERE, usual_year(0)), near, far, (km_away(north=1100), usual_year(50)))
    weight = math.exp(-1)
    assert_allclose(found["region_00"], (anomaly_of(3) + weight * anomaly_of(9)) / (1 + weight), rtol=1e-4)


def test_the_network_is_every_site_alike():
    found = around((HERE, usual_year(3)), (km_away(north=60), usual_year(9)), (km_away(north=3000), usual_year(NAN)))
    # The third site has stood at nought for a year and did not observe that day.
    assert_allclose(found["network_00"], (anomaly_of(3) + anomaly_of(9)) / 2, rtol=1e-3)


@pytest.mark.parametrize(
    ("value", "share"),
    [(9.0, 2 / 3), (1.0, 1 / 3), (NAN, 1 / 2)],  # the site itself is one of the three
)
def test_smoke_share_counts_the_sites_that_stand_far_above_their_level(value, share):
    # A site that goes up and down by one has a deviation of one: nine above its level is more than 2.5 of them.
    restless = np.tile([-1.0, 1.0], PAST)[:PAST]
    sites = [(HERE, 9.0), (km_away(north=60), value), (km_away(north=300), 0.5)]
    found = around(*((place, np.append(restless, last)) for place, last in sites))
    assert_allclose(found["smoke_share_00"], share, rtol=1e-5)


def test_smoke_beyond_reach_is_not_counted():
    restless = np.tile([-1.0, 1.0], PAST)[:PAST]
    far = (km_away(north=600), np.append(restless, 9.0))
    assert around((HERE, np.append(restless, 0.5)), far)["smoke_share_00"] == 0


def test_more_sites_than_can_be_counted_are_refused_by_the_name_of_the_distance(monkeypatch):
    monkeypatch.setattr(surroundings, "SMOKY", 3.0)
    Around.of(np.array([HERE, km_away(10)]), PLAIN.surroundings)
    with pytest.raises(ValueError, match=r"smoke_km: within 500 km of a site are 3 sites or more"):
        Around.of(np.array([HERE, km_away(10), km_away(20)]), PLAIN.surroundings)


@pytest.mark.parametrize(("observed", "share"), [(10, 1.0), (9, 0.0)])
def test_a_site_with_too_few_days_to_know_its_spread_does_not_smoke(observed, share):
    few = np.full(PAST + 1, NAN)
    few[-observed:] = np.append(np.tile([-1.0, 1.0], 5)[: observed - 1], 40.0)
    # Its level is drawn to that of a site far off, so that it stands above it.
    found = around((HERE, few), (km_away(north=2000), usual_year(0)))
    assert found["smoke_share_00"] == share


def test_where_all_values_are_equal_nothing_smokes_and_nothing_stands_out():
    found = around((HERE, usual_year(6, usual=6)), (km_away(north=50), usual_year(6, usual=6)))
    assert found["smoke_share_00"] == 0
    assert_allclose((found["region_00"], found["network_00"]), 0, atol=1e-6)


def test_a_site_alone_has_no_surroundings_but_itself():
    found = around((HERE, usual_year(7)))
    known = {name for name, value in found.items() if not np.isnan(value)}
    assert known == {"level", "network_00", "smoke_share_00"}


def test_a_site_without_position_has_no_neighbours_and_is_none():
    nowhere = ((NAN, NAN), usual_year(7))
    found = around(nowhere, (HERE, usual_year(7)), (km_away(north=20), usual_year(7)))
    assert {name for name, value in found.items() if not np.isnan(value)} == {"level", "network_00", "smoke_share_00"}
    from_elsewhere = around((HERE, usual_year(7)), nowhere)
    assert np.isnan([from_elsewhere["value_neighbours_00"], from_elsewhere["region_00"]]).all()


def test_a_site_at_the_same_place_is_near_and_in_no_direction():
    found = around((HERE, usual_year(0)), (HERE, usual_year(7)))
    assert_allclose(found["value_neighbours_00"], 7, rtol=1e-5)
    assert_allclose(found["region_00"], anomaly_of(7), rtol=1e-5)
    assert np.isnan([found[name] for name in found if name.startswith("sector")]).all()


def test_concentrations_of_neighbours_are_in_the_aqs_unit_and_all_else_is_not():
    places = np.array([HERE, km_away(north=50)])
    values = np.array([usual_year(0), usual_year(50)])
    logarithm = PLAIN.model_copy(update={"transforms": {**PLAIN.transforms, POLLUTANT: "log1p"}})
    found = {name: column[0, -1] for name, column in table(places, values, 1, logarithm).items()}
    assert_allclose(found["value_neighbours_00"], 50, rtol=1e-5)
    assert_allclose(found["region_00"], anomaly_of(math.log(51)), rtol=1e-5)


def random_country(seed, sites=14, days=3):
    """Places over some 2,000 km, one of them unknown; sites that begin late, and a third of the days missing."""
    rng = np.random.default_rng(seed)
    places = np.column_stack([rng.uniform(33, 45, sites), rng.uniform(-110, -92, sites)])
    places[: sites // 2] = np.array(HERE) + rng.normal(0, 1.5, (sites // 2, 2))
    places[-1] = NAN
    grid = rng.gamma(2.0, 1.0, (sites, PAST + days)).cumsum(axis=1) ** 0.3
    begins = rng.integers(0, PAST, sites) * (rng.random(sites) < 0.5)
    unseen = (rng.random(grid.shape) < 0.3) | (np.arange(PAST + days) < begins[:, np.newaxis])
    return places, np.where(unseen, NAN, grid)


@LAW
@given(st.integers(0, 1_000), st.sampled_from([45, 90]))
def test_surroundings_agree_with_a_plain_reading(seed, degrees):
    places, grid = random_country(seed)
    spec = build_plain_spec(sector_degrees=degrees)
    found = table(places, grid, 3, spec)
    values = pd.DataFrame(np.float32(grid).T.astype(float))
    plain = dict(plain_surroundings(values, values, as_frame(places), spec.surroundings))
    assert plain.keys() == found.keys()
    rows = np.arange(len(grid[0]))[-3:] >= np.argmax(~np.isnan(grid), axis=1)[:, np.newaxis]
    for name, column in plain.items():
        expected = np.broadcast_to(column[-3:].to_numpy().T, rows.shape)
        assert_allclose(found[name][rows], expected[rows], rtol=1e-4, atol=1e-5, err_msg=name)


def as_frame(places):
    return pd.DataFrame(places, columns=["latitude", "longitude"])


@LAW
@given(st.integers(0, 1_000), st.integers(1, 200))
def test_surroundings_have_the_same_bits_wherever_the_grid_begins_and_whatever_follows(seed, more):
    places, grid = random_country(seed)
    rng = np.random.default_rng(seed)
    longer = np.hstack([rng.normal(0, 9, (len(grid), more)), grid, rng.normal(0, 9, (len(grid), 5))])
    here, there = table(places, grid, 3), table(places, longer, 8)
    assert {name: there[name][:, :3].tobytes() for name in here} == {name: here[name].tobytes() for name in here}


@LAW
@given(st.integers(0, 1_000), st.integers(0, 14))
def test_surroundings_have_the_same_bits_when_a_site_without_observation_joins(seed, row):
    places, grid = random_country(seed)
    joined = table(np.insert(places, row, HERE, axis=0), np.insert(grid, row, NAN, axis=0), 3)
    before = table(places, grid, 3)
    kept = {name: np.delete(column, row, axis=0).tobytes() for name, column in joined.items()}
    assert kept == {name: column.tobytes() for name, column in before.items()}


@pytest.mark.parametrize("days", [4, 121, 122, 123, 128, 129, 250])
def test_surroundings_have_the_same_bits_however_many_days_are_origins(days):
    places, grid = random_country(days)
    few, many = table(places, grid, 3), table(places, grid, days)
    assert {name: many[name][:, -3:].tobytes() for name in few} == {name: few[name].tobytes() for name in few}


def test_inputs_are_left_alone():
    places, grid = random_country(1)
    before = places.copy(), grid.copy()
    table(places, grid, 3)
    assert_array_equal(places, before[0])
    assert_array_equal(grid, before[1])
