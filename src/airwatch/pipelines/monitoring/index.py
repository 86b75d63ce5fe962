"""The index of the reports: one static page with the decision, what led to it, and a link to every page there is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import pandas as pd

from airwatch.alerts.incidents import Incident, followed_to, is_past, read
from airwatch.alerts.message import STATUS_WORDS
from airwatch.alerts.notices import GRAVEST_FIRST, day
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.listing import StoredFile
from airwatch.pages import render
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.alerts import describer
from airwatch.pipelines.monitoring.decision import DECISION, Row
from airwatch.pipelines.monitoring.page import heading
from airwatch.pipelines.monitoring.skill_chart import skill_charts
from airwatch.pipelines.monitoring.wording import held, measure, title

logger = logging.getLogger(__name__)

NAME = "index.html"
SIGNS = {"ok": "✓", "warn": "!", "retrain": "↻"}
PAGES = (".html", ".md")
MOST_OPEN, MOST_ENDED = 200, 30
TITLES = {
    "drift_report.html": "Drift: features against the same weeks of earlier years",
    "regression_report.html": "Errors of the forecasts that have matured",
    "verification.html": "Verification of the forecasts that have matured",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A file as the page shows it."""

    name: str
    link: str
    title: str
    written: str
    size: str


def write_index(
    monitoring_summary: pd.DataFrame,
    incidents: pd.DataFrame,
    verification: pd.DataFrame,
    sites: pd.DataFrame,
    report_files: list[StoredFile],
    run: RunParams,
) -> str:
    """Write the page that the reports are found by.

    It needs nothing but itself: no script, no style sheet, no font and no picture from elsewhere, and its links are
    relative, so that it works from a folder, from S3 and from any server.

    Args:
        monitoring_summary: Each check with its status, and the decision.
        incidents: Open and ended; those of other sources and areas are left out.
        verification: Scores; those of all regions and the whole time are drawn.
        sites: Names of the sites.
        report_files: What lies in the folder of the reports.
        run: ``as_of``, source, area and pollutants.
    """
    summary = {str(row["check"]): row for row in monitoring_summary.to_dict("records")}
    # An earlier day must not know what was found later.
    past = is_past(incidents, run)
    ours = [] if past else [incident for incident in read(incidents) if incident.is_of(run)]
    links = [_link(file) for file in report_files if file.name != NAME]
    pages = [link for link in links if link.name.endswith(PAGES)]
    logger.info("Index: %d pages, %d tables and documents", len(pages), len(links) - len(pages))
    return render(
        "index.html",
        **heading("AirWatch: monitoring", "AirWatch: monitoring", run),
        decision=_check(DECISION, summary[DECISION]),
        causes=_causes(summary),
        checks=_checks(summary, run),
        **_incidents(ours, sites, run),
        followed_beyond=followed_to(incidents, run) if past else "",
        charts=skill_charts(verification, run),
        pages=pages,
        documents=[link for link in links if not link.name.endswith(PAGES)],
        status_words=STATUS_WORDS,
        signs=SIGNS,
    )


def _causes(summary: Mapping[str, Row]) -> list[str]:
    """The checks that the decision comes from; none where all is well."""
    status = summary[DECISION]["status"]
    names = [name for name, row in summary.items() if name != DECISION and row["status"] == status != "ok"]
    return [title(name) for name in names]


def _checks(summary: Mapping[str, Row], run: RunParams) -> list[dict[str, Any]]:
    """The checks by pollutant, in the order of the run, the gravest first; those of no pollutant at the end."""
    named = {name: POLLUTANTS[name].label for name in run.pollutants}
    groups = {label: [name for name in summary if name.startswith(f"{key}.")] for key, label in named.items()}
    seen = {name for names in groups.values() for name in names}
    groups["Other"] = [name for name in summary if name not in seen | {DECISION}]
    return [
        {"label": label, "checks": [_check(name, summary[name]) for name in sorted(names, key=_by_gravity(summary))]}
        for label, names in groups.items()
        if names
    ]


def _by_gravity(summary: Mapping[str, Row]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (GRAVEST_FIRST.index(summary[name]["status"]), name)


def _check(name: str, row: Row) -> dict[str, str]:
    """A check in words, without its pollutant."""
    found = "" if name == DECISION else held(name, row["value"], row["limit"])
    return {
        "title": measure(name).title,
        "status": row["status"],
        "held": found,
        "since": day(row["since"]),
        "action": row["action"],
    }


def _incidents(ours: list[Incident], sites: pd.DataFrame, run: RunParams) -> dict[str, Any]:
    """Those that are open, the gravest first, and those that have ended, the last first."""
    describe = describer(sites, run)

    def shown(incident: Incident) -> dict[str, Any]:
        days = {name: day(getattr(incident, name)) for name in ("opened", "last_seen")}
        return {
            **asdict(incident),
            **days,
            "since": day(incident.since) or days["opened"],
            "words": describe(incident),
            "away": incident.status == "ok",
            "told": ", ".join(incident.notified_open.split()),
        }

    still = [incident for incident in ours if incident.is_open]
    still.sort(key=lambda incident: (GRAVEST_FIRST.index(incident.status), incident.check, incident.site_id))
    over = [incident for incident in ours if not incident.is_open]
    over.sort(key=lambda incident: (incident.closed, incident.last_seen), reverse=True)
    return {
        "open_incidents": [shown(incident) for incident in still[:MOST_OPEN]],
        "open_count": len(still),
        "ended_incidents": [shown(incident) for incident in over[:MOST_ENDED]],
        "ended_count": len(over),
    }


def _link(file: StoredFile) -> Link:
    """A file with a title, the time it was written, and its size in words."""
    written = f"{file.written:%Y-%m-%d %H:%M}" if file.written else ""
    # A name with a colon in its first part would be taken for an address: the dot says that it is none.
    return Link(file.name, f"./{quote(file.name)}", _title(file.name), written, _size(file.size))


def _title(name: str) -> str:
    """What a page is called."""
    path = PurePosixPath(name)
    if path.parent.name == "model_cards" and path.stem in POLLUTANTS:
        return f"Model card: {POLLUTANTS[path.stem].label}"
    return TITLES.get(name) or path.stem.replace("_", " ").capitalize()


def _size(count: int) -> str:
    """Bytes, in the unit in which they are few."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
