"""What a test of drift has found, and the spread that tests are measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from airwatch.features.compiled import FloatArray

Kind = Literal["input", "residual", "site"]
AREA = "area"  # the scope of what is about all of the area

BLOCK_DAYS = 28  # means of so many days tell how far things wander while nothing is wrong
_LEAST_BLOCKS = 5
_LEAST_OF_A_BLOCK = 3
_SPREAD_OF_NORMAL = 1.4826  # standard deviations in a median absolute deviation of normal numbers


@dataclass(frozen=True, slots=True)
class Tested:
    """One test of one site, region or area.

    Attributes:
        kind: What was looked at.
        scope: A site id, a state, or ``AREA``.
        test: Its name.
        statistic: What was found; NaN where nothing could be judged.
        limit: From where on it is drift.
        since: The day on which it seems to have begun; None where there is no drift.
        note: In words: what is wrong, or why nothing could be judged.
    """

    kind: Kind
    scope: str
    test: str
    statistic: float
    limit: float
    since: pd.Timestamp | None
    note: str

    @property
    def drifted(self) -> bool:
        """Whether the limit is passed."""
        return bool(abs(self.statistic) > self.limit)


def robust_spread(errors: FloatArray) -> FloatArray:
    """The standard deviation of each row, by its median absolute deviation from zero; NaN in an empty row."""
    if not errors.shape[1]:
        return np.full(len(errors), np.nan)
    known = np.isfinite(errors)
    ordered = np.sort(np.where(known, np.abs(errors), np.inf), axis=1)
    count = known.sum(axis=1)
    middle = ordered[np.arange(len(errors)), np.maximum(count - 1, 0) // 2]
    return np.where(count > 0, _SPREAD_OF_NORMAL * middle, np.nan)


def long_run_spread(errors: FloatArray) -> FloatArray:
    """The spread that makes sums of errors over weeks look like sums of independent ones, by row; NaN for too few.

    Errors of neighbouring days, and of neighbouring months, go together: a site's relation to its neighbours wanders
    while no instrument is at fault. The means of ``BLOCK_DAYS`` show by how much. No row has less than its own daily
    spread, for independent errors have that.
    """
    blocks = errors.shape[1] // BLOCK_DAYS
    cut = errors[:, errors.shape[1] - blocks * BLOCK_DAYS :].reshape(len(errors), blocks, BLOCK_DAYS)
    known = np.isfinite(cut)
    count = known.sum(axis=2)
    use = count >= _LEAST_OF_A_BLOCK
    mean = np.where(known, cut, 0.0).sum(axis=2) / np.maximum(count, 1)
    number = use.sum(axis=1)
    wander = np.sqrt((np.where(use, mean**2 * count, 0.0)).sum(axis=1) / np.maximum(number, 1))
    seen = np.isfinite(errors)
    daily = np.sqrt((np.where(seen, errors, 0.0) ** 2).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))
    return np.where(number >= _LEAST_BLOCKS, np.maximum(wander, daily), np.nan)
