"""The sandbox's answers to ``monitors`` and ``list``: what stands where, and what the codes mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from airwatch.sandbox.network import (
    COUNTIES,
    SANDBOX_CBSA,
    SANDBOX_CBSA_NAME,
    SITES,
    STATES,
    T640_FIRST_REPORT,
    Monitor,
)
from airwatch.sandbox.rows import monitor_fields
from airwatch.sandbox.weather import elevations_m

Row = dict[str, object]

NOBODY_SAYS = (
    "concurred_exclusions", "dominant_source", "qa_primary_monitor", "networks", "csa_code", "csa_name", "tribal_code",
    "tribe_name",
)  # fmt: skip


def monitor_row(monitor: Monitor) -> Row:
    """One monitor in the 41 fields of the live ``monitors`` service."""
    site, fixed = monitor.site, monitor_fields(monitor)
    same = (
        "state_code",
        "county_code",
        "site_number",
        "parameter_code",
        "poc",
        "latitude",
        "longitude",
        "datum",
    )
    return {
        **{name: fixed[name] for name in same},
        **dict.fromkeys(NOBODY_SAYS),
        "parameter_name": fixed["parameter"],
        "open_date": site.opened.isoformat(),
        "close_date": site.closed.isoformat() if site.closed else None,
        "measurement_scale": "NEIGHBORHOOD",
        "measurement_scale_def": "500 M TO 4KM",
        "monitoring_objective": "POPULATION EXPOSURE",
        "last_method_code": monitor.instrument.method_code,
        "last_method_description": monitor.instrument.method,
        "last_method_begin_date": site.opened.isoformat(),
        "naaqs_primary_monitor": "Y" if monitor.is_primary else None,
        "monitor_type": "SLAMS" if monitor.is_primary else "SPM",
        "monitoring_agency_code": "9999",
        "monitoring_agency": "Sandbox Air Agency (simulated)",
        "si_id": 990000 + monitor.site_index,
        "lat_lon_accuracy": 10.0,
        "elevation": round(float(elevations_m()[monitor.site_index]), 1),
        "probe_height": 4.0,
        "pl_probe_location": "TOP OF BUILDING",
        "local_site_name": fixed["local_site_name"],
        "address": fixed["site_address"],
        "state_name": fixed["state"],
        "county_name": fixed["county"],
        "city_name": fixed["city"],
        "cbsa_code": fixed["cbsa_code"],
        "cbsa_name": fixed["cbsa"],
    }


def monitor_rows(monitors: list[Monitor], first: date, last: date) -> list[Row]:
    """The monitors at sites that were open on some day from ``first`` to ``last``, one row a monitor."""
    return [
        monitor_row(m)
        for m in monitors
        if m.instrument is not T640_FIRST_REPORT
        and m.site.opened <= last
        and (m.site.closed is None or m.site.closed >= first)
    ]


def _coded(pairs: Mapping[str, str]) -> list[Row]:
    return [{"code": code, "value_represented": name} for code, name in sorted(pairs.items())]


def _counties(state: str, _: str) -> dict[str, str]:
    return {county: name for (of, county), name in COUNTIES.items() if of == state}


def _sites(state: str, county: str) -> dict[str, str]:
    return {s.number: s.name for s in SITES if (s.state, s.county) == (state, county)}


# name -> request parameters it needs, and what it lists
LISTS: dict[str, tuple[tuple[str, ...], Callable[[str, str], Mapping[str, str]]]] = {
    "states": ((), lambda state, county: STATES),
    "cbsas": ((), lambda state, county: {SANDBOX_CBSA: SANDBOX_CBSA_NAME}),
    "countiesByState": (("state",), _counties),
    "sitesByCounty": (("state", "county"), _sites),
}


def listing(name: str, query: Mapping[str, str]) -> list[Row]:
    """The ``{code, value_represented}`` rows of one list; ``name`` is a key of LISTS."""
    return _coded(LISTS[name][1](query.get("state", ""), query.get("county", "")))
