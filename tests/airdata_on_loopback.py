"""EPA's yearly files on loopback: zips as EPA makes them, from a few rows, with HEAD, Range and ETag."""

from __future__ import annotations

import csv
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from airwatch.sources.http import PoliteSession

# A row of daily_88101_2014.zip, under EPA's headings.
ROW: dict[str, Any] = {
    "State Code": "06", "County Code": "037", "Site Num": "1103", "Parameter Code": "88101", "POC": 1,
    "Latitude": 34.06659, "Longitude": -118.22688, "Datum": "WGS84", "Parameter Name": "PM2.5 - Local Conditions",
    "Sample Duration": "24 HOUR", "Pollutant Standard": "PM25 24-hour 2012", "Date Local": "2014-01-02",
    "Units of Measure": "Micrograms/cubic meter (LC)", "Event Type": "None", "Observation Count": 1,
    "Observation Percent": 100.0, "Arithmetic Mean": 21.4, "1st Max Value": 21.4, "1st Max Hour": 0, "AQI": 71,
    "Method Code": "145", "Method Name": "R & P Model 2025 PM-2.5 Sequential Air Sampler w/VSCC - Gravimetric",
    "Local Site Name": "Los Angeles-North Main Street", "Address": "1630 N MAIN ST, LOS ANGELES",
    "State Name": "California", "County Name": "Los Angeles", "City Name": "Los Angeles",
    "CBSA Name": "Los Angeles-Long Beach-Anaheim, CA", "Date of Last Change": "2024-05-18",
}  # fmt: skip
PM25_2014 = "daily_88101_2014.zip"


def row(**changed: Any) -> dict[str, Any]:
    """A row of EPA's; keywords have underscores for the blanks of its headings."""
    return ROW | {name.replace("_", " "): value for name, value in changed.items()}


def zipped(rows: list[dict[str, Any]], heading: list[str] | None = None, name: str = "daily.csv") -> bytes:
    """A zip as EPA makes it: one CSV, texts in quotes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(list(ROW) if heading is None else heading)
    writer.writerows([list(row.values()) for row in rows])
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.getvalue())
    return whole.getvalue()


@dataclass
class AirData:
    """EPA's folder of files and what was asked of it; ``cut`` hangs up after so many bytes of the next bodies."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    knows_head: bool = True
    tells_size: bool = True

    @property
    def fetched(self) -> list[str]:
        """The files that were fetched, or parts of them."""
        return [name for method, name, _ in self.asked if method == "GET"]


def _handler_for(epa: AirData) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

        def do_HEAD(self) -> None:
            if epa.knows_head:
                self.answer(send=False)
            else:
                self.send_error(501)

        def do_GET(self) -> None:
            self.answer(send=True)

        def answer(self, send: bool) -> None:
            name = self.path.rpartition("/")[2]
            epa.asked.append((self.command, name, self.headers.get("Range", "")))
            body = epa.files.get(name)
            if body is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            if self.headers.get("If-Range") != etag:
                begin = 0
            if begin >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            if epa.tells_size:
                self.send_header("Content-Length", str(len(body) - begin))
            else:
                self.send_header("Connection", "close")
            self.send_header("ETag", etag)
            self.end_headers()
            if send:
                cut = epa.cut.pop(0) if epa.cut else None
                self.wfile.write(body[begin:] if cut is None else body[begin : begin + cut])
                self.close_connection = cut is not None or not epa.tells_size

    return Handler


@pytest.fixture
def airdata(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirData]:
    """EPA's files as a run of the test reaches them, with no pause between attempts."""
    epa = AirData()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(epa))
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    epa.url = f"http://127.0.0.1:{server.server_address[1]}/aqsweb/airdata"
    monkeypatch.setenv("AIRDATA_BASE_URL", epa.url)
    monkeypatch.setitem(PoliteSession.__init__.__kwdefaults__, "sleep", lambda seconds: None)
    yield epa
    server.shutdown()
    server.server_close()
