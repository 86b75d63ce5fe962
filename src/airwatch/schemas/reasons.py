"""Table of why forecasts are what they are."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import SITE_ID, Table


class ForecastReasons(Table):
    """What is usual, what each group of features adds to it, and their sum, in the AQS unit."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "origin_date", "target_date"]

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    usual: Series[float]
    yesterday: Series[float]
    recent_level: Series[float]
    usual_level: Series[float]
    season: Series[float]
    calendar: Series[float]
    neighbours: Series[float]
    upwind: Series[float]
    region: Series[float]
    weather: Series[float]
    other_pollutants: Series[float]
    variability: Series[float]
    data: Series[float]
    place: Series[float]
    expected: Series[float]
    main_reason: Series[str]
    second_reason: Series[str]
    in_words: Series[str]
