"""The Air Quality Index: concentration to index, and index to concentration.

Breakpoints are those of 40 CFR 58 Appendix G, Table 2, each with the day it holds from. Concentrations are in
the AQS unit of ``airwatch.domain.pollutants``.

The arithmetic is exact: concentrations are counted in whole steps of the table's grid (0.1 µg/m³, 0.001 ppm,
1 ppb), so that a value half-way between two indices goes up, as EPA rounds it, and no index hangs on the last
bit of a float.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airwatch.domain.categories import (
    CATEGORIES,
    Category,
    categories_of,
    category,
    cautionary_statement,
)
from airwatch.domain.pollutants import POLLUTANTS, UnknownPollutant

__all__ = [
    "BREAKPOINTS",
    "CATEGORIES",
    "Breakpoints",
    "Category",
    "aqi_of",
    "aqi_to_concentration",
    "breakpoints",
    "categories_of",
    "category",
    "cautionary_statement",
    "concentration_to_aqi",
    "exceedance_concentration",
    "truncate",
]

# Noise of floating-point sums, in steps of the grid, that is lifted before digits are cut; the six decimals
# that AQS prints never come so near to the next step.
_LIFT_STEPS = 1e-6
_ABSURD = 1e12  # far above any concentration, and far below where whole steps overflow


@dataclass(frozen=True, slots=True)
class Breakpoints:
    """One pollutant's AQI table: the highest concentration of each segment and the index it scores.

    A segment begins one step of the grid, and one index, above the end of the segment before it.

    Attributes:
        holds_from: The first day that the table holds.
        tops: Highest concentration of each segment, in the AQS unit.
        indices: AQI of those concentrations.
        decimals: Digits after the point that the table is written in.
    """

    holds_from: date
    tops: tuple[float, ...]
    indices: tuple[int, ...]
    decimals: int

    @property
    def high_steps(self) -> list[int]:
        """Highest concentration of each segment, in steps of the grid."""
        return [round(top * 10**self.decimals) for top in self.tops]

    @property
    def low_steps(self) -> list[int]:
        """Lowest concentration of each segment, in steps of the grid."""
        return [0, *(step + 1 for step in self.high_steps[:-1])]

    @property
    def low_indices(self) -> list[int]:
        """AQI of each segment's lowest concentration."""
        return [0, *(index + 1 for index in self.indices[:-1])]


# AQI of the tops, by their number. Until 2024 Hazardous had two segments, each with a slope of its own.
_INDICES = {
    5: (50, 100, 150, 200, 300),
    6: (50, 100, 150, 200, 300, 500),
    7: (50, 100, 150, 200, 300, 400, 500),
}


def _table(pollutant: str, holds_from: date, *tops: float) -> Breakpoints:
    return Breakpoints(holds_from, tops, _INDICES[len(tops)], POLLUTANTS[pollutant].aqi_decimals)


_PM_RULE = date(2024, 5, 6)  # 89 FR 16202
_PM25 = (
    _table("pm25", date(2013, 3, 18), 12.0, 35.4, 55.4, 150.4, 250.4, 350.4, 500.4),  # 78 FR 3086
    _table("pm25", _PM_RULE, 9.0, 35.4, 55.4, 125.4, 225.4, 325.4),
)
BREAKPOINTS: dict[str, tuple[Breakpoints, ...]] = {
    "pm25": _PM25,
    "pm25_acceptable": _PM25,
    "ozone": (
        # 80 FR 65292. Above 0.200 ppm Appendix G turns to one-hour means.
        _table("ozone", date(2015, 12, 28), 0.054, 0.070, 0.085, 0.105, 0.200),
    ),
    "pm10": (
        _table("pm10", date(1999, 10, 4), 54, 154, 254, 354, 424, 504, 604),  # 64 FR 42530
        _table("pm10", _PM_RULE, 54, 154, 254, 354, 424, 604),
    ),
    "no2": (
        _table("no2", date(2010, 4, 12), 53, 100, 360, 649, 1249, 1649, 2049),  # 75 FR 6474
        _table("no2", _PM_RULE, 53, 100, 360, 649, 1249, 2049),
    ),
    "so2": (
        _table("so2", date(2010, 8, 23), 35, 75, 185, 304, 604, 804, 1004),  # 75 FR 35520
        _table("so2", _PM_RULE, 35, 75, 185, 304, 604, 1004),
    ),
    "co": (
        _table("co", date(1999, 10, 4), 4.4, 9.4, 12.4, 15.4, 30.4, 40.4, 50.4),  # 64 FR 42530
        _table("co", _PM_RULE, 4.4, 9.4, 12.4, 15.4, 30.4, 50.4),
    ),
}


def truncate(concentration: float, decimals: int) -> float:
    """Drop the digits after the ``decimals``-th, toward zero, as AQS does.

    A mean of exact readings can land a hair low: eight hours of 0.086 ppm can average 0.0859999…, one
    category down. Noise far below instrument precision is lifted before cutting.
    """
    scale: int = 10**decimals
    steps = concentration * scale
    return math.trunc(steps + math.copysign(_LIFT_STEPS, steps)) / scale


def breakpoints(pollutant: str, on: date | None = None) -> Breakpoints:
    """The AQI table of a pollutant that holds on a day; the newest one where no day is given.

    A day before the oldest table is scored by the oldest: AQS recomputes its history too.

    Raises:
        UnknownPollutant: The AQI does not score anything of that name.
    """
    tables = BREAKPOINTS.get(pollutant)
    if tables is None:
        raise UnknownPollutant(f"No AQI for {pollutant!r}. Use one of: {', '.join(BREAKPOINTS)}.")
    if on is None:
        return tables[-1]
    day = on.date() if isinstance(on, datetime) else on
    return next((table for table in reversed(tables) if table.holds_from <= day), tables[0])


def aqi_of(pollutant: str, concentrations: ArrayLike, on: date | None = None) -> NDArray[np.int64]:
    """The AQI of each concentration, as AQS computes it.

    Off the ends of the table: a negative concentration scores 0, and one above the table goes on along its
    last segment, as 40 CFR 58 App. G says of values above 500 and as AQS does. So does ozone above 0.200 ppm,
    where Appendix G turns to one-hour means, which a daily value does not hold. SO2 above 304 ppb is scored
    by the rest of its column, which Appendix G reads with the 24-hour mean.

    Args:
        pollutant: A name of ``POLLUTANTS``.
        concentrations: Any shape, in the pollutant's AQS unit. Float32 readings are taken at the seven digits
            they hold.
        on: The day whose table is meant; the newest table where it is ``None``.

    Returns:
        The indices, in the shape of the input.

    Raises:
        ValueError: A concentration is missing or infinite: the index of nothing is not a number.
        UnknownPollutant: The AQI does not score the pollutant.
    """
    table = breakpoints(pollutant, on)
    steps = _whole_steps(np.asarray(concentrations), table.decimals)
    low, high = np.array(table.low_steps), np.array(table.high_steps)
    low_index, high_index = np.array(table.low_indices), np.array(table.indices)
    segment = np.searchsorted(low, steps, side="right") - 1
    rise = 2 * (high_index - low_index)[segment] * (steps - low[segment])
    run = (high - low)[segment]
    return np.asarray(low_index[segment] + (rise + run) // (2 * run), dtype=np.int64)


def concentration_to_aqi(pollutant: str, concentration: float, on: date | None = None) -> int:
    """The AQI of one concentration; ``aqi_of`` has the rules, units and errors."""
    return int(aqi_of(pollutant, concentration, on))


def aqi_to_concentration(pollutant: str, aqi: int, on: date | None = None) -> float:
    """The concentration of the table's grid that comes nearest to an AQI, in the AQS unit.

    Where the grid is coarser than the index (ozone has 16 steps between 51 and 100) the AQI of the result can
    differ from the one asked for; an AQI that some concentration has is always met.

    Raises:
        ValueError: The AQI is negative.
        UnknownPollutant: The AQI does not score the pollutant.
    """
    table = breakpoints(pollutant, on)
    low, run, low_index, rise = _segment_of_index(table, _checked(aqi))
    steps = (2 * (aqi - low_index) * run + rise) // (2 * rise)
    return float((low + steps) / 10**table.decimals)


def exceedance_concentration(pollutant: str, aqi: int, on: date | None = None) -> float:
    """The lowest concentration of the table's grid whose AQI is above ``aqi``: 9.1 µg/m³ of PM2.5 above 50.

    Raises:
        ValueError: The AQI is negative.
        UnknownPollutant: The AQI does not score the pollutant.
    """
    table = breakpoints(pollutant, on)
    low, run, low_index, rise = _segment_of_index(table, _checked(aqi) + 1)
    # Rounding gives aqi + 1 from half an index below it: the first whole step at or past that point.
    steps = max(0, -(-(2 * (aqi + 1 - low_index) - 1) * run // (2 * rise)))
    return float((low + steps) / 10**table.decimals)


def _checked(aqi: int) -> int:
    if aqi < 0:
        raise ValueError(f"{aqi} is not an AQI: the index begins at 0.")
    return aqi


def _segment_of_index(table: Breakpoints, aqi: int) -> tuple[int, int, int, int]:
    """Lowest step, length in steps, lowest index and length in indices of the segment that holds an AQI."""
    n = bisect_left(table.indices[:-1], aqi)
    low, low_index = table.low_steps[n], table.low_indices[n]
    return low, table.high_steps[n] - low, low_index, table.indices[n] - low_index


def _whole_steps(concentrations: NDArray[np.generic], decimals: int) -> NDArray[np.int64]:
    """Concentrations cut to whole steps of the grid, negatives to 0."""
    values = concentrations.astype(np.float64)
    if concentrations.dtype == np.float32:  # 0.106 arrives as 0.10599999874…, one category down
        values = np.round(values, decimals + 3)
    if not np.all(np.abs(values) < _ABSURD):
        raise ValueError("A concentration is missing or infinite, and has no AQI. Drop such rows first.")
    scale: int = 10**decimals
    steps: NDArray[np.float64] = np.trunc(np.maximum(values, 0.0) * scale + _LIFT_STEPS)
    return steps.astype(np.int64)
