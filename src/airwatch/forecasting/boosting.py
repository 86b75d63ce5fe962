"""Gradient-boosted trees, one booster for each lead on one set of binned features."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd

from airwatch.forecasting.design import feature_columns, feature_matrix, require_rows
from airwatch.forecasting.transforms import FloatArray

if TYPE_CHECKING:
    from xgboost import Booster, QuantileDMatrix

# Below this many rows a second thread costs more than it saves; the predictions are the same.
ROWS_WORTH_THREADS = 10_000


@dataclass(frozen=True, slots=True)
class BoostingParams:
    """XGBoost's own parameters by their own names; ``n_estimators`` is the number of rounds for each lead."""

    n_estimators: int = 120
    learning_rate: float = 0.06
    max_depth: int = 6
    subsample: float = 0.8
    colsample_bytree: float = 0.6
    min_child_weight: float = 20.0
    n_jobs: int = 1


@dataclass
class Boosting:
    """XGBoost, direct: lead by lead; missing features stay missing."""

    params: BoostingParams = field(default_factory=BoostingParams)
    seed: int = 0
    columns: tuple[str, ...] = ()
    boosters: list["Booster"] = field(default_factory=list)
    name: ClassVar[str] = "xgboost"
    predicts_mean: ClassVar[bool] = False

    def fit(self, features: pd.DataFrame, targets_t: FloatArray) -> Self:
        """Boost each lead on the rows whose target was observed; the features are binned once for all leads.

        Raises:
            TooFewTrainingRows: A lead has next to no observed target.
        """
        import xgboost

        require_rows(self.name, targets_t)
        self.columns = feature_columns(features)
        useful = np.isfinite(targets_t).any(axis=1)
        matrix = feature_matrix(features.iloc[np.flatnonzero(useful)], self.columns)
        binned = xgboost.QuantileDMatrix(matrix, nthread=self.params.n_jobs)
        self.boosters = [self._boost(binned, target) for target in targets_t[useful].T]
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the transformed unit [n, H], never NaN."""
        matrix = feature_matrix(features, self.columns)
        if not len(matrix):
            return np.empty((0, len(self.boosters)))
        for booster in self.boosters:
            booster.set_param({"nthread": self.params.n_jobs if len(matrix) > ROWS_WORTH_THREADS else 1})
        predicted = [booster.inplace_predict(matrix) for booster in self.boosters]
        return np.column_stack(predicted).astype(np.float64)

    def _boost(self, binned: "QuantileDMatrix", target: FloatArray) -> "Booster":
        """The booster of one lead; rows without a target weigh nothing."""
        import xgboost

        seen = np.isfinite(target)
        binned.set_label(np.where(seen, target, 0.0))
        binned.set_weight(seen.astype(np.float32))
        settings = {
            "objective": "reg:squarederror",
            "base_score": float(target[seen].mean()),
            "tree_method": "hist",
            "learning_rate": self.params.learning_rate,
            "max_depth": self.params.max_depth,
            "subsample": self.params.subsample,
            "colsample_bytree": self.params.colsample_bytree,
            "min_child_weight": self.params.min_child_weight,
            "nthread": self.params.n_jobs,
            "seed": self.seed,
        }
        return xgboost.train(settings, binned, num_boost_round=self.params.n_estimators)
