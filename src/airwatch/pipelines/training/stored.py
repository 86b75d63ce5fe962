"""Rows to train on that stay in the stored feature table and are read from it block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.blocks import stacked
from airwatch.forecasting.rows import Places, TrainingRows, sample_places
from airwatch.tables import BlockTable, StoredTable

BLOCK_ROWS = 100_000


@dataclass(frozen=True)
class StoredRows(TrainingRows):
    """Rows of one pollutant in a table.

    Attributes:
        table: The feature table.
        pollutant: Whose rows.
        last: The last origin.
        chosen: Which of the rows of the pollutant up to that origin these are [rows of it].
        days: The origin of each of these [n].
        of_sites: Which site each is of [n].
        lengths: How many rows of the pollutant up to that origin each of its sites has, in the order of the table.
    """

    table: BlockTable
    pollutant: str
    last: pd.Timestamp
    chosen: NDArray[np.bool_]
    days: NDArray[np.datetime64]
    of_sites: pd.Categorical
    lengths: pd.Series

    @classmethod
    def all_of(cls, table: BlockTable, pollutant: str, last: pd.Timestamp, keys: pd.DataFrame) -> Self:
        """All rows of a pollutant; ``keys``: their site_id and origin_date."""
        days, sites = keys["origin_date"].to_numpy("datetime64[D]"), pd.Categorical(keys["site_id"])
        lengths = keys.groupby("site_id", sort=False, observed=True).size()
        return cls(table, pollutant, last, np.ones(len(keys), dtype=bool), days, sites, lengths)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.table.columns

    @property
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each row, in days [n]."""
        return self.days

    @property
    def site_ids(self) -> pd.Series:
        """The site of each row [n]."""
        return pd.Series(self.of_sites)

    @property
    def in_memory(self) -> bool:
        """They are not."""
        return False

    def blocks(self) -> Iterator[tuple[slice, pd.DataFrame]]:
        """Which rows, and the rows, one block after the other, read from the first site of them to the last."""
        if not len(self):
            return
        ends = self.lengths.cumsum().to_numpy()
        begin, end = np.searchsorted(ends, np.flatnonzero(self.chosen)[[0, -1]], side="right")
        sites = [str(site) for site in self.lengths.index[begin : end + 1]]
        passed, given = int(ends[begin] - self.lengths.iloc[begin]), 0
        for block in self.table.blocks(BLOCK_ROWS, pollutant=self.pollutant, last=self.last, site_ids=sites):
            chosen = self.chosen[passed : passed + len(block)]
            passed += len(block)
            rows = int(chosen.sum())
            if rows:
                yield slice(given, given + rows), block if rows == len(block) else block[chosen]
            given += rows

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """The rows of a mask [n]."""
        if chosen.all():
            return self
        within = self.chosen.copy()
        within[within] = chosen
        return replace(self, chosen=within, days=self.days[chosen], of_sites=self.of_sites[chosen])

    def take(self, places: NDArray[np.intp]) -> pd.DataFrame:
        """Some of the rows, by their places, which rise."""
        chosen = np.zeros(len(self), dtype=bool)
        chosen[places] = True
        return self.where(chosen).read()

    def read(self) -> pd.DataFrame:
        """All of them, in memory."""
        return stacked([self.table.read(pollutant=[]), *(block for _, block in self.blocks())]).reset_index(drop=True)

    def sample(self) -> tuple[Places, pd.DataFrame]:
        """The places of rows drawn at random, the same each time, and the rows; all of them where they are few."""
        return self._sample

    @cached_property
    def _sample(self) -> tuple[Places, pd.DataFrame]:
        places = sample_places(len(self))
        return places, self.take(places)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_sample"}

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder beside the table, or where that is not on this machine in the system's own place; gone after it."""
        place = Path(self.table.path) if isinstance(self.table, StoredTable) else None
        beside = place.parent if place is not None and place.exists() else None
        with TemporaryDirectory(prefix=".training-", dir=beside) as folder:
            yield Path(folder)
