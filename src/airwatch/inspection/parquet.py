"""What parquet files say of themselves at their ends, so that a table is described without being read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from airwatch.blocks import SITE
from airwatch.filters import DAYS, range_of
from airwatch.inspection.description import Row
from airwatch.schemas import Table
from airwatch.tables import ATTRS, Attrs, parts_of, readable

LONGEST_BOUND = 24  # characters of a least or greatest text


@dataclass(frozen=True)
class Footers:
    """What stands at the ends of the files of a table.

    Attributes:
        fs: Where they lie.
        files: Their paths, in order.
        ends: What is written at the end of each.
        schema: Columns, types and metadata of the first.
    """

    fs: fsspec.AbstractFileSystem
    files: Sequence[str]
    ends: Sequence[pq.FileMetaData]
    schema: pa.Schema

    @classmethod
    def of(cls, fs: fsspec.AbstractFileSystem, path: str) -> Footers:
        """Of a file, or of a folder of them.

        Raises:
            FileNotFoundError: There is none.
            UnreadableTableError: A file is damaged; the message names it.
        """
        files = parts_of(fs, path) if fs.isdir(path) else [path]
        if not files:
            raise FileNotFoundError(path)
        ends, schemas = [], []
        for file in files:
            with readable(file), pq.ParquetFile(file, filesystem=fs, pre_buffer=False) as parquet:
                ends.append(parquet.metadata)
                schemas.append(parquet.schema_arrow)
        return cls(fs, files, ends, schemas[0])

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(end.num_rows for end in self.ends)

    @cached_property
    def bytes(self) -> int:
        """How large the files are together."""
        return sum(int(self.fs.size(file) or 0) for file in self.files)

    @property
    def groups(self) -> list[Any]:
        """The row groups of all files."""
        return [end.row_group(number) for end in self.ends for number in range(end.num_row_groups)]

    @property
    def attrs(self) -> Attrs:
        """What was noted of the table, such as the run it was made for."""
        found: Attrs = json.loads((self.schema.metadata or {}).get(ATTRS, b"{}"))
        return found

    @property
    def days(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """The first and the last day of any row; None where no column has days, or there is no row."""
        dated = [field.name for field in self.schema if pa.types.is_timestamp(field.type)]
        named = [name for name in DAYS if name in dated][:1] or dated
        found = [bounds for bounds in map(self.bounds, named) if bounds]
        return (_day(min(low for low, _ in found)), _day(max(high for _, high in found))) if found else None

    def bounds(self, column: str) -> tuple[Any, Any] | None:
        """The least and the greatest value of a column, where the files say so."""
        number = self.schema.get_field_index(column)
        found = [range_of(group, number) for group in self.groups if group.num_rows]
        known = [bounds for bounds in found if bounds]
        return (min(low for low, _ in known), max(high for _, high in known)) if known else None

    def sites(self) -> int | None:
        """How many sites there are: their column alone is read, a row group at a time; None without such a column."""
        if SITE not in self.schema.names:
            return None
        seen: set[str] = set()
        for file in self.files:
            with readable(file), pq.ParquetFile(file, filesystem=self.fs, pre_buffer=False) as parquet:
                for number in range(parquet.num_row_groups):
                    column = parquet.read_row_group(number, columns=[SITE], use_threads=False)[SITE]
                    seen.update(pc.unique(column).to_pylist())
        return len(seen)

    def head(self, rows: int) -> pd.DataFrame:
        """The first rows."""
        return pd.concat(list(self._first(rows)), ignore_index=True)

    def _first(self, rows: int) -> Iterator[pd.DataFrame]:
        yield self.schema.empty_table().to_pandas()
        for file in self.files:
            if rows <= 0:
                return
            with readable(file), pq.ParquetFile(file, filesystem=self.fs, pre_buffer=False) as parquet:
                batch = next(parquet.iter_batches(rows, use_threads=False), None)
            if batch is not None:
                rows -= len(batch)
                yield batch.to_pandas()

    def columns(self, schema: type[Table] | None) -> list[Row]:
        """Each column: its type, whether it is of the key, its least and greatest value, nulls and bytes.

        Args:
            schema: Where the table has one: it knows the key.
        """
        key = (schema.to_schema().unique or []) if schema else []
        return [self._column(number, field, field.name in key) for number, field in enumerate(self.schema)]

    def _column(self, number: int, field: pa.Field, in_key: bool) -> Row:
        chunks = [group.column(number) for group in self.groups]
        about = [chunk.statistics for chunk in chunks]
        nulls = sum(each.null_count for each in about) if all(about) else None
        low, high = self.bounds(field.name) or (None, None)
        return {
            "column": field.name,
            "type": _type(field.type),
            "key": "key" if in_key else "",
            "least": _bound(low),
            "greatest": _bound(high),
            "nulls": nulls,
            "bytes": sum(chunk.total_compressed_size for chunk in chunks),
        }


def _type(kind: pa.DataType) -> str:
    """A type in the words of pandas; a day, a text and a category as what they are."""
    if pa.types.is_dictionary(kind):
        return "category"
    if pa.types.is_timestamp(kind):
        return "timestamp" + (f" ({kind.tz})" if kind.tz else "")
    return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else str(kind)


def _day(moment: Any) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_localize(None).normalize()


def _bound(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_BOUND else f"{value[:LONGEST_BOUND]}…"
    return float(f"{value + 0.0:.6g}") if isinstance(value, float) else value  # the least of parquet's zeros is -0
