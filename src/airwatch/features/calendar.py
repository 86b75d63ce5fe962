"""What the calendar says of an origin and of the days it forecasts; known ahead for ever."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.holiday import USFederalHolidayCalendar

from airwatch.features.compiled import FloatArray
from airwatch.features.spec import WEEKDAYS, calendar_groups

_DAYS_OF_A_LEAP_YEAR = 366


def calendar_table(origins: pd.DatetimeIndex, horizon_days: int) -> NDArray[np.float32]:
    """Every calendar column of consecutive origins, in the order of ``spec.calendar_groups``, [columns, days].

    Args:
        origins: Consecutive local standard days.
        horizon_days: Longest lead; ``holiday_03`` is 1 where the day three days ahead is a federal holiday,
            ``fireworks_03`` where it is 1 January, 4 July or 5 July, whose smoke is in the day's mean.
    """
    named = dict(_columns(origins, horizon_days))
    return np.array([named[name] for name in calendar_groups(horizon_days)], dtype=np.float32)


def _columns(origins: pd.DatetimeIndex, horizon_days: int) -> Iterator[tuple[str, FloatArray]]:
    days = origins.dayofyear.to_numpy() - 1
    for suffix, turns in (("", 1), ("_2", 2)):
        angle = _angles()[turns * days % _DAYS_OF_A_LEAP_YEAR]
        yield f"doy_sin{suffix}", angle[:, 0]
        yield f"doy_cos{suffix}", angle[:, 1]
    weekday = origins.dayofweek.to_numpy()
    for number, name in enumerate(WEEKDAYS):
        yield f"weekday_{name}", (weekday == number).astype(np.float64)
    targets = pd.date_range(origins[0], periods=len(origins) + horizon_days, freq="D", unit="us")
    holiday = targets.isin(_holidays(origins, horizon_days)).astype(np.float64)
    fireworks = targets.isin(_smoky_days(origins)).astype(np.float64)
    for lead in range(1, horizon_days + 1):
        yield f"holiday_{lead:02d}", holiday[lead : lead + len(origins)]
        yield f"fireworks_{lead:02d}", fireworks[lead : lead + len(origins)]


def _angles() -> FloatArray:
    """Sine and cosine of each day of the year, [366, 2]; from one table a day always has the same bits."""
    turns = 2.0 * np.pi * np.arange(_DAYS_OF_A_LEAP_YEAR) / _DAYS_OF_A_LEAP_YEAR
    return np.column_stack([np.sin(turns), np.cos(turns)])


def _holidays(origins: pd.DatetimeIndex, horizon_days: int) -> pd.DatetimeIndex:
    """Federal holidays as observed: a Monday or Friday where the day itself falls on a weekend."""
    last = origins[-1] + pd.Timedelta(days=horizon_days)
    years = [_holidays_of(year) for year in range(origins[0].year, last.year + 1)]
    return pd.DatetimeIndex(np.concatenate(years))


@cache
def _holidays_of(year: int) -> pd.DatetimeIndex:
    """Those kept in a year; New Year's Day may be kept on the last day of the year before."""
    found = USFederalHolidayCalendar().holidays(pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31))
    return pd.DatetimeIndex(found)


def _smoky_days(origins: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The days with smoke of fireworks: 1 January, 4 and 5 July themselves, never moved."""
    years = range(origins[0].year, origins[-1].year + 2)
    return pd.DatetimeIndex(
        [pd.Timestamp(year, month, day) for year in years for month, day in ((1, 1), (7, 4), (7, 5))]
    )
