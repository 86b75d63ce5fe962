"""What the air of the sandbox does: heat, weekdays, smoke, traffic."""

from __future__ import annotations

import numpy as np
import pytest

from airwatch.sandbox import air
from airwatch.sandbox.network import SITES
from airwatch.sandbox.randomness import weekdays_of
from airwatch.sandbox.weather import weather_of

YEAR = 2021
URBAN = np.array([s.setting == "urban" for s in SITES])
RURAL = np.array([s.setting == "rural" for s in SITES])


@pytest.fixture(scope="module")
def weather():
    return weather_of(20, YEAR)


def by_weekday(values, weather):
    weekday = weekdays_of(weather.days)
    means = np.array([values[weekday == d].mean() for d in range(7)])
    return means / means.mean()


def test_ozone_follows_heat_in_summer():
    years = {year: weather_of(20, year) for year in range(2015, 2023)}
    ozone = np.concatenate([air.ozone(20, w, year).mean(axis=1)[152:244] for year, w in years.items()])
    heat = np.concatenate([w.heat[152:244] for w in years.values()])
    assert np.corrcoef(ozone, heat)[0, 1] > 0.5


def test_ozone_is_lower_and_no2_higher_in_the_middle_of_the_city(weather):
    ozone, no2 = air.ozone(20, weather, YEAR), air.traffic(20, weather, YEAR, "no2")
    assert ozone[:, URBAN].mean() < ozone[:, RURAL].mean()
    assert no2[:, URBAN].mean() > 2 * no2[:, RURAL].mean()


def test_the_weekdays_stand_apart_by_what_was_put_in(weather):
    # All sites share PM2.5's week; its seven shares add up to 0.0, so the mean of the week is 1.
    found = by_weekday(air.pm25_without_smoke(20, weather, YEAR), weather)
    assert found == pytest.approx(1 + air.PM25_WEEK, abs=1e-9)


def test_traffic_rests_on_sunday(weather):
    found = by_weekday(air.traffic(20, weather, YEAR, "no2")[:, URBAN], weather)
    assert found.argmin() == 6
    assert found[6] < 0.9


def test_nothing_in_the_air_is_negative(weather):
    kinds = [air.ozone(20, weather, YEAR), air.pm25_without_smoke(20, weather, YEAR), air.dust(20, weather, YEAR)]
    assert min(kind.min() for kind in kinds) > 0


def test_smoke_comes_in_some_years_and_only_from_june_to_october():
    years = {year: air.smoke_of(20, weather_of(20, year), year) for year in range(2000, 2030)}
    smoky_days = {year: np.flatnonzero(smoke.max(axis=1) > 0) for year, smoke in years.items()}
    assert 15 <= sum(len(days) > 0 for days in smoky_days.values()) < 30
    assert min(days.min() for days in smoky_days.values() if len(days)) >= 151  # 1 June, counted from 0
    assert max(days.max() for days in smoky_days.values() if len(days)) <= 304  # 31 October


def test_smoke_falls_on_each_weekday_alike():
    # Days 0 and 7, 1 and 8, … of an episode: sin² + cos² = 1.
    assert air.SMOKE_SHAPE[:7] + air.SMOKE_SHAPE[7:] == pytest.approx(np.ones(7))
