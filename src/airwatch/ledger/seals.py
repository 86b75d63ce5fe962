"""Seals: what shows of rows, and of an issue, whether they are still what they were.

The seal of a row is a hash of it and of all rows before it, so that the first one that is not right is where something
was changed, taken out or put in; the last one is the hash of all rows. Values are hashed, not bytes of a file: the same
rows have the same seals however parquet encodes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

ROW_SEAL = "row_seal"  # the column that an issue has beyond those of its rows
ISSUE = "issue"  # where DataFrame.attrs has what is known of the issue
_SEAL_BYTES = 8  # of a row's hash, kept as a whole number


@dataclass(frozen=True)
class Issue:
    """An issue in the chain of its source.

    Attributes:
        name: Of its part of the ledger, ``<source>/<origin>/NNNN``.
        number: Its place in the chain, from 1 on.
        rows: How many it has.
        rows_hash: Of them.
        before: The hash of the issue before it, by name; of two where they were issued at the same moment, of none in
            the first.
        unchained: In the first alone: the hash of the rows of each part that was issued before there was a chain.
    """

    name: str
    number: int
    rows: int
    rows_hash: str
    before: Mapping[str, str] = field(default_factory=dict)
    unchained: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Of all that is known of it, and so of its rows and of every issue before it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def sealed(frame: pd.DataFrame, name: str, before: Mapping[str, Issue], unchained: Mapping[str, str]) -> pd.DataFrame:
    """The rows of an issue with their seals, and what is known of it in ``attrs``.

    Args:
        frame: Its rows.
        name: Of its part.
        before: The newest issues of the chain, by name; none where it begins here.
        unchained: What ``Issue`` says.
    """
    seals, rows_hash = row_seals(frame)
    number = 1 + max((issue.number for issue in before.values()), default=0)
    known = {other: issue.hash for other, issue in sorted(before.items())}
    issue = Issue(name, number, len(frame), rows_hash, known, dict(unchained))
    marked = frame.assign(**{ROW_SEAL: seals})
    marked.attrs = {**frame.attrs, ISSUE: {**asdict(issue), "hash": issue.hash}}
    return marked


def issue_of(attrs: Mapping[Any, Any]) -> tuple[Issue, str] | None:
    """An issue and the hash it was given, as ``attrs`` have them; None for a part that is not in a chain."""
    known = attrs.get(ISSUE)
    if not isinstance(known, Mapping):
        return None
    told = dict(known)
    given = str(told.pop("hash", ""))
    try:
        return Issue(**told), given
    except TypeError:  # of another version, or of somebody who does not know what belongs there
        return None


def plain_rows(part: pd.DataFrame) -> pd.DataFrame:
    """The rows of a part as they were issued, without their seals."""
    rows = part.drop(columns=ROW_SEAL, errors="ignore")
    rows.attrs = {key: value for key, value in part.attrs.items() if key != ISSUE}
    return rows


def row_seals(frame: pd.DataFrame) -> tuple[NDArray[np.int64], str]:
    """The seal of each row [n], and the hash of them all."""
    columns = sorted(str(name) for name in frame.columns if name != ROW_SEAL)
    kinds = {name: _kind(frame[name]) for name in columns}
    last = hashlib.blake2b(json.dumps(kinds).encode(), digest_size=32).digest()
    seals = np.empty(len(frame), dtype=np.int64)
    for number, row in enumerate(_rows(frame, kinds)):
        last = hashlib.blake2b(last + row, digest_size=32).digest()
        seals[number] = int.from_bytes(last[:_SEAL_BYTES], "little", signed=True)
    return seals, last.hex()


def _kind(column: pd.Series) -> str:
    """How the values of a column are hashed; it does not hang on how many bytes they are stored in."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return "time"
    if is_float_dtype(column.dtype):
        return "number"
    if is_bool_dtype(column.dtype) or is_integer_dtype(column.dtype):
        return "whole number"
    return "text"


def _rows(frame: pd.DataFrame, kinds: Mapping[str, str]) -> Iterator[bytes]:
    """The bytes of each row: its numbers, then its texts."""
    numbers = [_as_integers(frame[name], kind) for name, kind in kinds.items() if kind != "text"]
    texts = [_as_bytes(frame[name]) for name, kind in kinds.items() if kind == "text"]
    width, whole = 8 * len(numbers), np.column_stack(numbers).tobytes() if numbers else b""
    for row, words in enumerate(zip(*texts, strict=True) if texts else [()] * len(frame)):
        yield whole[row * width : (row + 1) * width] + b"".join(words)


def _as_integers(column: pd.Series, kind: str) -> NDArray[np.int64]:
    """Times in microseconds, floats by their bits, of which a zero and a missing value have one pattern each [n]."""
    if kind == "time":
        times = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
        return times.to_numpy(dtype="datetime64[us]").astype("<i8")
    if kind == "number":
        values = column.to_numpy(dtype="<f8", na_value=np.nan) + 0.0  # of two zeros one
        return np.where(np.isnan(values), np.nan, values).astype("<f8").view("<i8")
    return column.to_numpy(dtype="<i8")


def _as_bytes(column: pd.Series) -> list[bytes]:
    """Texts with their lengths, so that no two rows run together alike."""
    known = {text: _with_length(text) for text in column.unique()}
    return [known[text] for text in column]


def _with_length(text: Any) -> bytes:
    if not isinstance(text, str):
        return b"\xff" * 4  # missing
    content = text.encode()
    return len(content).to_bytes(4, "little") + content
