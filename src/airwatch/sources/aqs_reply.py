"""What an AQS reply holds: the envelope, and the fields of its rows with their types.

Fields and types are those of replies recorded from AQS on 2026-05-12. Codes are strings with their zeros.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Kind = Literal["text", "whole", "number", "date"]

ROW: Final = object()  # stands in the parsed body where a row was


class UnknownShape(Exception):
    """A reply in another shape; the text names the field and quotes nothing of the reply."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of AQS that answers with rows.

    Attributes:
        name: As in its address, such as ``dailyData``.
        fields: Each field with its kind, in the order of the table.
        optional: Fields that describe and may be missing from a reply; the table then holds nulls.
        identity: Fields that are never null.
        key: What the rows are sorted by.
    """

    name: str
    fields: dict[str, Kind]
    optional: frozenset[str]
    identity: tuple[str, ...]
    key: tuple[str, ...]


def _kinds(fields: str, **others: Kind) -> dict[str, Kind]:
    return {name: others.get(name, "text") for name in fields.split()}


_MONITOR = ("state_code", "county_code", "site_number", "parameter_code", "poc")
_VARIANT = ("sample_duration_code", "pollutant_standard", "event_type", "method_code")

DAILY_DATA = Service(
    name="dailyData",
    fields=_kinds(
        "state_code county_code site_number parameter_code poc latitude longitude datum parameter"
        " sample_duration_code sample_duration pollutant_standard date_local units_of_measure event_type"
        " observation_count observation_percent validity_indicator arithmetic_mean first_max_value"
        " first_max_hour aqi method_code method local_site_name site_address state county city cbsa_code cbsa"
        " date_of_last_change",
        poc="whole",
        latitude="number",
        longitude="number",
        date_local="date",
        observation_count="number",
        observation_percent="number",
        arithmetic_mean="number",
        first_max_value="number",
        first_max_hour="number",
        aqi="number",
        date_of_last_change="date",
    ),
    optional=frozenset(
        _kinds(
            "datum parameter sample_duration first_max_hour aqi method local_site_name site_address state"
            " county city cbsa"
        )
    ),
    identity=(*_MONITOR, "date_local"),
    key=(*_MONITOR, "date_local", *_VARIANT),
)

_MONITOR_FIELDS = _kinds(
    "state_code county_code site_number parameter_code poc parameter_name open_date close_date"
    " concurred_exclusions dominant_source measurement_scale measurement_scale_def monitoring_objective"
    " last_method_code last_method_description last_method_begin_date naaqs_primary_monitor"
    " qa_primary_monitor monitor_type networks monitoring_agency_code monitoring_agency si_id latitude"
    " longitude datum lat_lon_accuracy elevation probe_height pl_probe_location local_site_name address"
    " state_name county_name city_name cbsa_code cbsa_name csa_code csa_name tribal_code tribe_name",
    poc="whole",
    open_date="date",
    close_date="date",
    last_method_begin_date="date",
    si_id="number",
    latitude="number",
    longitude="number",
    lat_lon_accuracy="number",
    elevation="number",
    probe_height="number",
)

MONITORS = Service(
    name="monitors",
    fields=_MONITOR_FIELDS,
    optional=frozenset(_MONITOR_FIELDS) - {*_MONITOR, "latitude", "longitude"},
    identity=_MONITOR,
    key=(*_MONITOR, "open_date"),
)


@dataclass(frozen=True, slots=True, repr=False)  # a reply may echo the key
class Reply:
    """A reply whose rows were taken apart while it was parsed.

    Attributes:
        status: Text of ``Header[0].status``; empty when the reply has no such thing.
        errors: Text of ``Header[0].error``, which AQS gives with a refusal.
        data: The list ``Data``, with ``ROW`` for each row; ``None`` when there is no such list.
        columns: One list of values for each field of the service.
    """

    status: str
    errors: str
    data: list[object] | None
    columns: dict[str, list[Any]]


def read_reply(text: str, service: Service) -> Reply:
    """Parse the body of a reply, holding its rows once, as columns.

    Raises:
        ValueError: No JSON, or JSON cut short.
        UnknownShape: A row lacks a field that is not optional.
    """
    rows = _Rows(service)
    body = json.loads(text, object_hook=rows.take)
    header: object = body.get("Header") if isinstance(body, dict) else None
    first = header[0] if isinstance(header, list) and header and isinstance(header[0], dict) else {}
    data = body.get("Data") if isinstance(body, dict) else None
    errors = first.get("error", "")
    return Reply(
        status=str(first.get("status", "")),
        errors="; ".join(map(str, errors)) if isinstance(errors, list) else str(errors),
        data=data if isinstance(data, list) else None,
        columns=rows.columns,
    )


def to_frame(reply: Reply, service: Service) -> pd.DataFrame:
    """The rows as a typed frame, sorted by the key of the service; a reply without rows gives an empty one.

    Returns:
        All fields of the service: text ``str``, ``poc`` int64, numbers float64, dates midnight timestamps.

    Raises:
        UnknownShape: ``Data`` is not a list of rows, or a field holds something else than its kind.
    """
    if reply.data is None:
        raise UnknownShape("Data is not a list")
    if any(item is not ROW for item in reply.data):
        raise UnknownShape("a row lacks the field state_code")
    columns = {}
    for name, kind in service.fields.items():
        values = reply.columns.pop(name)
        if name in service.identity and any(value is None for value in values):
            raise UnknownShape(f"the field {name} is empty in a row")
        try:
            columns[name] = _typed(values, kind)
        except (ValueError, TypeError, OverflowError):
            raise UnknownShape(f"the field {name} does not hold a {_MEANING[kind]}") from None
    return pd.DataFrame(columns).sort_values(list(service.key), kind="stable", ignore_index=True)


class _Rows:
    """Takes rows apart into columns as the JSON parser meets them, so that no list of dicts is ever whole."""

    def __init__(self, service: Service) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in service.fields}
        self._optional = service.optional
        self._seen: dict[str, str] = {}  # names and codes repeat in every row: each is held once

    def take(self, item: dict[str, Any]) -> object:
        """Called by the parser with each JSON object; a row is recognised by its state."""
        if "state_code" not in item:
            return item
        for name, column in self.columns.items():
            value = item.get(name)
            if value is None and name not in item and name not in self._optional:
                raise UnknownShape(f"a row lacks the field {name}")
            column.append(self._seen.setdefault(value, value) if isinstance(value, str) else value)
        return ROW


_MEANING: dict[Kind, str] = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "date": "date such as 2020-01-31",
}


def _typed(values: list[Any], kind: Kind) -> pd.Series[Any]:
    match kind:
        case "text":
            if not all(value is None or isinstance(value, str) for value in values):
                raise TypeError("a number has lost its zeros")
            return pd.Series(values, dtype="str")
        case "date":
            days = pd.Series(values, dtype="str").str.slice(0, 10)
            return pd.Series(pd.to_datetime(days, format="%Y-%m-%d").astype("datetime64[us]"))
        case "number":
            return pd.Series(np.asarray(values, dtype="float64"))
        case "whole":
            numbers = np.asarray(values, dtype="float64")
            if not (np.isfinite(numbers) & (numbers == np.floor(numbers))).all():
                raise ValueError("not a whole number")
            return pd.Series(numbers.astype("int64"))
