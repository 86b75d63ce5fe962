"""Rows of the feature table as XGBoost reads what does not fit into memory: page by page, binned into a file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xgboost

from airwatch.forecasting.design import feature_matrix
from airwatch.forecasting.rows import TrainingRows


class Pages(xgboost.DataIter):  # type: ignore[misc]
    """A page for each block of the rows, without labels: the gradient knows the targets.

    Args:
        rows: They are gone through more than once: to count, and to bin.
        columns: The features.
        folder: Where the bins are kept, on a disk; about five bytes a number, or one where hardly any is missing.
    """

    def __init__(self, rows: TrainingRows, columns: Sequence[str], folder: Path) -> None:
        self._rows, self._columns = rows, columns
        self._left = rows.blocks()
        super().__init__(cache_prefix=str(folder / "bins"), on_host=False)

    def reset(self) -> None:
        """Begin again."""
        self._left = self._rows.blocks()

    def next(self, input_data: Callable[..., Any]) -> bool:
        """Hand over the next page; False where there is none left."""
        for _, block in self._left:
            input_data(data=feature_matrix(block, self._columns))
            return True
        return False
