"""Ridge regression on the transformed features, one for each lead."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.forecasting.design import (
    CONCENTRATION_PREFIX,
    column,
    feature_columns,
    first_known,
    require_rows,
    transformed_matrix,
)
from airwatch.forecasting.transforms import FloatArray, Transform


@dataclass(frozen=True, slots=True)
class RidgeParams:
    """``alpha``: the penalty on squared coefficients of standardised features."""

    alpha: float = 10.0


@dataclass
class RidgeByLead:
    """A linear model of each lead on standardised features; concentrations enter in the transformed unit.

    A missing concentration takes the row's own level (its newest value, else the climatology of the
    origin's day, else the training median); any other missing feature takes its training median.
    """

    transform: Transform
    params: RidgeParams = field(default_factory=RidgeParams)
    columns: tuple[str, ...] = ()
    medians: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    coefficients: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))  # [features, H], unstandardised
    intercepts: FloatArray = field(default_factory=lambda: np.zeros(0))
    name: ClassVar[str] = "ridge"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: pd.DataFrame, targets_t: FloatArray) -> Self:
        """Solve the penalised least squares of each lead on the rows whose target was observed.

        Raises:
            TooFewTrainingRows: A lead has next to no observed target.
        """
        require_rows(self.name, targets_t)
        self.columns = feature_columns(features)
        matrix = transformed_matrix(features, self.columns, self.transform)
        self.medians = _medians(matrix)
        matrix = self._fill(matrix, features)
        centre, scale = matrix.mean(axis=0, dtype=np.float64), matrix.std(axis=0, dtype=np.float64)
        scale[scale < 1e-9] = 1.0
        slopes, means = _solve((matrix - centre) / scale, targets_t, self.params.alpha)
        self.coefficients = slopes / scale[:, np.newaxis]
        self.intercepts = means - centre @ self.coefficients
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the transformed unit [n, H], never NaN."""
        matrix = self._fill(transformed_matrix(features, self.columns, self.transform), features)
        total = np.tile(self.intercepts, (len(matrix), 1))
        # Not a matrix product: BLAS sums in an order that depends on how many rows are in the call.
        for feature, slopes in zip(matrix.T, self.coefficients, strict=True):
            total += feature[:, np.newaxis] * slopes
        return total

    def _fill(self, matrix: NDArray[np.float32], features: pd.DataFrame) -> NDArray[np.float32]:
        """The matrix without NaN."""
        level = first_known(column(features, "value_last"), column(features, "value_climatology_00"))
        level_t = self.transform.forward(level.astype(np.float32))
        for i, name in enumerate(self.columns):
            if name.startswith(CONCENTRATION_PREFIX):
                matrix[:, i] = first_known(matrix[:, i], level_t)
        return np.where(np.isnan(matrix), self.medians, matrix)


def _medians(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each column, 0 where a column is all NaN."""
    known = [column[~np.isnan(column)] for column in matrix.T]
    return np.array([np.median(column) if column.size else 0.0 for column in known], dtype=np.float32)


def _solve(standardised: FloatArray, targets_t: FloatArray, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Slopes [features, H] and intercepts [H] on the standardised features."""
    from sklearn.linear_model import Ridge  # a second of import that forecasting does without
    from threadpoolctl import threadpool_limits

    slopes, intercepts = [], []
    for target in targets_t.T:
        seen = np.isfinite(target)
        rows = standardised if seen.all() else standardised[seen]
        with threadpool_limits(1):  # BLAS sums in another order, to other bits, on another number of threads
            model = Ridge(alpha=alpha, solver="cholesky").fit(rows, target[seen])
        slopes.append(model.coef_)
        intercepts.append(model.intercept_)
    return np.column_stack(slopes), np.array(intercepts, dtype=np.float64)
