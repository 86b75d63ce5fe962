"""What EPA's yearly files hold: their header, and their rows in the columns of AQS's ``dailyData``.

A file is read from within its zip a few megabytes at a time, straight into columns whose texts are held once, so
that a national year of a pollutant (590,000 rows) takes about 0.1 GB and never stands in memory as text.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from airwatch.domain.cbsas import cbsa_code
from airwatch.sources.aqs_reply import DAILY_DATA
from airwatch.sources.rows import DAY, SCHEMA, TEXT, translated

# EPA's heading of each column, with the field of AQS's dailyData that it holds.
COLUMNS = {
    "State Code": "state_code",
    "County Code": "county_code",
    "Site Num": "site_number",
    "Parameter Code": "parameter_code",
    "POC": "poc",
    "Latitude": "latitude",
    "Longitude": "longitude",
    "Datum": "datum",
    "Parameter Name": "parameter",
    "Sample Duration": "sample_duration",
    "Pollutant Standard": "pollutant_standard",
    "Date Local": "date_local",
    "Units of Measure": "units_of_measure",
    "Event Type": "event_type",
    "Observation Count": "observation_count",
    "Observation Percent": "observation_percent",
    "Arithmetic Mean": "arithmetic_mean",
    "1st Max Value": "first_max_value",
    "1st Max Hour": "first_max_hour",
    "AQI": "aqi",
    "Method Code": "method_code",
    "Method Name": "method",
    "Local Site Name": "local_site_name",
    "Address": "site_address",
    "State Name": "state",
    "County Name": "county",
    "City Name": "city",
    "CBSA Name": "cbsa",
    "Date of Last Change": "date_of_last_change",
}
DURATION_CODES = {
    "1 HOUR": "1",
    "24 HOUR": "7",
    "24-HR BLK AVG": "X",
    "3-HR BLK AVG": "Y",
    "8-HR RUN AVG BEGIN HOUR": "W",
    "8-HR RUN AVG END HOUR": "Z",
}
EVENTS = {"None": "No Events", "Included": "Events Included", "Excluded": "Events Excluded"}
BLOCK_BYTES = 4 << 20

_DATES = ("date_local", "date_of_last_change")


class DamagedFile(Exception):
    """A zip that is cut short or does not fit its check sums."""


class UnknownFile(Exception):
    """A file of another shape than the one AirWatch knows; the text says what differs."""


def read_daily(path: Path, units: dict[str, str]) -> pa.Table:
    """The rows of a yearly file of daily summaries.

    Args:
        path: The zip, which holds one CSV.
        units: The parameter codes that are wanted, with the unit that each must have.

    Returns:
        The fields of ``dailyData`` (``airwatch.sources.rows``), texts as dictionaries, in the order of the file.
        ``sample_duration_code`` and ``cbsa_code`` are told from their texts, ``validity_indicator`` is null, events
        are spelt as the API spells them.

    Raises:
        DamagedFile: The zip is cut short or damaged.
        UnknownFile: Another header, another unit, a value that is none, a row that does not say its monitor or its
            day, or no row of the wanted parameters.
    """
    found: list[pa.Table] = []
    with _first_member(path) as member:
        _check_header(member)
        for batch in _batches(member):
            wanted = _wanted(pa.Table.from_batches([batch]), units)
            if len(wanted):
                _check_units(wanted, units)
                _check_identity(wanted)
                found.append(_as_daily_data(wanted))
    if not found:
        raise UnknownFile(f"it has no row of parameter {', '.join(units)}")
    return pa.concat_tables(found).unify_dictionaries()


@contextmanager
def _first_member(path: Path) -> Iterator[Any]:
    """The CSV in a zip, as UTF-8; a letter in another code (EPA mixes them in names) becomes a mark for it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise UnknownFile(f"the zip holds {len(names)} CSV files instead of one")
            with archive.open(names[0]) as member:
                yield codecs.EncodedFile(member, "utf-8", "utf-8", errors="replace")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DamagedFile(str(error).partition("\n")[0]) from None


def _check_header(member: BinaryIO) -> None:
    header = next(csv.reader([member.readline().decode().lstrip("\ufeff")]), [])
    known = list(COLUMNS)
    if header != known:
        place = next((i for i, (a, b) in enumerate(zip(header, known, strict=False)) if a != b), None)
        if place is None:
            raise UnknownFile(f"its header has {len(header)} columns instead of {len(known)}")
        raise UnknownFile(f"column {place + 1} of its header is {header[place][:40]!r} instead of {known[place]!r}")


def _batches(member: BinaryIO) -> Iterator[pa.RecordBatch]:
    fields = {name: SCHEMA.field(name).type for name in COLUMNS.values()}
    types = {name: pa.date32() if name in _DATES else kind for name, kind in fields.items()}
    try:
        with pyarrow.csv.open_csv(
            pa.PythonFile(member, mode="r"),
            read_options=pyarrow.csv.ReadOptions(column_names=list(types), block_size=BLOCK_BYTES, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
        ) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise UnknownFile(str(error).partition("\n")[0][:200]) from None


def _wanted(rows: pa.Table, codes: Collection[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows["parameter_code"], value_set=pa.array(list(codes), pa.string())))


def _check_units(rows: pa.Table, units: dict[str, str]) -> None:
    pairs = rows.select(["parameter_code", "units_of_measure"]).group_by(["parameter_code", "units_of_measure"])
    for pair in pairs.aggregate([]).to_pylist():
        known = units[pair["parameter_code"]]
        if pair["units_of_measure"] != known:
            raise UnknownFile(f"its unit is {pair['units_of_measure']!r} and AirWatch knows {known!r}")


def _check_identity(rows: pa.Table) -> None:
    for heading, name in COLUMNS.items():
        if name in DAILY_DATA.identity and rows[name].null_count:
            raise UnknownFile(f"the field {heading} is empty in a row")


def _as_daily_data(rows: pa.Table) -> pa.Table:
    derived = {
        "sample_duration_code": translated(rows["sample_duration"], DURATION_CODES.get),
        "event_type": translated(rows["event_type"], lambda text: EVENTS.get(text, text)),
        "cbsa_code": translated(rows["cbsa"], cbsa_code),
        "validity_indicator": pa.nulls(len(rows), TEXT),
        **{name: rows[name].cast(DAY) for name in _DATES},
    }
    names = [name for name in SCHEMA.names if name in derived or name in rows.column_names]
    return pa.table({name: derived[name] if name in derived else rows[name] for name in names})
