"""Rows of daily summaries, whatever source they came from: AQS's ``dailyData`` in parquet, read a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from airwatch.sources.aqs_reply import DAILY_DATA, Kind

TEXT = pa.dictionary(pa.int32(), pa.string())  # few different texts, each held once
DAY = pa.timestamp("us")
TYPES: Mapping[Kind, pa.DataType] = {"text": TEXT, "whole": pa.int64(), "number": pa.float64(), "date": DAY}

# With the day on which EPA was asked, by which the later of two equal rows is known.
SCHEMA = pa.schema([*((name, TYPES[kind]) for name, kind in DAILY_DATA.fields.items()), ("fetched_at", DAY)])
PART_ROWS = 250_000

# Arrow would read sixteen batches of four files ahead, which is most of a nation.
_LITTLE_AT_A_TIME: dict[str, Any] = {
    "use_threads": False,
    "batch_size": 50_000,
    "batch_readahead": 1,
    "fragment_readahead": 1,
    "fragment_scan_options": ds.ParquetFragmentScanOptions(pre_buffer=False),
}

Guard = Callable[[str], AbstractContextManager[Any]]
Complete = Callable[[pa.Table, Sequence[str]], pa.Table]


@dataclass(frozen=True)
class SummaryRows:
    """Rows in parquet files that need not fit into memory.

    Attributes:
        dataset: The files; of columns of ``SCHEMA``.
        where: Which of their rows.
        complete: Adds to rows the columns that the files do not have, given those that are asked for.
        guard: Says of a file that is read within it, and cannot be, which it is.
    """

    dataset: ds.Dataset
    where: Any = None
    complete: Complete = lambda rows, columns: rows.select(columns)
    guard: Guard = nullcontext

    @classmethod
    def in_files(
        cls, paths: Sequence[str], filesystem: Any, columns: Sequence[str] = SCHEMA.names, guard: Guard = nullcontext
    ) -> Self:
        """The rows of some parquet files, one after the other; files may lack a column or hold nothing but nulls.

        Args:
            paths: The files.
            filesystem: Where they lie, of fsspec.
            columns: The columns of ``SCHEMA`` that they have.
            guard: Raises in its own words what goes wrong with the file of that path.
        """
        schema = pa.schema([SCHEMA.field(name) for name in columns])
        texts = {field.name for field in schema if field.type == TEXT}
        if not paths:
            return cls(ds.dataset(schema.empty_table()))
        files = ds.ParquetFileFormat(dictionary_columns=texts)
        return cls(ds.dataset(list(paths), schema=schema, format=files, filesystem=filesystem), guard=guard)

    def narrowed(self, condition: Any) -> Self:
        """Those of the rows that fulfil a condition too (an expression of ``pyarrow.compute``)."""
        return replace(self, where=condition if self.where is None else self.where & condition)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """All the rows, some columns; texts as dictionaries."""
        wanted = {*columns, "parameter_code"}  # ``complete`` goes by it
        asked = [name for name in self.dataset.schema.names if name in wanted]
        try:
            rows = self.dataset.to_table(columns=asked, filter=self.where, **_LITTLE_AT_A_TIME)
        except (pa.ArrowException, OSError):
            for fragment in self.dataset.get_fragments():
                with self.guard(getattr(fragment, "path", "")):
                    for _ in fragment.to_batches(schema=self.dataset.schema, **_LITTLE_AT_A_TIME):
                        pass
            raise
        return self.complete(rows, columns).unify_dictionaries()

    def by_states(self, columns: Sequence[str], most: int = PART_ROWS) -> Iterator[pa.Table]:
        """The rows in order of their states, some states at a time: of more than ``most`` rows only if one has more.

        Files whose rows are in the order of their sites, as EPA's are, are read once.
        """
        states = self.read(["state_code"])["state_code"].value_counts().to_pylist()
        together: list[str] = []
        rows = 0
        for state, count in sorted((found["values"], found["counts"]) for found in states):
            if together and rows + count > most:
                yield self._of_states(together, columns)
                together, rows = [], 0
            together, rows = [*together, state], rows + count
        if together:
            yield self._of_states(together, columns)

    def _of_states(self, states: list[str], columns: Sequence[str]) -> pa.Table:
        return self.narrowed(pc.field("state_code").isin(states)).read(columns)


def translated(column: pa.ChunkedArray, translate: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Texts translated, each of them once."""
    plain = column.cast(pa.string())
    texts = pc.unique(plain)
    found = [None if text is None else translate(text) for text in texts.to_pylist()]
    return pc.take(pa.array(found, TEXT), pc.index_in(plain, value_set=texts))
