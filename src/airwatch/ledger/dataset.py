"""The ledger in the catalog: parts are read by name, and new ones are added to the chain of their source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pandas as pd
from kedro.io.core import AbstractDataset, DatasetError

from airwatch.datasets import read_table
from airwatch.ledger.seals import Issue, issue_of, plain_rows, row_seals, sealed
from airwatch.storage import opened, write_whole
from airwatch.stores.errors import OvertakenError
from airwatch.tables import Attrs, StoredTable

SUFFIX = ".parquet"
TAKEN = "was issued before; the ledger is never rewritten."
READ_AT_ONCE = 16  # footers of parts; on S3 each takes a request

Readers = dict[str, Callable[[], pd.DataFrame]]


class LedgerDataset(AbstractDataset[dict[str, pd.DataFrame], Readers]):
    """The ledger in the catalog: loads as what reads each part by its name, saves new parts.

    Parts of a name that is taken are refused, so that nothing issued can change; each holds the hash of the issue
    before it, so that a change shows (``verify_chain``).
    """

    def __init__(self, *, path: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        self._fs, self._root = opened(path, **(credentials or {}))
        self.metadata = metadata

    def load(self) -> Readers:
        """A reader for each part, in the order of their names; none where nothing was issued yet."""
        return {name: partial(_plain, read) for name, read in self.sealed_parts().items()}

    def sealed_parts(self, source: str = "") -> Readers:
        """The readers of ``load``, of one source or of all; what they read has the seals, too."""
        within = f"{self._root}/{source}" if source else self._root
        if not self._fs.exists(within):
            return {}
        paths = sorted(str(path) for path in self._fs.find(within) if str(path).endswith(SUFFIX))
        return {path[len(self._root) + 1 : -len(SUFFIX)]: partial(read_table, self._fs, path) for path in paths}

    def save(self, data: dict[str, pd.DataFrame]) -> None:
        """Write new parts, none where one of the names is taken.

        Raises:
            DatasetError: A part of one of the names was issued before, or by another run at this moment.
        """
        for name in data:
            if self._fs.exists(self._path(name)):
                raise DatasetError(f"{self._path(name)} {TAKEN}")
        for name, frame in data.items():
            part = self._chained(name, frame)
            try:
                write_whole(self._fs, self._path(name), partial(part.to_parquet, index=False), over=None)
            except OvertakenError:
                raise DatasetError(f"{self._path(name)} {TAKEN}") from None

    def sources(self) -> list[str]:
        """Of which anything was issued."""
        return sorted({name.partition("/")[0] for name in self.sealed_parts()})

    def known_attrs(self, source: str = "") -> dict[str, Attrs]:
        """What is known of each part of a source, or of all (``DataFrame.attrs``), by name; no row is read."""
        names = list(self.sealed_parts(source))
        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            found = pool.map(lambda name: StoredTable(self._fs, self._path(name)).attrs, names)
            return dict(zip(names, found, strict=True))

    def known_issues(self, source: str = "") -> dict[str, Issue | None]:
        """Each part of a source, or of all, by name; None for one without seal."""
        found = {name: issue_of(attrs) for name, attrs in self.known_attrs(source).items()}
        return {name: known[0] if known else None for name, known in found.items()}

    def _chained(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a new part, sealed, after the newest issues of its source.

        Those are two where runs of two origins issued at the same moment; the next issue follows both.
        """
        known = self.known_issues(name.partition("/")[0])
        issues = {other: issue for other, issue in known.items() if issue}
        newest = max((issue.number for issue in issues.values()), default=0)
        before = {other: issue for other, issue in issues.items() if issue.number == newest}
        unchained = {} if issues else {other: row_seals(read())[1] for other, read in self._unchained(list(known))}
        return sealed(frame, name, before, unchained)

    def _unchained(self, names: list[str]) -> Iterator[tuple[str, Callable[[], pd.DataFrame]]]:
        """Parts of an earlier version, which knew no chain: the first issue of it holds what they were."""
        return ((name, partial(read_table, self._fs, self._path(name))) for name in names)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}{SUFFIX}"

    def _exists(self) -> bool:
        return True  # a ledger in which nothing was issued yet is a ledger

    def _describe(self) -> dict[str, Any]:
        return {"path": self._root}


def read_parts(ledger: Mapping[str, Callable[[], pd.DataFrame]], prefix: str) -> list[pd.DataFrame]:
    """The parts whose name begins with ``prefix``, such as ``sandbox-20/2021-06-30/``."""
    return [read() for name, read in ledger.items() if name.startswith(prefix)]


def _plain(read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    return plain_rows(read())
