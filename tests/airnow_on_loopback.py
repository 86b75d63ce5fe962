"""AirNow's folders of files on loopback, made of a few lines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from airwatch.services import EpaServices
from airwatch.sources.http import PoliteSession

# A line of daily_data_v2.dat, by its fields, and one of reportingarea.dat.
LINE = {
    "day": "01/09/23", "aqsid": "060371103", "site": "Los Angeles - N. Main", "parameter": "PM2.5-24hr",
    "units": "UG/M3", "value": "12.4", "hours": "24", "agency": "South Coast AQMD", "aqi": "52", "category": "1",
    "latitude": "34.066590", "longitude": "-118.226880", "full": "840060371103",
}  # fmt: skip
FORECAST = {
    "issued": "01/09/23", "valid": "01/10/23", "time": "", "zone": "PST", "sequence": "1", "type": "F", "primary": "Y",
    "area": "Central LA CO", "state": "CA", "latitude": "34.0700", "longitude": "-118.2300", "pollutant": "PM2.5",
    "aqi": "61", "category": "Moderate", "action": "No", "discussion": "", "agency": "South Coast AQMD",
}  # fmt: skip


def line(**changed: object) -> str:
    """A line of a daily file; the full AQSID is that of the United States unless it is given."""
    fields = LINE | {name: str(value) for name, value in changed.items()}
    return "|".join((fields | {"full": changed.get("full", f"840{fields['aqsid']}")}).values())  # type: ignore[arg-type]


def forecast(**changed: object) -> str:
    """A line of reportingarea.dat."""
    return "|".join((FORECAST | {name: str(value) for name, value in changed.items()}).values())


def lines(*parts: str) -> bytes:
    """A file, as AirNow ends its lines."""
    return "".join(f"{part}\r\n" for part in parts).encode("latin-1")


@dataclass
class AirNow:
    """AirNow's files by their paths, when each was written, and the paths that were asked for.

    ``failing`` answers that many requests with the status ``failing_as`` before it answers as it should.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failing: int = 0
    failing_as: int = 503

    def put(self, day: str, *parts: str, name: str = "daily_data_v2.dat") -> None:
        """The daily file of a day."""
        self.files[f"{date.fromisoformat(day):%Y/%Y%m%d}/{name}"] = lines(*parts)

    @property
    def fetched(self) -> list[str]:
        """The files that were fetched."""
        return [path for method, path in self.asked if method == "GET"]

    def services(self, folder: Path) -> EpaServices:
        """The way there."""
        return EpaServices("", "", lambda: ("", ""), airnow_url=self.url, downloads=str(folder / "downloads"))


def _handler_for(epa: AirNow) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = self.path.removeprefix("/airnow/")
            epa.asked.append((self.command, path))
            status, body = (200, epa.files[path]) if path in epa.files else (404, b"")
            if epa.failing:
                epa.failing, status, body = epa.failing - 1, epa.failing_as, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if path in epa.written:
                self.send_header("Last-Modified", epa.written[path])
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    return Handler


@pytest.fixture
def airnow(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirNow]:
    """AirNow as a run of the test reaches it, with no pause between attempts."""
    epa = AirNow()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(epa))
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    epa.url = f"http://127.0.0.1:{server.server_address[1]}/airnow"
    monkeypatch.setenv("AIRNOW_BASE_URL", epa.url)
    monkeypatch.setitem(PoliteSession.__init__.__kwdefaults__, "sleep", lambda seconds: None)
    yield epa
    server.shutdown()
    server.server_close()
