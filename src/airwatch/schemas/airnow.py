"""Tables of what AirNow says: days that AQS does not have yet, and the forecasts of the agencies."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import SITE_ID, Table


class AirnowDaily(Table):
    """AirNow's values of the run's monitors, in the AQS unit: one a site, pollutant and day, whatever AQS has of it."""

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    date_local: Series[pd.Timestamp]
    value: Series[float]

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "date_local"]


class DroppedAirnow(Table):
    """How many lines of AirNow's files were left out, by what each is about and the first reason that spoke against it.

    A line that could not be read at all has no parameter.
    """

    file: Series[str] = pa.Field(isin=["daily values", "forecasts"])
    parameter: Series[str]
    reason: Series[str]
    rows: Series[int] = pa.Field(ge=1)

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["file", "parameter", "reason"]


class EpaForecasts(Table):
    """What the agencies forecast for their reporting areas; ``aqi`` is missing where it was a category alone."""

    reporting_area: Series[str]
    state: Series[str] = pa.Field(str_matches=r"^[A-Z]{2}$")
    pollutant: Series[str]
    issued: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    lead_days: Series[int] = pa.Field(ge=0)
    latitude: Series[float] = pa.Field(ge=-90, le=90)
    longitude: Series[float] = pa.Field(ge=-180, le=180)
    aqi: Series[float] = pa.Field(nullable=True, ge=0)
    category: Series[str]
    action_day: Series[bool]
    agency: Series[str]

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["reporting_area", "state", "pollutant", "issued", "target_date"]


class ProvisionalDifferences(Table):
    """What AirNow said of a day beside what AQS has of it, in the AQS unit; ``difference`` is AirNow less AQS."""

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    date_local: Series[pd.Timestamp]
    airnow: Series[float]
    aqs: Series[float]
    difference: Series[float]

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "date_local"]


class ProvisionalAgreement(Table):
    """How far AirNow was from AQS over the newest days that both know, and since when."""

    pollutant: Series[str]
    pairs: Series[int] = pa.Field(ge=0)
    mean_difference: Series[float] = pa.Field(nullable=True)
    bias: Series[float] = pa.Field(nullable=True)
    share_apart: Series[float] = pa.Field(nullable=True, ge=0, le=1)
    since: Series[pd.Timestamp] = pa.Field(nullable=True)

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant"]
