"""What the AQS Data Mart API answers, decided without a socket: a path and a query in, a status and a body out.

The arguments, limits and statuses are EPA's (aqs.epa.gov/aqsweb/documents/data_api.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from airwatch.sandbox.listings import LISTS, listing, monitor_rows
from airwatch.sandbox.network import Site
from airwatch.sandbox.world import Chooser, World

AREA_ARGUMENTS = {
    "bySite": ("state", "county", "site"),
    "byCounty": ("state", "county"),
    "byState": ("state",),
    "byCBSA": ("cbsa",),
    "byBox": ("minlat", "maxlat", "minlon", "maxlon"),
}
MOST_PARAMETERS = 5
SUCCESS, NO_DATA, FAILED = "Success", "No data matched your selection", "Failed"
HEALTHY = "API service is up and running healthy."

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply: HTTP status, ``Header[0].status``, the ``Data`` list as JSON text, its length, and what was wrong."""

    code: int
    status: str
    data: str = "[]"
    rows: int = 0
    errors: tuple[str, ...] = ()


def refusal(*errors: str, code: int = 400) -> Answer:
    """The reply to a request that cannot be met."""
    return Answer(code, FAILED, errors=errors)


def answer(world: World, service: str, name: str, query: Query) -> Answer:
    """Reply to ``/{service}/{name}?query``."""
    if (service, name) == ("metaData", "isAvailable"):
        return Answer(200, HEALTHY)
    known = LISTS if service == "list" else AREA_ARGUMENTS
    if service not in ("list", "monitors", "dailyData") or name not in known:
        return refusal(f"unknown service {service}/{name}", code=422)
    refused = _refused_credentials(query)
    if refused is not None:
        return refused
    if service == "list":
        missing = _missing(query, LISTS[name][0])
        return refusal(*missing) if missing else _found(json.dumps(rows := listing(name, query)), len(rows))
    errors = _wrong_arguments(service, name, query)
    return refusal(*errors) if errors else _data(world, service, name, query)


def _missing(query: Query, names: tuple[str, ...]) -> list[str]:
    return [f"{name}: [] is required" for name in names if not query.get(name)]


def _refused_credentials(query: Query) -> Answer | None:
    """Any e-mail and key will do, but for two keys that stand for EPA's two ways of saying no."""
    missing = _missing(query, ("email", "key"))
    if missing:
        return refusal(*missing)
    if query["key"] in ("wrong", "wrong200"):
        return refusal("Email and/or key are invalid.", code=200 if query["key"] == "wrong200" else 400)
    return None


def _wrong_arguments(service: str, name: str, query: Query) -> list[str]:
    """One line for each thing that is wrong with the arguments."""
    needed = (*(("param",) if service == "dailyData" else ()), "bdate", "edate", *AREA_ARGUMENTS[name])
    errors = _missing(query, needed)
    if len(query.get("param", "").split(",")) > MOST_PARAMETERS:
        errors.append(f"param: at most {MOST_PARAMETERS} parameter codes")
    dated = ("bdate", "edate", *(("cbdate", "cedate") if service == "dailyData" else ()))
    errors += [
        f"{key}: {query[key]}, requires the following format: yyyymmdd."
        for key in dated
        if query.get(key) and _day(query[key]) is None
    ]
    if name == "byBox":
        errors += [
            f"{key}: [{query[key]}] is not a number"
            for key in AREA_ARGUMENTS[name]
            if query.get(key) and not _is_number(query[key])
        ]
    first, last = _day(query.get("bdate", "")), _day(query.get("edate", ""))
    if first is not None and last is not None:
        if last < first:
            errors.append("edate: is before bdate")
        elif service == "dailyData" and first.year != last.year:
            errors.append("edate: begin date and end date must be in the same calendar year")
    return errors


def _day(text: str) -> date | None:
    """A date from YYYYMMDD; None for anything else."""
    if len(text) != len("YYYYMMDD") or not text.isdecimal():
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _chooser(name: str, query: Query) -> Chooser:
    """Whether a site lies in the area; codes are compared as text, so one without its zeros matches nothing."""
    if name == "byCBSA":
        return lambda site: site.cbsa == query["cbsa"]
    if name == "byBox":
        south, north, west, east = (float(query[key]) for key in AREA_ARGUMENTS["byBox"])
        return lambda site: south <= site.latitude <= north and west <= site.longitude <= east
    wanted = tuple(query[key] for key in AREA_ARGUMENTS[name])

    def chosen(site: Site) -> bool:
        return (site.state, site.county, site.number)[: len(wanted)] == wanted

    return chosen


def _data(world: World, service: str, name: str, query: Query) -> Answer:
    codes = query["param"].split(",") if query.get("param") else []
    first, last = _day(query["bdate"]), _day(query["edate"])
    assert first is not None, "checked by _wrong_arguments"
    assert last is not None, "checked by _wrong_arguments"
    where = _chooser(name, query)
    if service == "monitors":
        monitors = monitor_rows(world.monitors(codes, where), first, last)
        return _found(json.dumps(monitors), len(monitors))
    changed = (_day(query.get("cbdate", "")) or date.min, _day(query.get("cedate", "")) or date.max)
    rows = world.daily(codes, first, last, where, changed if {"cbdate", "cedate"} & set(query) else None)
    return _found(rows.to_json(orient="records", double_precision=10), len(rows))


def _found(data: str, rows: int) -> Answer:
    return Answer(200, SUCCESS if rows else NO_DATA, data, rows)
