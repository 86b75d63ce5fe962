"""Tables of features, forecasts and their rolling origins."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.scores import Scores
from airwatch.schemas.table import SITE_ID, Table


class Features(Table):
    """What was known at each origin: float32 columns beside the key."""

    site_id: Series[str]
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]

    class Config(Table.Config):
        """The feature columns follow from the parameters."""

        strict = False
        unique: ClassVar = ["pollutant", "site_id", "origin_date"]  # readers ask for one pollutant


class Forecasts(Table):
    """A distribution for each site, pollutant, origin and lead, in the AQS unit (DESIGN: tables)."""

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    data_through: Series[pd.Timestamp]
    mean: Series[float] = pa.Field(ge=0)
    q05: Series[float] = pa.Field(ge=0)
    q10: Series[float]
    q25: Series[float]
    q50: Series[float]
    q75: Series[float]
    q90: Series[float]
    q95: Series[float]
    aqi: Series[int] = pa.Field(ge=0)
    category: Series[str]
    p_aqi_above_50: Series[float] = pa.Field(ge=0, le=1)
    p_aqi_above_100: Series[float] = pa.Field(ge=0, le=1)
    p_aqi_above_150: Series[float] = pa.Field(ge=0, le=1)
    status: Series[str] = pa.Field(isin=["ok", "stale", "climatology"])
    model_name: Series[str]
    model_version: Series[str]
    issued_at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "origin_date", "target_date"]

    @pa.dataframe_check(error="quantiles never cross, chances fall as the threshold rises")
    @classmethod
    def _is_a_distribution(cls, frame: pd.DataFrame) -> bool:
        quantiles = frame[["q05", "q10", "q25", "q50", "q75", "q90", "q95"]].to_numpy()
        chances = frame[["p_aqi_above_50", "p_aqi_above_100", "p_aqi_above_150"]].to_numpy()
        return bool((quantiles[:, 1:] >= quantiles[:, :-1]).all() and (chances[:, 1:] <= chances[:, :-1]).all())


class BacktestForecasts(Table):
    """Forecasts of past days by models that had not seen them, with what was observed and what the references said."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "candidate", "site_id", "origin_date", "target_date"]

    site_id: Series[str]
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    lead_days: Series[int]
    mean: Series[float] = pa.Field(ge=0)
    q05: Series[float]
    q10: Series[float]
    q25: Series[float]
    q50: Series[float]
    q75: Series[float]
    q90: Series[float]
    q95: Series[float]
    aqi: Series[int]
    category: Series[str]
    p_aqi_above_50: Series[float]
    p_aqi_above_100: Series[float]
    p_aqi_above_150: Series[float]
    model_name: Series[str]
    candidate: Series[str]
    fold: Series[int]
    observed: Series[float]
    persistence: Series[float] = pa.Field(nullable=True)
    climatology: Series[float] = pa.Field(nullable=True)
    champion: Series[bool]


class BacktestScores(Scores):
    """Scores of each candidate by lead, of all rows and by season, region, level and site; the same rows for all."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "candidate", "lead_days", "grouping", "group"]

    pollutant: Series[str]
    candidate: Series[str]
    lead_days: Series[int]
    grouping: Series[str] = pa.Field(isin=["all", "season", "region", "level", "site"])
    group: Series[str]
    champion: Series[bool]
