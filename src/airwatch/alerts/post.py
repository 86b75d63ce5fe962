"""One POST to a hook: no redirection followed, no more of the answer read than its first words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from airwatch.alerts.channel import AlertFailed
from airwatch.sources.errors import SourceRefused
from airwatch.sources.http import BAD_ADDRESS, open_transport, trouble_of_status
from airwatch.sources.redaction import guard, keep_secret

JSON = "application/json; charset=utf-8"
SHORTEST_TOKEN = 12  # characters of a part of an address that is taken for a secret
_PARTS = re.compile(r"[/?&=]")
_ONE_WORD = re.compile(rb"[a-z_]{1,40}")


def post(url: str, body: bytes, headers: Mapping[str, str], variable: str, timeout_s: float) -> None:
    """Hand a document to a hook.

    Whoever knows the address of a hook can use it: its path is kept out of every message and log line.

    Args:
        url: The hook's address.
        body: JSON.
        headers: To be sent with it.
        variable: The name of the variable that holds the address, for the message.
        timeout_s: Longest wait for the connection, and for the answer.

    Raises:
        AlertFailed: It was not taken.
    """
    _hide(url)
    try:
        with (
            open_transport(url) as session,
            session.post(
                url,
                data=body,
                headers={"Content-Type": JSON, **headers},
                timeout=timeout_s,
                allow_redirects=False,  # it would become a GET, and go where nobody sent it
                stream=True,
            ) as response,
        ):
            if not response.ok or response.is_redirect:
                raise _refused(response, url, variable)
    except (SourceRefused, *BAD_ADDRESS):
        raise AlertFailed(f"{variable} holds no address: write one such as https://hooks.example.org/...") from None
    except requests.exceptions.SSLError:
        raise AlertFailed(f"no trusted connection (TLS) to {_host(url)}: check {variable}") from None
    except requests.exceptions.Timeout:
        told = f"{_host(url)} gave no reply within {timeout_s:g} s: check {variable}"
        raise AlertFailed(told, passing=True) from None
    except OSError:  # requests' exceptions are OSErrors; their text carries the address
        raise AlertFailed(f"no connection to {_host(url)}, or it was dropped: check {variable}", passing=True) from None


def _refused(response: requests.Response, url: str, variable: str) -> AlertFailed:
    """A status that is none of success, with the word by which Slack says why."""
    trouble = trouble_of_status(response)
    try:
        begin = bytes(response.raw.read(64)).strip()
    except (OSError, requests.exceptions.RequestException):
        begin = b""
    why = f" ({begin.decode()})" if _ONE_WORD.fullmatch(begin) else ""
    told = f"{_host(url)} answers {trouble.what}{why}: check {variable}"
    return AlertFailed(told, passing=trouble.passing, retry_after_s=trouble.retry_after_s)


def _hide(url: str) -> None:
    """Have the parts of an address that may be a key cleaned from everything that is told, by any library."""
    guard()
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    for part in (url, *_PARTS.split(f"{parts.path}?{parts.query}")):
        if len(part) >= SHORTEST_TOKEN:
            keep_secret(part)


def _host(url: str) -> str:
    """Host and port alone."""
    return urlsplit(url).netloc.rpartition("@")[2]
