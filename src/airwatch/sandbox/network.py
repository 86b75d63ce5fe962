"""The map of the sandbox: its sites, and which monitor stands where, from when to when.

The region lies in the open Pacific and its codes are none of EPA's, so that nothing here passes for a real place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

SANDBOX_CBSA = "99900"
SANDBOX_CBSA_NAME = "Sandbox Metro, SB"
CENTRE = (40.0, -131.0)
KM_PER_DEGREE = 111.2

STATES = {"99": "Sandbox", "98": "Sandbox East"}
COUNTIES = {
    ("99", "001"): "Sandbox Harbor",
    ("99", "003"): "Sandbox Prairie",
    ("99", "005"): "Sandbox Foothill",
    ("99", "007"): "Sandbox Lakes",
    ("99", "009"): "Sandbox Mesa",
    ("99", "011"): "Sandbox Coast",
    ("98", "001"): "Sandbox Border",
}
OUTSIDE_THE_METRO = {("99", "011"), ("98", "001")}


@dataclass(frozen=True, slots=True)
class Site:
    """A place with monitors; ``east_km`` and ``north_km`` are measured from the middle of the metro."""

    state: str
    county: str
    number: str
    name: str
    setting: str  # urban, suburban or rural
    east_km: float
    north_km: float
    instruments: str  # letters of INSTRUMENTS
    opened: date = date(1980, 1, 1)
    closed: date | None = None

    @property
    def latitude(self) -> float:
        """Degrees north, WGS84."""
        return round(CENTRE[0] + self.north_km / KM_PER_DEGREE, 6)

    @property
    def longitude(self) -> float:
        """Degrees east (negative), WGS84."""
        return round(CENTRE[1] + self.east_km / (KM_PER_DEGREE * float(np.cos(np.radians(CENTRE[0])))), 6)

    @property
    def cbsa(self) -> str | None:
        """The metro's code, or None outside it."""
        return None if (self.state, self.county) in OUTSIDE_THE_METRO else SANDBOX_CBSA


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a letter in a site's ``instruments`` stands for."""

    code: str
    poc: int
    method_code: str
    method: str
    cadence_days: int = 1  # filters are run every third day, on EPA's national schedule


BAM = Instrument("88101", 3, "170", "Met One BAM-1020 Mass Monitor w/VSCC - Beta Attenuation")
FILTER = Instrument("88101", 1, "145", "R & P Model 2025 PM-2.5 Sequential Air Sampler w/VSCC - Gravimetric", 3)
# EPA restated these in 2024: the readings stay under 236 and are given again, lower, under 736 (AQS advisory of
# 2024-08-26).
T640 = Instrument("88101", 3, "736", "Teledyne T640 at 5.0 LPM w/Network Data Alignment - Broadband spectroscopy")
T640_FIRST_REPORT = Instrument("88101", 3, "236", "Teledyne T640 at 5.0 LPM - Broadband spectroscopy")
FIRST_REPORT_OVER_RESTATED = 1.12
VECTOR = "Instrumental - Vector Summation"
INSTRUMENTS: dict[str, tuple[Instrument, ...]] = {
    "p": (BAM,),
    "f": (FILTER,),
    "q": (T640, T640_FIRST_REPORT),
    "o": (Instrument("44201", 1, "087", "INSTRUMENTAL - ULTRA VIOLET ABSORPTION"),),
    "n": (Instrument("42602", 1, "074", "INSTRUMENTAL - CHEMILUMINESCENCE"),),
    "t": (Instrument("81102", 3, "122", "INSTRUMENT MET ONE 4 MODELS - BETA ATTENUATION"),),
    "c": (Instrument("42101", 1, "093", "INSTRUMENTAL - GAS FILTER CORRELATION CO ANALYZER"),),
    "m": (
        Instrument("62101", 1, "040", "INSTRUMENTAL - ELECTRONIC OR MACHINE AVG."),
        Instrument("61103", 1, "065", VECTOR),
        Instrument("61104", 1, "065", VECTOR),
        Instrument("62201", 1, "012", "INSTRUMENTAL - HYGROTHERMOGRAPH"),
        Instrument("64101", 1, "014", "INSTRUMENTAL - BAROMETRIC PRESSURE TRANSDUCER"),
    ),
}

FAILS_FOR_A_MONTH = "99-003-0006"  # every year, from a day that the seed picks

SITES: tuple[Site, ...] = (
    Site("99", "001", "0001", "Sandbox Harbor", "urban", 0, 0, "ponctm"),
    Site("99", "001", "0002", "Sandbox Old Town", "urban", 4, 3, "pnc"),
    Site("99", "001", "0005", "Sandbox Mill Street", "urban", -5, 2, "fpont"),
    Site("99", "001", "0007", "Sandbox University", "urban", 8, -4, "qo"),
    Site("99", "001", "0010", "Sandbox Ring Road", "urban", 2, -6, "pnc"),
    Site("99", "001", "0012", "Sandbox Rail Yard", "urban", -9, -7, "ft"),
    Site("99", "001", "0015", "Sandbox North Park", "suburban", 6, 15, "pom"),
    Site("99", "001", "0018", "Sandbox Lighthouse", "suburban", -16, -4, "po"),
    Site("99", "003", "0001", "Sandbox Junction", "suburban", 22, 4, "pon"),
    Site("99", "003", "0004", "Sandbox Grain Elevator", "suburban", 27, -12, "pt"),
    Site("99", "003", "0006", "Sandbox Elm Creek", "suburban", 34, 9, "pom"),
    Site("99", "003", "0009", "Sandbox Wheatfield", "rural", 48, -6, "po"),
    Site("99", "003", "0011", "Sandbox Crossroads", "suburban", 18, -18, "f"),
    Site("99", "003", "0013", "Sandbox Windbreak", "rural", 66, 12, "om"),
    Site("99", "003", "0015", "Sandbox New Homes", "suburban", 30, -2, "po", opened=date(2025, 4, 1)),
    Site("99", "005", "0002", "Sandbox Foothill Gate", "suburban", 14, 30, "po"),
    Site("99", "005", "0003", "Sandbox Canyon Road", "suburban", 25, 38, "ponm"),
    Site("99", "005", "0008", "Sandbox Pine Ridge", "rural", 38, 52, "po"),
    Site("99", "005", "0012", "Sandbox Summit", "rural", 30, 70, "om"),
    Site("99", "005", "0014", "Sandbox Quarry", "suburban", 5, 41, "pt"),
    Site("99", "007", "0001", "Sandbox Landing", "suburban", -24, 14, "poncm"),
    Site("99", "007", "0003", "Sandbox Reed Bay", "suburban", -33, 22, "p"),
    Site("99", "007", "0005", "Sandbox Cattail", "rural", -46, 30, "po"),
    Site("99", "007", "0009", "Sandbox Ferry", "suburban", -28, -1, "pot"),
    Site("99", "007", "0011", "Sandbox Heron Point", "rural", -60, 14, "fo"),
    Site("99", "009", "0001", "Sandbox Mesa Centre", "suburban", -10, -30, "ponctm"),
    Site("99", "009", "0004", "Sandbox Airfield", "suburban", -2, -42, "po"),
    Site("99", "009", "0006", "Sandbox Red Butte", "rural", 14, -58, "po"),
    Site("99", "009", "0008", "Sandbox Salt Flat", "rural", -20, -68, "pom"),
    Site("99", "009", "0010", "Sandbox Old Cannery", "suburban", -14, -22, "po", closed=date(2022, 9, 30)),
    Site("99", "011", "0001", "Sandbox Dune", "rural", -95, -20, "po"),
    Site("99", "011", "0003", "Sandbox Bluff", "rural", -80, 45, "po"),
    Site("98", "001", "0001", "Sandbox Border Post", "rural", 95, 30, "po"),
    Site("98", "001", "0004", "Sandbox Border Town", "suburban", 105, -15, "pon"),
)


@dataclass(frozen=True, slots=True)
class Monitor:
    """One instrument at one site; ``site_index`` points into SITES."""

    site_index: int
    instrument: Instrument

    @property
    def site(self) -> Site:
        """The place it stands at."""
        return SITES[self.site_index]

    @property
    def is_primary(self) -> bool:
        """Whether NAAQS comparisons use it; where two PM2.5 monitors are collocated, the filter is the primary one."""
        return not ("f" in self.site.instruments and self.instrument is BAM)


def site_id(site: Site) -> str:
    """``SS-CCC-NNNN``."""
    return f"{site.state}-{site.county}-{site.number}"


def _all_monitors() -> Iterator[Monitor]:
    for index, site in enumerate(SITES):
        for letter in site.instruments:
            yield from (Monitor(index, instrument) for instrument in INSTRUMENTS[letter])


@cache
def monitors_of(code: str) -> tuple[Monitor, ...]:
    """The monitors of one AQS parameter code, in the order of SITES; empty for a code that nobody measures here."""
    return tuple(m for m in _all_monitors() if m.instrument.code == code)


@cache
def codes() -> tuple[str, ...]:
    """Every AQS parameter code measured in the region."""
    return tuple(dict.fromkeys(m.instrument.code for m in _all_monitors()))


@cache
def distances_km() -> NDArray[np.float64]:
    """Distance between each pair of sites, km, [sites, sites]."""
    place = np.array([(s.east_km, s.north_km) for s in SITES], dtype=float)
    east, north = (place[:, None, :] - place[None, :, :]).transpose(2, 0, 1)
    return np.asarray(np.hypot(east, north), dtype=np.float64)
