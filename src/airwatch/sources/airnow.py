"""AirNow: what agencies report to EPA hour by hour, as key-free files of each day; weeks before AQS has it, unverified.

``https://files.airnowtech.org/airnow`` keeps the daily values of each day, which are revised for some days, and the
forecasts that agencies have issued for their reporting areas. EPA asks not to use them for regulation or trends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self

from airwatch.sources.airnow_rows import Parsed, UnknownFile, read_daily
from airwatch.sources.download import Downloader, Version
from airwatch.sources.errors import SourceChanged
from airwatch.sources.http import PoliteSession, Request, open_transport
from airwatch.sources.pace import Unpaced
from airwatch.sources.reporting_areas import read_forecasts

AIRNOW_URL = "https://files.airnowtech.org/airnow"
DAILY_FILES = ("daily_data_v2.dat", "daily_data.dat")  # the older one is there for more days, and says less
FORECAST_FILE = "reportingarea.dat"
PACIFIC_MIDNIGHT = timedelta(days=1, hours=8)  # when a day ends in Pacific standard time, from its beginning in UTC


class AirNowClient:
    """Fetches AirNow's files, one at a time.

    Args:
        downloader: Fetches so that what broke off goes on.
        base_url: ``https://files.airnowtech.org/airnow``, or that of a server with such files.
    """

    def __init__(self, downloader: Downloader, base_url: str) -> None:
        self._downloader, self._base_url = downloader, base_url.rstrip("/")

    @classmethod
    @contextmanager
    def opened(cls, base_url: str, folder: Path) -> Iterator[Self]:
        """A client that keeps its parts in ``folder``, for the time of the block."""
        transport = open_transport(base_url)
        try:
            yield cls(Downloader(PoliteSession(Unpaced(), transport, attempts=5), transport, folder), base_url)
        finally:
            transport.close()

    def daily(self, day: date) -> Parsed | None:
        """The daily values of a day as AirNow has them now; None where it has none (yet).

        A file that was written before the day had ended on the Pacific coast would pass its first hours off as the day,
        so it is not there yet. (In Alaska and Hawaii a day ends one and two hours later: ask again.)

        Raises:
            SourceUnavailable: No answer after patient retries.
            SourceRefused: Waiting cannot help.
            SourceChanged: It is no such file.
        """
        places = [f"{day:%Y/%Y%m%d}/{name}" for name in DAILY_FILES]
        end = datetime.combine(day, time(), UTC) + PACIFIC_MIDNIGHT
        return self._first_of(places, f"the daily values of {day}", read_daily, written_from=end)

    def forecasts(self, day: date) -> Parsed | None:
        """The forecasts as they stood on a day: its own file, else the one that is rewritten twice an hour.

        The second may hold forecasts that were issued later; whoever asks for a past day leaves them out.

        Raises:
            SourceUnavailable: No answer after patient retries.
            SourceRefused: Waiting cannot help.
            SourceChanged: It is no such file.
        """
        places = [f"{folder}/{FORECAST_FILE}" for folder in (f"{day:%Y/%Y%m%d}", "today")]
        return self._first_of(places, f"the forecasts of {day}", read_forecasts)

    def _first_of(
        self, places: list[str], asked: str, read: Callable[[bytes], Parsed], written_from: datetime | None = None
    ) -> Parsed | None:
        """What the first file that is there holds, unless it was written too early."""
        for place in places:
            request = Request("AirNow", f"{asked} ({place})", f"{self._base_url}/{place}", {})
            version = self._downloader.look(request)
            if version is not None:
                if written_from and (written := _written(version)) and written < written_from:
                    return None
                path = self._downloader.fetch(request, version)
                content = path.read_bytes()
                path.unlink()
                return _understood(request, content, read)
        return None


def _written(version: Version) -> datetime | None:
    """When a file was written, as the server says it."""
    try:
        return parsedate_to_datetime(version.last_modified)
    except ValueError:
        return None


def _understood(request: Request, content: bytes, read: Callable[[bytes], Parsed]) -> Parsed:
    try:
        return read(content)
    except UnknownFile as unknown:
        told = str(unknown)
    raise SourceChanged(
        f"AirNow's file of {request.asked} is not as AirWatch knows such files: {told}. Check that AIRNOW_BASE_URL is"
        " EPA's; if it is, the file is damaged, or has changed and AirWatch must follow."
    )
