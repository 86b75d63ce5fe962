"""A table of daily values that somebody else made: a parquet file with one row a site, parameter, POC and day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from airwatch.domain.pollutants import POLLUTANTS, WEATHER, Pollutant, Weather
from airwatch.sources.aqs_reply import DAILY_DATA
from airwatch.sources.errors import SourceChanged, SourceRefused
from airwatch.sources.rows import SCHEMA, TEXT, SummaryRows, translated

REQUIRED = (*DAILY_DATA.identity, "latitude", "longitude", "arithmetic_mean", "first_max_value")
_NAMED: tuple[Pollutant | Weather, ...] = (*POLLUTANTS.values(), *WEATHER.values())
_PARAMETERS = {entry.aqs_code: entry for entry in _NAMED}


def open_table(path: str) -> SummaryRows:
    """The rows of a table, each as the daily summary that carries its parameter's value of the day.

    What the table has of AQS's columns is taken. Where it has no duration, standard, event or completeness, a row gets
    its parameter's preferred duration and standard, no event and a complete day, for such a table holds values that
    somebody has chosen already.

    Args:
        path: A parquet file, or the address of one.

    Raises:
        SourceRefused: There is no such file, it is not parquet or is damaged (also when its rows are read), or a row
            does not say its monitor, parameter or day.
        SourceChanged: A column is missing, or codes or days are something else than texts and dates.
    """
    fs, name = fsspec.core.url_to_fs(path)
    try:
        schema = pq.read_schema(name, filesystem=fs)
    except (OSError, pa.ArrowInvalid) as error:
        what = "is not there" if isinstance(error, FileNotFoundError) else "is no readable parquet file"
        raise SourceRefused(f"table: {path} {what}. Give the path of a parquet file of daily values.") from None
    _check(schema, path)
    columns = [column for column in SCHEMA.names if column in schema.names]
    rows = replace(SummaryRows.in_files([name], fs, columns, _undamaged), complete=_complete)
    for column in DAILY_DATA.identity:
        with _undamaged(path):
            empty = rows.dataset.count_rows(filter=pc.field(column).is_null())
        if empty:
            raise SourceRefused(f"table: {column} is empty in {empty} rows of {path}. Fill it in, or leave them out.")
    return rows


@contextmanager
def _undamaged(path: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        what = str(error).partition("\n")[0][:80]
        raise SourceRefused(f"table: {path} cannot be read ({what}). Write the file anew.") from None


def _check(schema: pa.Schema, path: str) -> None:
    for column in REQUIRED:
        if column not in schema.names:
            raise SourceChanged(f"table: {path} has no column {column}. It needs {', '.join(REQUIRED)}.")
        kind = schema.field(column).type
        text = pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if SCHEMA.field(column).type == TEXT and not text:
            raise SourceChanged(f"table: the column {column} of {path} holds no text ({kind}); codes keep their zeros.")
        if column == "date_local" and not (pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)):
            raise SourceChanged(f"table: date_local of {path} holds no local days ({kind}); make it dates.")


def _complete(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The asked columns, those that the table lacks told from its parameter."""
    code = rows["parameter_code"]
    told = {
        "sample_duration_code": lambda code: _PARAMETERS[code].durations[0],
        "pollutant_standard": lambda code: _PARAMETERS[code].standards[0],
        "units_of_measure": lambda code: _PARAMETERS[code].aqs_unit,
        "event_type": lambda code: "No Events",
    }
    found = {}
    for name in columns:
        if name in rows.column_names:
            found[name] = rows[name]
        elif name in told:
            found[name] = translated(code, told[name])
        elif name == "observation_percent":
            found[name] = pa.repeat(100.0, len(rows))
        else:
            found[name] = pa.nulls(len(rows), SCHEMA.field(name).type)
    return pa.table(found)
