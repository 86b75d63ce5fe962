"""Gradient-boosted trees on what a ridge leaves over, one booster for each lead on one set of binned features.

Trees cannot extrapolate: in smoke worse than any they were trained on, they answer with the worst they know. So the
ridge carries the level, and the trees correct it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.design import feature_matrix, model_columns, require_rows
from airwatch.forecasting.linear import RidgeByLead, RidgeParams
from airwatch.forecasting.rows import Features, TrainingRows, as_rows
from airwatch.forecasting.trees import TreeJob

if TYPE_CHECKING:
    from xgboost import Booster

# Below this many rows a second thread costs more than it saves; the predictions are the same.
ROWS_WORTH_THREADS = 10_000


@dataclass(frozen=True, slots=True)
class BoostingParams:
    """XGBoost's own parameters by their own names.

    ``n_estimators`` is the number of rounds of the first lead; at lead ``h`` they are divided by
    its square, for the further ahead, the less there is to learn beyond the ridge. ``alpha`` is the ridge's.
    """

    n_estimators: int = 160
    learning_rate: float = 0.05
    max_depth: int = 6
    max_bin: int = 128
    subsample: float = 0.7
    colsample_bytree: float = 0.4
    min_child_weight: float = 100.0
    reg_lambda: float = 5.0
    alpha: float = 0.004
    n_jobs: int = 1


@dataclass
class Boosting:
    """XGBoost on the residuals of a ridge, direct: lead by lead; missing features stay missing."""

    transform: Transform
    params: BoostingParams = field(default_factory=BoostingParams)
    seed: int = 0
    columns: tuple[str, ...] = ()
    ridge: RidgeByLead | None = None
    boosters: list["Booster"] = field(default_factory=list)
    name: ClassVar[str] = "xgboost"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: Features, targets_t: FloatArray, ridge: RidgeByLead | None = None) -> Self:
        """Fit the ridge, then boost each lead on its residuals; the features are binned once for all leads.

        Args:
            features: Rows of the feature table. What does not fit into memory is binned into a file beside it, and the
                trees are the same as in memory.
            targets_t: Working unit [n, H], NaN where not observed.
            ridge: One that was fitted on these rows with the same ``alpha``, which saves fitting it again.

        Raises:
            TooFewTrainingRows: A lead has next to no observed target.
        """
        require_rows(self.name, targets_t)
        self.columns = model_columns(features)
        useful = np.asarray(np.isfinite(targets_t).any(axis=1))
        rows, targets = as_rows(features).where(useful), targets_t if useful.all() else targets_t[useful]
        self.ridge = ridge or RidgeByLead(self.transform, RidgeParams(self.params.alpha)).fit(rows, targets)
        residuals = np.empty_like(targets)
        for places, block in rows.blocks():
            residuals[places] = targets[places] - self.ridge.predict(block)
        self.boosters = [_restored(stored) for stored in rows.grow(self._job(rows, residuals.shape[1]), residuals)]
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the working unit [n, H], never NaN."""
        assert self.ridge is not None
        predicted = self.ridge.predict(features)
        matrix = feature_matrix(features, self.columns)
        if not len(matrix):
            return predicted
        for booster in self.boosters:
            booster.set_param({"nthread": self.params.n_jobs if len(matrix) > ROWS_WORTH_THREADS else 1})
        corrections = [booster.inplace_predict(matrix) for booster in self.boosters]
        return predicted + np.column_stack(corrections).astype(np.float64)

    def _job(self, rows: TrainingRows, horizon: int) -> TreeJob:
        """What the trees of all leads are grown on, and how."""
        own = ("learning_rate", "max_depth", "max_bin", "colsample_bytree", "min_child_weight", "reg_lambda")
        return TreeJob(
            columns=self.columns,
            sample=feature_matrix(rows.few(), self.columns),
            rounds=tuple(max(1, self.params.n_estimators // lead**2) for lead in range(1, horizon + 1)),
            subsample=self.params.subsample,
            settings={
                "base_score": 0.0,
                "tree_method": "hist",
                "nthread": self.params.n_jobs,
                "seed": self.seed,
                **{name: getattr(self.params, name) for name in own},
            },
        )


def _restored(stored: bytes) -> "Booster":
    """A booster as XGBoost stored it."""
    import xgboost

    return xgboost.Booster(model_file=bytearray(stored))
