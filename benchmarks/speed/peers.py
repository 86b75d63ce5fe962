"""What mlforecast can express of AirWatch's features, as its makers would have it; ``polars_table`` has Polars.

It counts rows, not days, so every gap is filled before the clock starts. It does not weigh what is missing, look at
other sites, or put anything in the place of a value that is not there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Self

import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import Combine, Offset, RollingMean, RollingStd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from airwatch.features.calendar import calendar_table
from airwatch.features.spec import DAYS_OF_A_YEAR, FeatureSpec, calendar_groups
from benchmarks.speed.network import Network

FloatColumn = NDArray[np.float32]
ONE_DAY = pd.Timedelta(days=1)
COLUMNS = {"id_col": "site", "time_col": "date", "target_col": "value", "static_features": ["latitude", "longitude"]}


class Same:
    """The columns of the production set that follow from lags, windows and dates: what peers are asked for.

    Attributes:
        names: Of the columns, in the order of the feature table where the calendar comes last.
        lags: Days back of ``value_lag_*``.
        means: Windows of ``value_mean_*``.
        spreads: Windows of ``spread_*``.
        climatology: For each lead from 0 on, how many days before the origin each yearly window ends.
        climatology_days: Days of such a window.
        calendar: The columns of every origin, by name.
    """

    def __init__(self, network: Network, spec: FeatureSpec) -> None:
        """Read them off the parameters."""
        about, leads = spec.climatology, range(network.horizon_days + 1)
        newest = [round(DAYS_OF_A_YEAR * year) - about.half_width_days for year in range(1, about.years + 1)]
        self.lags, self.means, self.spreads = range(spec.lag_days), spec.mean_days, spec.spread_days
        self.climatology = [[back - lead for back in newest] for lead in leads]
        self.climatology_days = 2 * about.half_width_days + 1
        self.first_day = network.calendar[0]
        columns = calendar_table(network.calendar, network.horizon_days)
        self.calendar = dict(zip(calendar_groups(network.horizon_days), columns, strict=True))
        self.names = [
            *(f"value_lag_{back:02d}" for back in self.lags),
            *(f"value_mean_{window:02d}" for window in self.means),
            *(f"spread_{window:02d}" for window in self.spreads),
            *(f"value_climatology_{lead:02d}" for lead in leads),
            *("latitude", "longitude"),
            *self.calendar,
        ]


def filled(network: Network) -> pd.DataFrame:
    """The values of the first pollutant without gaps: as cheap to read as can be, sorted, sites as numbers."""
    values, places = network.values(network.pollutants[0], gaps=False), network.places()
    site, day = np.nonzero(np.isfinite(values))
    return pd.DataFrame(
        {
            "site": site.astype(np.int32),
            "date": network.calendar[day],
            "value": values[site, day].astype(np.float32),
            "latitude": places["latitude"].to_numpy(dtype=np.float32)[site],
            "longitude": places["longitude"].to_numpy(dtype=np.float32)[site],
        }
    )


def mlforecast_run(frame: pd.DataFrame, same: Same, *, climatology: bool = True) -> Callable[[], pd.DataFrame]:
    """The ``preprocess`` of mlforecast over ``filled``, on one thread.

    Its row of a day holds what was known the day before: the row of origin ``d`` is the one of day ``d + 1``.
    """
    forecast = _mlforecast(same, climatology=climatology)
    return lambda: forecast.preprocess(frame, dropna=False, **COLUMNS)


def mlforecast_newest(frame: pd.DataFrame, same: Same) -> Callable[[], pd.DataFrame]:
    """The newest row alone, from the series that mlforecast has stored, handed to a model that does nothing."""
    forecast = _mlforecast(same).fit(frame, **COLUMNS)
    return lambda: forecast.predict(1)


class Nothing(BaseEstimator):
    """A model for a library that asks for one."""

    def fit(self, matrix: object, target: object) -> Self:
        """Learn nothing."""
        return self

    def predict(self, matrix: pd.DataFrame) -> FloatColumn:
        """Forecast zero."""
        return np.zeros(len(matrix), dtype=np.float32)


def _mlforecast(same: Same, *, climatology: bool = True) -> MLForecast:
    """One thread, and windows as AirWatch has them: they need not be full."""

    def usual(ends: Sequence[int]) -> Any:
        """The sum of the windows of the years before; a division by their number would be one more pass."""
        years = [Offset(RollingMean(same.climatology_days, min_samples=1), end) for end in ends]
        return reduce(lambda total, year: Combine(total, year, operator.add), years)

    windows: list[Any] = [RollingMean(days, min_samples=1) for days in same.means]
    windows += [RollingStd(days, min_samples=2) for days in same.spreads]
    windows += [usual(ends) for ends in same.climatology] if climatology else []
    return MLForecast(
        models=Nothing(),
        freq="D",
        lags=[back + 1 for back in same.lags],
        lag_transforms={1: windows},
        date_features=[_of_the_day_before(name, values, same.first_day) for name, values in same.calendar.items()],
        num_threads=1,
    )


def _of_the_day_before(
    name: str, values: FloatColumn, first_day: pd.Timestamp
) -> Callable[[pd.DatetimeIndex], FloatColumn]:
    """A date feature that only looks up a column of the calendar; the day before the first is not on it."""

    def look_up(dates: pd.DatetimeIndex) -> FloatColumn:
        return values[np.clip((dates - ONE_DAY - first_day).days.to_numpy(), 0, None)]

    look_up.__name__ = name
    return look_up
