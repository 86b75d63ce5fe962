"""What is in the air of the sandbox each day, before an instrument measures it.

Every number below was chosen so that PM2.5 and ozone pass the comparison with real metros in docs/sandbox.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from airwatch.sandbox.network import SITES
from airwatch.sandbox.randomness import Floats, generator, remembered, weekdays_of
from airwatch.sandbox.weather import FRONTAL, Weather, by_regime, mixing, phase

# Monday to Sunday, as a share of the mean.
PM25_WEEK = np.array([-0.027, -0.008, 0.0, 0.0, 0.005, 0.021, 0.009])
OZONE_WEEK = np.array([-0.03, -0.025, -0.02, -0.01, 0.0, 0.035, 0.05])
TRAFFIC_WEEK = np.array([0.03, 0.06, 0.06, 0.06, 0.06, -0.07, -0.2])

# Added to the logarithm of PM2.5, and to ozone, in each regime of the weather.
PM25_BY_REGIME = by_regime(ventilated=0.0, humid=0.05, stagnant=0.1, frontal=-0.14)
OZONE_PPB_BY_REGIME = by_regime(ventilated=0.0, humid=-2.5, stagnant=2.0, frontal=-2.5)

# Two weeks that swell and fade, with the same smoke on each weekday: sin² and cos² a week apart add up to one.
SMOKE_SHAPE = np.sin(np.pi * (np.arange(14) + 0.5) / 14) ** 2

URBAN_SHARE = np.array([{"urban": 1.0, "suburban": 0.55, "rural": 0.1}[s.setting] for s in SITES])


def _own_level(seed: int, subject: str, spread: float) -> Floats:
    """A lasting difference between sites, as a factor, [sites]; the year 0 keeps it out of every year's stream."""
    return np.asarray(np.exp(spread * generator(seed, f"{subject} level", 0).standard_normal(len(SITES))))


def _field(seed: int, subject: str, year: int, memory: float, *lengths_km: float) -> Floats:
    """Weather between the sites: unit variance, alike at near sites, [days, sites]."""
    return remembered(seed, f"{subject} field", year, len(SITES), memory, mixing(*lengths_km))


def _in_step_with_the_week(values: Floats, weather: Weather, effect: Floats) -> Floats:
    """``values`` scaled so that over the year the weekdays stand apart by ``effect``, [7, sites], and not by luck.

    Fifty weeks of weather leave the weekdays five percent apart, which is more than the effect itself.
    """
    weekday = weekdays_of(weather.days)
    usual = np.array([values[weekday == day].mean() for day in range(7)])
    return np.asarray(values * _column((usual.mean() / usual)[weekday]) * (1 + effect[weekday]))


def _column(series: NDArray[np.generic]) -> Floats:
    return np.asarray(series, dtype=np.float64)[:, None]


def smoke_of(seed: int, weather: Weather, year: int) -> Floats:
    """PM2.5 from wildfires far away, µg/m³, [days, sites]: some summers have two weeks of it, other days none."""
    chance = generator(seed, "smoke", year)
    east = np.array([s.east_km for s in SITES]) / 100
    north = np.array([s.north_km for s in SITES]) / 100
    smoke = np.zeros((len(weather.days), len(SITES)))
    for _ in range(chance.poisson(1.5)):
        first, strength = chance.integers(160, 285), np.exp(2.2 + 0.5 * chance.standard_normal())
        lean_east, lean_north = 0.5 * chance.standard_normal(2)
        shape = SMOKE_SHAPE * np.exp(0.55 * chance.standard_normal(len(SMOKE_SHAPE)))
        smoke[first : first + len(shape)] += strength * shape[:, None] * np.exp(lean_east * east + lean_north * north)
    return smoke


def pm25_without_smoke(seed: int, weather: Weather, year: int) -> Floats:
    """24-hour PM2.5, µg/m³, [days, sites]: two seasons, standing air, and holidays with fireworks."""
    season = 0.12 * np.cos(phase(weather.days, 5)) + 0.12 * np.cos(2 * phase(weather.days, 8))
    regime = PM25_BY_REGIME[weather.regime]
    slow = remembered(seed, "pm25 slow", year, 1, 0.97)[:, 0]
    regional = remembered(seed, "pm25 regional", year, 1, 0.62)[:, 0]
    log_region = season + regime + 0.19 * weather.stagnation + 0.14 * regional + 0.07 * slow
    field = 0.3 * _field(seed, "pm25", year, 0.54, 70.0, 180.0)
    urban_winter = 0.12 * np.outer(np.cos(phase(weather.days, 5)), URBAN_SHARE - 0.5)
    base = (5.6 + 3.6 * URBAN_SHARE) * _own_level(seed, "pm25", 0.09)
    fireworks = np.isin(
        weather.days, np.array([f"{year}-01-01", f"{year}-07-04", f"{year}-07-05"], dtype="datetime64[D]")
    )
    pm25 = base * np.exp(_column(log_region + 0.35 * fireworks) + field + urban_winter)
    return _in_step_with_the_week(pm25, weather, _column(PM25_WEEK))


def ozone(seed: int, weather: Weather, year: int) -> Floats:
    """Highest 8-hour ozone, ppm, [days, sites]: follows sun and heat; traffic eats it in the middle of the city."""
    sun = np.cos(phase(weather.days, 186))
    summer = 0.5 + 0.5 * sun
    regional = remembered(seed, "ozone regional", year, 1, 0.5)[:, 0]
    regime = OZONE_PPB_BY_REGIME[weather.regime]
    episode = (1.0 + 4.6 * summer) * weather.heat + (0.8 + 1.6 * summer) * weather.stagnation + regime + 1.8 * regional
    field = (5.0 + 4.0 * _column(summer)) * _field(seed, "ozone", year, 0.36, 60.0, 220.0)
    titration = np.outer(5.0 + 3.0 * (1 - summer), URBAN_SHARE)
    level = 42.5 + 12.0 * sun - 2.4 * np.sin(phase(weather.days, 186)) + episode
    ppb = (_column(level) + field - titration) * _own_level(seed, "ozone", 0.03)
    # Ozone has a floor: below it the scale is bent so that no day is negative.
    ppm = np.asarray(4.0 * np.logaddexp(0.0, ppb / 4.0 - 1.0) + 4.0) / 1000
    return _in_step_with_the_week(ppm, weather, np.outer(OZONE_WEEK, 0.6 + 0.6 * URBAN_SHARE))


def traffic(seed: int, weather: Weather, year: int, subject: str) -> Floats:
    """What traffic leaves in the air, about one in the middle of the city, [days, sites]; for NO2 and CO."""
    season = 0.22 * np.cos(phase(weather.days, 8))
    regional = 0.2 * weather.stagnation - 0.12 * (weather.regime == FRONTAL) + season
    field = 0.24 * _field(seed, subject, year, 0.45, 30.0, 120.0)
    exhaust = (0.22 + 0.78 * URBAN_SHARE) * _own_level(seed, subject, 0.12) * np.exp(_column(regional) + field)
    return _in_step_with_the_week(exhaust, weather, np.outer(TRAFFIC_WEEK, 0.3 + 0.7 * URBAN_SHARE))


def dust(seed: int, weather: Weather, year: int) -> Floats:
    """The part of PM10 that PM2.5 is not, µg/m³, [days, sites]: raised by wind and dry air."""
    dry = (60 - weather.humidity) / 60
    gusty = 0.5 * np.log(weather.wind_speed / 5.5)
    field = 0.35 * _field(seed, "dust", year, 0.35, 30.0, 100.0)
    return np.asarray(9.0 * _own_level(seed, "dust", 0.2) * np.exp(field + gusty + 0.9 * dry))
