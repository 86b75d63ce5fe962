"""How recent forecasts fared in sum: what was observed beside what had been forecast, counted by day.

Some years are dirtier than those of the training, and some seasons cleaner. Ranks, which count a slightly wrong day
like a very wrong one, move the middle of a distribution and say little of its mean, so the mean follows the sums.
Concentrations are summed in whole millionths of the AQS unit, so that a window adds up to the same bits whatever other
days and sites are in the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.ranks import Days, RecencyParams, by_target_day, summed, window_before

MILLIONTHS = 1e6
BOUNDS = 0.5, 2.0  # what goes beyond them is an instrument or a fire, and no season


@dataclass(frozen=True)
class RecentSums:
    """Sums over sites by target day and lead.

    Attributes:
        first: The first day.
        observed, forecast: Sums of concentrations, in millionths of the AQS unit [days, H].
        forecasts: How many they are sums of [days, H].
    """

    first: np.datetime64
    observed: NDArray[np.int64]
    forecast: NDArray[np.int64]
    forecasts: NDArray[np.int64]

    @classmethod
    def count(cls, origins: Days, observed: FloatArray, means: FloatArray) -> Self:
        """Sum up.

        Args:
            origins: Of each forecast [n].
            observed: AQS unit [n, H], NaN where not observed; counted as 0 where negative, as means are.
            means: What had been forecast, AQS unit [n, H].
        """
        first, shape, (row, lead, day) = by_target_day(origins, np.isfinite(observed))
        sums = np.zeros((3, *shape), dtype=np.int64)
        seen, mean = np.maximum(observed[row, lead], 0.0), means[row, lead]
        for total, values in zip(sums, (_whole(seen), _whole(mean), np.ones(len(row), np.int64)), strict=True):
            np.add.at(total, (day, lead), values)
        return cls(first, *sums)

    @classmethod
    def total(cls, parts: Sequence[Self]) -> Self:
        """What several sums, of other sites each, make together."""
        stacked = [(part.first, np.stack([part.observed, part.forecast, part.forecasts], axis=1)) for part in parts]
        first, total = summed(stacked)
        return cls(first, *np.moveaxis(total, 1, 0))

    def ratio_at(self, origins: Days, params: RecencyParams) -> FloatArray:
        """By what to multiply the mean as of each origin [n, H]: nothing observed after it is counted."""
        days, of_row = np.unique(origins.astype("datetime64[D]"), return_inverse=True)
        by_day = [self._ratio(day, params) for day in days]
        return np.array(by_day).reshape(len(days), self.observed.shape[1])[of_row]

    def _ratio(self, origin: np.datetime64, params: RecencyParams) -> FloatArray:
        """The ratio as of one origin [H]."""
        window = window_before(origin, self.first, params.days)
        observed, forecast = self.observed[window].sum(axis=0), self.forecast[window].sum(axis=0)
        forecasts = self.forecasts[window]
        weight = params.weight((forecasts > 0).sum(axis=0), forecasts.sum(axis=0))
        known = forecast > 0
        return np.where(known, 1.0 + weight * (np.clip(observed / np.where(known, forecast, 1), *BOUNDS) - 1.0), 1.0)


def _whole(values: FloatArray) -> NDArray[np.int64]:
    return np.asarray(np.rint(values * MILLIONTHS), dtype=np.int64)
