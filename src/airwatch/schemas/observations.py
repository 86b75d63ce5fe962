"""Tables of what was observed, and where."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import SITE_ID, Table


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

        unique: ClassVar = [
            "state_code",
            "county_code",
            "site_number",
            "parameter_code",
            "poc",
            "date_local",
            "sample_duration_code",
            "pollutant_standard",
            "event_type",
            "method_code",
        ]


class Monitors(Table):
    """The instruments of the area, and with a neighbourhood those around it, as EPA lists them."""

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    poc: Series[int]
    naaqs_primary: Series[bool]
    in_area: Series[bool]
    latitude: Series[float] = pa.Field(nullable=True)
    longitude: Series[float] = pa.Field(nullable=True)
    name: Series[str]

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "poc"]


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

        unique: ClassVar = ["site_id", "pollutant", "date_local"]


class DroppedSummaries(Table):
    """How many rows the policy left out, by the first reason that spoke against each."""

    pollutant: Series[str]
    reason: Series[str]
    rows: Series[int] = pa.Field(ge=0)
    site_days: Series[int] = pa.Field(ge=0)

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "reason"]


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

        unique: ClassVar = ["site_id", "pollutant"]
