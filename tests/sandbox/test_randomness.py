"""Random streams keyed by seed, subject and year; series with memory that cross the new year unbroken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.sandbox.randomness import days_of, generator, innovations, remembered, weekdays_of


@pytest.mark.parametrize(("year", "count"), [(1999, 365), (2000, 366), (2023, 365), (2024, 366), (2100, 365)])
def test_days_of_a_year_are_all_its_days(year, count):
    days = days_of(year)
    assert len(days) == count
    assert (str(days[0]), str(days[-1])) == (f"{year}-01-01", f"{year}-12-31")


@pytest.mark.parametrize(
    ("day", "weekday"), [("1970-01-01", 3), ("2024-01-01", 0), ("2023-12-31", 6), ("1969-12-31", 2)]
)
def test_weekdays_count_from_monday(day, weekday):
    assert weekdays_of(np.array([day], dtype="datetime64[D]"))[0] == weekday


@pytest.mark.parametrize(("other"), [(21, "ozone", 2020), (20, "pm25", 2020), (20, "ozone", 2021)])
def test_a_stream_differs_by_seed_subject_and_year(other):
    assert not np.allclose(generator(20, "ozone", 2020).random(5), generator(*other).random(5))


def test_the_same_stream_is_the_same_again():
    assert np.array_equal(innovations(3, "x", 2001, 4), innovations(3, "x", 2001, 4))


def test_a_series_with_memory_is_the_weighted_sum_of_the_last_days_luck():
    # Memory 0.5 is forgotten below a thousandth after 10 days: weights 1, 1/2, … 1/512, scaled to unit variance.
    luck = np.concatenate([innovations(1, "x", 2019, 1), innovations(1, "x", 2020, 1)])[:, 0]
    weights = 0.5 ** np.arange(10)
    third_of_january = 365 + 2
    by_hand = sum(weights[k] * luck[third_of_january - k] for k in range(10)) / np.sqrt((weights**2).sum())
    assert remembered(1, "x", 2020, 1, 0.5)[2, 0] == pytest.approx(by_hand, abs=1e-12)


def test_a_delayed_series_is_the_same_series_a_day_later_across_the_new_year():
    prompt = np.concatenate([remembered(1, "x", 2019, 2, 0.8), remembered(1, "x", 2020, 2, 0.8)])
    late = remembered(1, "x", 2020, 2, 0.8, delay=1)
    assert late == pytest.approx(prompt[364 : 364 + 366], abs=1e-12)


@given(st.sampled_from([0.36, 0.62, 0.8, 0.97]))
def test_a_series_has_unit_variance_and_the_memory_it_was_given(memory):
    series = np.concatenate([remembered(5, "law", year, 8, memory) for year in range(2000, 2012)])
    assert series.std() == pytest.approx(1.0, abs=0.12)
    assert np.mean(series[1:] * series[:-1]) / series.var() == pytest.approx(memory, abs=0.03)


def test_mixing_makes_columns_alike_by_the_given_correlation():
    mixing = np.linalg.cholesky(np.array([[1.0, 0.7], [0.7, 1.0]]))
    series = np.concatenate([remembered(5, "pair", year, 2, 0.3, mixing) for year in range(2000, 2020)])
    assert np.corrcoef(series.T)[0, 1] == pytest.approx(0.7, abs=0.03)
