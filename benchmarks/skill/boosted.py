"""Peers of boosted trees: mlforecast with LightGBM and XGBoost, and one that knows the calendar only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from xgboost import XGBRegressor

from benchmarks.skill.history import History, Rows
from benchmarks.skill.ridge import DAYS_OF_A_YEAR, LAGS, TRAILING_DAYS, carried_forward
from benchmarks.skill.units import Floats, Unit

SEED = 20
LONGEST_GAP_DAYS = 28
# What both libraries take by one name.
COMMON: dict[str, Any] = {
    "n_estimators": 120,
    "learning_rate": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "n_jobs": 1,
    "random_state": SEED,
}


def lightgbm() -> LGBMRegressor:
    """LightGBM as the benchmark sets it up."""
    return LGBMRegressor(num_leaves=15, min_child_samples=500, subsample_freq=1, verbose=-1, **COMMON)


def xgboost() -> XGBRegressor:
    """XGBoost as the benchmark sets it up."""
    return XGBRegressor(max_depth=4, min_child_weight=500, **COMMON)


class DirectTrees:
    """mlforecast with ``max_horizon``: a model for each lead on lags 1 to 14, rolling means and date features.

    A gap of up to 28 days is filled with the last value; after a longer one the site begins anew, as another
    series. Only origins and targets that were observed are learnt from. On 2019, trained to 2018, these small trees
    did better than larger ones, and the day of the year did harm.
    """

    smeared = True

    def __init__(self, unit: Unit, model: Any) -> None:
        self.unit = unit
        self.forecaster = MLForecast(
            models={"trees": model},
            freq="D",
            lags=list(range(1, LAGS + 1)),
            lag_transforms={1: [RollingMean(days, min_samples=1) for days in TRAILING_DAYS]},
            date_features=["dayofweek", "month"],
            num_threads=1,
        )

    def fit(self, history: History) -> None:
        """One model for each lead."""
        rows = Rows.observed(history)
        targets = self.unit.forward(rows.targets(history))
        self.forecaster.fit_models(self._features(history, rows), targets)

    def expect(self, history: History, rows: Rows) -> Floats:
        """What the models say of the day after each origin and the six that follow."""
        features = self._features(history, rows)
        return np.column_stack([model.predict(features) for model in self.forecaster.models_["trees"]])

    def _features(self, history: History, rows: Rows) -> Floats:
        """Mlforecast's features of the first day to forecast, for each row [n, 21]."""
        series, place = as_series(history, self.unit)
        features, _ = self.forecaster.preprocess(
            series, static_features=[], dropna=False, return_X_y=True, as_numpy=True
        )
        return np.asarray(features[place[rows.site, rows.day + 1]])


def as_series(history: History, unit: Unit) -> tuple[pd.DataFrame, Floats]:
    """The history as mlforecast takes it, and where in it each cell lies.

    Returns:
        ``unique_id``, ``ds``, ``y`` in ``unit``, sorted, each series without a gap and one day longer than what was
        observed; and the row of each site and day, -1 where there is none [sites, days + 1].
    """
    padded = np.pad(history.values, ((0, 0), (0, 1)), constant_values=np.nan)
    filled = carried_forward(padded, LONGEST_GAP_DAYS)
    alive = np.isfinite(filled)
    begins = alive & ~np.pad(alive, ((0, 0), (1, 0)))[:, :-1]
    number = np.cumsum(begins.ravel()).reshape(alive.shape)
    days = pd.date_range(history.start, periods=alive.shape[1], freq="D").to_numpy()
    series = pd.DataFrame(
        {"unique_id": number[alive], "ds": days[np.nonzero(alive)[1]], "y": unit.forward(filled[alive])}
    )
    return series, np.where(alive, np.cumsum(alive.ravel()).reshape(alive.shape) - 1, -1)


class CalendarTrees:
    """XGBoost on day of the year, weekday, month and position: what knows nothing of the days before.

    It says the same of a day at every lead.
    """

    smeared = True

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.model = xgboost()

    def fit(self, history: History) -> None:
        """One model of all days that were observed."""
        rows = Rows.observed(history)
        self.model.fit(calendar_and_position(history, rows, 0), self.unit.forward(rows.at(history.values)))

    def expect(self, history: History, rows: Rows) -> Floats:
        """What the model says of each target day."""
        leads = range(1, history.horizon + 1)
        return np.column_stack([self.model.predict(calendar_and_position(history, rows, lead)) for lead in leads])


def calendar_and_position(history: History, rows: Rows, lead: int) -> Floats:
    """Sine and cosine of the day of the year, weekday, month, latitude and longitude ``lead`` days on [n, 6]."""
    day = history.days[rows.day] + np.timedelta64(lead, "D")
    turn = 2.0 * np.pi * day.dayofyear.to_numpy() / DAYS_OF_A_YEAR
    places = history.sites[["latitude", "longitude"]].to_numpy(dtype=np.float64)[rows.site]
    return np.column_stack([np.sin(turn), np.cos(turn), day.dayofweek, day.month, places])
