"""Opens the client that a run's ``source`` asks for: EPA's AQS or its files, or the sandbox that speaks as AQS does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from airwatch.parameters import RunParams
from airwatch.sources.airdata import AIRDATA_URL, AirDataClient
from airwatch.sources.airnow import AIRNOW_URL, AirNowClient
from airwatch.sources.aqs import AqsClient
from airwatch.sources.http import PoliteSession, open_transport
from airwatch.sources.pace import Pacer, SlidingWindow, Unpaced


@dataclass(frozen=True)
class EpaServices:
    """What is needed to reach EPA.

    Attributes:
        base_url: Address of the AQS Data Mart API.
        pace_path: File in which this machine remembers its recent requests.
        credentials: Gives e-mail and key; called at the first request.
        airdata_url: Address of EPA's yearly files.
        downloads: Folder of this machine in which files that have not come whole wait for the rest.
        airnow_url: Address of AirNow's daily files.
    """

    base_url: str
    pace_path: str
    credentials: Callable[[], tuple[str, str]] = field(repr=False)
    airdata_url: str = AIRDATA_URL
    downloads: str = "downloads"
    airnow_url: str = AIRNOW_URL

    @contextmanager
    def open(self, run: RunParams) -> Iterator[AqsClient]:
        """A client for the source of ``run``; the sandbox is started for the time of the block."""
        if run.source == "sandbox":
            from airwatch.sandbox.server import serve
            from airwatch.sandbox.world import World

            with serve(World(run.seed)) as base_url, _client(base_url, Unpaced(), _sandbox_credentials) as client:
                yield client
            return
        pacer = SlidingWindow(Path(self.pace_path), run.requests_per_minute)
        with _client(self.base_url, pacer, self.credentials) as client:
            yield client

    def open_airdata(self) -> AbstractContextManager[AirDataClient]:
        """A client for EPA's yearly files."""
        return AirDataClient.opened(self.airdata_url, Path(self.downloads))

    def open_airnow(self) -> AbstractContextManager[AirNowClient]:
        """A client for AirNow's daily files."""
        return AirNowClient.opened(self.airnow_url, Path(self.downloads))


def _sandbox_credentials() -> tuple[str, str]:
    return "sandbox@localhost", "sandbox"


@contextmanager
def _client(base_url: str, pacer: Pacer, credentials: Callable[[], tuple[str, str]]) -> Iterator[AqsClient]:
    client = AqsClient(PoliteSession(pacer, open_transport(base_url)), base_url, credentials)
    try:
        yield client
    finally:
        client.close()
