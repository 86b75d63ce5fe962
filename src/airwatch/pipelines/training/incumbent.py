"""The champion that is registered, and what it says of the days since its training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from airwatch.forecasting.forecaster import Forecaster, RecentErrors
from airwatch.model_registry import ModelShelf, NewerLibraryError, RegisteredForecaster, UnreadableModelError
from airwatch.parameters import RunParams
from airwatch.pipelines.training.evidence import KEY
from airwatch.pipelines.training.examples import Examples
from airwatch.scores import QUANTILES

ROWS_AT_ONCE = 5_000
ORIGIN = ["site_id", "origin_date"]


@dataclass(frozen=True)
class Incumbent:
    """The champion before this training.

    Attributes:
        version: Its number; empty where there is none.
        model: It, where it can be compared.
        reason: Why not, otherwise.
        stays: Whether it is champion all the same, for what was trained can tell nothing about its air.
    """

    version: str = ""
    model: RegisteredForecaster | None = None
    reason: str = ""
    stays: bool = False

    @property
    def label(self) -> str:
        """As it is called: ``version 3 (stack)``."""
        return f"version {self.version}" + (f" ({self.model.forecaster.model_name})" if self.model else "")


def find_incumbent(shelf: ModelShelf, examples: Examples, run: RunParams) -> Incumbent:
    """The registered champion, if any, and whether it can forecast the rows that this run has."""
    registered = shelf.version()
    if registered is None:
        return Incumbent()
    try:
        model = shelf.load(registered.number)
    except (NewerLibraryError, UnreadableModelError) as error:
        return Incumbent(registered.number, reason=str(error))
    assert model is not None
    if reason := _incomparable(model, examples, run):
        real = not model.tags.get("source", "sandbox").startswith("sandbox")
        return Incumbent(registered.number, reason=reason, stays=real and run.source == "sandbox")
    return Incumbent(registered.number, model)


def _incomparable(champion: RegisteredForecaster, examples: Examples, run: RunParams) -> str:
    """Why a champion cannot be held against this run's models; empty where it can."""
    forecaster, tags = champion.forecaster, champion.tags
    known = set(examples.rows.columns)
    lacking = [name for name in forecaster.feature_names if name not in known]
    reasons = {
        f"it was trained on {tags.get('source')}, and this run is about {run.source_label}": (
            tags.get("source", run.source_label) != run.source_label
        ),
        f"it was trained on {tags.get('area')}, and this run is about {run.area.slug}": (
            tags.get("area", run.area.slug) != run.area.slug
        ),
        f"it forecasts {forecaster.horizon} days ahead, and horizon_days is {run.horizon_days}": (
            forecaster.horizon != run.horizon_days
        ),
        f"it reads {len(lacking)} features that this run does not have ({', '.join(lacking[:3])}, …)": bool(lacking),
        f"it has learned from days to {forecaster.train_until.date()}, later than as_of={run.as_of}": (
            forecaster.train_until > pd.Timestamp(run.as_of)
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def forecast_again(champion: Forecaster, examples: Examples, asked: pd.DataFrame) -> pd.DataFrame:
    """What the champion, as it is registered, would have forecast from origins since its training.

    The forecasts are those that inference would have issued: they follow the errors at all sites since the training.
    Examples are read block by block, twice.

    Args:
        champion: It.
        examples: Rows of all sites, with those origins among them.
        asked: ``site_id`` and ``origin_date`` of the forecasts that are wanted; none before ``train_until``.

    Returns:
        ``KEY``, ``site_id`` as text, and the quantiles, AQS unit, for each lead.
    """
    since = examples.where(examples.origins >= np.datetime64(champion.train_until, "D"))
    recent = RecentErrors.total([champion.recent_errors(block) for _, block in since.rows.blocks()])
    wanted = _keys(asked)
    parts = []
    for _, block in since.rows.blocks():
        rows = block[_keys(block).isin(wanted)]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            made = champion.predict(rows.iloc[start : start + ROWS_AT_ONCE], recent)
            parts.append(made[[*KEY, *QUANTILES]].astype({"site_id": "str"}))
    return pd.concat(parts, ignore_index=True)


def _keys(rows: pd.DataFrame) -> pd.MultiIndex:
    """Site, as text, and origin of each row."""
    return pd.MultiIndex.from_frame(rows[ORIGIN].astype({"site_id": "str"}))
