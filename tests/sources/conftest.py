"""Fixtures of the sources: a clock that nobody waits for, and a server on loopback that answers by script."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest

from airwatch.domain.areas import Area
from airwatch.sources.aqs import AqsClient
from airwatch.sources.http import PoliteSession, open_transport
from airwatch.sources.pace import Unpaced


@dataclass
class FakeClock:
    """A clock that sleeping moves."""

    now: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert len(self.slept) < 1000, "waits for ever"
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Answer:
    """One scripted answer; ``cut`` sends half of the body, ``hang_up`` nothing at all."""

    body: str | dict[str, Any] = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hang_up: bool = False


@dataclass
class ScriptedServer:
    """Gives the answers of ``script`` in turn, the last one for ever, and notes each path and query."""

    base_url: str
    script: list[Answer] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)

    def next_answer(self) -> Answer:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _handler_for(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

        def do_GET(self) -> None:
            answer = server.next_answer()
            server.paths.append(urlsplit(self.path).path)
            server.queries.append(dict(parse_qsl(urlsplit(self.path).query)))
            server.connections.add(self.client_address)
            if answer.hang_up:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            body = text.replace("ECHO", self.path).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)
            self.close_connection = answer.cut

    return Handler


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer("")
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(scripted))
    listener.daemon_threads = True
    scripted.base_url = f"http://127.0.0.1:{listener.server_address[1]}/data/api"
    thread = threading.Thread(target=lambda: listener.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield scripted
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def envelope() -> Callable[..., dict[str, Any]]:
    """A reply as AQS wraps it; its header repeats the address, as AQS's does."""

    def build(data: object = (), status: str = "Success", **header: object) -> dict[str, Any]:
        return {"Header": [{"status": status, "url": "http://aqs/ECHO", **header}], "Data": data}

    return build


@pytest.fixture
def daily_row() -> Callable[..., dict[str, Any]]:
    """A valid row of dailyData; keywords replace fields, ``without`` leaves one out."""

    def build(without: str = "", **fields: object) -> dict[str, Any]:
        row: dict[str, Any] = {
            "state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101",
            "poc": 1, "latitude": 34.06659, "longitude": -118.22688, "datum": "WGS84",
            "parameter": "PM2.5 - Local Conditions", "sample_duration_code": "7",
            "sample_duration": "24 HOUR", "pollutant_standard": "PM25 24-hour 2024",
            "date_local": "2020-01-31",
            "units_of_measure": "Micrograms/cubic meter (LC)", "event_type": "No Events",
            "observation_count": 1, "observation_percent": 100.0, "validity_indicator": "Y",
            "arithmetic_mean": 9.1, "first_max_value": 9.1, "first_max_hour": 0, "aqi": 51,
            "method_code": "145", "method": "Gravimetric", "local_site_name": "North Main Street",
            "site_address": "1630 N MAIN ST", "state": "California", "county": "Los Angeles",
            "city": "Los Angeles", "cbsa_code": "31080", "cbsa": "Los Angeles-Long Beach-Anaheim, CA",
            "date_of_last_change": "2024-05-22",
        } | fields  # fmt: skip
        row.pop(without, None)
        return row

    return build


@pytest.fixture
def make_client(server: ScriptedServer, clock: FakeClock) -> Iterator[Callable[..., AqsClient]]:
    """Builds clients of ``server`` that wait on ``clock``."""
    made: list[AqsClient] = []

    def build(
        base_url: str = "", email: str = "someone@example.org", key: str = "thekey", attempts: int = 10
    ) -> AqsClient:
        base_url = base_url or server.base_url
        session = PoliteSession(Unpaced(), open_transport(base_url), sleep=clock.sleep, clock=clock, attempts=attempts)
        made.append(AqsClient(session, base_url, lambda: (email, key)))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def ask(make_client: Callable[..., AqsClient]) -> Callable[..., pd.DataFrame]:
    """Asks for PM2.5 in Los Angeles in 2020; keywords go to ``make_client``."""

    def question(**options: Any) -> pd.DataFrame:
        return make_client(**options).daily_summaries(
            ["88101"], Area("cbsa", "31080"), date(2020, 1, 1), date(2020, 12, 31)
        )

    return question
