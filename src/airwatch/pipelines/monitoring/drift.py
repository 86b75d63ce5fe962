"""Whether what the models are fed has moved beyond what the season explains."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.distances import distance
from airwatch.pipelines.monitoring.page import plain_page, titled, with_header
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.pipelines.monitoring.same_weeks import Comparison, compare
from airwatch.tables import AnyTable

logger = logging.getLogger(__name__)


def report_drift(
    features: AnyTable,
    daily_observations: AnyTable,
    smoke_days: pd.DataFrame,
    run: RunParams,
    params: MonitoringParams,
) -> tuple[str, dict[str, Any]]:
    """Compare the newest weeks of features with the same weeks of earlier years.

    Evidently's DataDriftPreset compares. The reference is never the whole year, so that a season is not an
    alarm, and days of smoke are in neither. A column has drifted where its distance passes the threshold and is larger
    than that of any earlier year from the others. The current weeks end on the newest day observed by ``as_of``, and
    only sites that observed in both are compared: late data and sites that come or go are matters of freshness, not
    drift.

    Args:
        features: The feature table.
        daily_observations: Tells which sites observed when.
        smoke_days: Site-days that are left out.
        run: ``as_of``, pollutants and seed (of the sample of rows).
        params: Columns, windows, method and thresholds.

    Returns:
        The page, and the same as a document: by pollutant the windows, each column's distance and whether it
        drifted, what was left out and why, and ``share_drifted`` (None where nothing could be compared).
    """
    comparisons = [
        compare(name, features, daily_observations, smoke_days, run, params.drift) for name in run.pollutants
    ]
    title, notes = titled("Features against the same weeks of earlier years", run), list(_notes(comparisons))
    columns = {c.title(column): pair for c in comparisons for column, pair in c.pairs.items()}
    if columns:
        limits = {c.title(column): limit for c in comparisons for column, limit in c.limits.items()}
        if params.pages == "none" and params.drift.method == "wasserstein":
            page, found = "", _numbers(columns, limits)
        else:
            body, found = _evidently(columns, limits, run, params)
            page = with_header(body, title, notes) if body else ""
    else:
        page, found = plain_page(title, notes), {"columns": {}, "metrics": []}
    drifted = [name for name, verdict in found["columns"].items() if verdict["drifted"]]
    logger.info("Drift: %d of %d features: %s", len(drifted), len(columns), ", ".join(drifted) or "none")
    return page, {
        "as_of": str(run.as_of),
        "source": run.source,
        "method": params.drift.method,
        "threshold": params.drift.threshold,
        "pollutants": {c.pollutant: _described(c, found["columns"]) for c in comparisons},
        "metrics": found["metrics"],
    }


def _evidently(
    columns: dict[str, tuple[pd.Series, pd.Series]],
    limits: dict[str, float],
    run: RunParams,
    params: MonitoringParams,
) -> tuple[str, dict[str, Any]]:
    """Evidently's page and numbers. It takes seconds to import, and warns about its own dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airwatch.pipelines.monitoring.evidently_reports import drift

        return drift(columns, limits, run.as_of, params.drift, with_page=params.pages == "all")


def _numbers(columns: dict[str, tuple[pd.Series, pd.Series]], limits: dict[str, float]) -> dict[str, Any]:
    """Evidently's numbers without Evidently, where no page is wanted: the same to the last digit but one."""
    distances = {name: distance(*pair) for name, pair in columns.items()}
    verdicts = {
        name: {"distance": found, "limit": limits[name], "drifted": found >= limits[name]}
        for name, found in distances.items()
    }
    return {"columns": verdicts, "metrics": []}


def _described(comparison: Comparison, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """One pollutant's part of the document."""
    columns = {column: found[comparison.title(column)] for column in comparison.pairs}
    drifted = sum(column["drifted"] for column in columns.values())
    return {
        "reason_not": comparison.reason,
        "first_day": _iso(comparison.first),
        "last_day": _iso(comparison.last),
        "sites": comparison.sites,
        "rows": {"current": comparison.rows[0], "reference": comparison.rows[1]},
        "smoky_rows": {"current": comparison.smoky[0], "reference": comparison.smoky[1]},
        "sampled": comparison.sampled,
        "columns": columns,
        "left_out": comparison.left_out,
        "share_drifted": drifted / len(columns) if columns else None,
    }


def _notes(comparisons: list[Comparison]) -> Iterator[str]:
    """What the page says about each pollutant above Evidently's tables."""
    for c in comparisons:
        label = POLLUTANTS[c.pollutant].label
        if c.reason:
            yield f"{label}: not compared, {c.reason}."
        if c.pairs:
            sampled = ", a sample of which is shown" if c.sampled else ""
            yield (
                f"{label}: {_iso(c.first)} to {_iso(c.last)} at {c.sites} sites, "
                f"{c.rows[0]} rows now and {c.rows[1]} in earlier years{sampled}; "
                f"for smoke {c.smoky[0]} and {c.smoky[1]} more are left out."
            )
        for column, reason in c.left_out.items():
            yield f"{label} {column}: left out, {reason}."


def _iso(day: pd.Timestamp | None) -> str | None:
    return None if day is None else day.date().isoformat()
