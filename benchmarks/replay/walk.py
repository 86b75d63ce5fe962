"""Monitoring as of one day after the other, by the nodes of the pipeline."""

from __future__ import annotations

from typing import Any

import pandas as pd

from airwatch import schemas
from airwatch.pipelines.monitoring.changes import find_drift, mark_smoke
from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.freshness import check_freshness
from airwatch.pipelines.monitoring.quality import check_quality
from benchmarks.replay.history import History, monitoring, policy

EVERY_DAYS = 7
SMOKY_SHARE = 0.10  # of an alarm's site-days, from which on it is called one of smoke
QUALITY = "quality"
_YEARS = 6  # of observations that any node reads
FOUND = ["as_of", "kind", "scope", "test", "statistic", "limit", "since", "drifted", "in_smoke"]


class Watchman:
    """Runs monitoring over a history, or over one with a fault.

    Args:
        history: The metro.
        values: Its values, where they have a fault.
        forecasts: Its forecasts, where they have one; without forecasts residuals are not tested.
    """

    def __init__(
        self, history: History, values: pd.DataFrame | None = None, forecasts: pd.DataFrame | None = None
    ) -> None:
        self.history = history
        self.summaries = history.summaries(history.values if values is None else values)
        self.observations = history.observations if values is None else history.chosen(self.summaries)
        self.forecasts = schemas.empty("MaturedForecasts") if forecasts is None else forecasts
        self.params, self.policy = monitoring(), policy()

    def smoky_share(self, as_of: pd.Timestamp) -> float:
        """The share of site-days that are smoke, of the years that are read as of a day."""
        seen = self.observations[self.observations["date_local"].between(as_of - pd.DateOffset(years=_YEARS), as_of)]
        smoke = mark_smoke(seen, self.history.sites, self.history.run(as_of), self.params, self.policy)
        return len(smoke.merge(seen, on=["site_id", "date_local"])) / len(seen)

    def see(self, as_of: pd.Timestamp, *, inputs: bool = False, quality: bool = True) -> pd.DataFrame:
        """All tests of ``drift``, and what ``data_quality`` has of slips and silence, as of a day.

        Args:
            as_of: The day; what is later is not looked at.
            inputs: Whether features are compared with the same weeks of earlier years, which takes longest.
            quality: Whether data quality is asked, too.
        """
        first, run = as_of - pd.DateOffset(years=_YEARS), self.history.run(as_of)
        seen = self.observations[self.observations["date_local"].between(first, as_of)]
        settled = {"run": run, "params": self.params}
        smoke = mark_smoke(seen, self.history.sites, policy=self.policy, **settled)
        report = {"share_drifted": None, "first_day": None, "reason_not": "not asked", "columns": {}}
        reports = {"pollutants": {self.history.name: report}}
        if inputs:
            features = self.history.compared
            known = features[features["origin_date"].between(first, as_of)]
            _, reports = report_drift(known, seen, smoke, **settled)
        matured = self.forecasts[self.forecasts["target_date"] <= as_of]
        none = schemas.empty("BacktestForecasts")
        drift = find_drift(seen, self.history.sites, smoke, matured, none, reports, policy=self.policy, **settled)
        found = [drift]
        if quality:
            summaries = self.summaries[self.summaries["date_local"].between(first, as_of)]
            found.append(_as_drift(check_quality(seen, summaries, self.history.sites, policy=self.policy, **settled)))
            found.append(self._old(seen, settled))
        table = pd.concat([part for part in found if len(part)], ignore_index=True).assign(as_of=as_of)
        return table.assign(in_smoke=[_in_smoke(row, seen, smoke) for row in table.to_dict("records")])[FOUND]

    def _old(self, seen: pd.DataFrame, settled: dict[str, Any]) -> pd.DataFrame:
        """Every site, where the newest day of all is too old."""
        sites, limit = self.history.sites, float(self.params.freshness.max_age_days)
        report = check_freshness(seen, sites.assign(forecastable=False), **settled).iloc[0]
        named = pd.DataFrame({"scope": sites["site_id"] if report["age_days"] > limit else []})
        given = {"kind": QUALITY, "test": "freshness", "statistic": report["age_days"], "limit": limit}
        return named.assign(**given, since=report["newest_day"], drifted=True)


def weeks(history: History) -> pd.DatetimeIndex:
    """The days of the replay."""
    return pd.date_range(history.metro.first, history.metro.last, freq=f"{EVERY_DAYS}D")


def _as_drift(quality: pd.DataFrame) -> pd.DataFrame:
    """Slips and silence as rows of drift."""
    its = quality[quality["check"].isin(["unit", "silent"]) & (quality["site_id"] != "")]
    named = its.rename(columns={"site_id": "scope", "check": "test", "value": "statistic"})
    return named.assign(kind=QUALITY, drifted=True)[["kind", "scope", "test", "statistic", "limit", "since", "drifted"]]


def _in_smoke(row: dict[str, object], seen: pd.DataFrame, smoke: pd.DataFrame) -> bool:
    """Whether much of what an alarm speaks of was smoke."""
    if not row["drifted"]:
        return False
    scope, since = row["scope"], row["since"]
    its, marked = (
        table[(table["date_local"] >= since) & ((table["site_id"] == scope) | (row["kind"] in ("input", "residual")))]
        for table in (seen, smoke)
    )
    return len(marked) > SMOKY_SHARE * max(len(its), 1)
