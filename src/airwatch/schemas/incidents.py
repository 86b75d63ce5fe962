"""Table of incidents: what was wrong from when to when, and who was told."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import Table


class Incidents(Table):
    """Each time that a check failed, from the run that first found it to the run that found it over.

    Days are those of ``as_of``, but for ``since``: the first day that the data speak of. The channels that were told
    are named in words with a blank between them.
    """

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["source", "area", "check", "site_id", "opened"]

    source: Series[str]
    area: Series[str]
    check: Series[str]
    site_id: Series[str]  # empty: the whole area
    opened: Series[pd.Timestamp]
    since: Series[pd.Timestamp] = pa.Field(nullable=True)
    status: Series[str] = pa.Field(isin=["ok", "warn", "retrain"])
    worst: Series[str] = pa.Field(isin=["warn", "retrain"])
    value: Series[float] = pa.Field(nullable=True)
    limit: Series[float] = pa.Field(nullable=True)
    action: Series[str]
    last_seen: Series[pd.Timestamp]
    closed: Series[pd.Timestamp] = pa.Field(nullable=True)
    notified_open: Series[str]
    notified_worse: Series[str]
    notified_close: Series[str]
