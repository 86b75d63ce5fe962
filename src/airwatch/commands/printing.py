"""Tables on a terminal, for the verbs that show some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from airwatch.inspection.description import plain

WIDTH_OF_A_FILE = 160  # columns, where the output is not a terminal
LONGEST_CELL = 60
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def console() -> Console:
    """The terminal, or a file as wide as a wide one."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(width=WIDTH_OF_A_FILE, highlight=False)


def table_of(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    """Rows of the same keys as a table; numbers stand to the right."""
    table = Table(title=title, title_justify="left")
    for key in rows[0]:
        numbers = all(isinstance(plain(row[key]), int | float | None) for row in rows)
        table.add_column(escape(key), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell(key, value)) for key, value in row.items()))
    return table


def cell(key: str, value: Any) -> str:
    """A value as people read it; bytes by the name of their column."""
    found = plain(value)
    if found is None:
        return ""
    if key == "bytes":
        return size(found)
    if isinstance(found, int) and not isinstance(found, bool):
        return f"{found:,}"
    told = f"{found:.5g}" if isinstance(found, float) else str(found)
    return told if len(told) <= LONGEST_CELL else f"{told[:LONGEST_CELL]}…"


def size(count: float) -> str:
    """A number of bytes in the unit that suits it."""
    unit = 0
    while count >= 1000 and unit < len(UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {UNITS[unit]}"
