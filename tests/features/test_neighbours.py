import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features.neighbours import (
    ARCS,
    EARTH_RADIUS_KM,
    KINDS,
    NEAR,
    NEIGHBOURS,
    SMOKE,
    Reach,
    distances_km,
    find_neighbours,
    unit_vectors,
)
from airwatch.features.neighbours import bearing as bearing_of
from builders import build_feature_params

NAN = np.nan
DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180  # of a meridian: 111.195
HERE = (34.0, -118.0)
SPEC = build_feature_params().features.surroundings
FAR = range(ARCS, 2 * ARCS)

FEW = settings(max_examples=30)


def north(km):
    """A place so many km up the meridian, in a straight line."""
    return HERE[0] + math.degrees(2 * math.asin(km / EARTH_RADIUS_KM / 2)), HERE[1]


def find(*places, **changes):
    reach = Reach.of(SPEC.model_copy(update=changes))
    return find_neighbours(np.array(places, dtype=float).reshape(-1, 2), reach)


def kinds(found, site=0):
    """Of one site, by kind: the other's row, its weight, and its weight in the region."""
    bounds = found.starts[KINDS * site : KINDS * (site + 1) + 1]
    listed = [np.s_[begin:end] for begin, end in pairwise(bounds)]
    named = zip(range(KINDS), listed, strict=True)
    columns = (found.there, found.weights, found.of_region)
    return {
        kind: list(zip(*(each[rows].tolist() for each in columns), strict=True))
        for kind, rows in named
        if len(found.there[rows])
    }


def rows(found, kind):
    """Of each site, the rows of its neighbours of a kind."""
    return [
        found.there[found.starts[slot] : found.starts[slot + 1]].tolist()
        for slot in range(kind, len(found.starts) - 1, KINDS)
    ]


def arcs(there, **changes):
    """The arcs near by in which a place lies from 34 N, 118 W."""
    return [kind for kind, listed in kinds(find(HERE, there, **changes)).items() if kind < ARCS and listed[0][1] > 0]


def bearing(*there):
    """From 34 N, 118 W to there."""
    points = unit_vectors([HERE[0], there[0]], [HERE[1], there[1]])
    return bearing_of(points[0], points[1])


def test_distance_of_one_degree_of_latitude():
    points = unit_vectors([34.0, 35.0], [-118.0, -118.0])
    assert_allclose(distances_km(points, points[0]), [0.0, DEGREE_KM], rtol=1e-4)


def test_distance_to_a_place_that_is_not_known_is_missing():
    points = unit_vectors([34.0, NAN], [-118.0, -118.0])
    assert_array_equal(distances_km(points, points[0]), [0.0, NAN])


@FEW
@given(st.lists(st.tuples(st.floats(28, 45), st.floats(-125, -110)), min_size=1, max_size=40), st.data())
def test_a_neighbour_has_the_same_kinds_and_weights_whatever_other_sites_there_are(places, data):
    other = data.draw(st.integers(0, len(places) - 1))
    together, alone = kinds(find(*places)), kinds(find(places[0], places[other]))
    chosen = {
        kind: [(1, *weights) for there, *weights in listed if there == other] for kind, listed in together.items()
    }
    lonely = {kind: [each for each in listed if each[0] == 1] for kind, listed in alone.items()}
    if other:
        assert {kind: listed for kind, listed in chosen.items() if listed} == {k: v for k, v in lonely.items() if v}


def test_sites_within_reach_are_found_in_the_order_of_the_rows_and_each_finds_itself_for_smoke():
    # On one meridian 0, 0.5 and 2 degrees up: about 55.6 km and 222.4 km from the first, 166.8 km between them.
    found = find(HERE, (34.5, -118), (36, -118), smoke_km=170.0)
    assert rows(found, SMOKE) == [[0, 1], [0, 1, 2], [1, 2]]
    assert rows(found, NEIGHBOURS) == [[1], [0], []]
    assert rows(found, NEAR) == [[1, 2], [0, 2], [0, 1]]


def test_rows_of_a_site_are_those_of_all_kinds():
    found = find(HERE, (34.5, -118), (36, -118), (80, 0))
    assert [set(found.rows_of(site).tolist()) for site in range(4)] == [{0, 1, 2}] * 3 + [{3}]


def test_a_site_without_position_has_no_neighbour_but_itself_and_is_none():
    found = find(HERE, (NAN, NAN), (34.1, -118))
    assert rows(found, SMOKE) == [[0, 2], [1], [0, 2]]
    assert kinds(found, 1) == {SMOKE: [(1, 1.0, 0.0)]}


def test_no_site_is_its_own_neighbour_though_another_stands_beside_it():
    found = find(HERE, HERE)
    assert (rows(found, NEIGHBOURS), rows(found, NEAR)) == ([[1], [0]], [[1], [0]])


def test_no_sites_have_no_neighbours():
    assert find().starts.tolist() == [0]


@pytest.mark.parametrize(
    ("sector_km", "is_in"), [((0, 50), False), ((0, 60), True), ((50, 60), True), ((60, 99), False)]
)
def test_a_sector_reaches_from_the_one_distance_to_the_other(sector_km, is_in):
    # Half a degree is 55.6 km.
    assert bool(arcs((34.5, -118), sector_km=sector_km)) == is_in


@pytest.mark.parametrize(
    ("name", "kind", "reach"), [("near_km", NEAR, 250), ("neighbour_km", NEIGHBOURS, 100), ("smoke_km", SMOKE, 500)]
)
def test_a_kind_ends_where_its_reach_does(name, kind, reach):
    assert getattr(SPEC, name) == reach
    found = [find(HERE, north(km)) for km in (reach - 0.01, reach + 0.01)]
    assert [1 in rows(each, kind)[0] for each in found] == [True, False]


def test_weights_fall_with_the_distance_as_declared():
    # 80 km away: softened by 20 km and squared, softened by 50 km, and a fifth of the region's scale.
    found = kinds(find(HERE, north(80)))
    assert found.keys() == {0, NEAR, NEIGHBOURS, SMOKE}
    assert_allclose(found[NEAR][0], (1, 1e-4, 0), rtol=1e-6)
    assert_allclose(found[NEIGHBOURS][0], (1, 1e-4, 0), rtol=1e-6)
    assert_allclose(found[0][0], (1, 1 / 130, math.exp(-0.2)), rtol=1e-6)
    assert found[SMOKE] == [(0, 1.0, 0.0), (1, 1.0, 0.0)]


@pytest.mark.parametrize("km", [0, 100, 399, 401, 450, 499, 501, 999, 1001, 1199, 1300])
def test_the_region_holds_each_site_within_reach_once(km):
    found = kinds(find(HERE, north(km)))
    of_region = [weight for kind, listed in found.items() for other, _, weight in listed if other == 1]
    assert_allclose(sum(of_region), math.exp(-km / 400) if km < 1000 else 0, rtol=1e-6)
    assert np.count_nonzero(of_region) == (km < 1000)


@pytest.mark.parametrize("km", [501, 700, 1150])
def test_between_near_and_far_a_site_weighs_in_no_direction(km):
    found = kinds(find(HERE, north(km), sector_km=(0, 500), far_km=(1_190, 1_200)))
    assert [weight for kind in found if kind < NEAR for _, weight, _ in found[kind]] in ([], [0])


@pytest.mark.parametrize(
    ("there", "degrees"),
    [
        ((35, -118), 0),
        ((33, -118), 180),
        # One degree of longitude on the parallel: along the great circle the way begins half a degree times the sine
        # of the latitude, 0.28 degrees, north of east.
        ((34, -117), 89.72),
        ((34, -119), 270.28),
    ],
)
def test_bearing_is_from_the_site_to_the_other(there, degrees):
    assert_allclose(bearing(*there), degrees, atol=0.005)


@pytest.mark.parametrize(
    ("there", "arc"),
    [
        ((35, -118), 0),  # due north is the first edge of the first
        ((34.5, -117.9), 0),
        ((34.1, -117), 1),
        ((33.9, -117), 2),
        ((33, -117.9), 3),
        ((33, -118.1), 4),
        ((33.9, -119), 5),
        ((34.1, -119), 6),
        ((35, -118.1), 7),
    ],
)
def test_arcs_begin_in_the_north_and_go_round_by_the_east(there, arc):
    assert arcs(there) == [arc]


@pytest.mark.parametrize(
    ("there", "arc"), [((35, -118.1), 0), ((34.5, -117), 1), ((34.1, -117), 2), ((33, -118.1), 4), ((34.5, -119), 7)]
)
def test_narrow_arcs_lie_around_their_directions(there, arc):
    assert arcs(there, sector_degrees=45) == [arc]


@FEW
@given(st.floats(33, 35), st.floats(-119, -117), st.sampled_from([45, 90]))
def test_arcs_share_out_every_other_place(latitude, longitude, degrees):
    points = unit_vectors([HERE[0], latitude], [HERE[1], longitude])
    at_one_place = distances_km(points, points[0])[1] == 0
    assert len(arcs((latitude, longitude), sector_degrees=degrees)) == (0 if at_one_place else 1)


def test_far_arcs_are_numbered_as_the_near_ones():
    assert [kind - ARCS for kind in kinds(find(HERE, (34.1, -112))) if kind in FAR] == [1]
