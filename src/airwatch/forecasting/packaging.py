"""The forecaster as MLflow stores and serves it."""

from typing import Any

import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from airwatch.forecasting.design import KEYS, require_features
from airwatch.forecasting.forecaster import Forecaster


class ForecasterPyfunc(PythonModel):  # type: ignore[misc]  # MLflow is not typed
    """Takes rows of the feature table, with float64 columns, and returns the forecast table."""

    def __init__(self, forecaster: Forecaster) -> None:
        """Wrap a fitted forecaster; it travels inside the pickle."""
        self.forecaster = forecaster

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """As ``Forecaster.predict``; ``context`` and ``params`` are MLflow's and not used."""
        return self.forecaster.predict(model_input)


def as_model_input(features: pd.DataFrame, feature_names: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the feature table in the types of the model's signature.

    Every feature becomes float64, which holds float32 exactly.

    Raises:
        MissingFeatures: Columns are not there.
    """
    require_features(features, (*KEYS, *feature_names))
    return features[[*KEYS, *feature_names]].astype(dict.fromkeys(feature_names, "float64"))
