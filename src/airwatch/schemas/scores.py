"""The columns that every table of scores has (``airwatch.scores`` says what they mean)."""

from __future__ import annotations

import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import Table


class Scores(Table):
    """Scores of a group of forecasts, each beside persistence and climatology on the rows that have them."""

    n: Series[int]
    origins: Series[int]
    exceedances: Series[int]
    rmse: Series[float] = pa.Field(nullable=True)
    mae: Series[float] = pa.Field(nullable=True)
    bias: Series[float] = pa.Field(nullable=True)
    nmb: Series[float] = pa.Field(nullable=True)
    nme: Series[float] = pa.Field(nullable=True)
    r: Series[float] = pa.Field(nullable=True)
    crps: Series[float] = pa.Field(nullable=True)
    coverage_50: Series[float] = pa.Field(nullable=True)
    coverage_80: Series[float] = pa.Field(nullable=True)
    coverage_90: Series[float] = pa.Field(nullable=True)
    sharpness_50: Series[float] = pa.Field(nullable=True)
    sharpness_80: Series[float] = pa.Field(nullable=True)
    sharpness_90: Series[float] = pa.Field(nullable=True)
    pod: Series[float] = pa.Field(nullable=True)
    far: Series[float] = pa.Field(nullable=True)
    csi: Series[float] = pa.Field(nullable=True)
    brier_50: Series[float] = pa.Field(nullable=True)
    brier_100: Series[float] = pa.Field(nullable=True)
    brier_150: Series[float] = pa.Field(nullable=True)
    n_persistence: Series[int] = pa.Field(ge=0)
    n_climatology: Series[int] = pa.Field(ge=0)
    rmse_beside_persistence: Series[float] = pa.Field(nullable=True)
    rmse_beside_climatology: Series[float] = pa.Field(nullable=True)
    rmse_persistence: Series[float] = pa.Field(nullable=True)
    rmse_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence: Series[float] = pa.Field(nullable=True)
    skill_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence_low: Series[float] = pa.Field(nullable=True)
    skill_persistence_high: Series[float] = pa.Field(nullable=True)
