"""A large file, fetched so that a connection, or a run, that breaks off goes on where it was.

What has arrived lies in a folder of this machine under the file's name and version; only a file that is complete
by the size the server told leaves it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from airwatch.sources.errors import SourceUnavailable
from airwatch.sources.http import (
    BAD_ADDRESS,
    CONNECT_TIMEOUT_S,
    PoliteSession,
    Request,
    Trouble,
    trouble_of,
    trouble_of_status,
)

READ_TIMEOUT_S = 60.0  # between two pieces of a file
PIECE_BYTES = 1 << 14  # no more than this is fetched again when a connection breaks off

_PLAINLY: dict[str, Any] = {"timeout": (CONNECT_TIMEOUT_S, READ_TIMEOUT_S), "stream": True}
_AS_IT_IS = {"Accept-Encoding": "identity"}  # else Content-Length would be that of a compressed body


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one version of a file from another, as the server says it; empty where it does not."""

    etag: str
    last_modified: str
    size: int | None

    @classmethod
    def of(cls, response: requests.Response) -> Version:
        """By the headers of a reply that is about the whole file."""
        headers = response.headers
        size = headers.get("Content-Length", "")
        return cls(headers.get("ETag", ""), headers.get("Last-Modified", ""), int(size) if size.isdecimal() else None)

    @property
    def condition(self) -> str:
        """What ``If-Range`` takes: a strong tag, else the date."""
        return self.last_modified if self.etag.startswith("W/") or not self.etag else self.etag


class Downloader:
    """Looks at files and fetches them.

    Args:
        session: Retries and waits.
        transport: The session of ``requests`` that the files are asked through.
        folder: Where what has arrived waits for the rest.
    """

    def __init__(self, session: PoliteSession, transport: requests.Session, folder: Path) -> None:
        self._session, self._transport, self._folder = session, transport, folder

    def look(self, request: Request) -> Version | None:
        """The version of a file as it is now; None where the server has no such file (404).

        Raises:
            SourceUnavailable: No answer after patient retries.
            SourceRefused: Waiting cannot help.
        """
        return self._session.patiently(request, lambda: self._look(request))

    def fetch(self, request: Request, version: Version) -> Path:
        """The whole file, which the caller deletes once it is stored elsewhere.

        Raises:
            SourceUnavailable: Not all of it came after patient retries, or it changed meanwhile.
            SourceRefused: Waiting cannot help.
        """
        path = self._path(request, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        for other in path.parent.glob(f"{path.name.rpartition('.')[0]}.*"):
            if other != path:
                other.unlink()  # a part of an earlier version
        if version.size is None or not path.exists() or path.stat().st_size != version.size:
            size = self._session.patiently(request, lambda: self._fetch(request, version, path))
            if version.size not in (None, size):
                raise _changed(request, path)
        return path

    def _path(self, request: Request, version: Version) -> Path:
        mark = hashlib.sha256(repr((request.url, version)).encode()).hexdigest()[:12]
        return self._folder / f"{request.url.rpartition('/')[2]}.{mark}"

    def _look(self, request: Request) -> Version | Trouble | None:
        for method in ("HEAD", "GET"):
            try:
                with self._transport.request(method, request.url, **_PLAINLY, headers=_AS_IT_IS) as response:
                    status = response.status_code
            except (requests.RequestException, *BAD_ADDRESS) as error:
                return trouble_of(error, request)
            if status not in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED):
                break  # else the server does not know HEAD: what a GET begins with says the same
        if status == HTTPStatus.NOT_FOUND:
            return None
        return Version.of(response) if status == HTTPStatus.OK else trouble_of_status(response)

    def _fetch(self, request: Request, version: Version, path: Path) -> int | Trouble:
        """One attempt at what is missing; the size of the whole file when it has come to its end."""
        have = path.stat().st_size if path.exists() else 0
        headers = dict(_AS_IT_IS)
        if have:
            headers |= {"Range": f"bytes={have}-"} | ({"If-Range": version.condition} if version.condition else {})
        try:
            with self._transport.get(request.url, **_PLAINLY, headers=headers) as response:
                match response.status_code:
                    case HTTPStatus.PARTIAL_CONTENT if response.headers.get("Content-Range", "").startswith(
                        f"bytes {have}-"
                    ):
                        return _write(response, path, "ab")
                    case HTTPStatus.OK if response.headers.get("ETag", "") == version.etag:
                        return _write(response, path, "wb")
                    case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE if have:
                        path.unlink()  # nothing was missing, or what is here is not of the file: from its beginning
                        return self._fetch(request, version, path)
                    case HTTPStatus.OK | HTTPStatus.PARTIAL_CONTENT:
                        raise _changed(request, path)
                return trouble_of_status(response)
        except (requests.RequestException, *BAD_ADDRESS) as error:  # a full disk is no trouble of the connection
            return trouble_of(error, request)


def _write(response: requests.Response, path: Path, mode: str) -> int:
    """Write what comes as it comes, so that nothing of it is lost when it breaks off; the size that is reached."""
    with path.open(mode) as file:
        for piece in response.iter_content(PIECE_BYTES):
            file.write(piece)
    return path.stat().st_size


def _changed(request: Request, path: Path) -> SourceUnavailable:
    path.unlink(missing_ok=True)
    return SourceUnavailable(
        f"{request.source}'s {request.asked} is not of the size or version that was announced."
        " Run again; what was stored before is kept."
    )
