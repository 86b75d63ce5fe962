"""Describes an entry of the catalog by what it is: a table, a folder of replies, a report, a model."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fsspec

from airwatch import storage
from airwatch.archive import RawArchiveDataset
from airwatch.datasets import (
    BlocksTableDataset,
    EnginesDataset,
    EpaServicesDataset,
    JsonFileDataset,
    TableDataset,
)
from airwatch.inspection.description import Description, NothingThereError, Row, rows_of, summary_line
from airwatch.inspection.entries import Entry
from airwatch.inspection.folders import archive, files_below, ledger
from airwatch.inspection.parquet import Footers
from airwatch.ledger import LedgerDataset
from airwatch.messages import one_line
from airwatch.model_registry import ModelDataset
from airwatch.pipeline_registry import PARAMETER_GROUPS

TABLES = (BlocksTableDataset, TableDataset)
NO_FILES = (EpaServicesDataset, EnginesDataset, ModelDataset)
NOT_THERE_YET = "not there yet"
AT_ONCE = 8  # entries looked at; on S3 each takes some requests


def find(name: str, entries: Mapping[str, Entry]) -> Entry:
    """The entry of that name.

    Raises:
        NothingThereError: There is none; the nearest names are in the message.
    """
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name, entries, n=3, cutoff=0.5)
    told = f"Do you mean {' or '.join(near)}? " if near else ""
    raise NothingThereError(f"There is no {name!r} in the catalog. {told}airwatch inspect lists what there is.")


def describe(entry: Entry, rows: int = 5) -> Description:
    """What an entry holds.

    Args:
        entry: Of the catalog.
        rows: Of the sample.

    Raises:
        NothingThereError: It was not made yet, or is nothing that can be looked at.
        UnreadableTableError: A file of it is damaged; the message names it.
    """
    if issubclass(entry.kind, ModelDataset):
        return _model(entry)
    fs, path = opened(entry)
    if not fs.exists(path):
        raise NothingThereError(f"{entry.name} is {NOT_THERE_YET} ({entry.address}).{_how_to_make(entry)}")
    if issubclass(entry.kind, LedgerDataset):
        found = ledger(fs, path, entry.name, rows)
    elif issubclass(entry.kind, RawArchiveDataset):
        found = archive(fs, path, entry.name)
    elif issubclass(entry.kind, TABLES):
        found = _table(fs, path, entry, rows)
    else:
        found = _file(fs, path, entry)
    known = {name: fact for name, fact in found.facts.items() if fact is not None}
    return Description(found.name, found.what, {"address": entry.address, **known}, found.tables)


def opened(entry: Entry) -> tuple[fsspec.AbstractFileSystem, str]:
    """Where an entry lies.

    Raises:
        NothingThereError: It is no file.
    """
    if not entry.address or issubclass(entry.kind, NO_FILES):
        raise NothingThereError(f"{entry.name} is no table: {summary_line(entry.kind)}")
    return storage.opened(entry.address)


def _how_to_make(entry: Entry) -> str:
    return f" Make it: kedro run --pipelines {entry.maker}" if entry.maker else ""


def _model(entry: Entry) -> Description:
    pollutant = entry.name.partition(".")[0]
    facts = {"registered as": entry.config["model_name"], "see": f"airwatch models show {pollutant}"}
    return Description(entry.name, "A model is kept in MLflow's registry.", facts)


def _table(fs: fsspec.AbstractFileSystem, path: str, entry: Entry, rows: int) -> Description:
    footers = Footers.of(fs, path)
    days = footers.days
    facts = {
        "rows": footers.rows,
        "bytes": footers.bytes,
        "files": len(footers.files),
        "row groups": len(footers.groups),
        "first day": days[0] if days else None,
        "last day": days[1] if days else None,
        "sites": footers.sites(),
        "written": fs.modified(footers.files[-1]),
        **{str(key): value for key, value in footers.attrs.items()},
    }
    tables: dict[str, list[Row]] = {"columns": footers.columns(entry.schema)}
    tables["sample"] = rows_of(footers.head(rows))
    return Description(entry.name, summary_line(entry.schema or entry.kind), facts, tables)


def _file(fs: fsspec.AbstractFileSystem, path: str, entry: Entry) -> Description:
    if fs.isdir(path):
        files = files_below(fs, path)
        facts: dict[str, Any] = {"files": len(files), "bytes": sum(file.size for file in files)}
        return Description(entry.name, summary_line(entry.kind), facts)
    facts = {"bytes": fs.size(path), "written": fs.modified(path)}
    if issubclass(entry.kind, JsonFileDataset):
        document = json.loads(fs.cat_file(path))
        facts["keys"] = ", ".join(document) if isinstance(document, dict) else type(document).__name__
    return Description(entry.name, summary_line(entry.kind), facts)


def listed(entries: Iterable[Entry]) -> list[Row]:
    """A line for each entry that is a file, in the order they are made: rows, bytes, days; or why there is none."""
    shown = [entry for entry in entries if entry.address and not issubclass(entry.kind, NO_FILES)]
    order = list(PARAMETER_GROUPS)  # of the pipelines
    shown.sort(key=lambda entry: order.index(entry.maker) if entry.maker else len(order))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_line, shown))


def _line(entry: Entry) -> Row:
    line = dict.fromkeys(("table", "made by", "rows", "bytes", "first", "last", "note"))
    line |= {"table": entry.name, "made by": entry.maker}
    try:
        return {**line, **_brief(entry)}
    except Exception as failure:
        return {**line, "note": one_line(failure)}


def _brief(entry: Entry) -> Row:
    """What a line tells of an entry."""
    fs, path = opened(entry)
    if not fs.exists(path):
        return {"note": NOT_THERE_YET}
    if issubclass(entry.kind, TABLES):
        footers = Footers.of(fs, path)
        first, last = footers.days or (None, None)
        return {"rows": footers.rows, "bytes": footers.bytes, "first": first, "last": last}
    if fs.isdir(path):
        files = files_below(fs, path)
        return {"bytes": sum(file.size for file in files), "note": f"{len(files):,} files"}
    return {"bytes": fs.size(path), "note": f"written {fs.modified(path):%Y-%m-%d %H:%M}"}
