"""What an AQS reply holds: the envelope, and the fields of its rows with their types.

Fields and types are those of replies recorded from AQS on 2026-05-12. Codes are strings with their zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["text", "whole", "number", "date"]

SLICE: Final = 512  # rows taken apart at a time: they fit the processor's cache, and only they are objects of Python
TEXTS: Final = pa.dictionary(pa.int32(), pa.large_string())


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
    """A reply whose JSON is known to be sound and whose rows are not taken apart yet.

    Attributes:
        status: Text of ``Header[0].status``; empty when the reply has no such thing.
        errors: Text of ``Header[0].error``, which AQS gives with a refusal.
        rows: The items of the list ``Data``, as they stand in the body; ``None`` when there is no such list.
    """

    status: str
    errors: str
    rows: list[msgspec.Raw] | None


class _Envelope(msgspec.Struct, rename="pascal"):
    header: Any = None
    data: list[msgspec.Raw] | None = None


def read_reply(body: bytes) -> Reply:
    """Parse the body of a reply, in UTF-8; its rows are checked to be sound JSON and stay where they are.

    Raises:
        ValueError: No JSON, or JSON cut short.
    """
    envelope = _envelope(body)
    header = envelope.header
    first = header[0] if isinstance(header, list) and header and isinstance(header[0], dict) else {}
    errors = first.get("error", "")
    return Reply(
        status=str(first.get("status", "")),
        errors="; ".join(map(str, errors)) if isinstance(errors, list) else str(errors),
        rows=envelope.data,
    )


def to_frame(reply: Reply, service: Service) -> pd.DataFrame:
    """The rows as a typed frame, sorted by the key of the service; a reply without rows gives an empty one.

    Returns:
        All fields of the service: text ``str``, ``poc`` int64, numbers float64, dates midnight timestamps.

    Raises:
        UnknownShape: ``Data`` is not a list of rows, or a row lacks a field that is not optional, or a field holds
            something else than its kind.
    """
    if reply.rows is None:
        raise UnknownShape("Data is not a list")
    columns = _columns(reply.rows, service)
    order = _order([columns[name] for name in service.key])
    table = pa.table({name: _plain(columns.pop(name).take(order)) for name in service.fields})
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _envelope(body: bytes) -> _Envelope:
    try:
        return msgspec.json.decode(body, type=_Envelope)
    except msgspec.ValidationError:
        whole = msgspec.json.decode(body)  # the first try stopped at the surprise; what follows may be no JSON
    return _Envelope(whole.get("Header")) if isinstance(whole, dict) else _Envelope()


def _columns(rows: list[msgspec.Raw], service: Service) -> dict[str, Any]:
    """Each field of the service as an Arrow array, texts in dictionaries."""
    parts: dict[str, list[Any]] = {name: [] for name in service.fields}
    for values in _slices(rows, service):
        for (name, kind), column in zip(service.fields.items(), values, strict=True):
            if name in service.identity and None in column:
                raise UnknownShape(f"the field {name} is empty in a row")
            with _refusing(name, kind):
                parts[name].append(_packed(column, kind))
    columns = {}
    for name, kind in service.fields.items():
        with _refusing(name, kind):
            columns[name] = _typed(parts.pop(name), kind)
    return columns


def _slices(rows: list[msgspec.Raw], service: Service) -> Iterator[Iterable[tuple[Any, ...]]]:
    """Some rows after the other, each time one tuple of values for each field of the service."""
    fields = [(name, Any, None) if name in service.optional else (name, Any) for name in service.fields]
    decoder = msgspec.json.Decoder(msgspec.defstruct("Row", fields, kw_only=True, gc=False))
    for start in range(0, len(rows), SLICE):
        some = rows[start : start + SLICE]
        try:
            decoded = list(map(decoder.decode, some))
        except msgspec.ValidationError:
            raise UnknownShape(f"a row lacks the field {_lacking(some, service)}") from None
        yield zip(*map(msgspec.structs.astuple, decoded), strict=True)


def _lacking(rows: Iterable[msgspec.Raw], service: Service) -> str:
    """The first field that is not optional and is not in each row; an item that is no row at all has none."""
    items = [item if isinstance(item := msgspec.json.decode(row), dict) else {} for row in rows]
    return next(name for item in items for name in service.fields if name not in item and name not in service.optional)


_MEANING: dict[Kind, str] = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "date": "date such as 2020-01-31",
}


@contextmanager
def _refusing(name: str, kind: Kind) -> Iterator[None]:
    """An error of conversion becomes one that names the field."""
    try:
        yield
    except (ValueError, TypeError, OverflowError):
        raise UnknownShape(f"the field {name} does not hold a {_MEANING[kind]}") from None


def _packed(values: tuple[Any, ...], kind: Kind) -> Any:
    """One field of some rows as an array; texts repeat in row after row, so that each is held once."""
    if kind in ("text", "date"):
        return pa.array(values, TEXTS)  # refuses a number, which would have lost its zeros
    numbers = np.asarray(values, dtype="float64")
    if kind == "number":
        return pa.array(numbers)
    if not (np.isfinite(numbers) & (numbers == np.floor(numbers))).all():
        raise ValueError("not a whole number")
    return pa.array(numbers.astype("int64"))


def _typed(parts: list[Any], kind: Kind) -> Any:
    """All of a field's arrays as one; of a date only its different texts are read."""
    types = {"number": pa.float64(), "whole": pa.int64()}
    whole = pa.chunked_array(parts, types.get(kind, TEXTS)).unify_dictionaries().combine_chunks()
    if kind != "date":
        return whole
    days = pd.Series(whole.dictionary, dtype="str").str.slice(0, 10)
    return pa.array(pd.to_datetime(days, format="%Y-%m-%d").astype("datetime64[us]")).take(whole.indices)


def _order(key: list[Any]) -> Any:
    """The numbers of the rows in the order of the key's columns, what is missing last; equal rows stay in turn."""
    ranks = {}
    for number, column in enumerate(key):
        if pa.types.is_dictionary(column.type):
            place = pc.sort_indices(pc.sort_indices(column.dictionary))  # of each text among the others
            ranks[str(number)] = place.take(column.indices)
        else:
            ranks[str(number)] = column
    return pc.sort_indices(pa.table(ranks), sort_keys=[(name, "ascending") for name in ranks])


def _plain(column: Any) -> Any:
    """Without the dictionary, once it has done its part."""
    return column.dictionary.take(column.indices) if pa.types.is_dictionary(column.type) else column
