"""Forecasts of the small history, issued as inference issues them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd

from airwatch.forecasting.forecaster import Forecaster
from airwatch.model_registry import ModelShelf, RegisteredForecaster
from airwatch.pipelines.inference.nodes import issue_forecasts
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.tables import AnyTable
from builders import build_feature_params
from builders_monitoring import build_area_sites
from builders_training import SITES, build_history, examples_of, features_of, forecaster, train, training_run

HISTORY = build_history()


def build_inference_params(**given: Any) -> InferenceParams:
    """Stale after a week, issued at six o'clock, without reasons."""
    return InferenceParams(**{"stale_after_days": 7, "issue_hour_utc": 6, "reasons": "none"} | given)


PARAMS = build_inference_params()


class Shelf(ModelShelf):
    """Holds one forecaster, as champion and as version 3."""

    def __init__(self, held: Forecaster | None, **tags: str) -> None:
        super().__init__("airwatch-pm25")
        self.held, self.tags = held, tags

    def load(self, wanted: str = "champion") -> RegisteredForecaster | None:
        return RegisteredForecaster(self.held, "3", self.tags) if self.held and wanted in ("champion", "3") else None


def issue(
    history: pd.DataFrame = HISTORY,
    sites: pd.DataFrame | None = None,
    model: Shelf | None = None,
    params: InferenceParams = PARAMS,
    pollutant: str = "pm25",
    stored: Callable[[str, pd.DataFrame], AnyTable] = lambda name, frame: frame,
    **run: Any,
) -> pd.DataFrame:
    """The node of inference on a history, by the ridge that was trained on all of it unless another is given.

    ``stored`` keeps the two tables that are read a part at a time, by the names of their schemas.
    """
    settled = training_run(**run)
    return issue_forecasts(
        features=stored("Features", features_of(history, settled)),
        daily_observations=stored("DailyObservations", history),
        sites=build_area_sites(*SITES) if sites is None else sites,
        model=model or Shelf(forecaster()),
        pollutant=pollutant,
        run=settled,
        params=params,
        policy=build_feature_params(),
    )


def ended(days_ago: int, site: str = SITES[0], history: pd.DataFrame = HISTORY) -> pd.DataFrame:
    """The history with one site silent for the last ``days_ago`` days."""
    newest = pd.Timestamp("2023-12-31") - pd.Timedelta(days=days_ago)
    return history[(history["site_id"] != site) | (history["date_local"] <= newest)]


@cache
def frozen(champion: str) -> Forecaster:
    """A model trained on the days to the end of November."""
    run = training_run(as_of="2023-11-30")
    found = train(champion, examples_of(HISTORY, run), run).forecaster
    assert found is not None
    return found
