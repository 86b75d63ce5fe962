import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.aqi import aqi_of
from airwatch.domain.categories import CATEGORIES, categories_of
from airwatch.scores.levels import levels


@pytest.mark.parametrize(
    ("pollutant", "concentrations", "expected"),
    [
        ("pm25", [-1.0, 9.0, 9.1, 35.4, 35.5, 55.4], [0, 0, 1, 1, 2, 2]),
        ("pm25", [55.5, 125.4, 125.5, 225.4, 225.5, 700.0], [3, 3, 4, 4, 5, 5]),
        ("ozone", [0.054, 0.055, 0.070, 0.071, 0.085, 0.086], [0, 1, 1, 2, 2, 3]),
    ],
)
def test_a_level_begins_at_its_breakpoint(pollutant, concentrations, expected):
    assert levels(pd.Series([pollutant] * len(expected)), concentrations).tolist() == expected


def test_each_row_has_the_table_of_its_pollutant():
    assert levels(pd.Series(["ozone", "pm25", "ozone"]), [0.08, 10.0, 0.01]).tolist() == [2, 1, 0]


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=30))
def test_levels_are_the_categories_of_the_aqi(tenths):
    concentrations = np.array(tenths) / 10
    names = [CATEGORIES[level].name for level in levels(pd.Series(["pm25"] * len(tenths)), concentrations)]
    assert names == categories_of(aqi_of("pm25", concentrations)).tolist()
