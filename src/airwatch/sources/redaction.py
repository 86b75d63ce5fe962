"""Keeps secrets out of messages, log lines and tracebacks.

The first wall is never to put one there. This is the second: what some library quotes, such as an address with its
query or its password, is cleaned of every secret that this process knows before anybody reads it.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

STARS = "***"
# Variables whose value is a secret, such as EPA_AQS_API_KEY, and those whose value is an address that may hold one.
_SECRET_NAME = re.compile(r"(PASSWORD|TOKEN|SECRET|SECRET_ACCESS_KEY|API_KEY|AQS_EMAIL)$")
_ADDRESS_NAME = re.compile(r"(URL|URI|ADDRESS)$")
SHORTEST = 6  # characters; a shorter one would star out words
_CHATTY_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")  # they print addresses with their query
_USER = re.compile(r"^(\w+://)?.*@")
_PASSWORD = re.compile(r"(://[^\s/@:'\"]*):[^\s/@'\"]+@")
_SECRET_IN_QUERY = re.compile(r"\b((?:email|key)=)[^&\s'\"]*", re.IGNORECASE)

_revealed: set[str] = set()


def redact(text: str, secrets: Mapping[str, str]) -> str:
    """``text`` on one line, with the value of each secret, plain or as a URL spells it, replaced by stars."""
    for secret in filter(None, secrets.values()):
        for spelling in _spellings(secret):
            text = text.replace(spelling, STARS)
    return " ".join(text.split())


def without_secrets(address: str) -> str:
    """An address without the user, the password and the query that it may hold."""
    return _USER.sub(r"\1", address.partition("?")[0])


def keep_secret(value: str) -> None:
    """Have a value cleaned from everything that is told from now on."""
    _revealed.add(value)


def cleaned(text: str) -> str:
    """``text`` with stars for every secret that this process knows and for the password of any address."""
    for secret in sorted(_known(), key=len, reverse=True):
        for spelling in _spellings(secret):
            text = text.replace(spelling, STARS)
    return _PASSWORD.sub(rf"\1:{STARS}@", text)


def redact_transport_logs() -> None:
    """Replace e-mail and key in what ``urllib3`` logs about its requests; doing it twice is harmless."""
    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).addFilter(_redact_queries)


def guard() -> None:
    """Clean every log record and the traceback that a process or a thread ends with; doing it twice is harmless."""
    make = logging.getLogRecordFactory()
    if not getattr(make, "cleans", False):
        logging.setLogRecordFactory(_cleaning(make))
    if sys.excepthook is not _show_cleaned:
        sys.excepthook = _show_cleaned
    if threading.excepthook is threading.__excepthook__:  # who has set another looks at errors in its own way
        threading.excepthook = _show_cleaned_of_thread


def _redact_queries(record: logging.LogRecord) -> bool:
    record.msg = _SECRET_IN_QUERY.sub(rf"\1{STARS}", record.getMessage())
    record.args = ()
    return True


def _spellings(secret: str) -> tuple[str, ...]:
    """A secret, plain and as a URL spells it."""
    return (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))


def _known() -> set[str]:
    """The secrets that were revealed, that the environment holds, and the passwords in its addresses."""
    held = set(_revealed)
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            held.add(value.strip())
        elif _ADDRESS_NAME.search(name) and "@" in value:
            with suppress(ValueError):  # an address that is none has no password
                held.add(unquote(urlsplit(value).password or ""))
    return {secret for secret in held if len(secret) >= SHORTEST}


def _cleaning(make: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    """A maker of log records whose records are clean before any handler, ours or a library's, sees them."""

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            told = record.getMessage()
        except Exception:  # arguments that do not fit, or cannot be told: logging has its own way to say so
            return record
        if (clean := cleaned(told)) != told:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if (clean := cleaned(trace)) != trace:
                record.exc_text = clean  # a formatter takes this text where there is one
        return record

    made.cleans = True  # type: ignore[attr-defined]
    return made


def _show_cleaned(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an error that nobody caught, without the secrets in its words."""
    sys.stderr.write(cleaned("".join(traceback.format_exception(kind, error, trace))))


def _show_cleaned_of_thread(ended: threading.ExceptHookArgs) -> None:
    """The same for a thread; one that was asked to exit is none of it."""
    if ended.exc_value and not isinstance(ended.exc_value, SystemExit):
        _show_cleaned(ended.exc_type, ended.exc_value, ended.exc_traceback)
