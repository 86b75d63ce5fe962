"""Two ways to test the same learner: a random split of rows, and days that come after all it has learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from airwatch.scores import mse_skill, rmse
from benchmarks.leakage.days import PERSISTENCE

FloatArray = NDArray[np.floating[Any]]
TEST_SHARE = 0.2  # what tutorials hold out


class Regressor(Protocol):
    """A learner as scikit-learn has them."""

    def fit(self, features: FloatArray, targets: FloatArray) -> Any:
        """Learn."""

    def predict(self, features: FloatArray) -> FloatArray:
        """Predict."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a protocol says of a learner, in µg/m³ where it has a unit.

    Attributes:
        rows: Rows judged.
        twins: The share of them that has its exact copy among the training rows.
        rmse: The error that the protocol reports.
        r2: The share of the variance that it reports as explained.
        skill: Against persistence on the same rows.
        rmse_in_use: The error on the same rows when the learner had seen the past alone.
    """

    rows: int
    twins: float
    rmse: float
    r2: float
    skill: float
    rmse_in_use: float

    @property
    def flattery(self) -> float:
        """The share by which the reported error lies below that in use."""
        return 1.0 - self.rmse / self.rmse_in_use


def judge(
    days: pd.DataFrame, rows: NDArray[np.intp], predicted: FloatArray, in_use: FloatArray, twins: float = 0.0
) -> Outcome:
    """Score predictions.

    Args:
        days: ``site_days``.
        rows: Numbers of the rows judged, a row that stands twice counting twice [m].
        predicted: For each of them [m].
        in_use: Predictions from the past alone, for every row of ``days`` [n].
        twins: Share of the rows with a copy in training.
    """
    observed = days["value"].to_numpy()[rows]
    return Outcome(
        rows=len(rows),
        twins=twins,
        rmse=rmse(predicted, observed),
        r2=mse_skill(predicted, observed, np.full(len(rows), observed.mean())),
        skill=mse_skill(predicted, observed, days[PERSISTENCE].to_numpy()[rows]),
        rmse_in_use=rmse(in_use[rows], observed),
    )


def rolling_origin(
    days: pd.DataFrame,
    columns: Sequence[str],
    learner: Callable[[], Regressor],
    starts: Sequence[pd.Timestamp],
    gap_days: int,
) -> FloatArray:
    """Predict window after window, each by a learner fitted to the days before it and no others.

    Args:
        days: ``site_days``.
        columns: What the learner is told.
        learner: Makes a new one.
        starts: First day of each window, in order; the last window runs to the end.
        gap_days: Days before each window that are not learned from.

    Returns:
        [n], NaN before the first window.
    """
    features, targets, day = _arrays(days, columns)
    predicted = np.full(len(days), np.nan)
    for first in _day_numbers(pd.Series(starts)):
        # The next window's learner speaks over this one.
        train, test = day < first - gap_days, day >= first
        model = learner()
        model.fit(features[train], targets[train])
        predicted[test] = model.predict(features[test])
    return predicted


def random_split(
    days: pd.DataFrame,
    columns: Sequence[str],
    learner: Callable[[], Regressor],
    repeats: int,
    in_use: FloatArray,
    seed: int,
) -> Outcome:
    """Split the rows at random, however their days lie, and judge those rows that have a forecast in use.

    Args:
        days: ``site_days``.
        columns: What the learner is told.
        learner: Makes a new one.
        repeats: How often each row stands in the data.
        in_use: From ``rolling_origin`` with the same learner and columns; rows where it is NaN are not judged.
        seed: Of the split.
    """
    features, targets, _ = _arrays(days, columns)
    train, test = train_test_split(np.repeat(np.arange(len(days)), repeats), test_size=TEST_SHARE, random_state=seed)
    judged = test[np.isfinite(in_use[test])]
    model = learner()
    model.fit(features[train], targets[train])
    twins = float(np.isin(judged, train).mean())
    return judge(days, judged, model.predict(features[judged]), in_use, twins)


def _arrays(days: pd.DataFrame, columns: Sequence[str]) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Features [n, columns], targets [n] and the numbers of the target days [n]."""
    features = days[list(columns)].to_numpy(dtype=np.float32)
    return features, days["value"].to_numpy(), _day_numbers(days["date_local"])


def _day_numbers(dates: pd.Series) -> NDArray[np.int64]:
    """Days since 1970-01-01."""
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)
