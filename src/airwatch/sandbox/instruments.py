"""What the instruments of the sandbox make of the air: noise, gaps, short days, flagged days and late corrections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airwatch.sandbox import air
from airwatch.sandbox.network import (
    BAM,
    FAILS_FOR_A_MONTH,
    FILTER,
    FIRST_REPORT_OVER_RESTATED,
    T640_FIRST_REPORT,
    Monitor,
    monitors_of,
    site_id,
)
from airwatch.sandbox.randomness import Floats, days_of, generator
from airwatch.sandbox.weather import Weather, weather_of

Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]

HOURS_FOR_A_VALID_DAY = 18  # 75 percent of 24, 40 CFR 50 Appendix N
LONGEST_OUTAGE_DAYS = 45
HEAVY_TAIL = 4  # degrees of freedom of Student's t: an instrument's bad days are worse than a normal law has them
SHARE_REVISED = 0.06
REVISED_AFTER_DAYS = (60, 300)
POLLUTANT_CODES = ("88101", "44201", "42602", "42101", "81102")
FILTER_SCHEDULE = 1  # days since 1970-01-01 modulo 3 on which EPA's one-in-three schedule samples
SMOKE_IS_FLAGGED_ABOVE = 8.0  # µg/m³ of smoke
# Hours that a running instrument reports, and the chance of at most that many. Rarely a day falls short of 18.
HOURS = np.array([11, 14, 16, 17, 19, 21, 22, 23, 24])
CHANCE_OF_AT_MOST = np.array([0.001, 0.003, 0.005, 0.008, 0.016, 0.03, 0.06, 0.14, 1.0])


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often an instrument is silent: chance of a lone day, of an outage's start, and its mean length in days."""

    lone_day: float
    outage: float
    outage_days: float


TROUBLE = {"88101": Trouble(0.026, 0.0042, 6.5), "44201": Trouble(0.008, 0.0016, 6.0)}
USUAL_TROUBLE = Trouble(0.012, 0.002, 5.0)


@dataclass(frozen=True, slots=True)
class Readings:
    """One parameter, one calendar year; arrays are [days, monitors], concentrations in the AQS unit.

    ``daily`` is the number that the day is known for: the 24-hour mean, or the highest 8-hour or 1-hour mean;
    ``clean`` is the same without smoke.
    """

    days: Days  # [days]
    monitors: tuple[Monitor, ...]
    daily: Floats
    clean: Floats
    hours: NDArray[np.int64]
    peak_hour: NDArray[np.int64]
    present: Flags
    flagged: Flags  # smoke that the agency asks to have left out
    changed: Days

    @property
    def code(self) -> str:
        """The AQS parameter code."""
        return self.monitors[0].instrument.code


def true_air(seed: int, weather: Weather, year: int, code: str) -> tuple[Floats, Floats]:
    """The day's number without smoke and what smoke adds to it, [days, sites] each, in the AQS unit."""
    nothing = np.zeros_like(weather.temperature)
    match code:
        case "88101":
            return air.pm25_without_smoke(seed, weather, year), air.smoke_of(seed, weather, year)
        case "44201":
            # Smoke makes ozone too, until it shades the sun.
            return air.ozone(seed, weather, year), 0.006 * np.tanh(air.smoke_of(seed, weather, year) / 25)
        case "42602":
            return 27.0 * air.traffic(seed, weather, year, "no2"), nothing
        case "42101":
            return 0.25 + 0.45 * air.traffic(seed, weather, year, "co"), nothing
        case "81102":
            fine = air.pm25_without_smoke(seed, weather, year)
            return fine + air.dust(seed, weather, year), 1.15 * air.smoke_of(seed, weather, year)
    measured = {
        "62101": weather.temperature,
        "61103": weather.wind_speed,
        "61104": weather.wind_direction,
        "62201": weather.humidity,
        "64101": weather.pressure,
    }
    return measured[code], nothing


def _noise(code: str, value: Floats, monitors: tuple[Monitor, ...], chance: np.random.Generator) -> Floats:
    """``value`` as an instrument prints it; a beta gauge in clean air can print less than nothing."""
    share, plus = chance.standard_normal(value.shape), chance.standard_t(HEAVY_TAIL, value.shape)
    match code:
        case "88101":
            offset = np.array([{BAM: 0.8, FILTER: 0.2}.get(m.instrument, 0.3) for m in monitors])
            return np.asarray(value * (1 + 0.03 * share) + offset * plus)
        case "44201":
            return np.maximum(value + 0.0008 * plus, 0.0)
        case "42602" | "42101":
            return np.maximum(value * (1 + 0.06 * share), 0.0)
        case "81102":
            return np.asarray(value * (1 + 0.06 * share) + 1.2 * plus)
    return value


def _outages(seed: int, code: str, year: int, count: int) -> Flags:
    """Days without a reading, [days, monitors]; an outage that began last year runs on into this one."""
    trouble = TROUBLE.get(code, USUAL_TROUBLE)
    # Some instruments are worse than others, for good.
    proneness = generator(seed, f"trouble {code}", 0).gamma(2.0, 0.5, count)
    steps, lone = [], np.zeros((0, count), dtype=bool)
    for which in (year - 1, year):
        chance, shape = generator(seed, f"outages {code}", which), (len(days_of(which)), count)
        lone = chance.random(shape) < trouble.lone_day * proneness
        begins = chance.random(shape) < trouble.outage * proneness
        lengths = np.minimum(chance.geometric(1 / trouble.outage_days, shape), LONGEST_OUTAGE_DAYS)
        steps.append(np.where(begins, lengths, 0))
    both, this = np.concatenate(steps), len(lone)
    change = np.zeros((len(both) + LONGEST_OUTAGE_DAYS + 1, count), dtype=np.int64)
    day, monitor = np.nonzero(both)
    np.add.at(change, (day, monitor), 1)
    np.add.at(change, (day + both[day, monitor], monitor), -1)
    silent = np.cumsum(change, axis=0)[: len(both)] > 0
    return np.asarray(silent[-this:] | lone, dtype=np.bool_)


def _in_service(seed: int, year: int, days: Days, monitors: tuple[Monitor, ...]) -> Flags:
    """Whether a reading is due: the site is open, the filter scheduled, the site not in its yearly month of failure."""
    due = np.ones((len(days), len(monitors)), dtype=bool)
    fails_from = int(generator(seed, "month of failure", year).integers(20, 320))
    for column, monitor in enumerate(monitors):
        site = monitor.site
        due[:, column] &= days >= np.datetime64(site.opened)
        if site.closed is not None:
            due[:, column] &= days <= np.datetime64(site.closed)
        if monitor.instrument.cadence_days > 1:
            due[:, column] &= days.astype(np.int64) % monitor.instrument.cadence_days == FILTER_SCHEDULE
        if site_id(site) == FAILS_FOR_A_MONTH:
            due[fails_from : fails_from + 30, column] = False
    return due


def readings_of(seed: int, code: str, year: int) -> Readings:
    """What every monitor of one parameter code reported in one calendar year."""
    monitors, weather = monitors_of(code), weather_of(seed, year)
    without_smoke, smoke = true_air(seed, weather, year, code)
    at = [m.site_index for m in monitors]
    chance, shape = generator(seed, f"readings {code}", year), (len(weather.days), len(monitors))
    hours = HOURS[np.searchsorted(CHANCE_OF_AT_MOST, chance.random(shape))]
    hours[:, [m.instrument is FILTER for m in monitors]] = 24
    daily = _noise(code, (without_smoke + smoke)[:, at], monitors, chance)
    if code in POLLUTANT_CODES:  # the mean of the hours that are there is not the mean of the day
        daily = daily * (1 + 0.25 * np.sqrt(1 - hours / 24) * chance.standard_normal(shape))
    usual_hour = 10 if code == "44201" else 8
    peak_hour = np.clip(np.rint(chance.normal(usual_hour, 2.0, shape)), 0, 23).astype(np.int64)
    days_late = np.where(chance.random(shape) < SHARE_REVISED, chance.integers(*REVISED_AFTER_DAYS, shape), 1)
    present = _in_service(seed, year, weather.days, monitors) & ~_outages(seed, code, year, len(monitors))
    # A second report of the same instrument repeats the column before it.
    again = np.array([m.instrument is T640_FIRST_REPORT for m in monitors])
    source = np.arange(len(monitors)) - again
    factor = np.where(again, FIRST_REPORT_OVER_RESTATED, 1.0)
    return Readings(
        days=weather.days,
        monitors=monitors,
        daily=daily[:, source] * factor,
        clean=(daily - smoke[:, at])[:, source] * factor,
        hours=hours[:, source],
        peak_hour=peak_hour[:, source],
        present=present[:, source],
        flagged=smoke[:, at] > SMOKE_IS_FLAGGED_ABOVE,
        changed=(weather.days[:, None] + days_late.astype("timedelta64[D]"))[:, source],
    )
