"""One message for all that a run has to tell a channel: as text, as a page for mail, and as a JSON document."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from airwatch.alerts.notices import EVENTS, Event, Notice
from airwatch.pages import render

SCHEMA = "airwatch-alert/1"
MOST_NOTICES = 40  # shown to a person; Slack takes no more
STATUS_WORDS = {"warn": "Warning", "retrain": "Train again", "ok": "OK"}
EVENT_WORDS: dict[Event, str] = {"opened": "Opened", "worsened": "Grew worse", "ended": "Ended"}


@dataclass(frozen=True, slots=True)
class Message:
    """What one channel is told about one run.

    Attributes:
        as_of: The day of the run, as 2021-06-30.
        source: Where the data are from, such as ``aqs``.
        simulated: Whether the air is the sandbox's.
        area: In words, such as ``CBSA 31080``.
        page_url: Where the index of the reports is; empty: nowhere that a reader could open.
        notices: What is told, in the order of the message.
        most: Notices that a person is shown; machines get all.
    """

    as_of: str
    source: str
    simulated: bool
    area: str
    page_url: str
    notices: tuple[Notice, ...]
    most: int

    @property
    def subject(self) -> str:
        """One line: the one incident by its name, or how many there are of each."""
        if len(self.notices) == 1:
            [notice] = self.notices
            told = f"{EVENT_WORDS[notice.event].lower()}: {notice.words.what}, {notice.words.where}"
        else:
            told = ", ".join(f"{len(those)} {EVENT_WORDS[event].lower()}" for event, those in self.by_event.items())
        marked = "AirWatch (sandbox)" if self.simulated else "AirWatch"
        return " ".join(f"{marked} {self.area}, {self.as_of}: {told}".split())

    @property
    def by_event(self) -> dict[Event, list[Notice]]:
        """All notices, by what happened."""
        return {event: list(those) for event, those in groupby(self.notices, lambda notice: notice.event)}

    @property
    def shown(self) -> dict[Event, list[Notice]]:
        """The notices that a person is shown, by what happened."""
        return {event: list(those) for event, those in groupby(self.notices[: self.most], lambda n: n.event)}

    @property
    def left_out(self) -> int:
        """How many notices a person is not shown."""
        return max(len(self.notices) - self.most, 0)

    @property
    def link(self) -> str:
        """The page, where it is an address that a reader can follow."""
        return self.page_url if self.page_url.startswith(("https://", "http://")) else ""

    def text(self) -> str:
        """The message as plain text."""
        return self._rendered("alert.txt")

    def html(self) -> str:
        """The message as a small page."""
        return self._rendered("alert.html")

    def document(self) -> dict[str, Any]:
        """The message as JSON (docs/alerts.md); ``id`` is the same for the same message."""
        told: dict[str, Any] = {event: [] for event in EVENTS}
        for notice in self.notices:
            told[notice.event].append(_plain(notice))
        body = {
            "schema": SCHEMA,
            "subject": self.subject,
            "as_of": self.as_of,
            "source": self.source,
            "simulated": self.simulated,
            "area": self.area,
            "page_url": self.page_url or None,
            **told,
        }
        return {"id": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32], **body}

    def _rendered(self, template: str) -> str:
        return render(template, message=self, status_words=STATUS_WORDS, event_words=EVENT_WORDS)


def _plain(notice: Notice) -> dict[str, Any]:
    """One notice of the document."""
    incident, words = notice.incident, notice.words
    return {
        "check": incident.check,
        "pollutant": incident.pollutant or None,
        "site_id": incident.site_id or None,
        "what": words.what,
        "where": words.where,
        "status": incident.status,
        "worst": incident.worst,
        "since": notice.since,
        "opened": notice.opened,
        "last_seen": notice.last_seen,
        "closed": notice.closed or None,
        "value": _number(incident.value),
        "limit": _number(incident.limit),
        "how_bad": words.how_bad or None,
        "action": incident.action,
    }


def _number(value: float) -> float | None:
    """A number that JSON knows."""
    return float(value) if math.isfinite(value) else None
