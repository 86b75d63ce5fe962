"""The node that warns: forecasts whose chance of bad air has reached the cut of their model."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.model_registry import ModelShelf
from airwatch.parameters import RunParams
from airwatch.pipelines.inference.issued import issued_by
from airwatch.scope import mark

logger = logging.getLogger(__name__)


def issue_warnings(forecasts: pd.DataFrame, run: RunParams, **models: ModelShelf) -> pd.DataFrame:
    """Warn where the chance of an AQI above 50, 100 or 150 is at least the cut chosen in training.

    Args:
        forecasts: ``Forecasts`` of all pollutants, hindcasts alike.
        run: What the warnings are marked as made for.
        **models: The models of each pollutant by its name; the version that made a forecast decides on its warnings.

    Returns:
        ``Warnings``: a row for each forecast and threshold that is warned of, sorted by key; none where none is.
    """
    decided = [forecaster.cuts.decide(rows) for forecaster, rows in issued_by(forecasts, models)]
    warned = [rows[rows["warned"]] for rows in decided]
    logger.info("Inference: %d warnings in %d forecasts", sum(map(len, warned)), len(forecasts))
    blank = schemas.empty("Warnings")
    if not any(map(len, warned)):
        return mark(blank, run)
    key = schemas.Warnings.to_schema().unique
    return mark(pd.concat(warned)[list(blank.columns)].sort_values(key, ignore_index=True), run)
