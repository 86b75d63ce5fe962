import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features.grids import DayAxis, Grid, build_grid, weather_regions
from builders import build_days

NAN = np.nan
AXIS = DayAxis(pd.Timestamp("2023-01-03"), days=2, past=2)


def test_grid_holds_a_row_for_each_site_and_a_column_for_each_day():
    days = pd.concat([build_days(4, site="06-037-0002", missing=[1]), build_days(2, site="06-037-0001")])
    grid = build_grid(days, AXIS)
    assert list(grid.site_ids) == ["06-037-0001", "06-037-0002"]
    assert_array_equal(grid.values, [[1, 2, NAN, NAN], [1, NAN, 3, 4]])


def test_grid_leaves_out_days_that_are_not_on_the_axis():
    # The axis runs from 1 to 4 January, two days to look back to among them.
    grid = build_grid(build_days(7, start="2022-12-30"), AXIS)
    assert_array_equal(grid.values, [[3, 4, 5, 6]])


def test_grid_refuses_two_values_for_one_site_and_day():
    with pytest.raises(ValueError, match="06-037-1103"):
        build_grid(pd.concat([build_days(3), build_days(1)]), AXIS)


def test_rows_of_other_sites_are_missing():
    grid = Grid(np.array(["a", "c"], dtype=object), np.array([[1.0], [3.0]]))
    assert_array_equal(grid.rows_of(np.array(["c", "b", "a"], dtype=object)), [[3.0], [NAN], [1.0]])


def test_wind_from_both_sides_of_north_comes_from_the_north():
    # 350 and 10 degrees: the mean of the numbers would be 180, the south.
    grid = Grid(np.array(["a", "b"], dtype=object), np.array([[350.0, 90.0], [10.0, NAN]]))
    wind = weather_regions("wind_direction", grid)
    assert_allclose(wind["wind_direction_sin"], [[0.0, 1.0]], atol=1e-12)
    assert_allclose(wind["wind_direction_cos"], [[np.cos(np.deg2rad(10)), 0.0]], atol=1e-12)


def test_wind_of_360_degrees_is_north():
    wind = weather_regions("wind_direction", Grid(np.array(["a"], dtype=object), np.array([[360.0]])))
    assert_allclose((wind["wind_direction_sin"], wind["wind_direction_cos"]), ([[0.0]], [[1.0]]), atol=1e-12)


def test_other_weather_is_the_mean_of_the_sites():
    grid = Grid(np.array(["a", "b"], dtype=object), np.array([[60.0, NAN], [70.0, 50.0]]))
    assert_array_equal(weather_regions("temperature", grid)["temperature"], [[65.0, 50.0]])
