"""Tables that are read a part at a time: some columns, pollutants, sites and days, in blocks of whole sites.

A national table need not fit into memory. A step that works site by site takes ``blocks``; one that needs a
pollutant's last weeks takes ``read``. Rows are in the order of the table's key, so that the rows of a site (in
``features``: of a pollutant's site) stand together, and a parquet file tells of each row group what it can hold.
"""

from __future__ import annotations

import errno
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol, Unpack

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.typing import NaTType

from airwatch.blocks import SITE, stacked, whole_sites
from airwatch.filters import Filters, Where, day_of, range_of
from airwatch.storage import address_of, reading
from airwatch.stores.errors import OvertakenError

BLOCK_ROWS = 100_000
LIST_OF_PARTS = "_parts.json"  # in a folder of files: which of them are the table, in order
ATTRS = b"PANDAS_ATTRS"  # where pandas keeps DataFrame.attrs in a parquet file

_BATCH_ROWS = 50_000  # decoded at once

Attrs = Mapping[Hashable | None, Any]


class UnreadableTableError(Exception):
    """A stored table cannot be read; the message names the file and how to make it again."""


class BlockTable(ABC):
    """A table of sites and days."""

    @property
    @abstractmethod
    def attrs(self) -> Attrs:
        """What is known of the whole table (``DataFrame.attrs``); every frame has it."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The names of the columns."""

    @abstractmethod
    def __len__(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def _parts(self, columns: Sequence[str] | None, where: Where) -> Iterator[pd.DataFrame]:
        """The chosen rows in order, in parts of any length; at least one part, if an empty one."""

    def read(self, columns: Sequence[str] | None = None, **where: Unpack[Filters]) -> pd.DataFrame:
        """The rows that are asked for, in memory."""
        frame = stacked(list(self._parts(columns, Where.of(where)))).reset_index(drop=True)
        frame.attrs = dict(self.attrs)
        return frame

    def blocks(
        self, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None, **where: Unpack[Filters]
    ) -> Iterator[pd.DataFrame]:
        """The rows that are asked for in blocks of about ``rows``, at least one, that part no site."""
        asked = columns if columns is None or SITE in columns else [SITE, *columns]
        for block in whole_sites(self._parts(asked, Where.of(where)), rows):
            block.attrs = dict(self.attrs)
            yield block if asked == columns else block.drop(columns=SITE)

    @property
    def newest(self) -> pd.Timestamp | NaTType:
        """The newest day of any row; NaT in an empty table."""
        day = day_of(self.columns)
        return max((part[day].max() for part in self._parts([day], Where()) if len(part)), default=pd.NaT)


class MadeTable(BlockTable):
    """A table whose blocks are made, one after the other, whenever they are asked for.

    Args:
        make: Makes its frames, in the order of the key, of whole sites each.
        attrs: What is known of the whole table; those of the first frame where left out.
    """

    def __init__(self, make: Callable[[], Iterable[pd.DataFrame]], attrs: Attrs | None = None) -> None:
        self._make, self._attrs = make, attrs

    @property
    def attrs(self) -> Attrs:
        """What is known of the whole table."""
        return self._first.attrs if self._attrs is None else self._attrs

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._first.columns)

    def __len__(self) -> int:
        return sum(map(len, self._make()))

    @cached_property
    def _first(self) -> pd.DataFrame:
        return next(iter(self._make())).iloc[:0]

    def _parts(self, columns: Sequence[str] | None, where: Where) -> Iterator[pd.DataFrame]:
        for frame in self._make():
            chosen = where.among(frame)
            yield chosen if columns is None else chosen[list(columns)]


class Mapper(Protocol):
    """Does the same work on many items, here or elsewhere; an ``Engine``."""

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """The results, in the order of the items."""
        ...


class WorkTable(MadeTable):
    """A table that is made by the same work on one item after the other, by whoever does it.

    Args:
        mapper: Does it.
        work: Makes a frame of an item: whole sites, in the order of the key from item to item.
        items: Gives the items, whenever they are asked for.
        attrs: What is known of the whole table; the frames need not say it.
    """

    def __init__(
        self, mapper: Mapper, work: Callable[[Any], pd.DataFrame], items: Callable[[], Iterable[Any]], attrs: Attrs
    ) -> None:
        super().__init__(lambda: mapper.map(work, items()), attrs)
        self.mapper, self.work, self.items = mapper, work, items


def _unguarded() -> None:
    """Any version of a table will do."""


class StoredTable(BlockTable):
    """A parquet file, or a folder of them in the order of their names.

    Nothing is read before it is asked for, and of a file only the row groups that can hold what is asked.

    Args:
        fs: Where it lies.
        path: The file or the folder.
        guard: Called whenever a file was opened; raises where the table is no longer the one that was found.

    Raises:
        UnreadableTableError: A file is damaged; the message names it.
    """

    def __init__(self, fs: fsspec.AbstractFileSystem, path: str, guard: Callable[[], None] = _unguarded) -> None:
        self._fs, self.path, self._guard = fs, path, guard

    @cached_property
    def _files(self) -> list[str]:
        return parts_of(self._fs, self.path) if self._fs.isdir(self.path) else [self.path]

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns, types and metadata as they are stored."""
        with self._opened(self._files[0]) as parquet:
            return parquet.schema_arrow

    @cached_property
    def attrs(self) -> Attrs:
        """What was known of the table when it was stored."""
        found: Attrs = json.loads((self.schema.metadata or {}).get(ATTRS, b"{}"))
        return found

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.schema.names)

    def __len__(self) -> int:
        return sum(group.num_rows for _, group in self._row_groups())

    @property
    def newest(self) -> pd.Timestamp | NaTType:
        """The newest day of any row, by what the file says of its row groups; NaT in an empty table."""
        found = [range_of(group, number) for number, group in self._row_groups(day_of(self.columns))]
        if any(bounds is None for bounds in found):
            return super().newest
        return max((pd.Timestamp(bounds[1]) for bounds in found if bounds), default=pd.NaT)

    def _row_groups(self, column: str | None = None) -> Iterator[tuple[int, Any]]:
        """The row groups of all files that hold a row, each with the number of a column."""
        for path in self._files:
            with self._opened(path) as parquet:
                number = parquet.schema_arrow.get_field_index(column) if column else -1
                groups = map(parquet.metadata.row_group, range(parquet.num_row_groups))
                yield from ((number, group) for group in groups if group.num_rows)

    def _parts(self, columns: Sequence[str] | None, where: Where) -> Iterator[pd.DataFrame]:
        asked = None if columns is None else list(dict.fromkeys([*columns, *where.columns_in(self.columns)]))
        yield self._frame(self.schema.empty_table(), columns)
        for path in self._files:
            with self._opened(path) as parquet:
                groups = [g for g in range(parquet.num_row_groups) if where.may_be_in(parquet, g)]
                for batch in parquet.iter_batches(_BATCH_ROWS, row_groups=groups, columns=asked, use_threads=False):
                    yield self._frame(where.among(batch.to_pandas()), columns)

    @staticmethod
    def _frame(part: pd.DataFrame | pa.Table, columns: Sequence[str] | None) -> pd.DataFrame:
        frame = part if isinstance(part, pd.DataFrame) else part.to_pandas()
        return frame if columns is None else frame[list(columns)]

    @contextmanager
    def _opened(self, path: str) -> Iterator[Any]:
        try:
            with (
                readable(address_of(self._fs, path)),
                reading(self._fs, path) as file,
                pq.ParquetFile(file, pre_buffer=False) as parquet,
            ):
                self._guard()  # what is open stays what it is
                yield parquet
        except FileNotFoundError:
            self._guard()  # swept up by the run that wrote another table
            raise


def parts_of(fs: fsspec.AbstractFileSystem, folder: str) -> list[str]:
    """The files of a table in a folder: those that its list names; all, in the order of their names, without one."""
    if fs.exists(f"{folder}/{LIST_OF_PARTS}"):
        with fs.open(f"{folder}/{LIST_OF_PARTS}", "rb") as file:
            return [f"{folder}/{name}" for name in json.load(file)]
    return sorted(str(path) for path in fs.glob(f"{folder}/*.parquet"))


AnyTable = BlockTable | pd.DataFrame


def as_table(table: AnyTable) -> BlockTable:
    """A frame in memory as a table of blocks; a table as it is."""
    if isinstance(table, BlockTable):
        return table
    return MadeTable(lambda: [table])


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Say of a parquet file that cannot be read which it is and what to do.

    Raises:
        OvertakenError: Another run wrote it while it was read.
        UnreadableTableError: It is not one; the message names it and the remedy.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        if isinstance(error, OSError) and error.errno == errno.EBUSY:  # as s3fs says it
            raise OvertakenError(path) from error
        raise UnreadableTableError(
            f"{path} is not a readable parquet table ({str(error).partition(chr(10))[0][:80]}). "
            "Move it away and run the pipeline that makes it again; for 01_raw that is kedro run --pipelines ingestion."
        ) from error
