"""Boosted trees that are the same wherever they are grown: in memory, from a file, or by many workers together.

XGBoost finds the edges of its bins in the rows at hand, and draws the rows of a round by their places in memory: both
depend on how the rows are divided. So the edges are those of one sample of all rows, and a row is drawn or left out by
a hash of its site and day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.design import feature_matrix

if TYPE_CHECKING:
    from xgboost import Booster, QuantileDMatrix

    from airwatch.forecasting.rows import TrainingRows

Hash = NDArray[np.uint64]
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class TreeJob:
    """What trees are grown on, and how.

    Attributes:
        columns: The features.
        sample: Rows of them in which the edges of the bins are found [m, columns].
        rounds: At each lead.
        subsample: Share of the rows that each round is shown.
        settings: XGBoost's own.
    """

    columns: tuple[str, ...]
    sample: NDArray[np.float32]
    rounds: tuple[int, ...]
    subsample: float
    settings: dict[str, Any]

    def edges(self) -> "QuantileDMatrix":
        """The edges of the bins."""
        import xgboost

        return xgboost.QuantileDMatrix(self.sample, **self._bins)

    def grow(self, rows: "TrainingRows", residuals: FloatArray, edges: "QuantileDMatrix") -> list[bytes]:
        """The trees of each lead, as XGBoost stores them; rows without a target teach nothing.

        Args:
            rows: All, or those of one worker among others.
            residuals: Of the same rows, NaN where there is no target [n, H].
            edges: From ``edges``.
        """
        keys = row_keys(rows)
        with rows.scratch() as folder:
            binned = self._binned(rows, folder, edges)
            leads = zip(residuals.T, self.rounds, strict=True)
            grown = [self._boost(binned, left, keys, rounds) for left, rounds in leads]
            del binned  # its file is closed before the folder goes
        return [bytes(booster.save_raw("ubj")) for booster in grown]

    @property
    def _bins(self) -> dict[str, int]:
        return {"nthread": self.settings["nthread"], "max_bin": self.settings["max_bin"]}

    def _binned(self, rows: "TrainingRows", folder: Path | None, edges: "QuantileDMatrix") -> "QuantileDMatrix":
        """The features in bins: in memory, or in a file under the folder."""
        import xgboost

        if folder is None:
            matrices = [feature_matrix(block, self.columns) for _, block in rows.blocks()]
            matrix = matrices[0] if matrices else np.empty((0, len(self.columns)), dtype=np.float32)
            return xgboost.QuantileDMatrix(matrix, ref=edges, **self._bins)
        from airwatch.forecasting.pages import Pages

        return xgboost.ExtMemQuantileDMatrix(Pages(rows, self.columns, folder), ref=edges, **self._bins)

    def _boost(self, binned: "QuantileDMatrix", residual: FloatArray, keys: Hash, rounds: int) -> "Booster":
        import xgboost

        return xgboost.train(self.settings, binned, rounds, obj=squared_error(residual, keys, self.subsample))


def squared_error(residual: FloatArray, keys: Hash, share: float) -> Callable[..., tuple[Any, Any]]:
    """The gradient of half the squared error, round by round; a row that is not drawn has none.

    Args:
        residual: NaN where there is no target [n].
        keys: Of the rows.
        share: Of the rows that each round is shown.
    """
    target, seen = np.nan_to_num(residual).astype(np.float32), np.isfinite(residual)
    shown = 0

    def gradient(predicted: NDArray[np.float32], binned: object) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        nonlocal shown
        drawn = (seen & is_drawn(keys, shown, share)).astype(np.float32)
        shown += 1
        return (predicted - target) * drawn, drawn

    return gradient


def row_keys(rows: "TrainingRows") -> Hash:
    """A hash of the site and the day of each row, the same on every machine."""
    site = pd.util.hash_array(rows.site_ids.to_numpy(dtype=object), categorize=True)
    return np.asarray(site ^ _mixed(rows.origins.astype(np.int64).astype(np.uint64)))


def is_drawn(keys: Hash, number: int, share: float) -> NDArray[np.bool_]:
    """Which rows a round is shown: about that share, each round others."""
    turned = _mixed(keys + np.uint64(number * int(_STEP) % 2**64))
    return np.asarray((turned >> np.uint64(11)).astype(np.float64) * 2.0**-53 < share)


def _mixed(numbers: Hash) -> Hash:
    """Each number as another that tells nothing of it (the finaliser of SplitMix64); it wraps around."""
    mixed = numbers + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
