"""A proxy on loopback before an S3 server: what passes through can be refused, delayed, cut off, or watched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
OF_THE_CONNECTION = {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
CHUNK = 65_536


@dataclass
class Proxy:
    """A proxy, which does nothing but pass on before a test gives it something else to do.

    Attributes:
        behind: The address of the server.
        url: Where it listens itself.
        trouble: What to do with a request, such as ``PUT /bucket/name``: ``busy`` (it is answered by a 503), ``cut``
            (by nothing), ``half`` (by half of the answer); an empty text lets it pass, late if this takes its time.
        allowance: Told the length of a body that is sent on; how much of it may pass before the connection is cut.
    """

    behind: str
    url: str = ""
    trouble: Callable[[str], str] = lambda request: ""
    allowance: Callable[[int], int] = lambda length: length


class _Handler(BaseHTTPRequestHandler):
    """Headers pass as they are, so that signatures hold: the host that was asked is one of what is signed."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        trouble = proxy.trouble(f"{self.command} {self.path}")
        if trouble in ("busy", "cut"):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.close_connection = trouble == "cut"
            if trouble == "busy":
                self._answer(503, [("Content-Type", "application/xml")], SLOW_DOWN)
            return
        with closing(HTTPConnection(urlsplit(proxy.behind).netloc, timeout=60)) as server:
            self.close_connection = not self._send(server, proxy.allowance)
            if not self.close_connection:
                answer = server.getresponse()
                self._answer(answer.status, answer.getheaders(), answer.read(), half=trouble == "half")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - so called by the library

    def _send(self, server: HTTPConnection, allowance: Callable[[int], int]) -> bool:
        """Whether the whole request was sent on."""
        length = int(self.headers.get("Content-Length", 0))
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in OF_THE_CONNECTION - {"content-length"}:
                server.putheader(name, value)
        server.endheaders()
        allowed = left = allowance(length) if length else 0
        while left:
            chunk = self.rfile.read(min(left, CHUNK))
            server.send(chunk)
            left -= len(chunk)
        return allowed == length

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, half: bool = False) -> None:
        self.send_response_only(status)
        size = str(len(body))
        for name, value in headers:
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
            elif name.lower() == "content-length":
                size = value  # of what HEAD does not send
        self.send_header("Content-Length", size)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection |= half

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked has gone: it was killed, or has asked again."""


@contextmanager
def standing_before(url: str) -> Iterator[Proxy]:
    """A proxy before the server of an address."""
    proxy = Proxy(url)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = proxy  # type: ignore[attr-defined]
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
