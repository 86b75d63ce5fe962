"""The AQS Data Mart API: a year and up to five parameters at a time, header status to rows or error.

Limits are EPA's (https://aqs.epa.gov/aqsweb/documents/data_api.html): begin and end of a request for data lie
in one calendar year, and it names at most five parameter codes. AQS answers a refused request with HTTP 200
as well as 400, so the status in the header decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Self

import pandas as pd

from airwatch.domain.areas import Area
from airwatch.domain.pollutants import POLLUTANTS, WEATHER
from airwatch.sources.aqs_reply import (
    DAILY_DATA,
    MONITORS,
    Reply,
    Service,
    UnknownShape,
    read_reply,
    to_frame,
)
from airwatch.sources.errors import SourceChanged, SourceRefused
from airwatch.sources.http import PoliteSession, Request
from airwatch.sources.redaction import redact

MOST_CODES = 5
# AQS takes the window of last changes as a pair. Its end is a fixed day far ahead, so no clock is read.
CHANGED_UNTIL = date(2099, 12, 31)
STATUSES_WITH_ROWS = frozenset({"Success", "No data matched your selection"})
LONGEST_REASON = 300

_LABELS = {pollutant.aqs_code: pollutant.label for pollutant in POLLUTANTS.values()} | {
    weather.aqs_code: weather.label for weather in WEATHER.values()
}
_ABOUT_CREDENTIALS = re.compile(r"\b(e-?mail|key|account|password)\b", re.IGNORECASE)


class AqsClient:
    """Asks the AQS Data Mart for daily summaries and monitors.

    Args:
        session: Makes the requests: paced, retried, quiet about secrets. ``close`` closes it.
        base_url: ``https://aqs.epa.gov/data/api``, or that of a server that speaks the same protocol.
        credentials: Gives e-mail and key; called with each request and never before the first, so that a
            client can be made without them.
    """

    def __init__(self, session: PoliteSession, base_url: str, credentials: Callable[[], tuple[str, str]]) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials

    def daily_summaries(
        self, codes: Sequence[str], area: Area, first: date, last: date, changed_since: date | None = None
    ) -> pd.DataFrame:
        """Daily summaries of the monitors in ``area``: every row AQS has for a monitor and day, up to ten.

        Args:
            codes: AQS parameter codes, such as ``["88101"]``; more than five take more than one request.
            area: Where.
            first: First local standard day.
            last: Last local standard day, included; each calendar year takes a request of its own.
            changed_since: Only rows that changed on this day or later.

        Returns:
            The 32 fields of ``dailyData``, one row per AQS's ten-part key and sorted by it. Codes are ``str``
            with their zeros, ``poc`` is int64, numbers are float64 in ``units_of_measure``, ``date_local``
            and ``date_of_last_change`` are timestamps at midnight without a zone. Empty when AQS has no data.

        Raises:
            SourceUnavailable: No usable reply after patient retries.
            SourceRefused: AQS said no, to the credentials or to the request.
            SourceChanged: The reply lacks a field or has another shape.
            ValueError: No code, or ``last`` before ``first``.
        """
        changed = {}
        if changed_since is not None:
            changed = {"cbdate": _compact(changed_since), "cedate": _compact(CHANGED_UNTIL)}
        frames = [
            self._rows(DAILY_DATA, group, area, begin, end, changed)
            for begin, end in split_by_year(first, last)
            for group in _groups(codes)
        ]
        return _joined(frames, DAILY_DATA)

    def monitors(self, codes: Sequence[str], area: Area, first: date, last: date) -> pd.DataFrame:
        """Monitors in ``area`` that measured one of ``codes`` at some time from ``first`` to ``last``.

        Returns:
            The 41 fields of ``monitors``, one row per monitor (and parameter), types as in
            ``daily_summaries``; ``open_date`` and ``close_date`` are timestamps. Only ids, ``poc``,
            ``latitude`` and ``longitude`` (in degrees) are sure to be there; the others may hold nulls. Empty
            when AQS knows none.

        Raises:
            SourceUnavailable: No usable reply after patient retries.
            SourceRefused: AQS said no, to the credentials or to the request.
            SourceChanged: The reply lacks a field or has another shape.
            ValueError: No code, or ``last`` before ``first``.
        """
        _check_period(first, last)
        frames = [self._rows(MONITORS, group, area, first, last, {}) for group in _groups(codes)]
        return _joined(frames, MONITORS)

    def close(self) -> None:
        """Drop the connection that is kept alive."""
        self._session.close()

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block, which closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def _rows(
        self,
        service: Service,
        codes: Sequence[str],
        area: Area,
        first: date,
        last: date,
        more: Mapping[str, str],
    ) -> pd.DataFrame:
        """One request, answered with a frame or an error."""
        request = Request(
            source="AQS",
            asked=f"{service.name} of {_names(codes)} for {area}, {_period(first, last)}",
            url=f"{self._base_url}/{service.name}/{area.aggregation}",
            params={
                "param": ",".join(codes),
                "bdate": _compact(first),
                "edate": _compact(last),
                **more,
                **area.query,
            },
            secrets=dict(zip(("email", "key"), self._credentials(), strict=True)),
        )
        try:
            status, reply = self._session.get(request, read_reply)
            if reply.status in STATUSES_WITH_ROWS:
                return to_frame(reply, service)
            error = _error_of(request, status, reply)
        except UnknownShape as shape:
            error = SourceChanged(_changed(request, str(shape)))
        raise error  # outside of the block: the context of an error holds the reply, which may echo the key


def split_by_year(first: date, last: date) -> list[tuple[date, date]]:
    """The days from ``first`` to ``last``, both included, as one span for each calendar year.

    Raises:
        ValueError: ``last`` lies before ``first``.
    """
    _check_period(first, last)
    return [(max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) for year in range(first.year, last.year + 1)]


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise ValueError(f"The last day, {last}, lies before the first, {first}.")


def _groups(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    """The codes in groups that one request can name."""
    if not codes:
        raise ValueError("No parameter code was given; AQS needs at least one.")
    for start in range(0, len(codes), MOST_CODES):
        yield codes[start : start + MOST_CODES]


def _joined(frames: list[pd.DataFrame], service: Service) -> pd.DataFrame:
    if len(frames) == 1:
        return frames[0]
    return pd.concat(frames, ignore_index=True).sort_values(list(service.key), kind="stable", ignore_index=True)


def _error_of(request: Request, status: int, reply: Reply) -> SourceRefused | SourceChanged:
    """What a reply means that brought no rows and does not say that there are none."""
    if not reply.status.startswith("Failed") and status < 400:
        said = redact(reply.status, request.secrets)[:LONGEST_REASON]
        what = f"its header says {said!r}" if said else "it has no Header with a status"
        return SourceChanged(_changed(request, what))
    given = redact(reply.errors, request.secrets)[:LONGEST_REASON].rstrip(". ")
    reason = given or f"HTTP {status}, no reason given"
    remedy = "Correct the area, the pollutants or the years; asking again gives the same answer."
    if _ABOUT_CREDENTIALS.search(reason) or status in (401, 403):
        remedy = (
            "Check EPA_AQS_EMAIL and EPA_AQS_API_KEY in .env; EPA mails a key to whoever opens"
            " https://aqs.epa.gov/data/api/signup?email=YOUR_ADDRESS."
        )
    return SourceRefused(f"AQS refused {request.asked}: {reason}. {remedy}")


def _changed(request: Request, what: str) -> str:
    return (
        f"AQS answered {request.asked} in an unknown shape: {what}."
        " Check that EPA_AQS_BASE_URL is that of AQS; if it is, AQS has changed and AirWatch must follow."
    )


def _names(codes: Sequence[str]) -> str:
    return ", ".join(_LABELS.get(code, f"parameter {code}") for code in codes)


def _period(first: date, last: date) -> str:
    return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"


def _compact(day: date) -> str:
    """A day as AQS writes it in a request: 20200131."""
    return f"{day:%Y%m%d}"
