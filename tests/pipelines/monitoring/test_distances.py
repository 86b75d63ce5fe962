import pandas as pd
import pytest

from airwatch.pipelines.monitoring.distances import distance, usual_distance


def test_distance_is_in_standard_deviations_of_the_reference():
    # Moved by 3; the reference 0, 2 has a standard deviation of 1.
    assert distance(pd.Series([3.0, 5.0]), pd.Series([0.0, 2.0])) == pytest.approx(3.0)


def test_distance_of_values_without_spread_is_finite():
    assert distance(pd.Series([1.0]), pd.Series([0.0, 0.0])) == pytest.approx(1.0 / 0.001)


def test_usual_distance_is_that_of_the_year_furthest_from_the_others():
    values = pd.Series([0.0, 2.0, 0.0, 2.0, 3.0, 5.0])
    years = pd.Series([1, 1, 2, 2, 3, 3])
    assert usual_distance(values, years, min_rows=2) == pytest.approx(3.0)


@pytest.mark.parametrize("years", [[1, 1, 1, 1], [1, 1, 1, 2]])
def test_usual_distance_of_one_year_is_zero(years):
    assert usual_distance(pd.Series([0.0, 2.0, 0.0, 9.0]), pd.Series(years), min_rows=2) == 0.0
