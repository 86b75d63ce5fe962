import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from airwatch.features.calendar import calendar_table
from airwatch.features.spec import calendar_groups


def on(day, name, horizon_days=7):
    origins = pd.date_range(pd.Timestamp(day) - pd.Timedelta(days=3), day, freq="D")
    return named(origins, horizon_days)[name][-1]


def named(origins, horizon_days):
    """The columns by the names that are declared, in their order."""
    return dict(zip(calendar_groups(horizon_days), calendar_table(origins, horizon_days), strict=True))


@pytest.mark.parametrize("horizon_days", [1, 3, 14])
def test_the_calendar_is_a_row_for_each_column_declared_and_a_column_for_each_day(horizon_days):
    table = calendar_table(pd.date_range("2023-01-01", periods=2), horizon_days)
    assert (table.shape, table.dtype) == ((len(calendar_groups(horizon_days)), 2), np.float32)


def test_weekday_is_the_origins():
    # 2023-07-04 was a Tuesday.
    assert (on("2023-07-04", "weekday_tuesday"), on("2023-07-04", "weekday_wednesday")) == (1.0, 0.0)


@pytest.mark.parametrize(("lead", "holiday"), [(1, 0.0), (2, 0.0), (3, 1.0), (4, 0.0)])
def test_holiday_is_the_targets(lead, holiday):
    # 20 November 2023: Thanksgiving is three days ahead.
    assert on("2023-11-20", f"holiday_{lead:02d}") == holiday


def test_a_holiday_at_the_longest_lead_is_known():
    assert on("2023-11-09", "holiday_14", horizon_days=14) == 1.0


@pytest.mark.parametrize(
    ("day", "holidays"),
    [
        ("2023-11-09", [1.0, 0.0]),  # Veterans Day, Saturday the 11th, was kept on Friday the 10th
        ("2021-07-03", [0.0, 1.0]),  # 4 July, a Sunday, on Monday the 5th
        ("2021-12-30", [1.0, 0.0]),  # New Year's Day 2022, a Saturday, on Friday of the year before
    ],
)
def test_a_holiday_on_a_weekend_is_on_the_day_that_it_was_kept(day, holidays):
    assert [on(day, f"holiday_{lead:02d}", horizon_days=2) for lead in (1, 2)] == holidays


@pytest.mark.parametrize(
    ("day", "smoky"),
    [("2021-07-02", 0.0), ("2021-07-03", 1.0), ("2021-07-04", 1.0), ("2021-07-05", 0.0)],
)
def test_the_smoke_of_the_fourth_of_july_lasts_into_the_fifth(day, smoky):
    assert on(day, "fireworks_01") == smoky


@pytest.mark.parametrize(("lead", "smoky"), [(1, 0.0), (2, 1.0), (3, 0.0)])
def test_fireworks_of_the_new_year_are_on_the_first_of_january(lead, smoky):
    assert on("2023-12-30", f"fireworks_{lead:02d}") == smoky


def test_fireworks_are_on_the_day_itself_even_on_a_weekend():
    # 4 July 2021 was a Sunday; the holiday was kept on Monday the 5th.
    assert (on("2021-07-03", "fireworks_01"), on("2021-07-03", "holiday_01")) == (1.0, 0.0)


@pytest.mark.parametrize(("day", "sine", "cosine"), [("2023-01-01", 0.0, 1.0), ("2024-07-02", 0.0, -1.0)])
def test_day_of_year_goes_round_a_circle(day, sine, cosine):
    # 2 July of a leap year is day 184, half of 366 days after day 1.
    assert_allclose((on(day, "doy_sin"), on(day, "doy_cos")), (sine, cosine), atol=1e-7)


def test_second_harmonic_goes_round_twice_a_year():
    # 1 April of a leap year is day 92, a quarter of 366 days and half a day more: index 91 of 366 turns 182 of 366.
    turns = 2 * np.pi * 182 / 366
    found = on("2024-04-01", "doy_sin_2"), on("2024-04-01", "doy_cos_2")
    assert_allclose(found, (np.sin(turns), np.cos(turns)), rtol=1e-6)


def test_calendar_of_a_day_does_not_depend_on_the_days_around_it():
    long = calendar_table(pd.date_range("2010-01-01", "2023-05-05"), 7)[:, -1]
    short = calendar_table(pd.date_range("2023-05-05", "2023-05-05"), 7)
    assert long.tobytes() == short.tobytes()
