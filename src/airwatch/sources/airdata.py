"""EPA's AirData files: one zip for each pollutant (or kind of weather) and year, of the whole country, without a key.

``https://aqs.epa.gov/aqsweb/airdata/download_files.html`` lists them; EPA makes them anew twice a year.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from airwatch.domain.pollutants import POLLUTANTS, WEATHER, parameter
from airwatch.sources.airdata_rows import DamagedFile, UnknownFile, read_daily
from airwatch.sources.download import Downloader, Version
from airwatch.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from airwatch.sources.http import PoliteSession, Request, open_transport
from airwatch.sources.pace import Unpaced
from airwatch.sources.redaction import without_secrets

logger = logging.getLogger(__name__)

AIRDATA_URL = "https://aqs.epa.gov/aqsweb/airdata"

_WEATHER_FILES = {
    "temperature": "TEMP",
    "wind_speed": "WIND",
    "wind_direction": "WIND",
    "relative_humidity": "RH_DP",
    "pressure": "PRESS",
}


@dataclass(frozen=True, slots=True)
class YearFile:
    """A yearly file of daily summaries.

    Attributes:
        group: What the archive calls its content: a pollutant, or the kind of weather file, such as ``wind``.
        year: Its year.
        stem: What EPA calls its content: ``88101``, ``WIND``.
        units: The parameter codes in it that AirWatch knows, with their units.
    """

    group: str
    year: int
    stem: str
    units: dict[str, str] = field(hash=False)

    @property
    def name(self) -> str:
        """Its name at EPA."""
        return f"daily_{self.stem}_{self.year}.zip"

    @property
    def label(self) -> str:
        """What it is about, in a message."""
        return f"{POLLUTANTS[self.group].label if self.group in POLLUTANTS else self.group}, {self.year}"


def year_files(names: Iterable[str], years: Iterable[int]) -> list[YearFile]:
    """The files that hold some pollutants and kinds of weather, oldest year first."""
    stems: dict[str, str] = {}
    for name in names:
        stem = _WEATHER_FILES.get(name)
        stems.setdefault(stem.lower() if stem else name, stem or parameter(name).aqs_code)
    return [YearFile(group, year, stem, _units(group, stem)) for year in years for group, stem in stems.items()]


def _units(group: str, stem: str) -> dict[str, str]:
    within = (
        [POLLUTANTS[group]] if group in POLLUTANTS else [w for n, w in WEATHER.items() if _WEATHER_FILES[n] == stem]
    )
    return {entry.aqs_code: entry.aqs_unit for entry in within}


class AirDataClient:
    """Looks at EPA's yearly files and fetches them.

    Args:
        downloader: Fetches so that what broke off goes on.
        hurried: Looks at files without waiting for long.
        base_url: ``https://aqs.epa.gov/aqsweb/airdata``, or that of a server with such files.
    """

    def __init__(self, downloader: Downloader, hurried: Downloader, base_url: str) -> None:
        self._downloader, self._hurried, self._base_url = downloader, hurried, base_url.rstrip("/")

    @classmethod
    @contextmanager
    def opened(cls, base_url: str, folder: Path) -> Iterator[Self]:
        """A client that keeps its parts in ``folder``, for the time of the block."""
        transport = open_transport(base_url)
        patient, hurried = (PoliteSession(Unpaced(), transport, attempts=attempts) for attempts in (10, 2))
        try:
            yield cls(Downloader(patient, transport, folder), Downloader(hurried, transport, folder), base_url)
        finally:
            transport.close()

    def look(self, file: YearFile, *, hurried: bool = False) -> Version:
        """The version of a file as EPA has it now.

        Args:
            file: Which.
            hurried: Give up soon, for a file that is stored already.

        Raises:
            SourceRefused: EPA has not published it.
            SourceUnavailable: No answer after patient retries.
        """
        found = (self._hurried if hurried else self._downloader).look(self._request(file))
        if found is None:
            raise SourceRefused(
                f"EPA has not published {file.name} ({file.label}) at {without_secrets(self._base_url)}. Choose other"
                " years: a year's file appears in the summer of that year and is complete in June of the next."
            )
        return found

    @contextmanager
    def fetched(self, file: YearFile, version: Version) -> Iterator[pa.Table]:
        """The rows of a file (``airwatch.sources.rows``); the zip is dropped when the block has ended well.

        Raises:
            SourceUnavailable: It did not come whole, or is damaged.
            SourceChanged: It holds something else than AirWatch knows, or nothing.
        """
        path = self._downloader.fetch(self._request(file), version)
        try:
            rows = read_daily(path, file.units)
        except DamagedFile as damage:
            path.unlink()
            error: Exception = SourceUnavailable(
                f"AirData's {file.name} ({file.label}) is cut short or damaged: {damage}. Run again; if it stays so,"
                " EPA's file is: choose other years."
            )
        except UnknownFile as unknown:
            path.unlink()
            error = SourceChanged(
                f"AirData's {file.name} ({file.label}) is not as AirWatch knows such files: {unknown}. Check that"
                " AIRDATA_BASE_URL is EPA's; if it is, the file has changed and AirWatch must follow."
            )
        else:
            _tell_unknown_cbsas(file, rows)
            yield rows
            path.unlink()
            return
        raise error

    def _request(self, file: YearFile) -> Request:
        return Request("AirData", file.name, f"{self._base_url}/{file.name}", {})


def _tell_unknown_cbsas(file: YearFile, rows: pa.Table) -> None:
    """Say which sites will not be found by their CBSA, for EPA's name of it has no code in ``cbsas.csv``."""
    lost = rows.filter(pc.and_(rows["cbsa"].is_valid(), rows["cbsa_code"].is_null()))
    if len(lost):
        logger.warning(
            "%s: AirWatch has no code for the CBSA of %d sites (the first is %s); area.cbsa does not find them,"
            " area.county and area.state do",
            file.name,
            len(lost.group_by(["state_code", "county_code", "site_number"]).aggregate([])),
            lost["cbsa"][0],
        )
