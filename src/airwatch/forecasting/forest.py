"""A random forest over all leads at once."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.design import feature_matrix, model_columns, require_rows
from airwatch.forecasting.rows import Features, as_rows


@dataclass(frozen=True, slots=True)
class ForestParams:
    """The budget of the forest.

    ``sample_rows``: at most so many training rows, drawn at random; 0 takes them all. ``max_features``: the
    share of the features tried at each split.
    """

    n_estimators: int = 60
    max_depth: int | None = 14
    min_samples_leaf: int = 5
    max_features: float = 0.33
    sample_rows: int = 4_000
    n_jobs: int = 1


@dataclass
class Forest:
    """scikit-learn's random forest, one leaf holding all leads; missing features stay missing."""

    params: ForestParams = field(default_factory=ForestParams)
    seed: int = 0
    columns: tuple[str, ...] = ()
    trees: Any = None
    name: ClassVar[str] = "random_forest"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Grow the trees on a sample of the rows whose targets were all observed.

        Raises:
            TooFewTrainingRows: Next to no row has all its targets.
        """
        from sklearn.ensemble import RandomForestRegressor

        complete = np.flatnonzero(np.isfinite(targets_t).all(axis=1))
        require_rows(self.name, targets_t[complete])
        rows = self._sample(complete)
        self.columns = model_columns(features)
        self.trees = RandomForestRegressor(
            n_estimators=self.params.n_estimators,
            max_depth=self.params.max_depth,
            min_samples_leaf=self.params.min_samples_leaf,
            max_features=self.params.max_features,
            n_jobs=self.params.n_jobs,
            random_state=self.seed,
        ).fit(feature_matrix(as_rows(features).take(rows), self.columns), _squeezed(targets_t[rows]))
        self.trees.n_jobs = 1  # threads would add the trees up in any order, and differ in the last bit
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the working unit [n, H], never NaN."""
        if features.empty:
            return np.empty((0, self.trees.n_outputs_))
        predicted: FloatArray = self.trees.predict(feature_matrix(features, self.columns))
        return predicted.reshape(len(features), -1)

    def _sample(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """At most ``sample_rows`` of the rows, in their order."""
        if not self.params.sample_rows or len(rows) <= self.params.sample_rows:
            return rows
        return np.sort(np.random.default_rng(self.seed).choice(rows, self.params.sample_rows, replace=False))


def _squeezed(targets_t: FloatArray) -> FloatArray:
    """Targets as scikit-learn wants them: one dimension where there is one lead."""
    return targets_t[:, 0] if targets_t.shape[1] == 1 else targets_t
