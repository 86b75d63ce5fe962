"""A pollutant's models in the catalog."""

from __future__ import annotations

from typing import Any

from kedro.io.core import AbstractDataset

from airwatch.model_registry.records import TrainedModel
from airwatch.model_registry.shelf import ModelShelf


class ModelDataset(AbstractDataset[TrainedModel, ModelShelf]):
    """A pollutant's models in the catalog: saving registers one, loading gives the shelf to choose from."""

    def __init__(self, *, model_name: str, metadata: Any = None) -> None:
        self._shelf = ModelShelf(model_name)
        self.metadata = metadata

    def load(self) -> ModelShelf:
        """The shelf; no model is read yet."""
        return self._shelf

    def save(self, data: TrainedModel) -> None:
        """Register a model; where there was too little data to train one, the shelf stays as it is."""
        if data.forecaster is not None:
            self._shelf.register(data)

    def _exists(self) -> bool:
        return self._shelf.has()

    def _describe(self) -> dict[str, Any]:
        return {"model_name": self._shelf.name}
