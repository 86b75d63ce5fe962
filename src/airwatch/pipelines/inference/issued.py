"""Which registered model made which of the forecasts, for the nodes that say more about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from airwatch.forecasting.forecaster import Forecaster
from airwatch.model_registry import ModelShelf


class ModelGoneError(Exception):
    """Forecasts name a version of a model that the registry does not have."""


def issued_by(forecasts: pd.DataFrame, models: Mapping[str, ModelShelf]) -> Iterator[tuple[Forecaster, pd.DataFrame]]:
    """Each forecaster with the forecasts it made, pollutant by pollutant.

    Raises:
        ModelGoneError: The registry has no such version any more.
    """
    for (pollutant, version), rows in forecasts.groupby(["pollutant", "model_version"], observed=True):
        shelf = models[str(pollutant)]
        registered = shelf.load(str(version))
        if registered is None:
            raise ModelGoneError(
                f"forecasts of {pollutant} were made by {shelf.name} version {version}, which is not in the registry. "
                "Make them again: kedro run --pipelines inference"
            )
        yield registered.forecaster, rows
