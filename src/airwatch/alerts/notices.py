"""What each channel still has to be told: that an incident opened, grew worse or ended, each of these once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from airwatch.alerts.incidents import Incident

Event = Literal["opened", "worsened", "ended"]
EVENTS: tuple[Event, ...] = ("opened", "worsened", "ended")  # in the order of a message
GRAVEST_FIRST = ("retrain", "warn", "ok")


@dataclass(frozen=True, slots=True)
class Words:
    """An incident in the words of a reader.

    Attributes:
        what: Such as ``PM2.5: skill against persistence``.
        where: A site with its name, or the whole area.
        how_bad: The value beside its limit, with units; empty where nothing could be measured.
    """

    what: str
    where: str
    how_bad: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One incident of which one channel is told one thing."""

    event: Event
    incident: Incident
    words: Words

    @property
    def since(self) -> str:
        """The first day of it, as far as the data say, else the day on which it was found."""
        return day(self.incident.since) or day(self.incident.opened)

    @property
    def opened(self) -> str:
        """The day on which it was found."""
        return day(self.incident.opened)

    @property
    def closed(self) -> str:
        """The day on which it had ended; empty while it is open."""
        return day(self.incident.closed)

    @property
    def last_seen(self) -> str:
        """The last day on which it was found."""
        return day(self.incident.last_seen)


def day(when: pd.Timestamp | None) -> str:
    """A day as 2021-06-30; empty where there is none."""
    return "" if pd.isna(when) or when is None else f"{when:%Y-%m-%d}"


def due(incident: Incident, channel: str) -> Event | None:
    """What a channel has yet to be told of an incident.

    Whoever was not told that it opened is not told that it ended. Of one that is away for the moment nothing is said:
    either it comes back, or it ends.
    """
    knows = channel in incident.notified_open.split()
    if not incident.is_open:
        return "ended" if knows and channel not in incident.notified_close.split() else None
    if incident.status == "ok":
        return None
    if not knows:
        return "opened"
    return "worsened" if incident.status == "retrain" and channel not in incident.notified_worse.split() else None


def is_due(incident: Incident) -> bool:
    """Whether any channel, known or not, may have something to be told."""
    if incident.is_open:
        return incident.status != "ok"
    return set(incident.notified_open.split()) != set(incident.notified_close.split())


def told(incident: Incident, channel: str) -> Incident:
    """The incident when a channel has been told what was due."""
    match due(incident, channel):
        case "opened":
            known = replace(incident, notified_open=_with(incident.notified_open, channel))
            return told(known, channel) if due(known, channel) else known  # it opened as grave as it can be
        case "worsened":
            return replace(incident, notified_worse=_with(incident.notified_worse, channel))
        case "ended":
            return replace(incident, notified_close=_with(incident.notified_close, channel))
    return incident


def notices(incidents: Iterable[Incident], channel: str, describe: Callable[[Incident], Words]) -> tuple[Notice, ...]:
    """All that a channel has yet to be told: what opened, what grew worse, what ended; the gravest first."""
    found = [Notice(event, incident, describe(incident)) for incident in incidents if (event := due(incident, channel))]
    return tuple(sorted(found, key=_rank))


def _rank(notice: Notice) -> tuple[int, int, str, str]:
    incident = notice.incident
    grave = incident.worst if notice.event == "ended" else incident.status
    return EVENTS.index(notice.event), GRAVEST_FIRST.index(grave), incident.check, incident.site_id


def _with(names: str, name: str) -> str:
    return " ".join(sorted({*names.split(), name}))
