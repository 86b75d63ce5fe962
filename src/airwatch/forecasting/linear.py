"""Ridge regression on the terms of a row, one for each lead."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.design import lead_of, require_rows
from airwatch.forecasting.terms import LinearTerms, standardised_by

CHUNK_ROWS = 50_000
LEAST_PENALTY = 300.0  # of the first lead; a few sites over a few years share their weather, whatever the rows
BEYOND = 5e-5  # by the square of the days between a lead and the first: the share of the training's highest predictions


@dataclass(frozen=True, slots=True)
class RidgeParams:
    """``alpha``: the penalty on squared coefficients of standardised terms, for each row of the training and each lead.

    A penalty that grows with the rows suits a network: twice the sites on the same days are not twice the evidence.
    One that grows with the lead suits the air: the further ahead, the less of today is left in it.
    """

    alpha: float = 0.004


@dataclass
class RidgeByLead:
    """A linear model of each lead on the terms of ``LinearTerms``; a column of another lead's target takes no part."""

    transform: Transform
    params: RidgeParams = field(default_factory=RidgeParams)
    terms: LinearTerms | None = None
    centre: FloatArray = field(default_factory=lambda: np.zeros(0))  # mean of each term on the training rows [T]
    coefficients: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))  # [T, H], unstandardised
    intercepts: FloatArray = field(default_factory=lambda: np.zeros(0))
    highest: FloatArray = field(default_factory=lambda: np.zeros(0))  # prediction [H], infinite at the first lead
    name: ClassVar[str] = "ridge"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: pd.DataFrame, targets_t: FloatArray) -> Self:
        """Solve the penalised least squares of each lead on the rows whose target was observed.

        Raises:
            TooFewTrainingRows: A lead has next to no observed target.
        """
        require_rows(self.name, targets_t)
        self.terms = LinearTerms(self.transform).fit(features)
        matrix, names = self.terms.build(features)
        self.centre, scale = standardised_by(matrix)
        self.coefficients, self.intercepts = solve_by_lead(matrix, names, targets_t, scale, self.params.alpha)
        self.highest = _highest(row_products(matrix, self.coefficients, self.intercepts))
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the working unit [n, H], never NaN."""
        assert self.terms is not None
        matrix, _ = self.terms.build(features)
        return self.limited(row_products(matrix, self.coefficients, self.intercepts))

    def limited(self, predictions: FloatArray) -> FloatArray:
        """No higher than the training's own, but for a share that grows with the lead [n, H].

        Smoke beyond all that was seen tells of tomorrow, and little of a week from now.
        """
        return np.minimum(predictions, self.highest)


def _highest(predictions: FloatArray) -> FloatArray:
    """The highest prediction of each lead that is believed [H]."""
    by_lead = [np.quantile(own, 1.0 - BEYOND * lead**2) for lead, own in enumerate(predictions.T)]
    return np.array([np.inf, *by_lead[1:]])


def row_products(matrix: NDArray[np.float32], coefficients: FloatArray, intercepts: FloatArray) -> FloatArray:
    """Intercepts plus the matrix by the coefficients [n, H], a row to the same bits whatever rows are beside it."""
    total = np.tile(intercepts, (len(matrix), 1))
    # Not a matrix product: BLAS sums in an order that depends on how many rows are in the call.
    for term, slopes in zip(matrix.T, coefficients, strict=True):
        total += term[:, np.newaxis] * slopes
    return total


def solve_by_lead(
    matrix: NDArray[np.float32],
    names: list[str],
    targets: FloatArray,
    scale: FloatArray,
    alpha: float,
) -> tuple[FloatArray, FloatArray]:
    """Slopes [T, H] in the unit of the terms, and the intercept of each lead [H].

    Args:
        matrix: Terms [n, T].
        names: Of the terms; one that speaks of another lead's target day has no slope.
        targets: [n, H], NaN where not observed.
        scale: Standard deviation of each term.
        alpha: Penalty for each row and lead.
    """
    from threadpoolctl import threadpool_limits

    slopes, intercepts = np.zeros((matrix.shape[1], targets.shape[1])), np.zeros(targets.shape[1])
    with threadpool_limits(1):  # BLAS sums in another order, to other bits, on another number of threads
        for i, target in enumerate(targets.T):
            used = np.array([lead_of(name) in (None, i + 1) for name in names])
            seen = np.isfinite(target)
            rows, mean = matrix[seen], target[seen].mean()
            # Of the rows of this lead: a site of every third day has other rows at each lead, with other gaps.
            centre = rows.mean(axis=0, dtype=np.float64)
            penalty = (i + 1) * max(alpha * seen.sum(), LEAST_PENALTY)
            slopes[used, i] = _solve(rows, used, target[seen] - mean, (centre, scale), penalty)
            intercepts[i] = mean - centre @ slopes[:, i]
    return slopes, intercepts


def _solve(
    matrix: NDArray[np.float32],
    used: NDArray[np.bool_],
    target: FloatArray,
    standard: tuple[FloatArray, FloatArray],
    penalty: float,
) -> FloatArray:
    """The slopes of one lead, by normal equations summed over blocks of rows, so that memory stays small."""
    from scipy.linalg import solve

    centre, scale = standard[0][used], standard[1][used]
    gram, moment = np.zeros((used.sum(), used.sum())), np.zeros(used.sum())
    for start in range(0, len(matrix), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        block = (matrix[rows][:, used] - centre) / scale
        gram += block.T @ block
        moment += block.T @ target[rows]
    gram[np.diag_indices_from(gram)] += penalty
    return np.asarray(solve(gram, moment, assume_a="pos")) / scale
