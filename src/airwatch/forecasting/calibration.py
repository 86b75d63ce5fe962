"""From a point prediction to a distribution, by the errors made on days the model had not trained on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airwatch.forecasting.transforms import FloatArray, Transform

QUANTILE_LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
CELLS = 200  # of equal probability; their 199 inner edges and the two ends make the grid
LEVELS = np.linspace(0.0, 1.0, CELLS + 1)
DRAWS_PER_CELL = 10
MIN_RESIDUALS = 100


@dataclass(frozen=True, slots=True)
class ResidualDistribution:
    """The residuals (observed minus predicted, transformed unit) to expect around a prediction of each lead.

    Attributes:
        grid: Quantiles of the residuals at ``LEVELS`` [H, 201], rising; the ends are the extremes seen.
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
            residuals: Transformed unit [m, H], NaN where the target was not observed.
            centred: Take the mean residual of a lead off, and keep the spread alone: least squares leave no
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

    def quantiles(self, predictions: FloatArray, transform: Transform) -> NDArray[np.float64]:
        """The quantiles at ``QUANTILE_LEVELS``, AQS unit [n, H, 7]: never negative, never crossing.

        Args:
            predictions: Transformed unit [n, H].
            transform: The unit of predictions and residuals.
        """
        places = np.rint(np.array(QUANTILE_LEVELS) * CELLS).astype(np.int64)
        shifted = predictions[:, :, np.newaxis] + self.grid[:, places]
        return np.maximum.accumulate(np.maximum(transform.inverse(shifted), 0.0), axis=2)

    def mean(self, predictions: FloatArray, transform: Transform) -> NDArray[np.float64]:
        """The mean concentration, AQS unit [n, H], never negative.

        Duan's smearing estimate: the inverse of a mean is not the mean of the inverses, so the inverse is
        averaged over the residuals.
        """
        total = np.zeros(predictions.shape)
        # One cell at a time: an axis sum may round differently for one row than for many.
        for cell in self.cells.T:
            total += np.maximum(transform.inverse(predictions + cell), 0.0)
        return total / CELLS

    def chance_of_at_least(
        self, predictions: FloatArray, transform: Transform, threshold: float
    ) -> NDArray[np.float64]:
        """The chance that the concentration reaches ``threshold`` (AQS unit) [n, H], within [0, 1]."""
        needed = transform.forward(np.array([threshold]))[0] - predictions
        by_lead = [_share_below(grid, lead) for grid, lead in zip(self.grid, needed.T, strict=True)]
        return np.clip(1.0 - np.column_stack(by_lead), 0.0, 1.0)


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
    inside = LEVELS[above - 1] + (values - left) / width / CELLS
    return np.where(values <= grid[0], 0.0, np.where(values > grid[-1], 1.0, inside))
