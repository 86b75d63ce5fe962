"""The National Ambient Air Quality Standards: level, averaging time, form, and the days each one holds.

The source is 40 CFR 50; every standard in force since 1997 is here. A standard judges years of measurements,
through its form: a single day above the level is no violation. Levels are in the AQS unit of
``airwatch.domain.pollutants``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from airwatch.domain.pollutants import POLLUTANTS, UnknownPollutant

Averaging = Literal["1-hour", "3-hour", "8-hour", "24-hour", "annual"]
Protects = Literal["health", "welfare", "health and welfare"]


@dataclass(frozen=True, slots=True)
class Standard:
    """One air quality standard.

    Attributes:
        pollutant: A name of ``POLLUTANTS``.
        level: What the form of the measurements may not exceed, in the AQS unit.
        averaging: Time over which one measurement is averaged.
        form: The statistic that is compared with the level.
        protects: ``health`` for a primary standard, ``welfare`` for a secondary one, or both.
        effective: First day it holds.
        superseded: First day a newer standard holds in its place; ``None`` while none does. Areas that
            failed the old one can stay bound to it for longer.
        source: Section of 40 CFR, and the Federal Register notice that set it.
    """

    pollutant: str
    level: float
    averaging: Averaging
    form: str
    protects: Protects
    effective: date
    superseded: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether the standard is in force on a day."""
        day = day.date() if isinstance(day, datetime) else day
        return self.effective <= day and (self.superseded is None or day < self.superseded)


_BOTH: Protects = "health and welfare"
_PERCENTILE_98 = "98th percentile of the year's daily values, averaged over 3 years"
_PERCENTILE_99 = "99th percentile of the year's daily values, averaged over 3 years"
_ANNUAL_MEAN = "annual mean, averaged over 3 years"
_FOURTH_HIGHEST = "fourth-highest daily maximum of the year, averaged over 3 years"
_ONCE_A_YEAR = "not to be exceeded more than once a year"
_ONCE_ON_AVERAGE = "not to be exceeded more than once a year on average over 3 years"
_1971 = date(1971, 4, 30)
_1979 = date(1979, 2, 8)
_1987 = date(1987, 7, 31)
_1997 = date(1997, 9, 16)
_2005 = date(2005, 6, 15)
_2006 = date(2006, 12, 18)
_2008 = date(2008, 5, 27)
_NO2_2010 = date(2010, 4, 12)
_SO2_2010 = date(2010, 8, 23)
_2013 = date(2013, 3, 18)
_2015 = date(2015, 12, 28)
_2024 = date(2024, 5, 6)
_2025 = date(2025, 1, 27)

STANDARDS: tuple[Standard, ...] = (
    Standard("pm25", 65.0, "24-hour", _PERCENTILE_98, _BOTH, _1997, _2006, "40 CFR 50.7, 62 FR 38652"),
    Standard("pm25", 35.0, "24-hour", _PERCENTILE_98, _BOTH, _2006, None, "40 CFR 50.13, 71 FR 61144"),
    Standard("pm25", 15.0, "annual", _ANNUAL_MEAN, "welfare", _1997, None, "40 CFR 50.7, 62 FR 38652"),
    Standard("pm25", 15.0, "annual", _ANNUAL_MEAN, "health", _1997, _2013, "40 CFR 50.7, 62 FR 38652"),
    Standard("pm25", 12.0, "annual", _ANNUAL_MEAN, "health", _2013, _2024, "40 CFR 50.18, 78 FR 3086"),
    Standard("pm25", 9.0, "annual", _ANNUAL_MEAN, "health", _2024, None, "40 CFR 50.20, 89 FR 16202"),
    Standard("pm10", 150.0, "24-hour", _ONCE_ON_AVERAGE, _BOTH, _1987, None, "40 CFR 50.6, 52 FR 24634"),
    Standard("pm10", 50.0, "annual", _ANNUAL_MEAN, _BOTH, _1987, _2006, "40 CFR 50.6, 52 FR 24634"),
    Standard("ozone", 0.12, "1-hour", _ONCE_A_YEAR, _BOTH, _1979, _2005, "40 CFR 50.9, 44 FR 8202"),
    # Written with two digits, so that a form of 0.084 ppm rounds to the level and meets it.
    Standard("ozone", 0.08, "8-hour", _FOURTH_HIGHEST, _BOTH, _1997, _2008, "40 CFR 50.10, 62 FR 38856"),
    Standard("ozone", 0.075, "8-hour", _FOURTH_HIGHEST, _BOTH, _2008, _2015, "40 CFR 50.15, 73 FR 16436"),
    Standard("ozone", 0.070, "8-hour", _FOURTH_HIGHEST, _BOTH, _2015, None, "40 CFR 50.19, 80 FR 65292"),
    Standard("no2", 53.0, "annual", "annual mean", _BOTH, _1971, None, "40 CFR 50.11, 36 FR 8186"),
    Standard("no2", 100.0, "1-hour", _PERCENTILE_98, "health", _NO2_2010, None, "40 CFR 50.11, 75 FR 6474"),
    Standard("so2", 140.0, "24-hour", _ONCE_A_YEAR, "health", _1971, _SO2_2010, "40 CFR 50.4, 36 FR 8186"),
    Standard("so2", 30.0, "annual", "annual mean", "health", _1971, _SO2_2010, "40 CFR 50.4, 36 FR 8186"),
    Standard("so2", 75.0, "1-hour", _PERCENTILE_99, "health", _SO2_2010, None, "40 CFR 50.17, 75 FR 35520"),
    Standard("so2", 500.0, "3-hour", _ONCE_A_YEAR, "welfare", _1971, _2025, "40 CFR 50.5, 36 FR 8186"),
    Standard("so2", 10.0, "annual", _ANNUAL_MEAN, "welfare", _2025, None, "40 CFR 50.21, 89 FR 105692"),
    Standard("co", 9.0, "8-hour", _ONCE_A_YEAR, "health", _1971, None, "40 CFR 50.8, 36 FR 8186"),
    Standard("co", 35.0, "1-hour", _ONCE_A_YEAR, "health", _1971, None, "40 CFR 50.8, 36 FR 8186"),
)


def standards_of(pollutant: str, on: date) -> tuple[Standard, ...]:
    """The standards of a pollutant in force on a day; ``pm25_acceptable`` measurements are judged by none.

    Raises:
        UnknownPollutant: No pollutant has that name.
    """
    if pollutant not in POLLUTANTS:
        raise UnknownPollutant(f"Unknown pollutant {pollutant!r}. Use one of: {', '.join(POLLUTANTS)}.")
    return tuple(each for each in STANDARDS if each.pollutant == pollutant and each.holds_on(on))
