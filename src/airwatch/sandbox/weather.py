"""The region's weather: a ridge that comes and goes, a flow that turns, and the regimes that follow from the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from airwatch.sandbox.network import SITES, distances_km
from airwatch.sandbox.randomness import Floats, days_of, remembered

VENTILATED, HUMID, STAGNANT, FRONTAL = range(4)
DAYS_IN_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Weather:
    """One year: ``[days]`` series are regional and of about unit variance, ``[days, sites]`` are in AQS units."""

    days: NDArray[np.datetime64]
    heat: Floats  # [days] warm anomaly
    stagnation: Floats  # [days] how long the air has been standing
    regime: NDArray[np.int64]  # [days]
    temperature: Floats  # [days, sites] degrees Fahrenheit
    wind_speed: Floats  # [days, sites] knots
    wind_direction: Floats  # [days, sites] degrees, where it comes from
    humidity: Floats  # [days, sites] percent
    pressure: Floats  # [days, sites] millibars, at the site


def by_regime(*, ventilated: float, humid: float, stagnant: float, frontal: float) -> Floats:
    """A number for each regime, to be indexed by ``Weather.regime``."""
    return np.array([ventilated, humid, stagnant, frontal])


def phase(days: NDArray[np.datetime64], peak_day: int) -> Floats:
    """Angle of the year, radians, zero on the ``peak_day``-th day of January."""
    new_year = days.astype("datetime64[Y]").astype("datetime64[D]")
    day_of_year = (days - new_year).astype(np.int64) + 1
    return np.asarray(2 * np.pi * (day_of_year - peak_day) / DAYS_IN_YEAR, dtype=np.float64)


@cache
def mixing(*lengths_km: float) -> Floats:
    """Cholesky factor of a correlation between sites that falls off over each of these distances in equal parts."""
    distance = distances_km()
    alike = sum(np.exp(-distance / length) for length in lengths_km) / len(lengths_km)
    return np.asarray(np.linalg.cholesky(alike + 1e-9 * np.eye(len(distance))), dtype=np.float64)


@cache
def elevations_m() -> Floats:
    """Height above the sea, m, [sites]: the land rises to the north-east."""
    return np.array([max(4.0, 20 + 4.0 * s.north_km + 2.0 * s.east_km) for s in SITES])


def weather_of(seed: int, year: int) -> Weather:
    """The weather of one calendar year."""
    days, sites = days_of(year), len(SITES)
    ridge, flow, own = (
        remembered(seed, f"weather {n}", year, 1, m)[:, 0] for n, m in (("ridge", 0.68), ("flow", 0.6), ("own", 0.8))
    )
    # Air gets dirty and hot while a ridge stands, from the day after it came: the barometer knows a day ahead.
    stood = remembered(seed, "weather ridge", year, 1, 0.8, delay=1)[:, 0]
    stagnation = 0.75 * stood + 0.3 * ridge
    heat = 0.5 * stood + 0.4 * flow + 0.65 * own
    regime = np.select([ridge < -0.9, stagnation > 0.6, flow > 0.5], [FRONTAL, STAGNANT, HUMID], VENTILATED)
    local = [remembered(seed, f"weather {n}", year, sites, 0.4, mixing(150.0)) for n in "tsdhp"]
    up = elevations_m()
    temperature = 59 + 16 * np.cos(phase(days, 202))[:, None] + 6 * heat[:, None] + 1.5 * local[0] - 0.0063 * up
    speed = np.exp(1.75 - 0.28 * ridge + 0.25 * (regime == FRONTAL))[:, None] * np.exp(0.18 * local[1])
    direction = (290 - 85 * np.tanh(flow) + 50 * (regime == FRONTAL))[:, None] + 14 * local[2]
    humidity = 66 + 12 * (regime == HUMID)[:, None] - 4 * heat[:, None] - 3 * ridge[:, None] + 5 * local[3]
    pressure = 1014 + 6 * ridge[:, None] - 1.5 * flow[:, None] + 0.6 * local[4] - up / 8.3
    humidity = np.clip(humidity, 8, 100)
    return Weather(days, heat, stagnation, regime, temperature, speed, direction % 360, humidity, pressure)
