"""What the calendar says of an origin and of the days it forecasts; known ahead for ever."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.holiday import USFederalHolidayCalendar

from airwatch.features.kernel import FloatArray
from airwatch.features.spec import WEEKDAYS

_DAYS_OF_A_LEAP_YEAR = 366


def calendar_columns(origins: pd.DatetimeIndex, horizon_days: int, reach_days: int) -> Iterator[tuple[str, FloatArray]]:
    """Every calendar column of consecutive origins, [days] each, with its name.

    Args:
        origins: Consecutive local standard days.
        horizon_days: Longest lead; ``weekend_03`` is 1 where the day three days ahead is a Saturday or
            Sunday.
        reach_days: Distances to holidays are cut there.
    """
    angle = _angles()[origins.dayofyear.to_numpy() - 1]
    yield "doy_sin", angle[:, 0]
    yield "doy_cos", angle[:, 1]
    weekday = origins.dayofweek.to_numpy()
    for number, name in enumerate(WEEKDAYS):
        yield f"weekday_{name}", (weekday == number).astype(np.float64)
    for lead in range(1, horizon_days + 1):
        yield f"weekend_{lead:02d}", ((weekday + lead) % 7 >= 5).astype(np.float64)
    for name, dates in (("holiday", _holidays(origins, reach_days)), ("fireworks", _fireworks(origins))):
        ahead, behind = _days_to_and_since(origins, dates, reach_days)
        yield f"days_to_{name}", ahead
        yield f"days_since_{name}", behind


def _angles() -> FloatArray:
    """Sine and cosine of each day of the year, [366, 2]; from one table a day always has the same bits."""
    turns = 2.0 * np.pi * np.arange(_DAYS_OF_A_LEAP_YEAR) / _DAYS_OF_A_LEAP_YEAR
    return np.column_stack([np.sin(turns), np.cos(turns)])


def _holidays(origins: pd.DatetimeIndex, reach_days: int) -> pd.DatetimeIndex:
    """Federal holidays as observed: a Monday or Friday where the day itself falls on a weekend."""
    reach = pd.Timedelta(days=reach_days + 7)
    return pd.DatetimeIndex(USFederalHolidayCalendar().holidays(origins[0] - reach, origins[-1] + reach))


def _fireworks(origins: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The days with smoke of fireworks: 4 July and 1 January themselves, never moved."""
    years = range(origins[0].year - 1, origins[-1].year + 2)
    return pd.DatetimeIndex([pd.Timestamp(year, month, day) for year in years for month, day in ((1, 1), (7, 4))])


def _days_to_and_since(
    origins: pd.DatetimeIndex, dates: pd.DatetimeIndex, reach_days: int
) -> tuple[FloatArray, FloatArray]:
    """Days to the next of the dates and since the last, zero on the day itself, at most ``reach_days``."""
    days, marks = _day_numbers(origins), _day_numbers(dates)
    following = np.searchsorted(marks, days, side="left")
    previous = np.searchsorted(marks, days, side="right") - 1
    ahead = np.where(following < len(marks), marks[np.minimum(following, len(marks) - 1)] - days, reach_days)
    behind = np.where(previous >= 0, days - marks[np.maximum(previous, 0)], reach_days)
    return np.minimum(ahead, reach_days).astype(np.float64), np.minimum(behind, reach_days).astype(np.float64)


def _day_numbers(dates: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Days since 1970-01-01."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
