"""A stack: the weighted mean of candidates, lead by lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.candidates import PointModel
from airwatch.forecasting.rows import Features

MEMBERS = ("ridge", "random_forest", "xgboost")
SHORTEST_HISTORY_DAYS = 730  # weights fitted on one smoke year favour what suited it, and carry its bias on


@dataclass
class Stack:
    """Fitted candidates and what each counts for at each lead (``weights`` [members, H], summing to one)."""

    members: Sequence[PointModel] = ()
    weights: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    name: ClassVar[str] = "stack"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Fit every member."""
        for member in self.members:
            member.fit(features, targets_t)
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """The weighted mean of the members' predictions, working unit [n, H]."""
        total = np.zeros((len(features), self.weights.shape[1]))
        for member, weight in zip(self.members, self.weights, strict=True):
            total += weight * member.predict(features)
        return total


def stack_weights(residuals: Mapping[str, FloatArray], days: int, horizon: int) -> FloatArray:
    """What each candidate counts for, [members, H].

    Args:
        residuals: Of each member on the same rows, out of sample, working unit [m, H], NaN where not observed.
        days: How many days of origins they span; on fewer than two years all count the same.
        horizon: H.

    Returns:
        The weights from zero to one with which the mean would have erred least.
    """
    members = len(residuals)
    even = np.full((members, horizon), 1.0 / members)
    if days < SHORTEST_HISTORY_DAYS:
        return even
    fitted = [
        _least_squares(np.column_stack([each[:, lead] for each in residuals.values()])) for lead in range(horizon)
    ]
    return np.column_stack(fitted)


def _least_squares(errors: FloatArray) -> FloatArray:
    """The convex combination of the columns with the least mean square [members]."""
    from scipy.optimize import nnls

    known = errors[np.isfinite(errors).all(axis=1)]
    if not known.any():  # nothing observed, or nothing missed
        return np.full(errors.shape[1], 1.0 / errors.shape[1])
    gram = known.T @ known / len(known)
    # Weights that sum to one: the sum enters as one more equation that outweighs the others.
    root = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(len(gram))).T
    heavy = 1e3 * np.sqrt(np.trace(gram))
    weights, _ = nnls(np.vstack([root, np.full(len(gram), heavy)]), np.append(np.zeros(len(gram)), heavy))
    return np.asarray(weights / weights.sum())
