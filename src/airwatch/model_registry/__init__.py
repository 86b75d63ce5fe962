"""The registry of models in MLflow: what is registered, under which version, and who is champion.

A pollutant's models are ``airwatch-<pollutant>``. The alias ``champion`` names the version that forecasts,
``challenger`` the newest one that does not, and ``previous`` the champion before. Training again on the same data,
parameters and code finds the version it made before and registers nothing.
"""

from airwatch.model_registry.dataset import ModelDataset
from airwatch.model_registry.libraries import REQUIREMENTS, NewerLibraryError
from airwatch.model_registry.records import Outcome, RegisteredForecaster, TrainedModel, Verdict, Version
from airwatch.model_registry.shelf import (
    CHALLENGER,
    CHAMPION,
    PREFIX,
    PREVIOUS,
    ModelShelf,
    RegistryRefusal,
    UnreadableModelError,
    all_shelves,
)
from airwatch.model_registry.store import UnreadableStoreError, make_store

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "PREFIX",
    "PREVIOUS",
    "REQUIREMENTS",
    "ModelDataset",
    "ModelShelf",
    "NewerLibraryError",
    "Outcome",
    "RegisteredForecaster",
    "RegistryRefusal",
    "TrainedModel",
    "UnreadableModelError",
    "UnreadableStoreError",
    "Verdict",
    "Version",
    "all_shelves",
    "make_store",
]
