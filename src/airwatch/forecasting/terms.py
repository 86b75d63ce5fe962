"""The terms of the linear models: every column without a gap, and the products that let its effect vary.

What is missing is filled from the row itself, in the working unit: a concentration drifts from the newest value to
the site's usual level as that value ages; how far a neighbour stands above its level is taken from the region.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.design import CONCENTRATION_PREFIX, column, first_known, model_columns, transformed_matrix

SEASON = ("doy_sin", "doy_cos", "doy_sin_2", "doy_cos_2")
EXCESS = "excess"  # the newest value above the site's level
DRIFT_HALF_LIFE_DAYS = 5.0
FROM_THE_REGION = ("sector_", "far_", "region_", "network_")
ZERO_WHERE_MISSING = ("_change",)

Named = tuple[str, NDArray[np.float32]]


@dataclass
class LinearTerms:
    """Turns rows of the feature table into the terms of a linear model.

    Attributes:
        transform: The working unit.
        columns: The columns of the table it was fitted on.
        medians: Of each column on the training rows, for what the row itself cannot fill.
        centre, scale: Mean and standard deviation of latitude, longitude and level, so that products with them are
            effects of standing apart from the network.
        excess_range: The lowest and highest excess of the training; a product is not stretched beyond.
    """

    transform: Transform
    columns: tuple[str, ...] = ()
    medians: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    centre: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    scale: NDArray[np.float64] = field(default_factory=lambda: np.ones(3))
    excess_range: tuple[float, float] = (0.0, 0.0)

    def fit(self, features: pd.DataFrame) -> Self:
        """Learn the medians and the middle of the network."""
        self.columns = model_columns(features)
        matrix = transformed_matrix(features, self.columns, self.transform)
        self.medians = _medians(matrix)
        matrix = self._filled(matrix, features)
        place = self._place(matrix)
        self.centre, spread = place.mean(axis=0), place.std(axis=0)
        self.scale = np.where(spread > 1e-6, spread, 1.0)
        excess = self._excess(matrix)
        self.excess_range = float(excess.min()), float(excess.max())
        return self

    def build(self, features: pd.DataFrame) -> tuple[NDArray[np.float32], list[str]]:
        """The terms of each row, float32 [n, T], never NaN, and their names."""
        matrix = self._filled(transformed_matrix(features, self.columns, self.transform), features)
        products = list(self._products(matrix))
        terms = np.column_stack([matrix, *(values for _, values in products)])
        return terms, [*self.columns, *(name for name, _ in products)]

    def _products(self, matrix: NDArray[np.float32]) -> Iterator[Named]:
        """The season by place and level; the excess by season, place and itself."""
        latitude, longitude, level = ((self._place(matrix) - self.centre) / self.scale).T
        excess = np.clip(self._excess(matrix), *self.excess_range)
        wheres = {"latitude": latitude, "longitude": longitude, "place": latitude * longitude, "level": level}
        seasons = {name: self._of(matrix, name) for name in SEASON}
        for season, turn in seasons.items():
            for where, how_far in wheres.items():
                yield f"{season}*{where}", (turn * how_far).astype(np.float32)
        others = {**{name: seasons[name] for name in SEASON[:2]}, "latitude": latitude, "longitude": longitude}
        for name, values in {**others, EXCESS: excess}.items():
            yield f"{EXCESS}*{name}", (excess * values).astype(np.float32)

    def _filled(self, matrix: NDArray[np.float32], features: pd.DataFrame) -> NDArray[np.float32]:
        """The matrix without NaN."""
        level = first_known(column(features, "level"), np.full(len(features), self._median("level")))
        region = np.nan_to_num(first_known(column(features, "region_00"), column(features, "network_00")))
        drifting = self._drifting(features, level)
        for i, name in enumerate(self.columns):
            gaps = np.isnan(matrix[:, i])
            if not gaps.any():
                continue
            if name == "value_neighbours_00":
                matrix[gaps, i] = (level + region)[gaps]
            elif name.startswith(CONCENTRATION_PREFIX):
                matrix[gaps, i] = drifting[gaps]
            elif name.startswith(FROM_THE_REGION) and not name.endswith(ZERO_WHERE_MISSING):
                matrix[gaps, i] = region[gaps]
            else:
                matrix[gaps, i] = 0.0 if name.endswith(ZERO_WHERE_MISSING) else self.medians[i]
        return matrix

    def _drifting(self, features: pd.DataFrame, level: FloatArray) -> NDArray[np.float64]:
        """The newest value on its way to the level: half the distance every few days [n]."""
        last = self.transform.forward(column(features, "value_last"))
        left = 0.5 ** (np.nan_to_num(column(features, "days_since_last")) / DRIFT_HALF_LIFE_DAYS)
        return np.asarray(first_known(level + (last - level) * left, level))

    def _place(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latitude, longitude and level of each row [n, 3]."""
        return np.column_stack([self._of(matrix, name) for name in ("latitude", "longitude", "level")])

    def _excess(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """How far the newest value lies above the level [n]."""
        return self._of(matrix, "value_lag_00") - self._of(matrix, "level")

    def _of(self, matrix: NDArray[np.float32], name: str) -> NDArray[np.float64]:
        """One column of the matrix; zeros where the table does not have it."""
        if name not in self.columns:
            return np.zeros(len(matrix))
        return matrix[:, self.columns.index(name)].astype(np.float64)

    def _median(self, name: str) -> float:
        return float(self.medians[self.columns.index(name)]) if name in self.columns else 0.0


def standardised_by(matrix: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column [T]; a column that does not vary is divided by one."""
    centre, scale = matrix.mean(axis=0, dtype=np.float64), matrix.std(axis=0, dtype=np.float64)
    return centre, np.where(scale > 1e-9, scale, 1.0)


def _medians(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each column, 0 where a column is all NaN."""
    known: Sequence[NDArray[np.float32]] = [values[~np.isnan(values)] for values in matrix.T]
    return np.array([np.median(values) if values.size else 0.0 for values in known], dtype=np.float32)
