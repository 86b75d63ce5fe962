import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features.neighbours import (
    EARTH_RADIUS_KM,
    distances_km,
    neighbour_mean,
    neighbour_weights,
    region_mean,
    unit_vectors,
)

NAN = np.nan
DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180  # of a meridian: 111.195


def test_distance_of_one_degree_of_latitude():
    points = unit_vectors([34.0, 35.0], [-118.0, -118.0])
    assert_allclose(distances_km(points, points[0]), [0.0, DEGREE_KM], rtol=1e-4)


def test_distance_to_a_place_that_is_not_known_is_missing():
    points = unit_vectors([34.0, NAN], [-118.0, -118.0])
    assert_array_equal(distances_km(points, points[0]), [0.0, NAN])


@given(st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), min_size=1, max_size=40), st.data())
def test_a_distance_has_the_same_bits_whatever_other_sites_there_are(places, data):
    other = data.draw(st.integers(0, len(places) - 1))
    points = unit_vectors(*zip(*places, strict=True))
    alone = unit_vectors(*zip(places[0], places[other], strict=True))
    assert distances_km(points, points[0])[other].tobytes() == distances_km(alone, alone[0])[1].tobytes()


def test_neighbours_are_the_other_sites_within_reach_and_weigh_by_distance():
    # On one meridian 0, 0.5 and 2 degrees up: about 55.6 km and 222.4 km from the first, 166.8 km between them.
    first, second, third = neighbour_weights([34.0, 34.5, 36.0], [-118.0] * 3, within_km=100, softening_km=10)
    assert [row for row, _ in first] == [1]
    assert [row for row, _ in second] == [0]
    assert third == []
    assert_allclose(first[0][1], 1 / (DEGREE_KM / 2 + 10) ** 2, rtol=1e-4)


def test_two_sites_at_one_place_are_each_others_neighbours():
    assert neighbour_weights([34.0, 34.0], [-118.0] * 2, 100, 10) == [[(1, 0.01)], [(0, 0.01)]]


def test_neighbour_mean_shares_the_weight_among_those_that_observed():
    grid = np.array([[NAN, NAN, NAN], [4.0, NAN, NAN], [10.0, 10.0, NAN]])
    weights = [[(1, 2.0), (2, 1.0)], [], []]
    found = neighbour_mean(np.nan_to_num(grid), np.isfinite(grid), weights)
    assert_array_equal(found, [[6.0, 10.0, NAN], [NAN] * 3, [NAN] * 3])


def test_region_mean_is_over_the_sites_that_observed():
    assert_array_equal(region_mean(np.array([[1.0, NAN, NAN], [3.0, 5.0, NAN]])), [[2.0, 5.0, NAN]])


@pytest.mark.parametrize("place", [0, 1, 2])
@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=2))
def test_region_mean_keeps_its_bits_when_a_site_without_observation_joins(place, values):
    column = np.array(values)[:, None]
    joined = np.insert(column, place, NAN, axis=0)
    assert region_mean(joined).tobytes() == region_mean(column).tobytes()
