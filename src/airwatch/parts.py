"""Tables whose parts are written by whoever makes them, so that workers need not send rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import fsspec
import pandas as pd

from airwatch import schemas
from airwatch.blocks import stacked
from airwatch.datasets import BlocksTableDataset
from airwatch.engine import Threads
from airwatch.storage import write_whole
from airwatch.stores.errors import OvertakenError
from airwatch.storing import check, checked, write_blocks
from airwatch.tables import BLOCK_ROWS, LIST_OF_PARTS, Attrs, BlockTable, MadeTable, Mapper, WorkTable, as_table


class PartsTableDataset(BlocksTableDataset):
    """A table of sites and days as a folder of files.

    Files have names of their own for each time it is written; a list, written last, says which of them are the table.
    Without one there is none: what lies there is of a run that died.
    """

    def save(self, data: pd.DataFrame | BlockTable | Iterable[pd.DataFrame]) -> None:
        """Write the parts of a table, then the list of them; what lay there before goes last.

        Raises:
            DataValidationError: A rule of the schema is broken, the order of the key from part to part among them.
            OvertakenError: Another run wrote the table meanwhile, or is writing it.
        """
        self.require_noted()
        turn = _turn()
        mapper, work, items, attrs = _work_of(data)
        write = partial(_write_part, self._fs, f"{self._filepath}/{turn}", self._schema, self._name, work, attrs)
        try:
            edges = list(mapper.map(write, (_Numbered(number, item) for number, item in enumerate(items))))
        except FileNotFoundError:
            self.require_noted()  # a part that is being written is swept up, too, by another run that finished
            raise
        check(stacked(edges).reset_index(drop=True), self._schema, self._name, "save")
        names = [f"{turn}-{number:05d}.parquet" for number in range(len(edges))]
        if not set(names) <= self._lying_there():  # swept up by another run that finished
            raise OvertakenError(self._versioned)
        self._write(lambda file: file.write(json.dumps(names).encode()))
        for name in self._lying_there() - set(names):
            with suppress(FileNotFoundError):
                self._fs.rm(f"{self._filepath}/{name}")

    def _lying_there(self) -> set[str]:
        """The names of all parts, of this table or of none, whole or not."""
        return {str(path).rpartition("/")[2] for path in self._fs.glob(f"{self._filepath}/*.parquet*")}

    @property
    def _versioned(self) -> str:
        return f"{self._filepath}/{LIST_OF_PARTS}"

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._versioned))


def _turn() -> str:
    """The beginning of the names of all parts that are written together; no other run takes the same."""
    return uuid4().hex[:8]


@dataclass(frozen=True)
class _Numbered:
    """What a part is made of, and its number."""

    number: int
    item: Any

    def __str__(self) -> str:
        return str(self.item)


def _work_of(data: Any) -> tuple[Mapper, Callable[[Any], pd.DataFrame], Iterable[Any], Attrs]:
    """Who makes the parts, how, of what; and what is known of the whole table."""
    if isinstance(data, WorkTable):
        return data.mapper, data.work, data.items(), data.attrs
    frames = as_table(data) if isinstance(data, BlockTable | pd.DataFrame) else MadeTable(lambda: data)
    return Threads(), _itself, frames.blocks(BLOCK_ROWS), frames.attrs


def _itself(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def _write_part(
    fs: fsspec.AbstractFileSystem,
    prefix: str,
    schema: type[schemas.Table],
    name: str,
    work: Callable[[Any], pd.DataFrame],
    attrs: Attrs,
    item: _Numbered,
) -> pd.DataFrame:
    """Make and write a part; its first and last rows."""
    frame = work(item.item)
    frame.attrs = dict(attrs)
    [valid] = checked([frame], schema, name)
    write_whole(fs, f"{prefix}-{item.number:05d}.parquet", lambda file: write_blocks(file, [valid]))
    return valid.iloc[[0, -1]] if len(valid) > 1 else valid
