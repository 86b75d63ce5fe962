"""Tables whose parts are written by whoever makes them, so that workers need not send rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import fsspec
import pandas as pd

from airwatch import schemas
from airwatch.blocks import stacked
from airwatch.datasets import BlocksTableDataset, written_whole
from airwatch.engine import Threads
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
        """
        folder = str(self._get_save_path())
        self._invalidate_cache()
        turn = 1 + max((_turn_of(str(path)) for path in self._fs.glob(f"{folder}/*.parquet")), default=0)
        mapper, work, items, attrs = _work_of(data)
        write = partial(_write_part, self._fs, f"{folder}/{turn:06d}", self._schema, self._name, work, attrs)
        edges = list(mapper.map(write, (_Numbered(number, item) for number, item in enumerate(items))))
        check(stacked(edges).reset_index(drop=True), self._schema, self._name, "save")
        names = [f"{turn:06d}-{number:05d}.parquet" for number in range(len(edges))]
        with written_whole(self._fs, f"{folder}/{LIST_OF_PARTS}") as file:
            file.write(json.dumps(names).encode())
        self._invalidate_cache()
        for path in self._fs.glob(f"{folder}/*.parquet*"):
            if str(path).rpartition("/")[2] not in names:
                self._fs.rm(path)
        self._invalidate_cache()

    def _exists(self) -> bool:
        self._invalidate_cache()
        return bool(self._fs.exists(f"{self._get_load_path()}/{LIST_OF_PARTS}"))


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


def _turn_of(path: str) -> int:
    number = path.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdigit() else 0


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
    with written_whole(fs, f"{prefix}-{item.number:05d}.parquet") as file:
        write_blocks(file, [valid])
    return valid.iloc[[0, -1]] if len(valid) > 1 else valid
