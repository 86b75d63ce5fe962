import numpy as np
import pytest

from airwatch.pipelines.monitoring.changes.relations import relate
from builders_changes import COUNT, build_metro, from_day, grid, site_ids, times
from builders_monitoring import build_monitoring_params

PARAMS = build_monitoring_params().changes
SEQUENCE = COUNT - PARAMS.sequence_days
METRO = build_metro()


def related(observations, **changed):
    days = grid(observations)
    params = build_monitoring_params(changes=changed).changes
    return relate(days.unit, days.places, days.first_day, params)


def test_neighbours_explain_what_they_share():
    errors = related(METRO).errors[:, SEQUENCE:]
    unit = grid(METRO).unit[:, SEQUENCE:]
    assert np.std(errors) < 0.45 * np.std(unit)


def test_every_site_is_held_against_all_within_reach_but_itself():
    assert related(METRO).neighbours.tolist() == [5] * 6
    assert related(METRO, max_neighbours=2).neighbours.tolist() == [2] * 6
    assert related(METRO, reach_km=8).neighbours.tolist() == [1, 2, 2, 2, 2, 1]  # they lie 5.6 km apart


def test_what_was_expected_does_not_change_with_what_came_later():
    later = times(METRO, 3.0, from_day(METRO, 100))
    before, after = related(METRO).expected, related(later).expected
    np.testing.assert_array_equal(before[:, : COUNT - 100], after[:, : COUNT - 100])


def test_a_site_s_own_newest_days_do_not_change_what_is_expected_of_them():
    high = times(METRO, 1.3, from_day(METRO, 100, site_ids(1)))
    np.testing.assert_array_equal(related(METRO).expected[0], related(high).expected[0])


def test_a_neighbour_whose_unit_slipped_does_not_take_a_site_along():
    slipped = times(METRO, 1000.0, from_day(METRO, 60, site_ids(1)))
    moved = related(slipped).expected[1:, -60:] - related(METRO).expected[1:, -60:]
    assert np.abs(np.median(moved, axis=1)).max() < 0.12


def test_a_site_alone_is_held_against_its_season():
    day = np.arange(COUNT)
    alone = METRO[METRO["site_id"] == site_ids(1)[0]].assign(value=10 + 5 * np.cos(2 * np.pi * day / 365.25))
    relations = related(alone)
    assert relations.neighbours.tolist() == [0]
    # The logarithm of a wave is not one wave alone: what is left is small beside the 0.6 it falls by these days.
    assert np.abs(relations.errors[0, SEQUENCE:]).max() < 0.35


def test_a_site_without_enough_days_is_expected_nothing_of():
    short = METRO[(METRO["site_id"] != site_ids(1)[0]) | from_day(METRO, 200)]
    expected = related(short).expected
    assert np.isnan(expected[0]).all()
    assert np.isfinite(expected[1:, -1]).all()


def test_a_day_of_no_neighbour_is_expected_nothing_of():
    gone = METRO[(METRO["site_id"] == site_ids(1)[0]) | ~from_day(METRO, 3)]
    assert np.isnan(related(gone).expected[0, -3:]).all()


@pytest.mark.parametrize("factor", [1.0, 1e-3])
def test_relations_are_the_same_in_every_unit(factor):
    days = grid(METRO)
    one, other = (relate(days.unit * f, days.places, days.first_day, PARAMS) for f in (1.0, factor))
    np.testing.assert_allclose(one.errors * factor, other.errors, rtol=1e-6, atol=1e-9 * factor)
