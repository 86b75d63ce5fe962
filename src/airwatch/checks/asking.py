"""One question to a server, without retries: a check is to tell at once how things stand."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from airwatch.sources.errors import SourceRefused
from airwatch.sources.http import BAD_ADDRESS, open_transport

TIMEOUT_S = 4.0  # to connect, and then for each part of the answer


class NoAnswer(Exception):
    """A server gave no answer; the message is a few words, without the address."""


def ask(
    address: str,
    params: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    timeout_s: float = TIMEOUT_S,
) -> requests.Response:
    """The answer of a server, whatever its status.

    Raises:
        NoAnswer: There is none. The words of ``requests``, which hold the address and its query, are not in it.
    """
    try:
        with open_transport(address) as session:
            return session.request(
                method, address, params=params, headers=headers, timeout=timeout_s, allow_redirects=False
            )
    except (OSError, SourceRefused, *BAD_ADDRESS) as failure:  # those of requests are OSErrors
        words = _words(failure, timeout_s)
    raise NoAnswer(words)


def _words(failure: Exception, timeout_s: float) -> str:
    if isinstance(failure, (SourceRefused, *BAD_ADDRESS)):
        return "its address is none"
    if isinstance(failure, requests.exceptions.Timeout):
        return f"no answer within {timeout_s:g} s"
    if isinstance(failure, requests.exceptions.SSLError):
        return "no trusted connection (TLS)"
    return "no connection"
