"""What is counted: alarms that nothing was put in for, and the days until a fault is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from benchmarks.replay.faults import FAULTS, Fault
from benchmarks.replay.history import History
from benchmarks.replay.walk import EVERY_DAYS, Watchman, weeks

QUIET_DAYS = 28  # without an alarm, after which another is a new one
ONSETS_EVERY_DAYS = 364
LONGEST_DAYS = 182  # a fault not found by then is not found
OBSERVED_BEFORE = 30  # days of the 60 before a fault that its site must have observed, or a third of them by schedule
_DAYS_OF_A_YEAR = 365.25
OF_QUALITY = ("silent", "freshness", "unit")


@dataclass(frozen=True, slots=True)
class Delay:
    """One fault put in.

    Attributes:
        fault: Its name.
        scope: The site, or all.
        onset: Its first day.
        days: From then to the run that found it; None where none did within ``LONGEST_DAYS``.
        test: Which found it.
    """

    fault: str
    scope: str
    onset: pd.Timestamp
    days: int | None
    test: str


def incidents(found: pd.DataFrame) -> pd.DataFrame:
    """Alarms of weeks in a row as one.

    Returns:
        ``kind``, ``test``, ``scope``, ``opened``, ``closed`` (runs), ``in_smoke`` (at its opening).
    """
    rows = []
    for (kind, test, scope), its in found[found["drifted"]].groupby(["kind", "test", "scope"]):
        ordered = its.sort_values("as_of")
        number = (ordered["as_of"].diff() > pd.Timedelta(days=QUIET_DAYS)).cumsum()
        for _, same in ordered.groupby(number):
            first = same.iloc[0]
            given = {"kind": kind, "test": test, "scope": scope, "in_smoke": bool(first["in_smoke"])}
            rows.append({**given, "opened": first["as_of"], "closed": same["as_of"].iloc[-1]})
    return pd.DataFrame(rows, columns=["kind", "test", "scope", "opened", "closed", "in_smoke"])


def years(days: pd.DatetimeIndex) -> float:
    """The length of a replay."""
    return len(days) * EVERY_DAYS / _DAYS_OF_A_YEAR


def delays(history: History, undisturbed: pd.DataFrame, faults: Iterable[Fault] = FAULTS) -> list[Delay]:
    """Put in each fault, at each site where it is one of a site, once a year, and wait until it is found."""
    found = []
    for fault in faults:
        for number, scope in enumerate(_scopes(history, fault)):
            for onset in _onsets(history, number):
                if _can_be_found(history, undisturbed, fault, scope, onset):
                    found.append(_delay(history, fault, scope, onset))
    return found


def _scopes(history: History, fault: Fault) -> list[str]:
    return list(history.sites["site_id"]) if fault.of == "site" else ["area"]


def _onsets(history: History, number: int) -> pd.DatetimeIndex:
    """Days on which faults begin: through the year from site to site, and never on the day of a run."""
    days, shift = weeks(history), pd.Timedelta(days=3 + 28 * (number % 13))
    return pd.date_range(days[0] + shift, days[-1] - pd.Timedelta(days=LONGEST_DAYS), freq=f"{ONSETS_EVERY_DAYS}D")


def _can_be_found(history: History, undisturbed: pd.DataFrame, fault: Fault, scope: str, onset: pd.Timestamp) -> bool:
    """Whether there is something to disturb that is judged, and no alarm already."""
    its = history.observations
    if fault.of == "site":
        its = its[its["site_id"] == scope]
        cadence = history.sites.set_index("site_id").loc[scope, "cadence_days"]
        around = its["date_local"].between(onset - pd.Timedelta(days=60), onset + pd.Timedelta(days=60))
        if around.sum() < 2 * OBSERVED_BEFORE / cadence:
            return False
    lately = undisturbed["as_of"].between(onset - pd.Timedelta(days=QUIET_DAYS), onset)
    tests = undisturbed[lately & undisturbed["test"].isin(fault.found_by) & (undisturbed["scope"] == scope)]
    judged = tests["statistic"].notna().any() or set(fault.found_by) <= set(OF_QUALITY)
    return bool(judged) and not bool(tests["drifted"].any())


def _delay(history: History, fault: Fault, scope: str, onset: pd.Timestamp) -> Delay:
    """Run monitoring week by week from a fault on until it is named."""
    if fault.of == "forecasts":
        watchman = Watchman(history, forecasts=fault.change(history.forecasts, scope, onset))
    else:
        watchman = Watchman(history, fault.change(history.values, scope, onset))
    for as_of in weeks(history):
        if onset < as_of <= onset + pd.Timedelta(days=LONGEST_DAYS):
            seen = watchman.see(as_of, quality=any(test in OF_QUALITY for test in fault.found_by))
            named = seen[seen["drifted"] & seen["test"].isin(fault.found_by) & (seen["scope"] == scope)]
            if len(named):
                return Delay(fault.name, scope, onset, (as_of - onset).days, str(named["test"].iloc[0]))
    return Delay(fault.name, scope, onset, None, "")
