"""Which rows of a table are asked for, and where in a parquet file they can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypedDict

import numpy as np
import pandas as pd

from airwatch.blocks import SITE

DAYS = ("origin_date", "date_local")  # the day of a row, under the name that its table has for it


class Filters(TypedDict, total=False):
    """Which rows are asked for; what is left out does not matter.

    ``first`` and ``last`` are days, both included, of ``origin_date`` or ``date_local``.
    """

    pollutant: str | Sequence[str]
    site_ids: Sequence[str]
    first: pd.Timestamp
    last: pd.Timestamp


@dataclass(frozen=True)
class Where:
    """The rows that are asked for."""

    pollutants: frozenset[str] | None = None
    site_ids: frozenset[str] | None = None
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None

    @classmethod
    def of(cls, filters: Filters) -> Self:
        """From what a reader asks."""
        pollutant = filters.get("pollutant")
        names = [pollutant] if isinstance(pollutant, str) else pollutant
        sites = filters.get("site_ids")
        return cls(
            None if names is None else frozenset(names),
            None if sites is None else frozenset(sites),
            filters.get("first"),
            filters.get("last"),
        )

    def columns_in(self, columns: Sequence[str]) -> list[str]:
        """The columns that decide."""
        texts = {"pollutant": self.pollutants, SITE: self.site_ids}
        days = [] if self.first is None and self.last is None else [day_of(columns)]
        return [name for name, asked in texts.items() if asked is not None] + days

    def among(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a frame."""
        chosen = np.ones(len(frame), dtype=bool)
        for name, texts in (("pollutant", self.pollutants), (SITE, self.site_ids)):
            if texts is not None:
                chosen &= frame[name].isin(list(texts)).to_numpy()
        if self.first is not None:
            chosen &= (frame[day_of(frame.columns)] >= self.first).to_numpy()
        if self.last is not None:
            chosen &= (frame[day_of(frame.columns)] <= self.last).to_numpy()
        return frame if chosen.all() else frame[chosen]

    def may_be_in(self, parquet: Any, group: int) -> bool:
        """Whether a row group can hold such a row, by what the file says of its columns."""
        names = parquet.schema_arrow.names
        for name in self.columns_in(names):
            bounds = range_of(parquet.metadata.row_group(group), names.index(name))
            if bounds is not None and not self._touches(name, *bounds):
                return False
        return True

    def _touches(self, name: str, low: Any, high: Any) -> bool:
        if name in DAYS:
            after = self.first is not None and pd.Timestamp(high) < self.first
            return not after and not (self.last is not None and pd.Timestamp(low) > self.last)
        texts = (self.pollutants if name == "pollutant" else self.site_ids) or ()
        return any(low <= text <= high for text in texts)


def day_of(columns: Iterable[str]) -> str:
    """The column that has the day of a row."""
    return next(name for name in DAYS if name in list(columns))


def range_of(group: Any, number: int) -> tuple[Any, Any] | None:
    """The least and the greatest value of a column in a row group, where the file says so."""
    about = group.column(number).statistics
    return (about.min, about.max) if about is not None and about.has_min_max else None
