"""The weather of the sandbox is seasonal, plausible, and persistent."""

from __future__ import annotations

import numpy as np
import pytest

from airwatch.domain.pollutants import WEATHER
from airwatch.sandbox.network import SITES
from airwatch.sandbox.weather import FRONTAL, HUMID, STAGNANT, VENTILATED, by_regime, mixing, phase, weather_of


@pytest.fixture(scope="module")
def years():
    return [weather_of(20, year) for year in range(2015, 2023)]


def test_july_is_far_warmer_than_january(years):
    of_month = [
        w.temperature[w.days.astype("datetime64[M]").astype(int) % 12 == m].mean() for m in (0, 6) for w in years
    ]
    january, july = np.mean(of_month[: len(years)]), np.mean(of_month[len(years) :])
    assert 25 < july - january < 40


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("temperature", "temperature"),
        ("wind_speed", "wind_speed"),
        ("wind_direction", "wind_direction"),
        ("relative_humidity", "humidity"),
        ("pressure", "pressure"),
    ],
)
def test_no_weather_is_outside_what_the_domain_calls_plausible(years, name, field):
    values = np.concatenate([getattr(w, field) for w in years])
    assert WEATHER[name].lowest_plausible <= values.min()
    assert values.max() <= WEATHER[name].highest_plausible


def test_every_regime_comes_and_tends_to_stay(years):
    regime = np.concatenate([w.regime for w in years])
    shares = np.bincount(regime, minlength=4) / len(regime)
    assert set(np.flatnonzero(shares > 0.08)) == {VENTILATED, HUMID, STAGNANT, FRONTAL}
    assert np.mean(regime[1:] == regime[:-1]) > 1.5 * np.sum(shares**2)


def test_a_high_barometer_today_goes_with_standing_air_tomorrow(years):
    today = np.concatenate([w.pressure.mean(axis=1)[:-1] for w in years])
    tomorrow = np.concatenate([w.stagnation[1:] for w in years])
    assert np.corrcoef(today, tomorrow)[0, 1] > 0.6


def test_the_phase_of_the_year_is_zero_on_its_peak_day():
    days = np.array(["2023-01-05", "2024-01-05", "2024-07-06"], dtype="datetime64[D]")
    # 2024-07-06 is day 188: 183 days after the fifth of January, half of 365.25 and 3/8 of a day more.
    assert phase(days, 5) == pytest.approx([0.0, 0.0, np.pi + 2 * np.pi * 0.375 / 365.25])


def test_sites_are_less_alike_the_farther_apart():
    alike = mixing(50.0) @ mixing(50.0).T
    near = next(i for i, s in enumerate(SITES) if s.name == "Sandbox Old Town")  # 5 km from the first: exp(-0.1)
    assert alike[0, near] == pytest.approx(np.exp(-0.1), abs=1e-6)


def test_a_number_by_regime_is_found_by_the_regimes_index():
    numbers = by_regime(ventilated=1.0, humid=2.0, stagnant=3.0, frontal=4.0)
    assert [numbers[r] for r in (VENTILATED, HUMID, STAGNANT, FRONTAL)] == [1.0, 2.0, 3.0, 4.0]
