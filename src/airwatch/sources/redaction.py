"""Keeps secrets that travel in a query string out of messages and out of the log lines of ``urllib3``."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

STARS = "***"
_CHATTY_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")  # they print addresses with their query
_USER = re.compile(r"^(\w+://)?.*@")
_SECRET_IN_QUERY = re.compile(r"\b((?:email|key)=)[^&\s'\"]*", re.IGNORECASE)


def redact(text: str, secrets: Mapping[str, str]) -> str:
    """``text`` on one line, with the value of each secret, plain or as a URL spells it, replaced by stars."""
    for secret in filter(None, secrets.values()):
        for spelling in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(spelling, STARS)
    return " ".join(text.split())


def without_secrets(address: str) -> str:
    """An address without the user, the password and the query that it may hold."""
    return _USER.sub(r"\1", address.partition("?")[0])


def redact_transport_logs() -> None:
    """Replace e-mail and key in what ``urllib3`` logs about its requests; doing it twice is harmless."""
    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).addFilter(_redact_queries)


def _redact_queries(record: logging.LogRecord) -> bool:
    record.msg = _SECRET_IN_QUERY.sub(rf"\1{STARS}", record.getMessage())
    record.args = ()
    return True
