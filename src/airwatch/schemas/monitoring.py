"""Tables of what monitoring found."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.scores import Scores
from airwatch.schemas.table import Table


class MaturedForecasts(Table):
    """Forecasts whose target day was observed, beside what the references said, in the AQS unit."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "origin_date", "target_date"]

    site_id: Series[str]
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    mean: Series[float]
    q05: Series[float]
    q10: Series[float]
    q25: Series[float]
    q50: Series[float]
    q75: Series[float]
    q90: Series[float]
    q95: Series[float]
    p_aqi_above_50: Series[float]
    p_aqi_above_100: Series[float]
    p_aqi_above_150: Series[float]
    model_name: Series[str]
    model_version: Series[str]
    kind: Series[str] = pa.Field(isin=["issued", "hindcast", "backtest"])
    observed: Series[float]
    provisional: Series[bool]
    persistence: Series[float] = pa.Field(nullable=True)
    climatology: Series[float] = pa.Field(nullable=True)


class Verification(Scores):
    """Scores of matured forecasts, with the kinds of forecast and the target days they cover."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "lead_days", "window", "season", "region"]

    pollutant: Series[str]
    lead_days: Series[int]
    window: Series[str]
    season: Series[str] = pa.Field(isin=["all", "winter", "spring", "summer", "autumn"])
    region: Series[str]
    kind: Series[str]
    first_target: Series[pd.Timestamp]
    last_target: Series[pd.Timestamp]
    n_provisional: Series[int] = pa.Field(ge=0)


class Freshness(Table):
    """The newest observed day of each pollutant, and which forecastable sites of the area still report."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant"]

    pollutant: Series[str]
    newest_day: Series[pd.Timestamp] = pa.Field(nullable=True)
    age_days: Series[float] = pa.Field(nullable=True, ge=0)
    sites_forecastable: Series[int] = pa.Field(ge=0)
    sites_reporting: Series[int] = pa.Field(ge=0)
    share_reporting: Series[float] = pa.Field(nullable=True, ge=0, le=1)
    silent_sites: Series[str]


class DataQuality(Table):
    """What is wrong with the data of a site, from which day to which; an empty ``site_id`` is the area as a whole."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "check"]

    site_id: Series[str]
    pollutant: Series[str]
    check: Series[str] = pa.Field(isin=["silent", "completeness", "volume", "stuck", "negative", "unit", "spike"])
    since: Series[pd.Timestamp]
    until: Series[pd.Timestamp]
    value: Series[float]
    limit: Series[float]
    note: Series[str]


class SmokeDays(Table):
    """Days of smoke, or of another episode of all sites around, at each site."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "date_local"]

    site_id: Series[str]
    date_local: Series[pd.Timestamp]
    share: Series[float] = pa.Field(nullable=True, ge=0, le=1)
    told_by: Series[str] = pa.Field(isin=["network", "agency"])


class Drift(Table):
    """Tests of inputs, sites and residuals for changes that last; ``since`` where one was found."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "kind", "scope", "test"]

    pollutant: Series[str]
    kind: Series[str] = pa.Field(isin=["input", "residual", "site"])
    scope: Series[str]
    test: Series[str]
    statistic: Series[float] = pa.Field(nullable=True)
    limit: Series[float]
    drifted: Series[bool]
    since: Series[pd.Timestamp] = pa.Field(nullable=True)
    note: Series[str]


class MonitoringSummary(Table):
    """What was checked, against which limit, and what to do; the row ``decision`` sums it up."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["check"]

    check: Series[str]
    status: Series[str] = pa.Field(isin=["ok", "warn", "retrain"])
    value: Series[float] = pa.Field(nullable=True)
    limit: Series[float] = pa.Field(nullable=True)
    since: Series[pd.Timestamp] = pa.Field(nullable=True)
    action: Series[str]
