"""The ledger: every forecast ever issued, in files that are added and never rewritten.

<source>/<origin>/0000.parquet    the first issue from that origin, 0001 what a later run added, ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import fsspec
import pandas as pd
from kedro.io.core import AbstractDataset, DatasetError, get_protocol_and_path

from airwatch.datasets import read_table, written_whole

SUFFIX = ".parquet"


class LedgerDataset(AbstractDataset[dict[str, pd.DataFrame], dict[str, Callable[[], pd.DataFrame]]]):
    """The ledger in the catalog: loads as what reads each part by its name, saves new parts.

    Parts of a name that is taken are refused, so that nothing issued can change.
    """

    def __init__(self, *, path: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        protocol, self._root = get_protocol_and_path(path)
        self._fs = fsspec.filesystem(protocol, **(credentials or {}))
        self.metadata = metadata

    def load(self) -> dict[str, Callable[[], pd.DataFrame]]:
        """A reader for each part, in the order they were issued; none where nothing was issued yet."""
        if not self._fs.exists(self._root):
            return {}
        paths = sorted(str(path) for path in self._fs.find(self._root) if str(path).endswith(SUFFIX))
        return {path[len(self._root) + 1 : -len(SUFFIX)]: partial(read_table, self._fs, path) for path in paths}

    def save(self, data: dict[str, pd.DataFrame]) -> None:
        """Write new parts, all or none.

        Raises:
            DatasetError: A part of one of the names was issued before.
        """
        paths = {name: f"{self._root}/{name}{SUFFIX}" for name in data}
        for path in paths.values():
            if self._fs.exists(path):
                raise DatasetError(f"{path} was issued before; the ledger is never rewritten.")
        for name, frame in data.items():
            with written_whole(self._fs, paths[name]) as file:
                frame.to_parquet(file, index=False)

    def _exists(self) -> bool:
        return True  # a ledger in which nothing was issued yet is a ledger

    def _describe(self) -> dict[str, Any]:
        return {"path": self._root}


def read_parts(ledger: Mapping[str, Callable[[], pd.DataFrame]], prefix: str) -> list[pd.DataFrame]:
    """The parts whose name begins with ``prefix``, such as ``sandbox-20/2021-06-30/``."""
    return [read() for name, read in ledger.items() if name.startswith(prefix)]
