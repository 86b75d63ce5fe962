"""How recent forecasts fared: at which level of its distribution each observation fell, counted by day.

A calibration fixed on one year drifts in the next. So the distribution of an origin is bent towards what the frozen
model would have needed in the weeks before it: where three observations in ten fell above its 75 % quantile, that
level becomes 70 %. Counts are whole numbers, so that the sum over a window is the same to the bit whatever other days
and sites are in the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray

EDGES = np.array([0.0, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 1.0])
DAY = np.timedelta64(1, "D")

Days = NDArray[np.datetime64]
TargetDays = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class RecencyParams:
    """How far, and how readily, a distribution follows recent errors.

    ``days``: length of the window before an origin. ``prior_days``: the rolling origins of the training count as much
    as so many days of it, for the errors of one day go together. ``prior_count``: and as so many forecasts, for a few
    sites show little.
    """

    days: int = 90
    prior_days: int = 60
    prior_count: int = 20

    def weight(self, days: NDArray[np.int64], forecasts: NDArray[np.int64]) -> FloatArray:
        """What so many days of a window with so many forecasts count for beside the training, from 0 to 1."""
        return np.asarray(days / (days + self.prior_days) * forecasts / (forecasts + self.prior_count))


def window_before(origin: np.datetime64, first: np.datetime64, days: int) -> slice:
    """The rows of a table by day, the first of them ``first``, that an origin looks back on: its own day the last."""
    end = int((origin - first) / DAY) + 1
    return slice(max(end - days, 0), max(end, 0))


def by_target_day(origins: Days, known: NDArray[np.bool_]) -> tuple[np.datetime64, tuple[int, int], TargetDays]:
    """Where forecasts belong in a table by target day and lead.

    Args:
        origins: Of each forecast [n].
        known: Whether it was observed [n, H].

    Returns:
        The first day of the table, its shape, and for each known forecast its row, its lead and its day in the table.
    """
    days = origins.astype("datetime64[D]")
    first = days.min() if len(days) else np.datetime64(0, "D")
    span = int((days.max() - first) / DAY) + known.shape[1] + 1 if len(days) else 1
    row, lead = np.nonzero(known)
    return first, (span, known.shape[1]), (row, lead, ((days[row] - first) / DAY).astype(np.intp) + lead + 1)


def summed(tables: Sequence[tuple[np.datetime64, NDArray[np.int64]]]) -> tuple[np.datetime64, NDArray[np.int64]]:
    """Tables by day, each with its first day, as one: what they hold of a day is added up.

    Args:
        tables: At least one, of the same columns [days, ...].
    """
    filled = [(first, table) for first, table in tables if table.any()] or list(tables[:1])
    first = min(begin for begin, _ in filled)
    starts = [int((begin - first) / DAY) for begin, _ in filled]
    days = max(start + len(table) for start, (_, table) in zip(starts, filled, strict=True))
    total = np.zeros((days, *filled[0][1].shape[1:]), dtype=np.int64)
    for start, (_, table) in zip(starts, filled, strict=True):
        total[start : start + len(table)] += table
    return first, total


@dataclass(frozen=True, slots=True)
class Levels:
    """What each level of a distribution is worth as of an origin.

    Attributes:
        cumulative: The chance below each of ``EDGES``, by origin and lead [origins, H, 9], from 0 to 1, rising.
        of_row: The origin of each row [n].
    """

    cumulative: NDArray[np.float64]
    of_row: NDArray[np.intp]

    @classmethod
    def unbent(cls, rows: int, horizon: int) -> Self:
        """Levels that are worth what they say."""
        return cls(np.tile(EDGES, (1, horizon, 1)), np.zeros(rows, dtype=np.intp))

    def bend(self, levels: FloatArray) -> FloatArray:
        """What levels of the distribution [n, H] are worth, straight lines between the edges."""
        above = np.clip(np.searchsorted(EDGES, levels, side="left"), 1, len(EDGES) - 1)
        rows, leads = self.of_row[:, np.newaxis], np.arange(levels.shape[1])
        low, high = self.cumulative[rows, leads, above - 1], self.cumulative[rows, leads, above]
        inside = (levels - EDGES[above - 1]) / (EDGES[above] - EDGES[above - 1])
        return np.asarray(low + inside * (high - low))


@dataclass(frozen=True)
class RecentRanks:
    """Counts of observations by target day, lead and level of the distribution forecast for them.

    Attributes:
        first: The first day counted.
        counts: [days, H, 8].
    """

    first: np.datetime64
    counts: NDArray[np.int64]

    @classmethod
    def count(cls, origins: Days, levels: FloatArray) -> Self:
        """Count the levels at which observations fell.

        Args:
            origins: Of each forecast [n].
            levels: Of the observation in its distribution [n, H], NaN where not observed.
        """
        first, shape, (row, lead, day) = by_target_day(origins, np.isfinite(levels))
        counts = np.zeros((*shape, len(EDGES) - 1), dtype=np.int64)
        cell = np.clip(np.searchsorted(EDGES, levels[row, lead], side="left") - 1, 0, len(EDGES) - 2)
        np.add.at(counts, (day, lead, cell), 1)
        return cls(first, counts)

    @classmethod
    def total(cls, parts: Sequence[Self]) -> Self:
        """What several counts, of other sites each, make together."""
        return cls(*summed([(part.first, part.counts) for part in parts]))

    def levels_at(self, origins: Days, params: RecencyParams) -> Levels:
        """What each level is worth as of each origin [n]: nothing observed after it is counted."""
        days, of_row = np.unique(origins.astype("datetime64[D]"), return_inverse=True)
        cumulative = np.stack([self._cumulative(day, params) for day in days]) if len(days) else _none(self.counts)
        return Levels(cumulative, of_row.astype(np.intp))

    def _cumulative(self, origin: np.datetime64, params: RecencyParams) -> NDArray[np.float64]:
        """The chance below each edge as of one origin [H, 9]."""
        window = self.counts[window_before(origin, self.first, params.days)]
        found = window.sum(axis=0)
        total = found.sum(axis=1, keepdims=True)
        days = (window.sum(axis=2) > 0).sum(axis=0)[:, np.newaxis]
        weight = params.weight(days, total)
        shares = (1.0 - weight) * np.diff(EDGES) + weight * found / np.maximum(total, 1)
        cumulative = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
        cumulative[:, -1] = 1.0
        return np.asarray(np.minimum(cumulative, 1.0))


def _none(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.empty((0, counts.shape[1], len(EDGES)))
