"""AirNow's stored files to tables: values of the run's monitors, forecasts of the agencies, and what was left out."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pandas as pd

from airwatch import schemas
from airwatch.archive import Archive, Reply
from airwatch.domain.categories import categories_of
from airwatch.domain.states import POSTAL
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.airnow import DAILY, DROPPED, FORECASTS, airnow_files, as_known
from airwatch.pipelines.ingestion.airnow_values import KEPT, OTHER_PARAMETER, VALUES, read_values
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.scope import mark

logger = logging.getLogger(__name__)

FORECAST_POLLUTANTS = {"PM2.5": "pm25", "OZONE": "ozone", "PM10": "pm10", "CO": "co", "NO2": "no2", "SO2": "so2"}
NEAR_DEGREES = 2.0  # around the run's monitors; further away no reporting area is theirs
ABROAD = "an area outside the United States"
FAR = "an area far from the run's monitors"
AGAIN = "given again later in the file"
FORECAST_KEY = ["reporting_area", "state", "pollutant", "issued", "target_date"]
DROPPED_KEY = ["file", "parameter", "reason"]

Counts = Counter[tuple[str, str, str]]


def tidy_airnow(
    archive: Archive, monitors: pd.DataFrame, run: RunParams, params: IngestionParams
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make tables of AirNow's files, as they were known on ``as_of``.

    Args:
        archive: What is stored.
        monitors: The monitors of the area and its neighbourhood.
        run: Pollutants, first year and ``as_of``.
        params: Whether AirNow is asked for; else all three are empty.

    Returns:
        ``AirnowDaily``, values in the AQS unit from ``first_year`` to ``as_of``; ``EpaForecasts``, those issued by
        ``as_of`` near the monitors, of several files the last one's word; ``DroppedAirnow``, the lines of both left
        out.
    """
    counts: Counts = Counter()
    values, forecasts = [schemas.empty("AirnowDaily")], [schemas.empty("EpaForecasts")]
    if params.airnow:
        values += [_values_of(archive, file, monitors, run, counts) for file in _files(archive, DAILY, run)]
        forecasts += [_forecasts_of(archive, file, monitors, run, counts) for file in _files(archive, FORECASTS, run)]
    daily = pd.concat(values, ignore_index=True).sort_values(VALUES[:3], ignore_index=True)
    issued = pd.concat(forecasts, ignore_index=True)
    last_word = ~issued.duplicated(FORECAST_KEY, keep="last")
    issued = issued[last_word].sort_values(FORECAST_KEY, ignore_index=True)
    dropped = pd.DataFrame([(*about, rows) for about, rows in counts.items()], columns=[*DROPPED_KEY, "rows"])
    dropped = pd.concat([schemas.empty("DroppedAirnow"), dropped]).sort_values(DROPPED_KEY, ignore_index=True)
    if params.airnow:
        logger.info(
            "AirNow: %d values of %d days, %d forecasts", len(daily), daily["date_local"].nunique(), len(issued)
        )
    return mark(daily, run, whatever=("horizon_days",)), mark(issued, run, whatever=("horizon_days",)), dropped


def _files(archive: Archive, group: str, run: RunParams) -> list[Reply]:
    return [file for file in as_known(airnow_files(archive, group), run.as_of) if file.first.year >= run.first_year]


def _values_of(archive: Archive, file: Reply, monitors: pd.DataFrame, run: RunParams, counts: Counts) -> pd.DataFrame:
    """One day's values; what gives none is counted."""
    _count_unread(archive, file, "daily values", counts)
    rows = archive.read([file])
    if rows.empty:
        return schemas.empty("AirnowDaily")
    values, reasons = read_values(rows, pd.Timestamp(file.first), monitors, run)
    _count("daily values", rows["parameter"], reasons, counts)
    return values


def _forecasts_of(
    archive: Archive, file: Reply, monitors: pd.DataFrame, run: RunParams, counts: Counts
) -> pd.DataFrame:
    """One day's forecasts of the areas near the monitors; the others are counted."""
    _count_unread(archive, file, "forecasts", counts)
    rows = archive.read([file])
    rows["pollutant"] = rows["parameter"].str.upper().map(FORECAST_POLLUTANTS).astype("str")
    near = pd.Series(True, index=rows.index)
    for side in ("latitude", "longitude"):
        near &= rows[side].between(monitors[side].min() - NEAR_DEGREES, monitors[side].max() + NEAR_DEGREES)
    reasons = pd.Series(KEPT, index=rows.index, dtype="str")
    for reason, holds in {
        OTHER_PARAMETER: ~rows["pollutant"].isin(list(run.pollutants)),
        ABROAD: ~rows["state"].isin(list(POSTAL.values())),
        FAR: ~near,
        AGAIN: rows.duplicated(FORECAST_KEY, keep="last"),
    }.items():
        reasons = reasons.mask(holds & (reasons == KEPT), reason)
    _count("forecasts", rows["parameter"], reasons, counts)
    kept = rows[reasons == KEPT]
    by_aqi = pd.Series(categories_of(kept["aqi"].fillna(0)), kept.index, dtype="str")
    lead_days = (kept["target_date"] - kept["issued"]).dt.days
    kept = kept.assign(category=kept["category"].fillna(by_aqi), lead_days=lead_days)
    return pd.DataFrame(kept[list(schemas.empty("EpaForecasts").columns)])


def _count_unread(archive: Archive, file: Reply, about: str, counts: Counts) -> None:
    """Count what was no line of the file when it was stored."""
    for reason, lines in json.loads(archive.said(file).get(DROPPED, "{}")).items():
        counts[about, "", reason] += lines


def _count(about: str, parameter: pd.Series, reasons: pd.Series, counts: Counts) -> None:
    left_out = reasons != KEPT
    pairs = pd.DataFrame({"parameter": parameter[left_out], "reason": reasons[left_out]})
    for name, reason, lines in pairs.value_counts().reset_index().itertuples(index=False):
        counts[about, str(name), str(reason)] += int(lines)
