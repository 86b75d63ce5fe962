import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from airwatch.features.plan import STEPS, whole_step
from airwatch.features.series import recent_columns, region_mean, spread_columns

NAN = np.nan
STEP = 2.0**-20
FEW = settings(max_examples=30)


def grid_with(*rows):
    return np.array(rows, dtype=np.float32)


def test_region_mean_is_over_the_sites_that_observed():
    assert_array_equal(region_mean(grid_with([1.0, NAN, NAN], [3.0, 5.0, NAN]), STEP), [[2.0, 5.0, NAN]])


def test_region_mean_of_no_site_is_missing():
    assert_array_equal(region_mean(np.empty((0, 2), dtype=np.float32), STEP), [[NAN, NAN]])


def test_region_mean_of_values_below_zero_is_below_zero():
    assert_array_equal(region_mean(grid_with([-1.5], [-0.5]), STEP), [[-1.0]])


@pytest.mark.parametrize("fault", [5_000.0, 1e30, np.inf])
def test_a_value_that_no_instrument_reads_counts_as_the_power_of_two_above_the_highest(fault):
    step = whole_step(2_000.0, STEPS)
    assert_array_equal(region_mean(grid_with([fault], [8.0]), step), [[np.float32((2_048 + 8) / 2)]])
    assert_array_equal(region_mean(grid_with([-fault], [8.0]), step), [[np.float32((-2_048 + 8) / 2)]])


@FEW
@pytest.mark.parametrize("place", [0, 1, 2])
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=2))
def test_region_mean_keeps_its_bits_when_a_site_without_observation_joins(place, values):
    column = grid_with(values).T.copy()
    joined = np.insert(column, place, NAN, axis=0)
    assert region_mean(joined, STEP).tobytes() == region_mean(column, STEP).tobytes()


@FEW
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=30), st.randoms())
def test_region_mean_keeps_its_bits_in_whatever_order_the_sites_are(values, random):
    shuffled = random.sample(values, len(values))
    means = [region_mean(grid_with(each).T.copy(), STEP).tobytes() for each in (values, shuffled)]
    assert means[0] == means[1]


@pytest.mark.parametrize(
    ("start", "today", "mean"),
    [
        (0, [1, NAN, 4, NAN, NAN, NAN], [1, 1, 2.5, 4, 4, NAN]),
        (2, [4, NAN, NAN, NAN], [2.5, 4, 4, NAN]),
        (5, [NAN], [NAN]),
    ],
)
def test_recent_columns_are_the_day_and_the_mean_of_the_last_days_from_the_first_origin_on(start, today, mean):
    out = np.full((4, 8), 77, dtype=np.float32)
    recent_columns(grid_with([1, NAN, 4, NAN, NAN, NAN]), np.array([start]), 3, out, 1, np.array([1]))
    assert_array_equal(out[1:3, 1 : 1 + len(today)], [today, mean])
    out[1:3, 1 : 1 + len(today)] = 77
    assert (out == 77).all()


def test_recent_columns_of_several_series_stand_one_behind_the_other():
    out = np.empty((2, 3), dtype=np.float32)
    recent_columns(grid_with([1, 3], [10, 20]), np.array([0, 1]), 3, out, 0, np.array([0, 2]))
    assert_array_equal(out, [[1, 3, 20], [1, 2, 15]])


def test_columns_that_all_series_share_are_written_from_each_ones_first_day_on():
    out = np.full((4, 6), 77, dtype=np.float32)
    spread_columns(grid_with([1, 2, 3], [4, 5, 6]), np.array([0, 2]), out, 1, np.array([1, 4]))
    assert_array_equal(out[1:3], [[77, 1, 2, 3, 3, 77], [77, 4, 5, 6, 6, 77]])
    assert (out[[0, 3]] == 77).all()
