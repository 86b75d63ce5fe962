"""What AirNow's daily files hold: one line a site and parameter, without a header.

    01/09/23|060290014|Bakersfield|PM2.5-24hr|UG/M3|4.5|24|California Air Resources Board|19|0|35.3|-119.0|840060290014

EPA's Daily Data Fact Sheet describes the thirteen fields of ``daily_data_v2.dat``; ``daily_data.dat``, which is older,
has the first eight of them. A line that is none is left out and counted: agencies send what they have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

FIELDS = (
    "date_local",
    "aqsid",
    "site",
    "parameter",
    "units",
    "value",
    "hours",
    "agency",
    "aqi",
    "category",
    "latitude",
    "longitude",
    "full_aqsid",
)
FIELDS_BEFORE = FIELDS[:8]  # of daily_data.dat
NUMBERS = ("value", "hours", "aqi", "category", "latitude", "longitude")
MISSING = -999.0

BAD_LINE = "a line of other fields than the file's"
NO_DATE = "a line without a date"


class UnknownFile(Exception):
    """A file of another shape than the one AirWatch knows; the text says what differs."""


@dataclass(frozen=True)
class Parsed:
    """What a file of AirNow holds.

    Attributes:
        rows: Its lines, typed.
        dropped: How many lines were left out, by reason.
    """

    rows: pd.DataFrame
    dropped: Mapping[str, int]


def read_daily(content: bytes) -> Parsed:
    """The lines of a daily file as they came: every parameter, every country.

    Returns:
        ``FIELDS``, texts without blanks around them and numbers as such, NaN where there is none or it is -999; what
        the older file does not say is missing. ``date_local`` is the day of the line, midnight to midnight of the
        site's standard time.

    Raises:
        UnknownFile: It is empty, or fewer than half of its lines have thirteen fields, or eight.
    """
    lines = lines_of(content)
    fields = FIELDS if _share(lines, len(FIELDS)) >= _share(lines, len(FIELDS_BEFORE)) else FIELDS_BEFORE
    rows, dropped = split_lines(lines, fields)
    rows = rows.reindex(columns=list(FIELDS)).astype({"full_aqsid": "str"})
    rows["date_local"] = days(rows["date_local"])
    for name in NUMBERS:
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(float).replace(MISSING, float("nan"))
    undated = rows["date_local"].isna()
    if undated.any():
        dropped[NO_DATE] = int(undated.sum())
    return Parsed(rows[~undated].reset_index(drop=True), dropped)


def lines_of(content: bytes) -> list[str]:
    """The lines of a file of AirNow that hold anything.

    AirNow writes Latin-1, and since about 2024 UTF-8: a text in Latin-1 that has letters beyond ASCII is hardly ever
    sound UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return [line for line in text.replace("\r", "").split("\n") if line.strip()]


def split_lines(lines: list[str], fields: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, int]]:
    """The fields of the lines that have as many as they should, as texts, and the count of the others.

    Raises:
        UnknownFile: There is no line, or fewer than half of them have that many fields.
    """
    if not lines:
        raise UnknownFile("it is empty")
    parts = [found for line in lines if (found := _parts(line, len(fields)))]
    if 2 * len(parts) < len(lines):
        raise UnknownFile(f"{len(parts)} of its {len(lines)} lines have the {len(fields)} fields of such a file")
    rows = pd.DataFrame(parts, columns=list(fields), dtype="str").apply(lambda column: column.str.strip())
    bad = len(lines) - len(parts)
    return rows, {BAD_LINE: bad} if bad else {}


def days(texts: pd.Series) -> pd.Series:
    """Days written ``MM/DD/YY``; NaT for what is none."""
    return pd.to_datetime(texts, format="%m/%d/%y", errors="coerce").astype("datetime64[us]")


def _parts(line: str, count: int) -> list[str] | None:
    """The fields of a line; some lines end with one more bar."""
    parts = line.split("|")
    if len(parts) == count + 1 and not parts[-1].strip():
        parts.pop()
    return parts if len(parts) == count else None


def _share(lines: list[str], count: int) -> float:
    return sum(_parts(line, count) is not None for line in lines) / max(len(lines), 1)
