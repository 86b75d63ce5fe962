"""One polite GET: paced, retried while waiting can mend, and silent about secrets.

Secrets travel in the query string, as AQS wants them, so the exceptions of ``requests`` and the debug lines
of ``urllib3`` carry them. Here such an exception becomes a few words of our own and is gone before anything
is raised, so that no cause or context keeps it, and the log lines are redacted.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_result
from urllib3.exceptions import NewConnectionError

from airwatch.sources.errors import SourceRefused, SourceUnavailable
from airwatch.sources.pace import Pacer
from airwatch.sources.redaction import redact_transport_logs, without_secrets

logger = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 600.0  # ten days of PM2.5 for one county have taken AQS two minutes
LONGEST_RETRY_AFTER_S = 900.0  # asked to wait longer, say so and stop instead of standing still
REFUSALS_THAT_PASS = frozenset({408, 425, 429})
BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)


class Transport(Protocol):
    """What is needed of ``requests.Session``."""

    def get(
        self, url: str, *, params: Mapping[str, str], timeout: tuple[float, float], allow_redirects: bool
    ) -> requests.Response:
        """Ask ``url``; ``timeout`` is for connecting and for reading, in seconds."""

    def close(self) -> None:
        """Drop the connections that are kept alive."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    Attributes:
        source: Who is asked, such as ``AQS``.
        asked: What for, in the words of a message: ``dailyData of PM2.5 for CBSA 31080, 2020``.
        url: Address without a query string.
        params: Query parameters that may be told.
        secrets: Query parameters that may not.
    """

    source: str
    asked: str
    url: str
    params: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an attempt gave nothing, the pause that the server asks for, and whether waiting can mend it."""

    what: str
    retry_after_s: float = 0.0
    passing: bool = True


def open_transport(base_url: str) -> requests.Session:
    """A session that keeps its connection; on loopback it goes past any proxy of the environment.

    Raises:
        SourceRefused: ``base_url`` is not an http or https address.
    """
    try:
        parts = urlsplit(base_url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    if not host:
        raise SourceRefused(
            f"{without_secrets(base_url)!r} is no base URL. Write one like https://aqs.epa.gov/data/api."
        )
    session = requests.Session()
    session.trust_env = not _is_loopback(host)
    return session


class PoliteSession:
    """Makes one request at a time and does not give up at the first failure.

    Retried: timeouts, dropped connections, replies cut short or that are not JSON (an HTML page), 408, 425,
    429 and 5xx, after 1, 2, 4, ... seconds up to ``longest_pause_s`` or as long as ``Retry-After`` says. A
    server that fails one request in four fails ten in a row once in a million.

    Args:
        pacer: Says when a request may go; each attempt asks it.
        transport: A ``requests.Session`` or the like.
        sleep: Waits that many seconds.
        clock: Seconds from any moment, for ``patience_s``.
        attempts: Requests made for one question before giving up.
        longest_pause_s: Longest pause between two attempts that the server did not ask for.
        patience_s: No attempt is made when this long has passed since the first, so that a server that
            accepts connections and never answers is given up after three read timeouts and not after ten.
    """

    def __init__(
        self,
        pacer: Pacer,
        transport: Transport,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        attempts: int = 10,
        longest_pause_s: float = 60.0,
        patience_s: float = 1800.0,
    ) -> None:
        self._pacer = pacer
        self._transport = transport
        self._sleep = sleep
        self._clock = clock
        self._attempts = attempts
        self._longest_pause_s = longest_pause_s
        self._patience_s = patience_s
        redact_transport_logs()

    def get(self, request: Request, decode: Callable[[bytes], T]) -> tuple[int, T]:
        """Ask until there is a reply that ``decode`` can read.

        Args:
            request: What to ask.
            decode: Turns the body, in sound UTF-8, into a value; a ``ValueError`` means: cut short or no JSON.

        Returns:
            HTTP status and the decoded body. A status of 400 to 499 with a readable body is an answer.

        Raises:
            SourceUnavailable: Waiting did not help, or the server asks for a pause of more than 15 minutes.
            SourceRefused: Waiting cannot help: nothing to ask at that address, or a redirection.
        """
        return self.patiently(request, lambda: self._attempt(request, decode))

    def patiently(self, request: Request, attempt: Callable[[], T | Trouble]) -> T:
        """Make attempts at a request, with pauses, until one gives something else than trouble.

        Raises:
            SourceUnavailable: Waiting did not help, or the server asks for a pause of more than 15 minutes.
            SourceRefused: Waiting cannot help.
        """
        begun = self._clock()
        retrying = Retrying(
            sleep=self._sleep,
            stop=lambda state: self._is_enough(state, begun),
            wait=self._pause_s,
            retry=retry_if_result(_is_worth_retrying),
            before_sleep=lambda state: self._log_retry(state, request),
            retry_error_callback=lambda state: _result(state),
        )
        outcome = retrying(attempt)
        if not isinstance(outcome, Trouble):
            return outcome
        tried = retrying.statistics["attempt_number"]
        raise _give_up(request, outcome, tried)

    def close(self) -> None:
        """Drop the connection; a later request opens a new one."""
        self._transport.close()

    def _attempt(self, request: Request, decode: Callable[[bytes], T]) -> tuple[int, T] | Trouble:
        with self._pacer.slot():
            fetched = self._fetch(request)
        if isinstance(fetched, Trouble):
            return fetched
        status, body = fetched
        try:
            return status, decode(body)
        except ValueError:
            pass
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            return Trouble(_status_line(status), passing=False)
        page = body.lstrip().startswith(b"<")
        return Trouble("an HTML page instead of JSON" if page else "a reply that is cut short or no JSON")

    def _fetch(self, request: Request) -> tuple[int, bytes] | Trouble:
        """Status and body in UTF-8; the response itself is dropped, so that a large body is held once."""
        try:
            response = self._transport.get(
                request.url,
                params={**request.secrets, **request.params},
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,  # a redirection would take the key to another host, past the pacer
            )
        except (OSError, *BAD_ADDRESS) as error:  # requests' exceptions are OSErrors
            return trouble_of(error, request)
        status = response.status_code
        if is_passing(status):
            return trouble_of_status(response)
        body = response.content
        return status, body if body.isascii() else body.decode("utf-8-sig", errors="replace").encode()

    def _is_enough(self, state: RetryCallState, begun: float) -> bool:
        return state.attempt_number >= self._attempts or self._clock() - begun >= self._patience_s

    def _pause_s(self, state: RetryCallState) -> float:
        """Double from one second; longer where the server asks for it."""
        own = min(2.0 ** (state.attempt_number - 1), self._longest_pause_s)
        outcome = _result(state)
        return max(own, outcome.retry_after_s) if isinstance(outcome, Trouble) else own

    def _log_retry(self, state: RetryCallState, request: Request) -> None:
        logger.warning(
            "%s, %s: %s; attempt %d of %d, again in %.0f s",
            request.source,
            request.asked,
            getattr(_result(state), "what", ""),
            state.attempt_number,
            self._attempts,
            state.upcoming_sleep,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _result(state: RetryCallState) -> object:
    return state.outcome.result() if state.outcome else None


def _is_worth_retrying(outcome: object) -> bool:
    return isinstance(outcome, Trouble) and outcome.passing and outcome.retry_after_s <= LONGEST_RETRY_AFTER_S


def _give_up(request: Request, trouble: Trouble, attempts: int) -> SourceRefused | SourceUnavailable:
    told = f"{request.source} gave no answer for {request.asked}: {trouble.what}"
    if not trouble.passing:
        remedy = f"Check that the base URL is that of {request.source}."
        return SourceRefused(f"{told} from {_host(request)}. {remedy}")
    if trouble.retry_after_s > LONGEST_RETRY_AFTER_S:
        minutes = math.ceil(trouble.retry_after_s / 60)
        return SourceUnavailable(f"{told}, with a pause of {minutes} minutes. Run again after that.")
    where = f"{attempts} attempt{'s' if attempts > 1 else ''} at {_host(request)}"
    return SourceUnavailable(f"{told} ({where}). Run again later; what has arrived is kept.")


def is_passing(status: int) -> bool:
    """Whether a status tells of trouble that waiting can mend."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in REFUSALS_THAT_PASS


def trouble_of_status(response: requests.Response) -> Trouble:
    """The status of a reply that is none in words."""
    status = response.status_code
    return Trouble(_status_line(status), _retry_after_s(response.headers), is_passing(status))


def trouble_of(error: Exception, request: Request) -> Trouble:
    """The error in words; its own text carries the address with the secrets."""
    if isinstance(error, BAD_ADDRESS):
        return Trouble("no usable address", passing=False)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Trouble(f"no connection within {CONNECT_TIMEOUT_S:.0f} s")
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return Trouble(f"no reply within {READ_TIMEOUT_S:.0f} s")
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError):
        return Trouble("no connection")
    if isinstance(error, requests.exceptions.SSLError):
        return Trouble("no trusted connection (TLS)")
    return Trouble("the connection was dropped")


def _host(request: Request) -> str:
    """Host and port, without a user or a password that the address may hold."""
    return request.url.partition("//")[2].partition("/")[0].rpartition("@")[2]


def _status_line(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds that ``Retry-After`` asks for: a number, or a date read by the server's own clock; else 0."""
    given = headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return float(given)
    try:
        until, sent = parsedate_to_datetime(given), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        return 0.0
