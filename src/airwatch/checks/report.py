"""What a check finds, and how checks are made: all at once, in bounded time, none stopping the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Thread

from airwatch.messages import one_line
from airwatch.sources.redaction import cleaned

LONGEST_S = 10.0  # that a check may take


class Status(StrEnum):
    """How it stands with a thing."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        status: How it stands.
        found: What was seen, in a line that holds no secret.
        remedy: What to do; empty where there is nothing to mend.
    """

    status: Status
    found: str
    remedy: str = ""


Check = Callable[[], Finding]


def ok(found: str) -> Finding:
    """As it should be."""
    return Finding(Status.OK, found)


def warning(found: str, remedy: str) -> Finding:
    """A run works, now or in part."""
    return Finding(Status.WARNING, found, remedy)


def error(found: str, remedy: str) -> Finding:
    """A run that needs this fails."""
    return Finding(Status.ERROR, found, remedy)


def skipped(found: str) -> Finding:
    """Not looked at, and why."""
    return Finding(Status.SKIPPED, found)


def examine(checks: Mapping[str, Check], longest_s: float = LONGEST_S) -> dict[str, Finding]:
    """Make all checks at once.

    Args:
        checks: By the name that the report has for each.
        longest_s: A check that has not ended by then is an error; it is not waited for.

    Returns:
        What each found, in the order of ``checks``; no text holds a secret that this process knows.
    """
    ended: SimpleQueue[tuple[str, Finding]] = SimpleQueue()
    for name, check in checks.items():
        # Threads of a pool are waited for when the process ends, and one may hang in a connection.
        Thread(target=lambda name=name, check=check: ended.put((name, _made(check))), daemon=True).start()
    until = time.monotonic() + longest_s
    found: dict[str, Finding] = {}
    while len(found) < len(checks):
        try:
            name, finding = ended.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        found[name] = finding
    late = error(f"no answer within {longest_s:g} s", "See whether it is reachable from this machine, then ask again.")
    return {name: found.get(name, late) for name in checks}


def worst(findings: Mapping[str, Finding]) -> Status:
    """The worst of what was found: an error, else a warning, else ok."""
    statuses = {finding.status for finding in findings.values()}
    return next((status for status in (Status.ERROR, Status.WARNING) if status in statuses), Status.OK)


def _made(check: Check) -> Finding:
    """What a check found; an exception is a finding too."""
    try:
        finding = check()
    except Exception as failure:
        finding = error(one_line(failure), "")
    return Finding(finding.status, cleaned(finding.found), cleaned(finding.remedy))
