"""Text columns of many rows and few values, as small integers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NOT_LISTED = -1


@dataclass(frozen=True, slots=True)
class Labels:
    """A text column: ``codes`` [rows] number the ``values``, which are sorted; -1 is a missing text."""

    codes: NDArray[np.int64]
    values: tuple[str, ...]

    @classmethod
    def of(cls, column: pd.Series) -> Labels:
        """Number the texts of a column, categorical or not."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            categories = np.asarray(column.cat.categories, dtype=object)
            order = np.argsort(categories)
            renumbered = np.append(np.argsort(order), NOT_LISTED)  # the last one serves code -1
            return cls(renumbered[column.cat.codes.to_numpy()], tuple(categories[order]))
        codes, values = pd.factorize(column.to_numpy(dtype=object), sort=True)
        return cls(np.asarray(codes, dtype=np.int64), tuple(values))

    def among(self, texts: Collection[str]) -> NDArray[np.bool_]:
        """Whether each row's text is one of the given ones; a missing text is none of them."""
        return np.array([*(value in texts for value in self.values), False])[self.codes]

    def ranks(self, preferred: Sequence[str | None]) -> NDArray[np.int64]:
        """The place of each row's text in a list of preference, from 0; -1 where it is not listed."""
        places = {value: place for place, value in reversed(list(enumerate(preferred)))}
        return np.array([places.get(value, NOT_LISTED) for value in (*self.values, None)])[self.codes]

    def mapped(self, change: Callable[[str | None], str | None]) -> Labels:
        """The column with each text changed."""
        changed = [change(value) for value in (*self.values, None)]
        values = sorted({value for value in changed if value is not None})
        number = {value: code for code, value in enumerate(values)}
        codes = np.array([NOT_LISTED if value is None else number[value] for value in changed])
        return Labels(codes[self.codes], tuple(values))

    def texts(self, rows: NDArray[np.int64]) -> pd.Series:
        """The texts of some rows."""
        lookup = pd.Series([*self.values, None], dtype="str")
        return lookup.iloc[self.codes[rows]].reset_index(drop=True)
