"""Whether what the models are fed has moved beyond what the season explains."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.page import plain_page, titled, with_header
from airwatch.pipelines.monitoring.params import DriftParams, MonitoringParams
from airwatch.pipelines.monitoring.same_weeks import Comparison, compare
from airwatch.tables import AnyTable

logger = logging.getLogger(__name__)


def report_drift(
    features: AnyTable, daily_observations: AnyTable, run: RunParams, params: MonitoringParams
) -> tuple[str, dict[str, Any]]:
    """Compare the newest weeks of features with the same weeks of earlier years.

    Evidently's DataDriftPreset compares. The reference is never the whole year, so that a season is not an
    alarm. The current weeks end on the newest day observed by ``as_of``, and only sites that observed in both
    are compared: late data and sites that come or go are matters of freshness, not drift.

    Args:
        features: The feature table.
        daily_observations: Tells which sites observed when.
        run: ``as_of``, pollutants and seed (of the sample of rows).
        params: Columns, windows, method and thresholds.

    Returns:
        The page, and the same as a document: by pollutant the windows, each column's distance and whether it
        drifted, what was left out and why, and ``share_drifted`` (None where nothing could be compared).
    """
    comparisons = [compare(name, features, daily_observations, run, params.drift) for name in run.pollutants]
    title, notes = titled("Features against the same weeks of earlier years", run), list(_notes(comparisons))
    columns = {c.title(column): pair for c in comparisons for column, pair in c.pairs.items()}
    if columns:
        body, found = _evidently(columns, run, params.drift)
        page = with_header(body, title, notes)
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
    columns: dict[str, tuple[pd.Series, pd.Series]], run: RunParams, params: DriftParams
) -> tuple[str, dict[str, Any]]:
    """Evidently's page and numbers. It takes seconds to import, and warns about its own dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airwatch.pipelines.monitoring.evidently_reports import drift

        return drift(columns, run.as_of, params)


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
                f"{c.rows[0]} rows now and {c.rows[1]} in earlier years{sampled}."
            )
        for column, reason in c.left_out.items():
            yield f"{label} {column}: left out, {reason}."


def _iso(day: pd.Timestamp | None) -> str | None:
    return None if day is None else day.date().isoformat()
