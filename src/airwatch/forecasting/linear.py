"""Ridge regression on the terms of a row, one for each lead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.design import lead_of, require_rows
from airwatch.forecasting.rows import Features, TrainingRows, as_rows
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

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Solve the penalised least squares of each lead on the rows whose target was observed.

        Of rows that are read in blocks all enter the squares; what fills gaps, what the terms are standardised by and
        the highest predictions are those of a sample.

        Raises:
            TooFewTrainingRows: A lead has next to no observed target.
        """
        require_rows(self.name, targets_t)
        rows = as_rows(features)
        _, sample = rows.sample()
        self.terms = LinearTerms(self.transform).fit(sample)
        matrix, names = self.terms.build(sample)
        self.centre, scale = standardised_by(matrix)
        blocks = [(matrix, targets_t)] if rows.in_memory else TermBlocks(self.terms, rows, targets_t)
        self.coefficients, self.intercepts = solve_by_lead(blocks, names, scale, self.params.alpha)
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


@dataclass(frozen=True)
class TermBlocks:
    """The terms of rows that are read in blocks, beside their targets, as often as they are asked for."""

    terms: LinearTerms
    rows: TrainingRows
    targets_t: FloatArray

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], FloatArray]]:
        for places, block in self.rows.blocks():
            yield self.terms.build(block)[0], self.targets_t[places]


def solve_by_lead(
    blocks: Iterable[tuple[NDArray[np.float32], FloatArray]], names: list[str], scale: FloatArray, alpha: float
) -> tuple[FloatArray, FloatArray]:
    """Slopes [T, H] in the unit of the terms, and the intercept of each lead [H].

    Args:
        blocks: Terms [n, T] and targets [n, H], NaN where not observed; gone through twice.
        names: Of the terms; one that speaks of another lead's target day has no slope.
        scale: Standard deviation of each term.
        alpha: Penalty for each row and lead.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # BLAS sums in another order, to other bits, on another number of threads
        sums = zip(*(_sums_by_lead(*block) for block in blocks), strict=True)
        counts, totals, terms = (np.sum(each, axis=0) for each in sums)
        means, centres = totals / counts, terms / counts[:, np.newaxis]
        used = np.array([[lead_of(name) in (None, lead) for name in names] for lead in range(1, len(counts) + 1)])
        equations = [Normal(own, centre[own], scale[own]) for own, centre in zip(used, centres, strict=True)]
        for matrix, targets in blocks:
            for lead, target in enumerate(targets.T):
                seen = np.isfinite(target)
                equations[lead].add(_chosen(matrix, seen), target[seen] - means[lead])
        slopes = np.zeros((len(names), len(counts)))
        for lead, own in enumerate(used):
            penalty = (lead + 1) * max(alpha * counts[lead], LEAST_PENALTY)
            slopes[own, lead] = equations[lead].solved(penalty)
    return slopes, means - np.array([centre @ own for centre, own in zip(centres, slopes.T, strict=True)])


def _sums_by_lead(matrix: NDArray[np.float32], targets: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of the rows whose target was observed: how many [H], the sum of the targets [H], and of the terms [H, T].

    A site of every third day has other rows at each lead, with other gaps.
    """
    masks = np.isfinite(targets.T)
    totals = [target[seen].sum(dtype=np.float64) for target, seen in zip(targets.T, masks, strict=True)]
    terms = [_chosen(matrix, seen).sum(axis=0, dtype=np.float64) for seen in masks]
    return masks.sum(axis=1).astype(np.float64), np.array(totals), np.array(terms)


def _chosen(matrix: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The rows of a mask, row after row in memory: sums are taken in another order of columns, to other bits."""
    return matrix if seen.all() and matrix.flags.c_contiguous else matrix[seen]


class Normal:
    """The normal equations of one lead, summed up over rows.

    Args:
        used: Which terms take part [T].
        centre, scale: Of those terms [U].
    """

    def __init__(self, used: NDArray[np.bool_], centre: FloatArray, scale: FloatArray) -> None:
        self.used, self.centre, self.scale = used, centre, scale
        self.gram, self.moment = np.zeros((len(scale), len(scale))), np.zeros(len(scale))

    def add(self, matrix: NDArray[np.float32], target: FloatArray) -> None:
        """Add rows, their targets less the mean; a part at a time, so that memory stays small."""
        for start in range(0, len(matrix), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            block = (matrix[rows][:, self.used] - self.centre) / self.scale
            self.gram += block.T @ block
            self.moment += block.T @ target[rows]

    def solved(self, penalty: float) -> FloatArray:
        """The slopes of the terms in their own unit [U]."""
        from scipy.linalg import solve

        penalised = self.gram + penalty * np.eye(len(self.gram))
        return np.asarray(solve(penalised, self.moment, assume_a="pos")) / self.scale
