"""What has changed of one pollutant, summed up in three numbers with their limits."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from airwatch.pipelines.monitoring.params import ChangeParams
from airwatch.schemas.table import SITE_ID

CALENDAR = ("repeated", "schedule", "weekday")  # tests of the dates of a whole network


@dataclass(frozen=True, slots=True)
class Summed:
    """The tests of one kind.

    Attributes:
        value: What was found; None where nothing could be judged.
        limit: Above it, it is drift.
        since: The first day of what was found; None where there is none.
        found: Where and what, the gravest first; the reason where nothing could be judged.
    """

    value: float | None
    limit: float
    since: pd.Timestamp | None
    found: list[str]

    @property
    def failed(self) -> bool:
        """Whether the limit is passed."""
        return self.value is not None and self.value > self.limit


def changed_sites(pollutant: str, drift: pd.DataFrame, params: ChangeParams) -> Summed:
    """The share of the sites that were judged whose level or calendar has changed."""
    its = drift[(drift["pollutant"] == pollutant) & (drift["kind"] == "site")]
    judged = its[its["statistic"].notna()]["scope"].nunique()
    changed = its[its["drifted"]]
    if not judged:
        return Summed(None, params.max_share_changed, None, ["no site could be judged"])
    share = changed["scope"].nunique() / judged
    return Summed(share, params.max_share_changed, _first(changed), _in_words(changed))


def changed_calendar(pollutant: str, drift: pd.DataFrame) -> Summed:
    """The gravest test of the network's dates, as a multiple of its limit."""
    its = drift[(drift["pollutant"] == pollutant) & (drift["kind"] == "input")]
    return _gravest(its[its["test"].isin(CALENDAR)])


def changed_errors(pollutant: str, drift: pd.DataFrame) -> Summed:
    """The gravest test of forecast errors, of the area or of one of its states, as a multiple of its limit.

    Errors of single sites are in the table; one site is no reason to train anew for all.
    """
    its = drift[(drift["pollutant"] == pollutant) & (drift["kind"] == "residual")]
    return _gravest(its[~its["scope"].str.fullmatch(SITE_ID)])


def _gravest(tests: pd.DataFrame) -> Summed:
    """The test that is furthest beyond its limit."""
    multiple = (tests["statistic"] / tests["limit"]).abs()
    if not multiple.notna().any():
        reasons = sorted(str(note).removeprefix("Not judged: ").rstrip(".") for note in set(tests["note"]) - {""})
        return Summed(None, 1.0, None, reasons or ["nothing was tested"])
    drifted = tests[tests["drifted"]]
    return Summed(float(multiple.max()), 1.0, _first(drifted), _in_words(drifted))


def _first(rows: pd.DataFrame) -> pd.Timestamp | None:
    return rows["since"].min() if len(rows) else None


def _in_words(rows: pd.DataFrame) -> list[str]:
    """Each finding with its place, the gravest first."""
    order = (rows["statistic"] / rows["limit"]).abs().sort_values(ascending=False, kind="stable").index
    ordered = rows.loc[order].to_dict("records")
    return [f"{row['scope']} since {row['since']:%Y-%m-%d} ({str(row['note']).rstrip('.')})" for row in ordered]
