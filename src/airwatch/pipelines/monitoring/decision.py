"""From checks to one decision: ok, warn or retrain, each with its number, its limit and what to do."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.changes.summary import Summed, changed_calendar, changed_errors, changed_sites
from airwatch.pipelines.monitoring.params import DecisionParams, FreshnessParams, MonitoringParams, ProvisionalParams
from airwatch.pipelines.monitoring.quality.summary import QualitySummary, sum_up
from airwatch.pipelines.monitoring.verification import loses_to_persistence, overall, recent_window

logger = logging.getLogger(__name__)

Status = Literal["ok", "warn", "retrain"]
STATUSES: tuple[Status, ...] = ("ok", "warn", "retrain")  # from harmless to grave
DECISION = "decision"
Row = Mapping[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the summary; a missing ``value`` says that there was nothing to measure."""

    check: str
    status: Status
    value: float | None
    limit: float | None
    since: pd.Timestamp | None
    action: str


def summarise_monitoring(
    verification: pd.DataFrame,
    matured_forecasts: pd.DataFrame,
    freshness: pd.DataFrame,
    drift_report: dict[str, Any],
    regression_report: dict[str, Any],
    run: RunParams,
    params: MonitoringParams,
    provisional_agreement: pd.DataFrame | None = None,
    data_quality: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
    drift: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hold every number against its limit, and draw one conclusion.

    Drift of inputs never asks for training, and neither does a bad week: only a champion that is worse than
    persistence beyond noise does (Diebold and Mariano's test), or one whose errors have gone to one side and stay there
    (residual drift).

    Args:
        verification: Scores by pollutant, lead, window and region.
        matured_forecasts: What they are the scores of, day by day.
        freshness: Newest day and reporting sites of each pollutant.
        drift_report: By pollutant the share of columns that drifted.
        regression_report: By pollutant and lead the bias.
        run: Pollutants and ``as_of``.
        params: The limits.
        provisional_agreement: How far AirNow was from AQS; a pollutant of which nothing is known of both has no check.
        data_quality: What is wrong at which site.
        sites: The sites, to know of how many that is.
        drift: What has changed and lasts; only forecasts that err to one side are a reason to train.

    Returns:
        ``MonitoringSummary``, keyed by ``check`` (such as ``pm25.skill``): ``status`` (``ok``, ``warn`` or
        ``retrain``), ``value`` and ``limit``, the first day ``since`` which the value speaks of, and
        ``action`` in words, empty where there is nothing to do. The row ``decision`` has the gravest status
        of all (its value: 0 ok, 1 warn, 2 retrain).
    """
    reports = {str(row["pollutant"]): row for row in freshness.to_dict("records")}
    checks: list[Check] = []
    for name in run.pollutants:
        checks.extend(_of_observations(name, reports[name], params.freshness))
        checks.append(_of_drift(name, drift_report["pollutants"][name], params))
        checks.extend(_of_scores(name, _scored(name, verification, params), matured_forecasts, params.decision))
        checks.append(_of_bias(name, regression_report["pollutants"][name], params.decision))
    if provisional_agreement is not None:
        known = provisional_agreement[provisional_agreement["pairs"] > 0]
        checks.extend(_of_provisional(row, params.provisional) for row in known.to_dict("records"))
    if data_quality is not None and sites is not None:
        summed = {name: sum_up(name, data_quality, sites, params.quality) for name in run.pollutants}
        checks.extend(_of_quality(name, found) for name, found in summed.items())
    if drift is not None:
        checks.extend(check for name in run.pollutants for check in _of_changes(name, drift, params))
    checks.append(_decide(checks, run))
    rows = pd.DataFrame([asdict(check) for check in checks])
    rows["since"] = pd.to_datetime(rows["since"])
    return rows.astype({"value": float, "limit": float}).sort_values("check", ignore_index=True)


def _of_observations(name: str, report: Row, limits: FreshnessParams) -> Iterator[Check]:
    """Freshness and reporting of one pollutant."""
    label, since, oldest = POLLUTANTS[name].label, report["newest_day"], float(limits.max_age_days)
    if not bool(pd.notna(since)):
        action = f"No {label} was observed here: check area, first_year and pollutants."
        yield Check(f"{name}.freshness", "warn", None, oldest, None, action)
        return
    age, share, least = report["age_days"], report["share_reporting"], limits.min_share_reporting
    action = f"{label} forecasts start from data {age:.0f} days old: run ingestion again, or wait for EPA."
    yield _held(f"{name}.freshness", age > oldest, age, oldest, since, action)
    if not report["sites_forecastable"]:
        action = f"No site observes {label} often enough to be forecast: see reason_not in sites."
        yield Check(f"{name}.reporting", "warn", None, least, since, action)
        return
    action = f"Look into the {label} sites that fell silent: {_some(report['silent_sites'].split())}."
    yield _held(f"{name}.reporting", share < least, share, least, since, action)


def _of_drift(name: str, drift: dict[str, Any], params: MonitoringParams) -> Check:
    """Drift of one pollutant's features."""
    share, limit = drift["share_drifted"], params.drift.max_share_drifted
    since = pd.Timestamp(drift["first_day"]) if drift["first_day"] else None
    if share is None:
        return Check(f"{name}.drift", "ok", None, limit, since, f"Not compared: {drift['reason_not']}.")
    drifted = [column for column, found in drift["columns"].items() if found["drifted"]]
    action = f"{POLLUTANTS[name].label} differs from the same weeks of earlier years: {_some(drifted)}."
    return _held(f"{name}.drift", share > limit, share, limit, since, action)


def _scored(name: str, verification: pd.DataFrame, params: MonitoringParams) -> Row | None:
    """The scores to judge by: of the recent window if it has enough rows, else of all time, else None."""
    asked = {"pollutant": name, "lead_days": params.decision.lead_days}
    recent, ever = (
        its[(its[list(asked)] == list(asked.values())).all(axis=1)].to_dict("records")
        for its in (overall(verification, recent_window(params)), overall(verification))
    )
    if recent and recent[0]["n"] >= params.decision.min_rows:
        return recent[0]
    return ever[0] if ever else None


def _of_scores(name: str, scores: Row | None, matured: pd.DataFrame, limits: DecisionParams) -> Iterator[Check]:
    """Skill and interval coverage of one pollutant's matured forecasts."""
    label, skill, coverage = POLLUTANTS[name].label, f"{name}.skill", f"{name}.coverage"
    if scores is None:
        action = f"No forecast of {label} has matured: run training and inference, then wait."
        yield Check(skill, "warn", None, limits.min_skill, None, action)
        yield Check(coverage, "warn", None, limits.min_coverage_80, None, action)
        return
    since, found, covered = scores["first_target"], scores["skill_persistence"], scores["coverage_80"]
    too_few = "Not judged: {} matured forecasts{}, {} needed.".format
    if scores["n"] < limits.min_rows:
        action = too_few(scores["n"], "", limits.min_rows)
        yield Check(skill, "ok", found, limits.min_skill, since, action)
        yield Check(coverage, "ok", covered, limits.min_coverage_80, since, action)
        return
    if scores["n_persistence"] < limits.min_rows:
        action = too_few(scores["n_persistence"], " from a day that was observed", limits.min_rows)
        yield Check(skill, "ok", found, limits.min_skill, since, action)
    elif found < limits.min_skill and loses_to_persistence(_rows_of(scores, matured), limits.min_skill):
        action = f"{label} forecasts are worse than persistence beyond noise: train again."
        yield Check(skill, "retrain", found, limits.min_skill, since, action)
    else:
        action = f"{label} forecasts do not beat persistence, perhaps by chance: watch them."
        yield _held(skill, found < limits.min_skill, found, limits.min_skill, since, action)
    least, action = limits.min_coverage_80, f"The 80 % ranges of {label} are too narrow: do not trust them."
    yield _held(coverage, covered < least, covered, least, since, action)


def _rows_of(scores: Row, matured: pd.DataFrame) -> pd.DataFrame:
    """The forecasts that a row of scores is of, by the version that made the newest of them.

    Those of a model that it took the place of are no reason to train again.
    """
    its = (matured["pollutant"] == scores["pollutant"]) & (matured["lead_days"] == scores["lead_days"])
    rows: pd.DataFrame = matured[its & (matured["target_date"] >= scores["first_target"])]
    newest = rows["origin_date"] == rows["origin_date"].max()
    return rows[rows["model_version"].isin(rows.loc[newest, "model_version"])]


def _of_bias(name: str, regression: dict[str, Any], limits: DecisionParams) -> Check:
    """The bias of one pollutant's forecasts, as a share of the mean observation."""
    limit = limits.bias_limit(name)
    found = regression.get(str(limits.lead_days), {"n": 0, "nmb": None, "first_target": None})
    bias, since = found["nmb"], pd.Timestamp(found["first_target"]) if found["first_target"] else None
    if bias is None or found["n"] < limits.min_rows:
        action = f"Not judged: {found['n']} matured forecasts, {limits.min_rows} needed."
        return Check(f"{name}.bias", "ok", bias, limit, since, action)
    action = f"{POLLUTANTS[name].label} forecasts run {'high' if bias > 0 else 'low'}: see the regression page."
    return _held(f"{name}.bias", abs(bias) > limit, bias, limit, since, action)


def _of_provisional(found: Row, limits: ProvisionalParams) -> Check:
    """How far AirNow was from AQS, as a share of the mean of AQS."""
    name, bias, since = f"{found['pollutant']}.provisional", found["bias"], found["since"]
    if found["pairs"] < limits.min_pairs:
        action = f"Not judged: {found['pairs']} values known of both AirNow and AQS, {limits.min_pairs} needed."
        return Check(name, "ok", bias, limits.max_bias, since, action)
    action = (
        f"AirNow's {POLLUTANTS[found['pollutant']].label} runs {'high' if bias > 0 else 'low'} of AQS, and"
        f" {found['share_apart']:.0%} of its values are far off: forecasts that start from it do, too."
    )
    return _held(name, abs(bias) > limits.max_bias, bias, limits.max_bias, since, action)


def _of_quality(name: str, found: QualitySummary) -> Check:
    """The share of the area's sites whose data fail; never a reason to train."""
    action = f"Look into {POLLUTANTS[name].label} data of {_some(found.faults)}: see data_quality."
    return _held(f"{name}.quality", found.share > found.limit, found.share, found.limit, found.since, action)


def _of_changes(name: str, drift: pd.DataFrame, params: MonitoringParams) -> Iterator[Check]:
    """What lasts: changed instruments and moved dates; errors that went to one side, which ask for training."""
    label = POLLUTANTS[name].label
    tests: tuple[tuple[str, Status, str, Summed], ...] = (
        ("sites", "warn", f"Look into the {label} instruments of", changed_sites(name, drift, params.changes)),
        ("calendar", "warn", f"Look into the dates of {label}:", changed_calendar(name, drift)),
        ("residuals", "retrain", f"{label} forecasts err to one side, train again:", changed_errors(name, drift)),
    )
    for kind, grave, action, its in tests:
        words = f"Not judged: {its.found[0]}." if its.value is None else f"{action} {_some(its.found)}."
        said = words if its.failed or its.value is None else ""
        yield Check(f"{name}.{kind}", grave if its.failed else "ok", its.value, its.limit, its.since, said)


def _decide(checks: list[Check], run: RunParams) -> Check:
    """The gravest status of all checks, with the checks that have it."""
    status = max((check.status for check in checks), key=STATUSES.index)
    causes = [check for check in checks if check.status == status != "ok"]
    verb = {"ok": "", "warn": "Look into ", "retrain": "Train again for "}[status]
    action = f"{verb}{', '.join(check.check for check in causes)}." if causes else ""
    level = logging.WARNING if causes else logging.INFO
    reasons = " ".join(check.action for check in causes)
    logger.log(level, "Monitoring as of %s: %s. %s", run.as_of, status, reasons)
    days = [check.since for check in causes if check.since is not None]
    return Check(DECISION, status, STATUSES.index(status), 0.0, min(days, default=None), action)


def _held(check: str, failed: bool, value: float, limit: float, since: pd.Timestamp | None, action: str) -> Check:
    """A number that was held against its limit; without failure there is nothing to do."""
    return Check(check, "warn" if failed else "ok", value, limit, since, action if failed else "")


def _some(names: list[str], count: int = 5) -> str:
    """The first few of many names."""
    rest = len(names) - count
    return ", ".join(names[:count]) + (f" and {rest} more" if rest > 0 else "")
