"""The strongest peer: a ridge for each lead on two weeks of logarithms, trailing means, season and weekday."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.skill.history import History, Rows
from benchmarks.skill.units import Floats, Unit

LAGS = 14
TRAILING_DAYS = (3, 7, 14, 28)
DAYS_OF_A_YEAR = 365.25


class RidgeOnLags:
    """Direct ridge: the origin and the 13 days before, means of 3 to 28 days, the target's season and weekday.

    A missing lag is the last value before it, at most a fortnight old, then the mean of the last 28 days.
    """

    smeared = True

    def __init__(self, unit: Unit, alpha: float = 1.0) -> None:
        self.unit, self.alpha = unit, alpha
        self.models: list[Pipeline] = []

    def fit(self, history: History) -> None:
        """One regression for each lead, on every origin that was observed."""
        rows = Rows.observed(history)
        recent, targets = recent_columns(history, rows, self.unit), self.unit.forward(rows.targets(history))
        self.models = []
        for lead, target in enumerate(targets.T, start=1):
            seen = np.isfinite(target)
            design = np.column_stack([recent, *calendar_columns(history, rows, lead)])[seen]
            self.models.append(make_pipeline(StandardScaler(), Ridge(self.alpha)).fit(design, target[seen]))

    def expect(self, history: History, rows: Rows) -> Floats:
        """What the regressions say."""
        recent = recent_columns(history, rows, self.unit)
        return np.column_stack(
            [
                model.predict(np.column_stack([recent, *calendar_columns(history, rows, lead)]))
                for lead, model in enumerate(self.models, start=1)
            ]
        )


def recent_columns(history: History, rows: Rows, unit: Unit) -> Floats:
    """Lags and trailing means as of each origin, in ``unit`` [n, 18]."""
    values = unit.forward(history.values)
    means = [rows.at(trailing_mean(values, days)) for days in TRAILING_DAYS]
    filled = carried_forward(values, LAGS)
    lags = [rows.at(filled, back) for back in range(LAGS)]
    return np.column_stack([*(np.where(np.isnan(lag), means[-1], lag) for lag in lags), *means])


def calendar_columns(history: History, rows: Rows, lead: int) -> Iterator[Floats]:
    """Season and weekday of the target day, each [n]."""
    target = history.days[rows.day] + np.timedelta64(lead, "D")
    turn = 2.0 * np.pi * target.dayofyear.to_numpy() / DAYS_OF_A_YEAR
    yield np.sin(turn)
    yield np.cos(turn)
    for weekday in range(6):
        yield (target.dayofweek.to_numpy() == weekday).astype(np.float64)


def trailing_mean(values: Floats, days: int) -> Floats:
    """The mean of what was observed on each day and the ``days - 1`` before; NaN where nothing was."""
    total, count = (np.cumsum(part, axis=1) for part in (np.nan_to_num(values), np.isfinite(values).astype(float)))
    for running in (total, count):
        running[:, days:] -= running[:, :-days].copy()
    return np.asarray(np.divide(total, count, out=np.full(values.shape, np.nan), where=count > 0))


def carried_forward(values: Floats, days: int) -> Floats:
    """Missing days as the last value before them, at most ``days`` old."""
    place = np.arange(values.shape[1])
    newest = np.maximum.accumulate(np.where(np.isfinite(values), place, -1), axis=1)
    carried = np.take_along_axis(values, np.maximum(newest, 0), axis=1)
    return np.where((newest >= 0) & (place - newest <= days), carried, np.nan)
