"""The court itself: every case by both protocols, AirWatch beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from xgboost import XGBRegressor

from benchmarks.leakage.airwatch import AirWatch, CourtRun
from benchmarks.leakage.days import CALENDAR, LAGS, POLLUTANT, choose_sites, site_days
from benchmarks.leakage.protocols import Outcome, Regressor, judge, random_split, rolling_origin
from benchmarks.skill.split import HORIZON_DAYS

# AQS answers with eight 24-hour rows for a monitor and day: four standards, each as a daily and an annual form.
AQS_REPEATS = 8
REPEATED = f"random split, rows as AQS gives them ({AQS_REPEATS} a day)"
ONCE = "random split, one row a day"
OURS = "rolling origin, one row a day"


@dataclass(frozen=True, slots=True)
class Case:
    """A learner, what it is told, and how a new one is made."""

    learner: str
    told: str
    columns: list[str]
    make: Callable[[int], Regressor]


def _forest(seed: int) -> Regressor:
    model: Regressor = RandomForestRegressor(n_estimators=20, n_jobs=1, random_state=seed)
    return model


def _boosting(seed: int) -> Regressor:
    model: Regressor = XGBRegressor(n_estimators=300, max_depth=8, learning_rate=0.1, n_jobs=1, random_state=seed)
    return model


CASES = (
    Case("random forest", "calendar and position", CALENDAR, _forest),
    Case("XGBoost", "calendar and position", CALENDAR, _boosting),
    Case("XGBoost", "calendar, position and lags", CALENDAR + LAGS, _boosting),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict: a protocol, a learner, what it was told, and how it did."""

    protocol: str
    learner: str
    told: str
    outcome: Outcome


@dataclass(frozen=True)
class Verdict:
    """What the court found.

    Attributes:
        findings: Each case by the three protocols.
        airwatch: AirWatch by ours.
        days: ``site_days`` of all years.
        last_year: The year that is judged.
        columns: How many features AirWatch has.
        origins: The days after which the future was changed.
        leaks: The features that changed with it.
    """

    findings: list[Finding]
    airwatch: Finding
    days: pd.DataFrame
    last_year: int
    columns: int
    origins: list[pd.Timestamp]
    leaks: list[str]


def hold_court(
    observations: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    last_year: int,
    most_sites: int,
    candidate: str,
    seed: int,
    cases: tuple[Case, ...] = CASES,
) -> Verdict:
    """Try every case by both protocols on the days of the last year.

    Args:
        observations: ``site_id``, ``date_local``, ``value``, one for each site and day.
        sites: ``site_id``, ``latitude``, ``longitude``.
        last_year: The year that is judged; no later day is looked at.
        most_sites: No more sites than this.
        candidate: The candidate that speaks for AirWatch.
        seed: Of splits, learners and shuffling.
        cases: The learners.
    """
    chosen = choose_sites(observations, last_year, most_sites)
    known = observations[observations["site_id"].isin(chosen) & (observations["date_local"].dt.year <= last_year)]
    days = site_days(known, sites)
    findings = [found for case in cases for found in _try(case, days, last_year, seed)]
    airwatch = AirWatch(known.assign(pollutant=POLLUTANT), sites, CourtRun(date(last_year, 12, 31), HORIZON_DAYS))
    features = airwatch.features(airwatch.observations)
    outcome = _airwatch(airwatch, features, days, candidate, seed)
    ours = Finding(OURS, f"AirWatch, {candidate}", "its features", outcome)
    origins = [pd.Timestamp(last_year, month, 1) for month in (2, 8)]
    leaks = airwatch.leaks(features, origins, seed)
    return Verdict(findings, ours, days, last_year, features.shape[1] - 3, origins, leaks)


def _try(case: Case, days: pd.DataFrame, last_year: int, seed: int) -> list[Finding]:
    """A case by the two random splits and by ours."""
    make: Callable[[], Regressor] = partial(case.make, seed)
    starts = [pd.Timestamp(last_year, month, 1) for month in (1, 7)]
    in_use = rolling_origin(days, case.columns, make, starts, HORIZON_DAYS)
    rows = np.flatnonzero(np.isfinite(in_use))
    found = {
        REPEATED: random_split(days, case.columns, make, AQS_REPEATS, in_use, seed),
        ONCE: random_split(days, case.columns, make, 1, in_use, seed),
        OURS: judge(days, rows, in_use[rows], in_use),
    }
    return [Finding(protocol, case.learner, case.told, outcome) for protocol, outcome in found.items()]


def _airwatch(airwatch: AirWatch, features: pd.DataFrame, days: pd.DataFrame, candidate: str, seed: int) -> Outcome:
    """AirWatch's own backtest on the days that it forecast."""
    forecasts = airwatch.backtest(features, candidate, seed)
    in_use = days.merge(forecasts, on=["site_id", "date_local"], how="left")["forecast"].to_numpy()
    rows = np.flatnonzero(np.isfinite(in_use))
    return judge(days, rows, in_use[rows], in_use)
