"""What all stored tables have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

SITE_ID = r"^[0-9A-Z]{2}-[0-9]{3}-[0-9]{4}$"


class Table(pa.DataFrameModel):
    """What all tables have in common: known columns, and a key that is unique and sorted."""

    class Config:
        """Types are brought about where they can be; a column too many is a mistake of ours."""

        strict = True
        coerce = True

    @pa.dataframe_check(error="the key is sorted")
    @classmethod
    def _key_is_sorted(cls, frame: pd.DataFrame) -> bool:
        decided = np.zeros(max(len(frame) - 1, 0), dtype=bool)
        for name in (name for name in cls.to_schema().unique or [] if name in frame):
            column = frame[name]
            if isinstance(column.dtype, pd.CategoricalDtype):  # by their texts, whatever the order of the categories
                column = column.cat.reorder_categories(sorted(column.cat.categories))
            step = np.diff(pd.factorize(column, sort=True)[0])  # a missing value is -1, so it comes first
            if (step[~decided] < 0).any():
                return False
            decided |= step > 0
        return True
