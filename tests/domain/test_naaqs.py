"""Standards and the days they hold."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from airwatch.domain.aqi import concentration_to_aqi, exceedance_concentration
from airwatch.domain.naaqs import STANDARDS, Standard, standards_of
from airwatch.domain.pollutants import POLLUTANTS, UnknownPollutant

TODAY = date(2026, 1, 1)


def levels(pollutant: str, on: date, averaging: str, protects: str = "health") -> list[float]:
    return [
        each.level for each in standards_of(pollutant, on) if each.averaging == averaging and protects in each.protects
    ]


@pytest.mark.parametrize(
    ("pollutant", "averaging", "protects", "level"),
    # EPA's table of the standards, 2025.
    [
        ("pm25", "24-hour", "health", 35.0),
        ("pm25", "annual", "health", 9.0),
        ("pm25", "annual", "welfare", 15.0),
        ("pm10", "24-hour", "health", 150.0),
        ("ozone", "8-hour", "health", 0.070),
        ("no2", "1-hour", "health", 100.0),
        ("no2", "annual", "health", 53.0),
        ("so2", "1-hour", "health", 75.0),
        ("so2", "annual", "welfare", 10.0),
        ("co", "8-hour", "health", 9.0),
        ("co", "1-hour", "health", 35.0),
    ],
)
def test_level_in_force_today(pollutant: str, averaging: str, protects: str, level: float) -> None:
    assert levels(pollutant, TODAY, averaging, protects) == [level]


@pytest.mark.parametrize(
    ("pollutant", "averaging", "first_day", "before", "after"),
    [
        ("pm25", "annual", date(2013, 3, 18), [15.0], [12.0]),
        ("pm25", "annual", date(2024, 5, 6), [12.0], [9.0]),
        ("pm25", "24-hour", date(2006, 12, 18), [65.0], [35.0]),
        ("ozone", "8-hour", date(2008, 5, 27), [0.08], [0.075]),
        ("ozone", "8-hour", date(2015, 12, 28), [0.075], [0.070]),
        ("ozone", "1-hour", date(2005, 6, 15), [0.12], []),
        ("no2", "1-hour", date(2010, 4, 12), [], [100.0]),
        ("so2", "1-hour", date(2010, 8, 23), [], [75.0]),
        ("so2", "24-hour", date(2010, 8, 23), [140.0], []),
        ("pm10", "annual", date(2006, 12, 18), [50.0], []),
    ],
)
def test_a_new_standard_takes_over_on_its_first_day(
    pollutant: str, averaging: str, first_day: date, before: list[float], after: list[float]
) -> None:
    eve = first_day - timedelta(days=1)
    assert levels(pollutant, eve, averaging) == before
    assert levels(pollutant, first_day, averaging) == after


def test_a_timestamp_is_a_day_too() -> None:
    assert levels("pm25", pd.Timestamp("2024-05-06"), "annual") == [9.0]


def test_unknown_pollutant_is_refused() -> None:
    with pytest.raises(UnknownPollutant, match="Unknown pollutant 'lead'"):
        standards_of("lead", TODAY)


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda each: f"{each.pollutant}-{each.level}")
def test_a_standard_is_of_a_known_pollutant_and_ends_after_it_begins(standard: Standard) -> None:
    assert standard.pollutant in POLLUTANTS
    assert standard.superseded is None or standard.effective < standard.superseded


@pytest.mark.parametrize(
    ("pollutant", "level"),
    [("pm25", 35.0), ("pm10", 150.0), ("ozone", 0.070), ("no2", 100.0), ("so2", 75.0), ("co", 9.0)],
)
def test_an_aqi_of_100_is_the_level_of_the_short_standard(pollutant: str, level: float) -> None:
    # 40 CFR 58 App. G sets the top of Moderate where the standard is still met after rounding.
    assert concentration_to_aqi(pollutant, level) <= 100
    assert exceedance_concentration(pollutant, 100) > level
    assert level in [each.level for each in standards_of(pollutant, TODAY)]
