"""The archive of what EPA answered: one file for each reply, named by what was asked.

A file's name says which days were asked for, the newest day in it, and the day it was fetched on, so what is
stored is known by listing a folder. A reply is written whole or not at all: a run that dies loses at most the
reply in flight. None is rewritten but by the same question on the same day: a yearly file that has changed.

    <source>/<group>/<area>/<year>/days_20210101-20210630_newest-20210628_asof-20210630.parquet
    <source>/<group>/<area>/<year>/changes_20210101-20210630_newest-none_asof-20211231.parquet
    airdata/<group>/nation-us/<year>/days_20210101-20211231_newest-none_asof-20220630.parquet
    <source>/monitors/<area>/<codes>/monitors_19160101-20210630_newest-none_asof-20210630.parquet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, BinaryIO

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from kedro.io.core import AbstractDataset, DatasetError

from airwatch.datasets import read_table
from airwatch.sources.rows import SummaryRows
from airwatch.storage import address_of, opened, write_whole
from airwatch.tables import readable

_NAME = re.compile(r"(days|changes|monitors)_(\d{8})-(\d{8})_newest-(\d{8}|none)_asof-(\d{8})\.parquet")

ROW_GROUP_ROWS = 50_000  # of a national year, so that a state is read without the others


@dataclass(frozen=True, slots=True, order=True)
class Reply:
    """One stored reply.

    Attributes:
        folder: ``<source>/<group>/<area>/<year>``.
        kind: ``days`` (all rows of those days), ``changes`` (rows of those days changed since the last look) or
            ``monitors``.
        first: First day asked for.
        last: Last day asked for.
        fetched_at: The run's ``as_of`` when it was fetched.
        newest: Newest day in the reply; None when it is empty, and for a yearly file, which comes whole.
    """

    folder: str
    kind: str
    first: date
    last: date
    fetched_at: date
    newest: date | None

    @property
    def name(self) -> str:
        """Where it lies in the archive."""
        newest = f"{self.newest:%Y%m%d}" if self.newest else "none"
        days = f"{self.first:%Y%m%d}-{self.last:%Y%m%d}"
        return f"{self.folder}/{self.kind}_{days}_newest-{newest}_asof-{self.fetched_at:%Y%m%d}.parquet"

    @classmethod
    def parse(cls, name: str) -> Reply | None:
        """The reply of that name; None for a file that is not ours."""
        folder, _, file = name.rpartition("/")
        match = _NAME.fullmatch(file)
        if match is None:
            return None
        kind, first, last, newest, fetched_at = match.groups()
        return cls(folder, kind, _day(first), _day(last), _day(fetched_at), None if newest == "none" else _day(newest))


class Archive:
    """Reads what is stored under one root."""

    def __init__(self, fs: fsspec.AbstractFileSystem, root: str) -> None:
        self._fs, self._root = fs, root.rstrip("/")

    def replies(self) -> list[Reply]:
        """All that is stored, in order of folder, kind, days and fetching."""
        if not self._fs.exists(self._root):
            return []
        names = (str(path)[len(self._root) + 1 :] for path in self._fs.find(self._root))
        return sorted(reply for reply in map(Reply.parse, names) if reply)

    def read(self, replies: Iterable[Reply]) -> pd.DataFrame:
        """The rows of some replies, one after the other, with ``fetched_at``; an empty frame for none.

        Raises:
            UnreadableTableError: A stored file is damaged; the message names it.
        """
        frames = []
        for reply in replies:
            frame = read_table(self._fs, f"{self._root}/{reply.name}")
            if len(frame):
                frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def rows(self, replies: Iterable[Reply]) -> SummaryRows:
        """The rows of some replies of daily summaries, to be read a part at a time.

        Reading them raises an ``UnreadableTableError`` that names the file where one is damaged.
        """
        paths = [f"{self._root}/{reply.name}" for reply in replies]
        return SummaryRows.in_files(paths, self._fs, guard=readable)

    def said(self, reply: Reply) -> dict[str, str]:
        """What was noted of a reply when it was stored.

        Raises:
            UnreadableTableError: The stored file is damaged; the message names it.
        """
        path = f"{self._root}/{reply.name}"
        with readable(address_of(self._fs, path)), self._fs.open(path, "rb") as file:
            noted = pq.read_schema(file).metadata or {}
        return {key.decode(): text.decode() for key, text in noted.items()}


class RawArchiveDataset(AbstractDataset[Mapping[str, pd.DataFrame | pa.Table], Archive]):
    """The archive in the catalog: loads as an ``Archive``, saves new replies under their names."""

    def __init__(self, *, path: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        self._fs, self._root = opened(path, **(credentials or {}))
        self.metadata = metadata

    def load(self) -> Archive:
        """The archive; nothing is read yet."""
        return Archive(self._fs, self._root)

    def save(self, data: Mapping[str, pd.DataFrame | pa.Table]) -> None:
        """Write each reply whole, under its name; two runs that asked the same at once write the same."""
        for name, rows in data.items():
            write_whole(self._fs, f"{self._root}/{name}", partial(_fill, rows))

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._root))

    def _describe(self) -> dict[str, Any]:
        return {"path": address_of(self._fs, self._root)}


class RawIndexDataset(RawArchiveDataset):
    """The archive as the run found it, for the node that decides what to fetch; load only."""

    def save(self, data: Mapping[str, pd.DataFrame | pa.Table]) -> None:
        """The index is the folder itself."""
        raise DatasetError("The index of the archive is its listing; it cannot be saved.")


def _fill(rows: pd.DataFrame | pa.Table, file: BinaryIO) -> None:
    if isinstance(rows, pa.Table):
        pq.write_table(rows, file, row_group_size=ROW_GROUP_ROWS, compression="zstd")
    else:
        rows.to_parquet(file, index=False, compression="zstd")


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()
