"""From a prediction and its spread to a distribution, by the errors made on days the model had not trained on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.ranks import EDGES, Levels

QUANTILE_LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
CELLS = 200  # of equal probability; their 199 inner edges and the two ends make the grid
LEVELS = np.linspace(0.0, 1.0, CELLS + 1)
DRAWS_PER_CELL = 10
MIN_RESIDUALS = 100


@dataclass(frozen=True, slots=True)
class ResidualDistribution:
    """The standardised residuals, (observed - predicted) / spread, to expect at each lead.

    Attributes:
        grid: Their quantiles at ``LEVELS`` [H, 201], rising; the ends are the extremes seen.
        cells: Mean residual in each of the 200 cells of equal probability [H, 200], for the smearing.
        counts: Residuals seen at each lead [H], before any borrowing.
    """

    grid: NDArray[np.float64]
    cells: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def fit(cls, residuals: FloatArray, *, centred: bool = False, min_residuals: int = MIN_RESIDUALS) -> Self:
        """Learn from out-of-sample residuals.

        Args:
            residuals: Standardised [m, H], NaN where the target was not observed.
            centred: Take the mean residual of a lead off, and keep the shape alone: least squares leave no
                mean over all years, so what a year or two of evaluation show is those years' weather.
            min_residuals: A lead with fewer borrows the residuals of all leads together.

        Raises:
            ValueError: There is no residual at all.
        """
        pooled = residuals[np.isfinite(residuals)]
        if not pooled.size:
            raise ValueError("No out-of-sample residual to calibrate on: evaluate on days with observations.")
        own = [lead[np.isfinite(lead)] for lead in residuals.T]
        by_lead = [lead if lead.size >= min_residuals else pooled for lead in own]
        if centred:
            by_lead = [lead - lead.mean() for lead in by_lead]
        return cls(
            grid=np.stack([np.maximum.accumulate(np.quantile(lead, LEVELS)) for lead in by_lead]),
            cells=np.stack([_cell_means(lead) for lead in by_lead]),
            counts=np.array([lead.size for lead in own], dtype=np.int64),
        )

    @property
    def horizon(self) -> int:
        """The number of leads."""
        return len(self.grid)

    def level_of(self, standardised: FloatArray) -> NDArray[np.float64]:
        """The level of the distribution at which each residual [n, H] lies, within [0, 1]."""
        by_lead = [_share_below(grid, lead) for grid, lead in zip(self.grid, standardised.T, strict=True)]
        return np.column_stack(by_lead)

    def quantiles(self, levels: Levels) -> NDArray[np.float64]:
        """The standardised residuals at ``QUANTILE_LEVELS`` [rows, H, 7], rising."""
        found = np.empty((len(levels.cumulative), self.horizon, len(QUANTILE_LEVELS)))
        for origin, by_lead in enumerate(levels.cumulative):
            for lead, cumulative in enumerate(by_lead):
                bent = np.interp(QUANTILE_LEVELS, cumulative, EDGES)
                found[origin, lead] = np.interp(bent, LEVELS, self.grid[lead])
        return found[levels.of_row]

    def mean(self, predictions: FloatArray, spread: FloatArray, transform: Transform, highest: float) -> FloatArray:
        """The mean concentration, AQS unit [n, H], never negative, nor above ``highest`` in any part.

        Duan's smearing estimate: the inverse of a mean is not the mean of the inverses, so the inverse is
        averaged over the residuals.
        """
        total = np.zeros(predictions.shape)
        # One cell at a time: an axis sum may round differently for one row than for many.
        for cell in self.cells.T:
            total += np.clip(transform.inverse(predictions + spread * cell), 0.0, highest)
        return total / CELLS

    def chance_of_at_least(self, standardised: FloatArray, levels: Levels) -> NDArray[np.float64]:
        """The chance of a residual of at least so much [n, H], within [0, 1]."""
        return np.clip(1.0 - levels.bend(self.level_of(standardised)), 0.0, 1.0)


def _cell_means(residuals: FloatArray) -> NDArray[np.float64]:
    """The mean of the quantile function within each cell, by ten points in each."""
    levels = (np.arange(CELLS * DRAWS_PER_CELL) + 0.5) / (CELLS * DRAWS_PER_CELL)
    points: NDArray[np.float64] = np.quantile(residuals, levels)
    means: NDArray[np.float64] = points.reshape(CELLS, DRAWS_PER_CELL).mean(axis=1)
    return means


def _share_below(grid: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of residuals below each value, straight lines between the points of the grid."""
    above = np.clip(np.searchsorted(grid, values, side="left"), 1, CELLS)
    left, right = grid[above - 1], grid[above]
    width = np.where(right > left, right - left, 1.0)
    inside = LEVELS[above - 1] + (np.clip(values, left, right) - left) / width / CELLS
    return np.where(values <= grid[0], 0.0, np.where(values > grid[-1], 1.0, inside))
