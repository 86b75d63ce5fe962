"""Incidents: what is wrong, from the run that first found it until it has stayed away for some days.

Days are those of ``as_of``, never of the clock, so that a walk through past years opens and ends the same incidents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import pandas as pd

from airwatch import schemas
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams

Grave = Literal["warn", "retrain"]
FOLLOWED_TO = "followed_to"  # the newest as_of of each source and area, kept in the table's attributes
KEY = ["source", "area", "check", "site_id", "opened"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found wrong.

    Attributes:
        check: Such as ``pm25.skill``.
        site_id: The site; empty where it is about the whole area.
        status: How grave it is.
        since: The first day that it speaks of.
        value: What was found, and ``limit``, against which it was held; both in the unit of the check.
        action: What to do, in words.
    """

    check: str
    site_id: str
    status: Grave
    since: pd.Timestamp | None
    value: float | None
    limit: float | None
    action: str


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of ``Incidents``; a day that is not known, or still to come, is NaT."""

    source: str
    area: str
    check: str
    site_id: str
    opened: pd.Timestamp
    since: Any
    status: str
    worst: str
    value: float
    limit: float
    action: str
    last_seen: pd.Timestamp
    closed: Any = pd.NaT
    notified_open: str = ""
    notified_worse: str = ""
    notified_close: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return bool(pd.isna(self.closed))

    @property
    def pollutant(self) -> str:
        """The pollutant whose check it is; empty for a check of none."""
        name = self.check.partition(".")[0]
        return name if name in POLLUTANTS else ""

    def is_of(self, run: RunParams) -> bool:
        """Whether it is about the air that a run looks at."""
        return (self.source, self.area) == (run.source_label, run.area.slug)


def read(table: pd.DataFrame) -> list[Incident]:
    """The rows of a table of incidents."""
    return [Incident(**{str(name): value for name, value in row.items()}) for row in table.to_dict("records")]


def as_table(incidents: Iterable[Incident], known: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """``Incidents`` in the order of their key, followed to the ``as_of`` of a run.

    Args:
        incidents: All there are.
        known: The table before, which remembers how far other sources and areas were followed.
        run: This run.
    """
    rows = [asdict(incident) for incident in incidents]
    table = pd.DataFrame(rows).sort_values(KEY, ignore_index=True) if rows else schemas.empty("Incidents")
    table.attrs = {FOLLOWED_TO: {**known.attrs.get(FOLLOWED_TO, {}), _scope(run): str(run.as_of)}}
    return table


def followed_to(known: pd.DataFrame, run: RunParams) -> str:
    """The newest ``as_of`` to which incidents of a run's air were followed, as 2021-06-30; empty: they never were."""
    return str(known.attrs.get(FOLLOWED_TO, {}).get(_scope(run), ""))


def is_past(known: pd.DataFrame, run: RunParams) -> bool:
    """Whether incidents were already followed beyond the ``as_of`` of a run: a time machine changes none of them."""
    return str(run.as_of) < followed_to(known, run)


def follow(known: Iterable[Incident], findings: Iterable[Finding], run: RunParams, quiet_days: int) -> list[Incident]:
    """Bring incidents up to what a run found.

    A finding opens an incident or goes on with the one that is open. An incident whose finding is gone waits, so that
    one which comes and goes is one incident; it ends with the first run that is ``quiet_days`` or more after the last
    that saw it. Incidents of other sources and areas stay as they are, and so do those of pollutants that this run does
    not look at.

    Args:
        known: Incidents as the run before left them.
        findings: What is wrong now, each check and site once.
        run: ``as_of``, source, area and pollutants.
        quiet_days: Days of ``as_of`` for which a finding has to be gone.
    """
    today = pd.Timestamp(run.as_of)
    found = {(finding.check, finding.site_id): finding for finding in findings}
    followed = []
    for incident in known:
        if not (incident.is_open and incident.is_of(run)):
            followed.append(incident)
        elif finding := found.pop((incident.check, incident.site_id), None):
            followed.append(_gone_on(incident, finding, today))
        elif incident.pollutant in ("", *run.pollutants):
            followed.append(_stayed_away(incident, today, quiet_days))
        else:
            followed.append(incident)
    return followed + [_opened(finding, run) for finding in found.values()]


def _opened(finding: Finding, run: RunParams) -> Incident:
    """A new incident."""
    today = pd.Timestamp(run.as_of)
    return Incident(
        source=run.source_label,
        area=run.area.slug,
        check=finding.check,
        site_id=finding.site_id,
        opened=today,
        worst=finding.status,
        last_seen=today,
        **_said(finding),
    )


def _gone_on(incident: Incident, finding: Finding, today: pd.Timestamp) -> Incident:
    """The incident as it is now; it goes back as far as any run said that it does."""
    worst = "retrain" if "retrain" in (incident.worst, finding.status) else "warn"
    said = _said(finding)
    said["since"] = min((day for day in (incident.since, said["since"]) if pd.notna(day)), default=pd.NaT)
    return replace(incident, worst=worst, last_seen=today, **said)


def _stayed_away(incident: Incident, today: pd.Timestamp, quiet_days: int) -> Incident:
    """The incident without its finding."""
    over = (today - incident.last_seen).days >= quiet_days
    return replace(incident, status="ok", closed=today if over else pd.NaT)


def _said(finding: Finding) -> dict[str, Any]:
    """What an incident takes over from its newest finding."""
    nan = float("nan")
    return {
        "since": pd.NaT if finding.since is None else finding.since,
        "status": finding.status,
        "value": nan if finding.value is None else float(finding.value),
        "limit": nan if finding.limit is None else float(finding.limit),
        "action": finding.action,
    }


def _scope(run: RunParams) -> str:
    return f"{run.source_label}/{run.area.slug}"
