import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from airwatch.features.calendar import calendar_columns
from airwatch.features.spec import calendar_names


def on(day, name, horizon_days=7, reach_days=30):
    origins = pd.date_range(pd.Timestamp(day) - pd.Timedelta(days=3), day, freq="D")
    return dict(calendar_columns(origins, horizon_days, reach_days))[name][-1]


def test_calendar_columns_are_those_that_are_declared():
    origins = pd.date_range("2023-01-01", periods=2)
    assert [name for name, _ in calendar_columns(origins, 3, 30)] == calendar_names(3)


def test_weekday_is_the_origins():
    # 2023-07-04 was a Tuesday.
    assert (on("2023-07-04", "weekday_tuesday"), on("2023-07-04", "weekday_wednesday")) == (1.0, 0.0)


@pytest.mark.parametrize(("lead", "weekend"), [(3, 0.0), (4, 1.0), (5, 1.0), (6, 0.0)])
def test_weekend_is_the_targets(lead, weekend):
    # Tuesday 4 July: Friday is three days ahead, Saturday four.
    assert on("2023-07-04", f"weekend_{lead:02d}") == weekend


@pytest.mark.parametrize(
    ("day", "ahead", "behind"),
    [
        ("2023-11-23", 0, 0),  # Thanksgiving, the fourth Thursday of November
        ("2023-11-20", 3, 10),  # Veterans Day, Saturday the 11th, was kept on Friday the 10th
        ("2023-08-10", 25, 30),  # Labor Day is 4 September; 4 July was 37 days before, cut at 30
    ],
)
def test_days_to_and_since_a_federal_holiday(day, ahead, behind):
    assert (on(day, "days_to_holiday"), on(day, "days_since_holiday")) == (ahead, behind)


def test_fireworks_are_on_the_day_itself_even_on_a_weekend():
    # 4 July 2021 was a Sunday; the holiday was kept on Monday the 5th.
    assert (on("2021-07-03", "days_to_fireworks"), on("2021-07-03", "days_to_holiday")) == (1, 2)


def test_new_years_eve_is_a_day_before_fireworks():
    assert on("2023-12-31", "days_to_fireworks") == 1


@pytest.mark.parametrize(("day", "sine", "cosine"), [("2023-01-01", 0.0, 1.0), ("2024-07-02", 0.0, -1.0)])
def test_day_of_year_goes_round_a_circle(day, sine, cosine):
    # 2 July of a leap year is day 184, half of 366 days after day 1.
    assert_allclose((on(day, "doy_sin"), on(day, "doy_cos")), (sine, cosine), atol=1e-12)


def test_calendar_of_a_day_does_not_depend_on_the_days_around_it():
    long = dict(calendar_columns(pd.date_range("2010-01-01", "2023-05-05"), 7, 30))
    short = dict(calendar_columns(pd.date_range("2023-05-05", "2023-05-05"), 7, 30))
    assert all(np.float64(long[name][-1]).tobytes() == np.float64(short[name][-1]).tobytes() for name in short)
