"""Candidates whose scores are plain, for the gate and the model card."""

from __future__ import annotations

import numpy as np
import pandas as pd

from airwatch.pipelines.training.rules import GateParams
from airwatch.scores import QUANTILES
from builders import SITE
from builders_scores import build_forecasts

LIMITS = GateParams(significance=0.05, min_days=30, coverage_tolerance=0.05, min_exceedances=20, max_gap=0.35)
DAYS = 60
EVERY_FIFTH = np.arange(DAYS) % 5 == 4
EVERY_OTHER = np.arange(DAYS) % 2 == 1


def saying(values: float | np.ndarray, lead: int = 1, **columns: object) -> pd.DataFrame:
    """Forecasts sure of a value: their CRPS is the absolute error. Observed is 11 unless given."""
    rows = build_forecasts(DAYS, **{**dict.fromkeys(QUANTILES, values), "mean": values, "lead_days": lead, **columns})
    return rows.assign(site_id=SITE, target_date=rows["origin_date"] + pd.Timedelta(days=lead))


def off_by(error: float, **columns: object) -> pd.DataFrame:
    """Right on four days of five and off on the fifth: the 80 % interval covers 80 %, the CRPS is a fifth of it."""
    return saying(np.where(EVERY_FIFTH, 11.0 + error, 11.0), **columns)


# CRPS 2, 4 and 1.
BASELINES = {"persistence": saying(13.0), "climatology": saying(15.0), "blend": saying(12.0)}


def side_by_side(candidates: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The forecasts of all candidates as one table."""
    return pd.concat([rows.assign(candidate=name) for name, rows in candidates.items()], ignore_index=True)
