"""The two folders that grow from run to run: the ledger of forecasts and the archive of EPA's replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import fsspec

from airwatch.archive import Reply
from airwatch.inspection.description import Description, Row, rows_of
from airwatch.inspection.parquet import Footers
from airwatch.ledger import SUFFIX


@dataclass(frozen=True)
class Stored:
    """A file below a folder: its name there, and its size."""

    name: str
    size: int


def files_below(fs: fsspec.AbstractFileSystem, folder: str) -> list[Stored]:
    """All files below a folder, in order of their names."""
    found: dict[str, dict[str, Any]] = fs.find(folder, detail=True) if fs.exists(folder) else {}
    begin = len(folder.rstrip("/")) + 1
    return sorted((Stored(str(path)[begin:], int(about["size"] or 0)) for path, about in found.items()), key=_name)


def _name(file: Stored) -> str:
    return file.name


def ledger(fs: fsspec.AbstractFileSystem, folder: str, name: str, rows: int) -> Description:
    """What was issued: from which origins, how often; the columns and first rows of the newest part.

    Args:
        fs: Where it lies.
        folder: Its folder: ``<source>/<origin>/<part>.parquet`` below it.
        name: What the catalog calls it.
        rows: Of the sample.
    """
    parts = [file for file in files_below(fs, folder) if file.name.endswith(SUFFIX)]
    by_source = [
        {"source": source, **_issued(fs, folder, list(each))}
        for source, each in groupby(parts, key=lambda file: file.name.split("/")[0])
    ]
    facts = {"parts": len(parts), "rows": sum(each["rows"] for each in by_source), "bytes": sum(p.size for p in parts)}
    tables: dict[str, list[Row]] = {"sources": list(by_source)}
    if parts:
        newest = Footers.of(fs, f"{folder}/{parts[-1].name}")
        tables["columns"] = newest.columns(None)
        tables["sample"] = rows_of(newest.head(rows))
        facts["sample of"] = parts[-1].name
    return Description(name, "Every forecast ever issued, in files that are added and never rewritten.", facts, tables)


def _issued(fs: fsspec.AbstractFileSystem, folder: str, parts: list[Stored]) -> dict[str, Any]:
    origins = sorted({part.name.split("/")[1] for part in parts})
    rows = sum(Footers.of(fs, f"{folder}/{part.name}").rows for part in parts)
    return {"origins": len(origins), "first": origins[0], "last": origins[-1], "parts": len(parts), "rows": rows}


def archive(fs: fsspec.AbstractFileSystem, folder: str, name: str) -> Description:
    """What EPA has answered, by source, group, area and year; from the names alone."""
    replies = list(_replies(files_below(fs, folder)))
    by_year = [
        _year(where, [(reply, size) for _, reply, size in each])
        for where, each in groupby(replies, key=lambda found: found[0])
    ]
    facts = {"replies": len(replies), "bytes": sum(size for _, _, size in replies)}
    return Description(name, "What EPA has answered, a file for each reply.", facts, {"replies": by_year})


def _replies(files: Iterable[Stored]) -> Iterator[tuple[tuple[str, ...], Reply, int]]:
    """The replies among some files, each with the parts of its folder and its size."""
    for file in files:
        reply = Reply.parse(file.name)
        if reply is not None:
            yield tuple(reply.folder.split("/")), reply, file.size


def _year(where: tuple[str, ...], replies: list[tuple[Reply, int]]) -> Row:
    source, group, area, year = (*where, "", "", "", "")[:4]
    return {
        "source": source,
        "group": group,
        "area": area,
        "year": year,
        "replies": len(replies),
        "first": min(reply.first for reply, _ in replies),
        "last": max(reply.last for reply, _ in replies),
        "newest": max((reply.newest for reply, _ in replies if reply.newest), default=None),
        "fetched": max(reply.fetched_at for reply, _ in replies),
        "bytes": sum(size for _, size in replies),
    }
