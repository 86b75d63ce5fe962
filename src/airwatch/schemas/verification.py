"""Tables of verification beside its scores: chances, the agencies' forecasts, observations that were revised."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import Table


class VerifiedChances(Table):
    """What happened where a chance of an AQI above a threshold was given, by that chance in tenths."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "lead_days", "aqi", "chance_low"]

    pollutant: Series[str]
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    aqi: Series[int] = pa.Field(isin=[50, 100, 150])
    chance_low: Series[float] = pa.Field(ge=0, lt=1)
    chance_high: Series[float] = pa.Field(gt=0, le=1)
    mean_chance: Series[float] = pa.Field(ge=0, le=1)
    observed_share: Series[float] = pa.Field(ge=0, le=1)
    n: Series[int] = pa.Field(ge=1)


class EpaVerification(Table):
    """Scores of our forecasts, of those of EPA's agencies and of persistence, on the same rows, as AQI."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "lead_days", "forecaster"]

    pollutant: Series[str]
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    forecaster: Series[str] = pa.Field(isin=["airwatch", "epa", "persistence"])
    n: Series[int] = pa.Field(ge=1)
    n_aqi: Series[int] = pa.Field(ge=0)
    first_target: Series[pd.Timestamp]
    last_target: Series[pd.Timestamp]
    mae_aqi: Series[float] = pa.Field(nullable=True)
    rmse_aqi: Series[float] = pa.Field(nullable=True)
    bias_aqi: Series[float] = pa.Field(nullable=True)
    category_hit: Series[float] = pa.Field(ge=0, le=1)
    category_near: Series[float] = pa.Field(ge=0, le=1)
    exceedances: Series[int] = pa.Field(ge=0)
    hits: Series[int] = pa.Field(ge=0)
    false_alarms: Series[int] = pa.Field(ge=0)
    pod: Series[float] = pa.Field(nullable=True)
    far: Series[float] = pa.Field(nullable=True)
    csi: Series[float] = pa.Field(nullable=True)


class VerifiedObservations(Table):
    """AQS's values that issued forecasts were verified with, first and now; a ``value`` withdrawn is missing."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["source", "site_id", "pollutant", "date_local"]

    source: Series[str]
    site_id: Series[str]
    pollutant: Series[str]
    date_local: Series[pd.Timestamp]
    first_value: Series[float]
    first_verified: Series[pd.Timestamp]
    value: Series[float] = pa.Field(nullable=True)
    revised: Series[pd.Timestamp] = pa.Field(nullable=True)


class RevisedObservations(Table):
    """Observations that changed after a forecast was first verified with them; a ``value`` withdrawn is missing."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "date_local"]

    site_id: Series[str]
    pollutant: Series[str]
    date_local: Series[pd.Timestamp]
    first_value: Series[float]
    first_verified: Series[pd.Timestamp]
    value: Series[float] = pa.Field(nullable=True)
    revised: Series[pd.Timestamp]
