"""The services of others that a run may ask: EPA's three, Prefect, and a scheduler of Dask."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from airwatch.checks.asking import TIMEOUT_S, NoAnswer, ask
from airwatch.checks.report import Finding, Status, error, ok, skipped
from airwatch.secrets import MissingSecretError, reveal
from airwatch.sources.aqs_reply import UnknownShape, read_reply
from airwatch.sources.pace import SlidingWindow
from airwatch.sources.redaction import redact, without_secrets

SIGN_UP = "EPA mails a key to whoever opens https://aqs.epa.gov/data/api/signup?email=YOUR_ADDRESS"
AVAILABLE = "metaData/isAvailable"
SIGNED = "list/states"  # the smallest question that AQS answers only to who is known
NO_SUCH_METHOD = (405, 501)  # said by a server that is there
A_YEARLY_FILE = "daily_88101_2020.zip"
FORECASTS_OF_TODAY = "today/reportingarea.dat"


class _NoRoom(Exception):
    """The requests of this minute are used up."""


def epa_credentials(references: Mapping[str, str], source: str) -> Finding:
    """Whether e-mail and key for AQS are there, in the environment or where secrets are kept.

    Args:
        references: ``email`` and ``key``, as the credentials of the catalog have them.
        source: That of the run; only ``aqs`` needs them.
    """
    try:
        for reference in references.values():
            reveal(reference)
    except MissingSecretError as missing:
        if source == "aqs":
            return error("e-mail or key is missing", str(missing))
        return skipped(f"not there; source={source} does not need them")
    return ok("e-mail and key are there")


def aqs(base_url: str, pace_path: str, per_minute: int, references: Mapping[str, str], source: str) -> Finding:
    """Whether AQS is up and, where the run asks it, knows our key.

    The question counts among the requests of this minute; where they are used up none is made.

    Args:
        base_url: Address of the API.
        pace_path: Where this machine remembers its recent requests.
        per_minute: How many it may make.
        references: ``email`` and ``key``, as the credentials of the catalog have them.
        source: That of the run: for another than ``aqs``, trouble is a warning.
    """
    trouble = Status.ERROR if source == "aqs" else Status.WARNING
    known = _revealed(references) if source == "aqs" else {}
    address = f"{base_url.rstrip('/')}/{SIGNED if known else AVAILABLE}"
    where = without_secrets(base_url)
    remedy = f"source=aqs waits until it answers: see whether {where} opens in a browser, or mend EPA_AQS_BASE_URL."
    try:
        with SlidingWindow(Path(pace_path), per_minute, sleep=_do_not_wait).slot():
            answer = ask(address, known)
        reply = read_reply(answer.content)
    except _NoRoom:
        return skipped(f"{per_minute} requests were made within a minute; ask again after it")
    except NoAnswer as none:
        return Finding(trouble, f"{where}: {none}", remedy)
    except (UnknownShape, ValueError):
        return Finding(trouble, f"{where}: HTTP {answer.status_code}, in a shape that is not AQS's", remedy)
    said = redact(reply.errors or reply.status, known)[:200]
    if answer.status_code >= 500 or reply.status.startswith("Failed"):
        refused = f"Check EPA_AQS_EMAIL and EPA_AQS_API_KEY; {SIGN_UP}." if known else remedy
        return Finding(trouble, f"{where}: {said}", refused)
    return ok(f"{where}: {'knows our key' if known else said}")


def _revealed(references: Mapping[str, str]) -> dict[str, str]:
    """E-mail and key; nothing where one is missing, of which ``epa_credentials`` tells."""
    try:
        return {name: reveal(reference) for name, reference in references.items()}
    except MissingSecretError:
        return {}


def _do_not_wait(seconds: float) -> NoReturn:
    raise _NoRoom


def airdata(base_url: str, source: str) -> Finding:
    """Whether EPA's yearly files are where runs look; for a run of another source, trouble is a warning."""
    trouble = Status.ERROR if source == "airdata" else Status.WARNING
    return _files(base_url, A_YEARLY_FILE, trouble, "source=airdata needs it", "AIRDATA_BASE_URL")


def airnow(base_url: str, wanted: bool) -> Finding:
    """Whether AirNow's files are where runs look; a run does without where they are not, so trouble is a warning."""
    if not wanted:
        return skipped("ingestion.airnow is false")
    return _files(base_url, FORECASTS_OF_TODAY, Status.WARNING, "ingestion.airnow=true needs it", "AIRNOW_BASE_URL")


def _files(base_url: str, file: str, trouble: Status, needed: str, variable: str) -> Finding:
    """Whether a server of files has one that is always there; it is not fetched."""
    where = without_secrets(base_url)
    remedy = f"{needed}: see whether {where} opens in a browser, or mend {variable}."
    try:
        answer = ask(f"{base_url.rstrip('/')}/{file}", method="HEAD")
    except NoAnswer as none:
        return Finding(trouble, f"{where}: {none}", remedy)
    if answer.status_code >= 400 and answer.status_code not in NO_SUCH_METHOD:
        return Finding(trouble, f"{where}: HTTP {answer.status_code} for {file}", remedy)
    return ok(where)


def prefect(api_url: str, api_key: str = "") -> Finding:
    """Whether Prefect's API answers; an environment without its address has no schedules to keep."""
    if not api_url:
        return skipped("PREFECT_API_URL is not set")
    where = without_secrets(api_url)
    remedy = "Start it (prefect server start), or mend PREFECT_API_URL and PREFECT_API_KEY."
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        answer = ask(f"{api_url.rstrip('/')}/health", headers=headers)
    except NoAnswer as none:
        return error(f"{where}: {none}", remedy)
    if answer.status_code != 200:
        return error(f"{where}: HTTP {answer.status_code}", remedy)
    return ok(where)


def dask(scheduler: str) -> Finding:
    """Whether a Dask scheduler answers and has workers that run this AirWatch; without an address a run has its own."""
    if not scheduler:
        return skipped("DASK_SCHEDULER_ADDRESS is not set")
    where = without_secrets(scheduler)
    remedy = "Start it and its workers (make up-cluster), or mend DASK_SCHEDULER_ADDRESS."
    parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    try:  # Dask itself asks again and again for as long as it may
        socket.create_connection((parts.hostname or "", parts.port or 8786), timeout=TIMEOUT_S).close()
    except (OSError, ValueError):
        return error(f"{where}: no connection", remedy)
    from airwatch.cluster import Cluster, ClusterError

    try:
        cluster = Cluster.connect(scheduler, workers=1)
    except ClusterError as failure:
        return error(str(failure), remedy)
    try:
        return ok(f"{where}: {len(cluster.workers)} workers")
    finally:
        cluster.close()
