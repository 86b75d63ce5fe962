"""Frames of a table as blocks of whole sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

SITE = "site_id"


def whole_sites(frames: Iterable[pd.DataFrame], rows: int) -> Iterator[pd.DataFrame]:
    """Frames of any length as blocks of about ``rows`` rows that part no site, at least one block.

    Args:
        frames: In the order of the table: the rows of a site stand together.
        rows: A block is that long or longer only where one site is.
    """
    held: list[pd.DataFrame] = []
    for frame in frames:
        held = [part for part in held if len(part)]
        if sum(map(len, held)) + len(frame) > rows and _parts_no_site(held, frame):
            yield stacked(held).reset_index(drop=True)
            held = []
        held.append(frame)
        while sum(map(len, held)) > rows:
            block = stacked(held)
            end = _end_of_whole_sites(block[SITE], rows)
            if end == len(block):  # all of it may be one site that goes on
                held = [block]
                break
            yield block.iloc[:end].reset_index(drop=True)
            held = [block.iloc[end:]]
    if held:
        yield stacked(held).reset_index(drop=True)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns one below the other, with the attributes of the first.

    Categories that differ become those of all, in their order as texts.
    """
    full = [frame for frame in frames if len(frame)] or list(frames[:1])
    if len(full) == 1:
        return full[0]
    texts = [name for name, dtype in full[0].dtypes.items() if isinstance(dtype, pd.CategoricalDtype)]
    joined = pd.concat([frame.drop(columns=texts) for frame in full], ignore_index=True)
    for name in texts:
        columns = [_with_text_categories(frame[name]) for frame in full]
        joined[name] = union_categoricals(columns, sort_categories=True)
    joined.attrs = dict(frames[0].attrs)
    return joined[list(full[0].columns)]


def _with_text_categories(column: pd.Series) -> pd.Series:
    """A column of categories that are texts, though it may have none."""
    categorical = column.astype("category")
    return categorical.cat.rename_categories(categorical.cat.categories.astype("str"))  # type: ignore[arg-type]


def _parts_no_site(held: Sequence[pd.DataFrame], following: pd.DataFrame) -> bool:
    """Whether a site ends with what is held, where another frame follows."""
    return bool(held) and bool(len(following)) and held[-1][SITE].iloc[-1] != following[SITE].iloc[0]


def _end_of_whole_sites(sites: pd.Series, rows: int) -> int:
    """Where to end a block of at most ``rows`` rows between two sites; where its first site ends if that is longer."""
    ends = _ends(sites.iloc[: rows + 1])
    if not len(ends):
        ends = _ends(sites)[:1]
    return int(ends[-1]) if len(ends) else len(sites)


def _ends(sites: pd.Series) -> NDArray[np.int64]:
    """The rows at which another site begins."""
    return np.flatnonzero(np.diff(pd.factorize(sites)[0])) + 1
