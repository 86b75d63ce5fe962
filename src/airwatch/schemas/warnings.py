"""Table of the warnings that were issued."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import SITE_ID, Table


class Warnings(Table):
    """Forecasts that warn of an AQI above a threshold, with what became of such warnings on rolling origins."""

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["site_id", "pollutant", "origin_date", "target_date", "threshold"]

    site_id: Series[str] = pa.Field(str_matches=SITE_ID)
    pollutant: Series[str]
    origin_date: Series[pd.Timestamp]
    target_date: Series[pd.Timestamp]
    threshold: Series[int] = pa.Field(isin=[50, 100, 150])
    lead_days: Series[int] = pa.Field(ge=1, le=14)
    chance: Series[float] = pa.Field(ge=0, le=1)
    cut: Series[float] = pa.Field(gt=0, lt=1)
    basis: Series[str] = pa.Field(isin=["observed", "theory"])
    cost_of_miss: Series[float] = pa.Field(gt=0)
    events: Series[int] = pa.Field(ge=0)
    hits: Series[int] = pa.Field(ge=0)
    misses: Series[int] = pa.Field(ge=0)
    false_alarms: Series[int] = pa.Field(ge=0)

    @pa.dataframe_check(error="a warning's chance has reached its cut")
    @classmethod
    def _reaches_its_cut(cls, frame: pd.DataFrame) -> bool:
        return bool((frame["chance"] >= frame["cut"]).all())
