"""The block bootstrap: what a score could have been, had other stretches of days been drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIDDLE = (0.05, 0.95)


class BlockBootstrap:
    """Draws blocks with replacement: as many as there are, the same draws for the same number of blocks.

    Errors of near days and sites go together, so that whole blocks of days are drawn, with all their rows.
    """

    def __init__(self, draws: int, seed: int) -> None:
        self._draws, self._seed = draws, seed
        self._counts: dict[int, NDArray[np.float64]] = {}

    def ratios(
        self, blocks: NDArray[np.int64], above: NDArray[np.float64], below: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The middle 90 % of ratios of two sums over rows.

        Args:
            blocks: Number of each row's block [n].
            above: What is summed above the line, for each ratio [k, n].
            below: What is summed below it, not negative [k, n].

        Returns:
            The 5th and 95th percentile of each ratio [2, k], of the samples in which there is something below the
            line; NaN where there is none, or with fewer than two blocks.
        """
        place = blocks - blocks.min() if blocks.size else blocks
        present = np.bincount(place) > 0
        if present.sum() < 2:
            return np.full((2, len(above)), np.nan)
        sums = np.array([np.bincount(place, weights=row)[present] for row in (*above, *below)])
        drawn = (sums @ self._drawn(sums.shape[1])).reshape(2, len(above), -1)
        known = drawn[1] > 0
        ratios = np.where(known, drawn[0], np.nan) / np.where(known, drawn[1], 1.0)
        return _percentiles(ratios)

    def _drawn(self, blocks: int) -> NDArray[np.float64]:
        """How often each block is in each sample [blocks, draws]."""
        if blocks not in self._counts:
            even = np.full(blocks, 1.0 / blocks)
            counts = np.random.default_rng(self._seed).multinomial(blocks, even, size=self._draws)
            self._counts[blocks] = counts.T.astype(np.float64)
        return self._counts[blocks]


def _percentiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The percentiles of ``MIDDLE`` in each row [2, k], of the members that are known; NaN where none is."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    last = np.maximum((~np.isnan(ordered)).sum(axis=1) - 1, 0)
    row = np.arange(len(ordered))
    ends = []
    for share in MIDDLE:
        position = share * last
        before = position.astype(np.int64)
        low, high = ordered[row, before], ordered[row, np.minimum(before + 1, last)]
        ends.append(low + (position - before) * (high - low))
    return np.array(ends)
