"""Rows to grow trees on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.rows import FrameRows

DAYS, SITES, LEADS = 150, 4, 3


def rows_and_residuals(seed: int = 1) -> tuple[FrameRows, FloatArray]:
    """Five features at four sites, a tenth missing, and residuals [n, 3] that depend on them, a tenth missing."""
    rng = np.random.default_rng(seed)
    count = DAYS * SITES
    features = rng.normal(size=(count, 5)).astype(np.float32)
    signal = np.sin(2 * features[:, 0]) + features[:, 1] * features[:, 2]
    residuals = signal[:, None] / np.arange(1, LEADS + 1) + 0.3 * rng.normal(size=(count, LEADS))
    features[rng.random(features.shape) < 0.1] = np.nan
    residuals[rng.random(residuals.shape) < 0.1] = np.nan
    frame = pd.DataFrame(features, columns=[f"feature_{number}" for number in range(5)])
    frame.insert(0, "site_id", pd.Series(np.repeat([f"06-037-000{n}" for n in range(SITES)], DAYS), dtype="str"))
    frame.insert(1, "pollutant", "pm25")
    frame.insert(2, "origin_date", np.tile(pd.date_range("2023-01-01", periods=DAYS), SITES))
    return FrameRows(frame), residuals
