"""The sandbox over HTTP on loopback, for the same client that speaks to EPA."""

from __future__ import annotations

import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from airwatch.sandbox.protocol import HEALTHY, Answer, answer, refusal
from airwatch.sandbox.world import World

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
ROOT = "/data/api"


class SandboxServer(ThreadingHTTPServer):
    """Serves one world; closing it also ends the connections that clients keep open."""

    daemon_threads = True

    def __init__(self, world: World, port: int) -> None:
        """Listen on loopback at once; ``port`` 0 takes any that is free."""
        self.world = world
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget and close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and hang up."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one packet

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith(f"{ROOT}/"):
            service, _, name = parts.path.removeprefix(f"{ROOT}/").partition("/")
            reply = answer(self.server.world, service, name, dict(parse_qsl(parts.query)))
        else:
            reply = refusal("unknown service", code=404)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(reply)

    def _send(self, reply: Answer) -> None:
        body = f'{{"Header": [{json.dumps(self._head(reply))}],"Data": {reply.data}}}'.encode()
        self.send_response(reply.code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _head(self, reply: Answer) -> dict[str, object]:
        # EPA's header repeats the whole request, the key included.
        url = f"http://{self.headers.get('Host', HOST)}{self.path}"
        time = parsedate_to_datetime(self.date_time_string()).isoformat()
        head: dict[str, object] = {"status": reply.status, "request_time": time, "url": url}
        if reply.errors:
            return head | {"error": list(reply.errors)}
        return head if reply.status == HEALTHY else head | {"rows": reply.rows}

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the request line holds the caller's key."""


@contextmanager
def serve(world: World, port: int = 0) -> Iterator[str]:
    """Serve a world over the AQS protocol on 127.0.0.1 while the block runs.

    Args:
        world: What to serve.
        port: Where; 0 takes any free port.

    Yields:
        The base URL, ``http://127.0.0.1:PORT/data/api``.

    Raises:
        OSError: The port is taken.
    """
    server = SandboxServer(world, port)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="airwatch-sandbox", daemon=True
    )
    thread.start()
    base_url = f"http://{HOST}:{server.server_port}{ROOT}"
    logger.info("The sandbox (seed %d) answers at %s", world.seed, base_url)
    try:
        yield base_url
    finally:
        # A block that an error left suspended is closed when Python ends; then no thread runs that could be waited for.
        if not sys.is_finalizing():
            server.shutdown()
            thread.join()
        server.server_close()
