import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features.grids import DayAxis, SiteGrid, build_grid, first_known, weather_regions
from airwatch.features.records import EPOCH, collect
from builders import build_days

NAN = np.nan
# From 1 to 4 January, of which the last two are origins.
AXIS = DayAxis(int((np.datetime64("2023-01-01") - EPOCH).astype(int)), width=4, days=2)


def grid_of(*frames, threads=1):
    """The grid of PM2.5 from frames of observations."""
    collector = collect(frames, ("pm25",), pd.Timestamp("2030-01-01"), threads)
    return build_grid(collector.records["pm25"], list(collector.sites), AXIS, threads)


def grid_with(*rows):
    """A grid of sites a, b, … with these values."""
    return SiteGrid(np.array(list("abcdef")[: len(rows)], dtype=object), np.array(rows, dtype=np.float32))


def test_origins_are_the_last_days_of_the_axis():
    assert list(AXIS.origins) == list(pd.date_range("2023-01-03", "2023-01-04"))


def test_columns_of_dates_count_from_the_first_day():
    dates = pd.DatetimeIndex(["2022-12-31", "2023-01-01", "2023-01-04", "2023-01-05"])
    assert AXIS.columns_of(dates).tolist() == [-1, 0, 3, 4]


def test_grid_holds_a_row_for_each_site_and_a_column_for_each_day():
    grid = grid_of(pd.concat([build_days(4, site="06-037-0002", missing=[1]), build_days(2, site="06-037-0001")]))
    assert list(grid.site_ids) == ["06-037-0001", "06-037-0002"]
    assert_array_equal(grid.values, [[1, 2, NAN, NAN], [1, NAN, 3, 4]])
    assert grid.values.dtype == np.float32


def test_sites_are_in_the_order_of_their_ids_whatever_frame_they_come_in():
    frames = [build_days(1, site=site) for site in ("06-037-0002", "06-001-0009", "06-037-0001")]
    assert list(grid_of(*frames).site_ids) == ["06-001-0009", "06-037-0001", "06-037-0002"]


def test_a_site_may_come_in_several_frames():
    frames = [build_days(1, start="2023-01-03"), build_days(2)]
    assert_array_equal(grid_of(*frames).values, [[1, 2, 1, NAN]])


def test_grid_leaves_out_days_that_are_not_on_the_axis():
    # The axis runs from 1 to 4 January, two days to look back to among them.
    assert_array_equal(grid_of(build_days(7, start="2022-12-30")).values, [[3, 4, 5, 6]])


def test_a_site_with_no_day_on_the_axis_has_no_row():
    grid = grid_of(build_days(2, start="2022-12-01", site="06-037-0001"), build_days(1, site="06-037-0002"))
    assert list(grid.site_ids) == ["06-037-0002"]


@pytest.mark.parametrize("frames", [[build_days(3), build_days(1)], [pd.concat([build_days(3), build_days(1)])]])
@pytest.mark.parametrize("threads", [1, 2])
def test_grid_refuses_two_values_for_one_site_and_day(frames, threads):
    later = build_days(2, site="06-037-2005")
    with pytest.raises(ValueError, match=r"^1 days .* 06-037-1103"):
        grid_of(*frames, later, threads=threads)


def test_first_is_the_column_of_the_first_observation():
    assert grid_with([NAN, NAN, 0.0, 1.0], [5.0, NAN, NAN, 1.0]).first.tolist() == [2, 0]


def test_rows_of_other_sites_are_missing():
    grid = SiteGrid(np.array(["a", "c"], dtype=object), np.array([[1.0], [3.0]], dtype=np.float32))
    assert_array_equal(grid.rows_of(np.array(["c", "b", "a"], dtype=object)), [[3.0], [NAN], [1.0]])
    assert_array_equal(grid.values, [[1.0], [3.0]])


def test_the_first_that_is_known_is_taken():
    assert_array_equal(first_known(np.array([[1.0, NAN], [NAN, NAN]]), np.array([[7.0, NAN]])), [[1, NAN], [7, NAN]])


def test_wind_from_both_sides_of_north_comes_from_the_north():
    # 350 and 10 degrees: the mean of the numbers would be 180, the south.
    wind = weather_regions("wind_direction", grid_with([350.0, 90.0], [10.0, NAN]).values)
    assert_allclose(wind["wind_direction_sin"], [[0.0, 1.0]], atol=1e-7)
    assert_allclose(wind["wind_direction_cos"], [[np.cos(np.deg2rad(10)), 0.0]], atol=1e-7)


def test_wind_of_360_degrees_is_north():
    wind = weather_regions("wind_direction", grid_with([360.0]).values)
    assert_allclose((wind["wind_direction_sin"], wind["wind_direction_cos"]), ([[0.0]], [[1.0]]), atol=1e-7)


def test_other_weather_is_the_mean_of_the_sites():
    grid = grid_with([60.0, NAN], [70.0, -50.0])
    assert_array_equal(weather_regions("temperature", grid.values)["temperature"], [[65.0, -50.0]])
