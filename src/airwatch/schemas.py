"""One pandera model for each stored table; the catalog's ``validator:`` names it.

Keys are unique and sorted, codes are strings with their zeros, dates are local standard days (timestamps at
midnight without a zone), concentrations are in the AQS unit of their pollutant.
"""

from __future__ import annotations

import sys
from typing import cast

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

SITE_ID = r"^[0-9A-Z]{2}-[0-9]{3}-[0-9]{4}$"


class Table(pa.DataFrameModel):
    """What all tables have in common: known columns, and a key that is unique and sorted."""

    class Config:
        """Types are brought about where they can be; a column too many is a mistake of ours."""

        strict = True
        coerce = True

    @pa.dataframe_check(error="the key is sorted")
    @classmethod
    def _key_is_sorted(cls, frame: pd.DataFrame) -> bool:
        decided = np.zeros(max(len(frame) - 1, 0), dtype=bool)
        for column in cls.to_schema().unique or []:
            step = np.diff(pd.factorize(frame[column], sort=True)[0])  # a missing value is -1, so it comes first
            if (step[~decided] < 0).any():
                return False
            decided |= step > 0
        return True


class DailySummaries(Table):
    """AQS daily summaries as they came, typed: all variants of a day, keyed by AQS's own ten-part key."""


    site_id: Series[pd.CategoricalDtype]
    pollutant: Series[pd.CategoricalDtype]
    state_code: Series[pd.CategoricalDtype]
    county_code: Series[pd.CategoricalDtype]
    site_number: Series[pd.CategoricalDtype]
    parameter_code: Series[pd.CategoricalDtype]
    poc: Series[int]
    date_local: Series[pd.Timestamp]
    sample_duration_code: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    pollutant_standard: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    event_type: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    method_code: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    units_of_measure: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    observation_count: Series[float] = pa.Field(nullable=True)
    observation_percent: Series[float] = pa.Field(nullable=True)
    validity_indicator: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    arithmetic_mean: Series[float] = pa.Field(nullable=True)
    first_max_value: Series[float] = pa.Field(nullable=True)
    latitude: Series[float] = pa.Field(nullable=True)
    longitude: Series[float] = pa.Field(nullable=True)
    local_site_name: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    state: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    county: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    city: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    cbsa_code: Series[pd.CategoricalDtype] = pa.Field(nullable=True)
    date_of_last_change: Series[pd.Timestamp] = pa.Field(nullable=True)
    source: Series[pd.CategoricalDtype]

    class Config(Table.Config):
        """The key."""

        unique = ["state_code", "county_code", "site_number", "parameter_code", "poc", "date_local", "sample_duration_code", "pollutant_standard", "event_type", "method_code"]


class Monitors(Table):
    """The instruments of the area, as EPA lists them."""


    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    poc: Series[int]
    naaqs_primary: Series[bool]
    latitude: Series[float] = pa.Field(nullable=True)
    longitude: Series[float] = pa.Field(nullable=True)
    name: Series[str]

    class Config(Table.Config):
        """The key."""

        unique = ["site_id", "pollutant", "poc"]


class DailyObservations(Table):
    """One value for each site, pollutant (or kind of weather) and day, in the AQS unit."""


    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    date_local: Series[pd.Timestamp]
    value: Series[float]
    poc: Series[int]
    method_code: Series[str] = pa.Field(nullable=True)
    observation_percent: Series[float] = pa.Field(nullable=True)
    event_type: Series[str] = pa.Field(nullable=True)
    source: Series[str]
    provisional: Series[bool]

    class Config(Table.Config):
        """The key."""

        unique = ["site_id", "pollutant", "date_local"]


class DroppedSummaries(Table):
    """How many rows the policy left out, by the first reason that spoke against each."""


    pollutant: Series[str]
    reason: Series[str]
    rows: Series[int] = pa.Field(ge=0)
    site_days: Series[int] = pa.Field(ge=0)

    class Config(Table.Config):
        """The key."""

        unique = ["pollutant", "reason"]


class Sites(Table):
    """Where each pollutant is observed, how often, and whether it can be forecast as of the run."""


    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    latitude: Series[float] = pa.Field(nullable=True)
    longitude: Series[float] = pa.Field(nullable=True)
    name: Series[str]
    county: Series[str]
    state: Series[str]
    cbsa_code: Series[str]
    in_area: Series[bool]
    cadence_days: Series[float] = pa.Field(nullable=True)
    forecastable: Series[bool]
    reason_not: Series[str]
    first_day: Series[pd.Timestamp]
    last_day: Series[pd.Timestamp]

    class Config(Table.Config):
        """The key."""

        unique = ["site_id", "pollutant"]


class Features(Table):
    """What was known at each origin: float32 columns beside the key."""


    site_id: Series[str]
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]

    class Config(Table.Config):
        """The feature columns follow from the parameters."""

        strict = False
        unique = ["site_id", "pollutant", "origin_date"]


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

        unique = ["site_id", "pollutant", "origin_date", "target_date"]

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

        unique = ["pollutant", "candidate", "site_id", "origin_date", "target_date"]

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


class BacktestScores(Table):
    """Scores of each candidate by lead, on the same rows for all."""

    class Config(Table.Config):
        """The key."""

        unique = ["pollutant", "candidate", "lead_days"]

    pollutant: Series[str]
    candidate: Series[str]
    lead_days: Series[int]
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
    rmse_persistence: Series[float] = pa.Field(nullable=True)
    rmse_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence: Series[float] = pa.Field(nullable=True)
    skill_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence_low: Series[float] = pa.Field(nullable=True)
    skill_persistence_high: Series[float] = pa.Field(nullable=True)
    champion: Series[bool]


class MaturedForecasts(Table):
    """Forecasts whose target day was observed, beside what the references said, in the AQS unit."""

    class Config(Table.Config):
        """The key."""

        unique = ["site_id", "pollutant", "origin_date", "target_date"]

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
    kind: Series[str] = pa.Field(isin=["issued", "hindcast", "backtest"])
    observed: Series[float]
    persistence: Series[float] = pa.Field(nullable=True)
    climatology: Series[float] = pa.Field(nullable=True)


class Verification(Table):
    """Scores of matured forecasts, with the kinds of forecast and the target days they cover."""

    class Config(Table.Config):
        """The key."""

        unique = ["pollutant", "lead_days", "window", "region"]

    pollutant: Series[str]
    lead_days: Series[int]
    window: Series[str]
    region: Series[str]
    kind: Series[str]
    first_target: Series[pd.Timestamp]
    last_target: Series[pd.Timestamp]
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
    rmse_persistence: Series[float] = pa.Field(nullable=True)
    rmse_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence: Series[float] = pa.Field(nullable=True)
    skill_climatology: Series[float] = pa.Field(nullable=True)
    skill_persistence_low: Series[float] = pa.Field(nullable=True)
    skill_persistence_high: Series[float] = pa.Field(nullable=True)


class Freshness(Table):
    """The newest observed day of each pollutant, and which forecastable sites of the area still report."""

    class Config(Table.Config):
        """The key."""

        unique = ["pollutant"]

    pollutant: Series[str]
    newest_day: Series[pd.Timestamp] = pa.Field(nullable=True)
    age_days: Series[float] = pa.Field(nullable=True, ge=0)
    sites_forecastable: Series[int] = pa.Field(ge=0)
    sites_reporting: Series[int] = pa.Field(ge=0)
    share_reporting: Series[float] = pa.Field(nullable=True, ge=0, le=1)
    silent_sites: Series[str]


class MonitoringSummary(Table):
    """What was checked, against which limit, and what to do; the row ``decision`` sums it up."""

    class Config(Table.Config):
        """The key."""

        unique = ["check"]

    check: Series[str]
    status: Series[str] = pa.Field(isin=["ok", "warn", "retrain"])
    value: Series[float] = pa.Field(nullable=True)
    limit: Series[float] = pa.Field(nullable=True)
    since: Series[pd.Timestamp] = pa.Field(nullable=True)
    action: Series[str]


def empty(name: str) -> pd.DataFrame:
    """The empty table of a schema, by the schema's name, with its columns and types."""
    model = cast("type[pa.DataFrameModel]", getattr(sys.modules[__name__], name))
    schema = model.to_schema()
    blank = pd.DataFrame({column: pd.Series([], dtype="str") for column in schema.columns})
    return pd.DataFrame(schema.coerce_dtype(blank))
