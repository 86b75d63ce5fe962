import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features.neighbours import (
    EARTH_RADIUS_KM,
    distances_km,
    find_pairs,
    neighbour_mean,
    neighbour_spread,
    region_mean,
    unit_vectors,
)

NAN = np.nan
DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180  # of a meridian: 111.195
HERE = (34.0, -118.0)


def pairs_of(*places, within_km=20_000):
    return find_pairs(*np.array(places, dtype=float).reshape(-1, 2).T.tolist(), within_km)


def bearing(*there):
    """From 34 N, 118 W to there."""
    pairs = pairs_of(HERE, there)
    return pairs.bearing[(pairs.here == 0) & (pairs.there == 1)][0]


def side_of(place, width=90):
    """Numbers of the directions, from north by east in steps of 45 degrees, that a place lies in from 34 N, 118 W."""
    pairs = pairs_of(HERE, place)
    return [number for number in range(8) if (pairs.towards(45 * number, width) & (pairs.here == 0)).any()]


def test_distance_of_one_degree_of_latitude():
    points = unit_vectors([34.0, 35.0], [-118.0, -118.0])
    assert_allclose(distances_km(points, points[0]), [0.0, DEGREE_KM], rtol=1e-4)


def test_distance_to_a_place_that_is_not_known_is_missing():
    points = unit_vectors([34.0, NAN], [-118.0, -118.0])
    assert_array_equal(distances_km(points, points[0]), [0.0, NAN])


@given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), min_size=1, max_size=40), st.data())
def test_distance_and_bearing_have_the_same_bits_whatever_other_sites_there_are(places, data):
    other = data.draw(st.integers(0, len(places) - 1))
    together, alone = pairs_of(*places), pairs_of(places[0], places[other])
    chosen = (together.here == 0) & (together.there == other)
    lonely = (alone.here == 0) & (alone.there == (1 if other else 0))
    for of in ("km", "bearing"):
        assert getattr(together, of)[chosen].tobytes() == getattr(alone, of)[lonely].tobytes()


def test_pairs_are_of_the_sites_within_reach_and_of_each_site_with_itself():
    # On one meridian 0, 0.5 and 2 degrees up: about 55.6 km and 222.4 km from the first, 166.8 km between them.
    pairs = pairs_of(HERE, (34.5, -118), (36, -118), within_km=100)
    assert list(zip(pairs.here, pairs.there, strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]
    assert_allclose(pairs.km, [0, DEGREE_KM / 2, DEGREE_KM / 2, 0, 0], rtol=1e-4)


def test_a_site_without_position_is_in_no_pair_but_its_own():
    pairs = pairs_of(HERE, (NAN, NAN), (34.1, -118))
    assert list(zip(pairs.here, pairs.there, strict=True)) == [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)]
    assert pairs.km[2] == 0


def test_no_site_is_its_own_neighbour_though_another_stands_beside_it():
    pairs = pairs_of(HERE, HERE)
    assert_array_equal(pairs.within(0, 100), pairs.here != pairs.there)


def test_no_sites_have_no_pairs():
    assert pairs_of().sites == 0


@pytest.mark.parametrize(("inner", "outer", "is_in"), [(0, 50, False), (0, 60, True), (50, 60, True), (60, 99, False)])
def test_pairs_within_lie_from_the_one_distance_to_the_other(inner, outer, is_in):
    # Half a degree is 55.6 km.
    assert pairs_of(HERE, (34.5, -118)).within(inner, outer).any() == is_in


@pytest.mark.parametrize(
    ("there", "degrees"),
    [
        ((35, -118), 0),
        ((33, -118), 180),
        # One degree of longitude on the parallel: along the great circle the way begins half a degree times the sine
        # of the latitude, 0.28 degrees, north of east.
        ((34, -117), 89.72),
        ((34, -119), -89.72),
    ],
)
def test_bearing_is_from_the_site_to_the_other(there, degrees):
    assert_allclose(bearing(*there), degrees, atol=0.005)


@pytest.mark.parametrize(
    ("there", "sides"),
    [
        ((35, -118), [0, 1]),  # due north is the first edge of the north-east
        ((35, -117.9), [0, 1]),
        ((35, -118.1), [0, 7]),
        ((34.1, -117), [1, 2]),
        ((33.9, -117), [2, 3]),
        ((33, -118.1), [4, 5]),
        ((34.1, -119), [6, 7]),
    ],
)
def test_each_place_lies_in_two_of_eight_directions(there, sides):
    assert side_of(there) == sides


@given(st.floats(33, 35), st.floats(-119, -117))
def test_directions_share_out_every_other_place_twice(latitude, longitude):
    at_one_place = pairs_of(HERE, (latitude, longitude)).km.max() == 0
    assert len(side_of((latitude, longitude))) == (0 if at_one_place else 2)


def test_a_narrow_direction_leaves_out_what_a_wide_one_holds():
    # A bearing of about 60 degrees: 15 from north-east, 30 from east and 60 from north.
    place = (34.5, -117)
    assert [side_of(place, width) for width in (45, 90, 135)] == [[1], [1, 2], [0, 1, 2]]


def weighed(weights):
    """Three sites in a row, 11 km from one to the next, and the weight of each pair, zero unless given."""
    pairs = pairs_of((34, -118), (34.1, -118), (34.2, -118))
    given = [weights.get((here, there), 0.0) for here, there in zip(pairs.here, pairs.there, strict=True)]
    return pairs, np.array(given)


def test_neighbour_mean_shares_the_weight_among_those_that_observed():
    grid = np.array([[NAN, NAN, NAN], [4.0, NAN, NAN], [10.0, 10.0, NAN]])
    pairs, weights = weighed({(0, 1): 2.0, (0, 2): 1.0})
    assert_array_equal(neighbour_mean(grid, pairs, weights), [[6.0, 10.0, NAN], [NAN] * 3, [NAN] * 3])


def test_neighbour_spread_is_around_their_mean_and_needs_two():
    # Weights 2 and 1 on 4 and 10: mean 6, squares 4 and 16, (2 * 4 + 16) / 3 = 8.
    grid = np.array([[NAN, NAN], [4.0, NAN], [10.0, 10.0]])
    pairs, weights = weighed({(0, 1): 2.0, (0, 2): 1.0})
    found = neighbour_spread(grid, neighbour_mean(grid, pairs, weights), pairs, weights)
    assert_allclose(found[0], [np.sqrt(8), NAN], rtol=1e-15)


def test_region_mean_is_over_the_sites_that_observed():
    assert_array_equal(region_mean(np.array([[1.0, NAN, NAN], [3.0, 5.0, NAN]])), [[2.0, 5.0, NAN]])


@pytest.mark.parametrize("place", [0, 1, 2])
@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=2))
def test_region_mean_keeps_its_bits_when_a_site_without_observation_joins(place, values):
    column = np.array(values)[:, None]
    joined = np.insert(column, place, NAN, axis=0)
    assert region_mean(joined).tobytes() == region_mean(column).tobytes()
