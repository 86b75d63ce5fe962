"""What AirWatch itself makes of the same days: its features, its own backtest, and the court over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from airwatch.domain.transforms import transform
from airwatch.features.court import find_leaks
from airwatch.features.spec import FeatureSpec
from airwatch.features.table import build_features
from airwatch.pipelines.training.backtest import CLIMATOLOGY, backtest, plan_windows
from airwatch.pipelines.training.examples import pair_examples
from airwatch.pipelines.training.params import TrainingParams
from benchmarks.leakage.days import POLLUTANT

PARAMETERS = Path(__file__).resolve().parents[2] / "conf/base/parameters"
HALF_YEAR_DAYS = 182


@dataclass(frozen=True, slots=True)
class CourtRun:
    """The parameters of a run that features depend on."""

    as_of: date
    horizon_days: int
    pollutants: tuple[str, ...] = (POLLUTANT,)


@dataclass(frozen=True)
class AirWatch:
    """AirWatch as its parameter files set it up, over the observations and sites of the court."""

    observations: pd.DataFrame
    sites: pd.DataFrame
    run: CourtRun

    def features(self, observations: pd.DataFrame) -> pd.DataFrame:
        """The feature table of these observations."""
        return build_features(observations, self.sites, self.run, _spec())

    def leaks(self, features: pd.DataFrame, origins: Sequence[pd.Timestamp], seed: int) -> list[str]:
        """The columns of the feature table that change with the days after those origins."""
        return find_leaks(features, self.features, self.observations, origins, seed=seed)

    def backtest(self, features: pd.DataFrame, candidate: str, seed: int) -> pd.DataFrame:
        """Forecasts of the next day in the two half-years before ``as_of``, by one candidate.

        Returns:
            ``site_id``, ``date_local`` (of the target), ``forecast`` (µg/m³).
        """
        as_of, horizon = pd.Timestamp(self.run.as_of), self.run.horizon_days
        unit = transform(_spec().transforms[POLLUTANT])
        examples = pair_examples(features, self.observations, POLLUTANT, as_of, horizon, unit)
        params = _training_params(candidate)
        forecasts, _ = backtest(examples, plan_windows(examples, params.backtest), params, seed)
        chosen = forecasts[(forecasts["candidate"] == candidate) & (forecasts["lead_days"] == 1)]
        named = chosen.rename(columns={"target_date": "date_local", "mean": "forecast"})
        return named[["site_id", "date_local", "forecast"]]


def _spec() -> FeatureSpec:
    """What the project's feature table holds."""
    return FeatureSpec.model_validate(_group("feature_engineering")["features"])


def _training_params(candidate: str) -> TrainingParams:
    """The project's training parameters with one candidate beside the climatology."""
    group = _group("training")
    settings = group["candidates"]
    if candidate not in settings:
        raise ValueError(f"No candidate {candidate!r}: choose one of {', '.join(settings)}.")
    kept = {name: given if name in (candidate, CLIMATOLOGY) else None for name, given in settings.items()}
    windows = group["backtest"] | {"folds": 2, "fold_days": HALF_YEAR_DAYS, "judged_share": 1.0}
    return TrainingParams.model_validate(group | {"candidates": kept, "backtest": windows})


def _group(name: str) -> dict[str, Any]:
    """A parameter file of the project."""
    group: dict[str, Any] = yaml.safe_load((PARAMETERS / f"{name}.yml").read_text())[name]
    return group
