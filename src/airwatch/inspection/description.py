"""What is told of one entry of the catalog: facts, and tables of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

Row = Mapping[str, Any]


class NothingThereError(Exception):
    """There is nothing of that name, or not yet; the message says what to do."""


@dataclass(frozen=True)
class Description:
    """What is told of an entry.

    Attributes:
        name: Of the entry.
        what: What it is, in a line.
        facts: By name; a size is in bytes, under a name that ends with ``bytes``.
        tables: By title: the columns, the partitions, a sample; rows of one table have the same keys.
    """

    name: str
    what: str
    facts: Mapping[str, Any]
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same, of texts, numbers and lists alone."""
        tables = {
            title: [{key: plain(value) for key, value in row.items()} for row in rows]
            for title, rows in self.tables.items()
        }
        facts = {key: plain(value) for key, value in self.facts.items()}
        return {"name": self.name, "what": self.what, **facts, **tables}


def plain(value: Any) -> Any:
    """A value as JSON has it: days and times as text, what is missing as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, datetime):
        midnight = value.tzinfo is None and value == datetime.combine(value.date(), datetime.min.time())
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, each by the names of its columns."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def summary_line(documented: object) -> str:
    """The first line of a docstring."""
    return (getattr(documented, "__doc__", None) or "").strip().partition("\n")[0]
