"""One pandera model for each stored table; the catalog names it (``validator:`` or ``schema:``).

Keys are unique and sorted, codes are strings with their zeros, dates are local standard days (timestamps at
midnight without a zone), concentrations are in the AQS unit of their pollutant.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from airwatch.schemas.airnow import (
    AirnowDaily,
    DroppedAirnow,
    EpaForecasts,
    ProvisionalAgreement,
    ProvisionalDifferences,
)
from airwatch.schemas.forecasts import BacktestForecasts, BacktestScores, Features, Forecasts
from airwatch.schemas.gate import Gate
from airwatch.schemas.incidents import Incidents
from airwatch.schemas.monitoring import (
    DataQuality,
    Drift,
    Freshness,
    MaturedForecasts,
    MonitoringSummary,
    SmokeDays,
    Verification,
)
from airwatch.schemas.observations import DailyObservations, DailySummaries, DroppedSummaries, Monitors, Sites
from airwatch.schemas.reasons import ForecastReasons
from airwatch.schemas.table import Table
from airwatch.schemas.verification import (
    EpaVerification,
    RevisedObservations,
    VerifiedChances,
    VerifiedObservations,
)
from airwatch.schemas.warnings import Warnings

__all__ = [
    "AirnowDaily",
    "BacktestForecasts",
    "BacktestScores",
    "DailyObservations",
    "DailySummaries",
    "DataQuality",
    "Drift",
    "DroppedAirnow",
    "DroppedSummaries",
    "EpaForecasts",
    "EpaVerification",
    "Features",
    "ForecastReasons",
    "Forecasts",
    "Freshness",
    "Gate",
    "Incidents",
    "MaturedForecasts",
    "MonitoringSummary",
    "Monitors",
    "ProvisionalAgreement",
    "ProvisionalDifferences",
    "RevisedObservations",
    "Sites",
    "SmokeDays",
    "Table",
    "Verification",
    "VerifiedChances",
    "VerifiedObservations",
    "Warnings",
    "empty",
]

TABLES: dict[str, type[Table]] = {
    table.__name__: table
    for table in (
        AirnowDaily,
        BacktestForecasts,
        BacktestScores,
        DailyObservations,
        DailySummaries,
        DataQuality,
        Drift,
        DroppedAirnow,
        DroppedSummaries,
        EpaForecasts,
        EpaVerification,
        Features,
        ForecastReasons,
        Forecasts,
        Freshness,
        Gate,
        Incidents,
        MaturedForecasts,
        MonitoringSummary,
        Monitors,
        ProvisionalAgreement,
        ProvisionalDifferences,
        RevisedObservations,
        Sites,
        SmokeDays,
        Verification,
        VerifiedChances,
        VerifiedObservations,
        Warnings,
    )
}


def empty(name: str) -> pd.DataFrame:
    """The empty table of a schema, by the schema's name, with its columns and types."""
    return _blank(name).copy()


@cache  # bringing its types about takes up to 50 ms, and a run asks for some thirty
def _blank(name: str) -> pd.DataFrame:
    schema = TABLES[name].to_schema()
    blank = pd.DataFrame({column: pd.Series([], dtype="str") for column in schema.columns})
    return pd.DataFrame(schema.coerce_dtype(blank))
