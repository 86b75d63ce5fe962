"""How uncertain a place and a day are: the size of error to expect, from the row itself.

Air is easier to forecast in a calm week than in a changeable one, at a site far from smoke than under it. The size of
the error is learned from a linear forecast on the same rows, whose few coefficients leave it hardly smaller on the
training rows than on others; how much wider or narrower a candidate's own errors are is for the calibration.

A day ahead the forecast itself tells most of it: there the local size is drawn towards the usual one, and multiplied by
the width that errors have at the level forecast. Its full weight gives intervals 1 to 3 % wider that cover no more.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.linear import RidgeByLead, row_products, solve_by_lead
from airwatch.forecasting.rows import Features, as_rows
from airwatch.forecasting.terms import SEASON, standardised_by

ALPHA = 0.004  # for each row, as the ridge's
LEAST_SHARE = 0.1  # of the median error, added to every error before its logarithm: a hit is luck, not certainty;
# and of the width of all errors, below which no level narrows them
LIMITS = (0.002, 0.99)  # quantiles of the training's spread; beyond them it is not believed
LOCAL_SHARE = 0.8  # at the first lead, of the distance of the logarithm from its median over the training
# Quantiles of the forecast at which the width is taken, each over the rows between its two neighbours.
KNOTS = np.array([0.03, 0.10, 0.25, 0.50, 0.75, 0.90, 0.97, 0.99])
LEAST_ROWS = 2000  # with fewer the outermost widths rest on a handful of days
SQUARED = (
    "level",
    "spread_07",
    "spread_28",
    "step_14",
    "step_60",
    "near_spread_00",
    "value_mean_03",
    "value_mean_90",
    "missing_28",
    "history_days",
    "days_since_last",
    "region_00",
    "network_00",
    "smoke_share_00",
)
ALONE = ("weekday_", "holiday_", "fireworks_", *SEASON, "latitude", "longitude")


@dataclass
class LocalSpread:
    """The size of the error of each row and lead, in the working unit.

    Attributes:
        ridge: The linear forecast whose errors it was learned from.
        chosen: Which of the ridge's terms it uses, and which of those squared too.
        coefficients, intercepts: Of the logarithm of the error [2 T', H], [H].
        limits: Lowest and highest logarithm believed, by lead [2, H].
        usual: Its median over the training at the first lead.
        levels, widths: Of the first lead: forecasts of the ridge, rising, and the width of the errors there beside that
            of all [K].
    """

    ridge: RidgeByLead
    chosen: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    squared: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    coefficients: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    intercepts: FloatArray = field(default_factory=lambda: np.zeros(0))
    limits: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    usual: float = 0.0
    levels: FloatArray = field(default_factory=lambda: np.zeros(1))
    widths: FloatArray = field(default_factory=lambda: np.ones(1))

    @classmethod
    def fit(cls, ridge: RidgeByLead, features: Features, targets_t: FloatArray) -> Self:
        """Learn from the errors of a fitted ridge on the rows it was fitted on, or on a sample of them.

        Args:
            ridge: Fitted.
            features: Its training rows [n].
            targets_t: Working unit [n, H], NaN where not observed.
        """
        assert ridge.terms is not None
        places, sample = as_rows(features).sample()
        targets_t = targets_t[places].astype(np.float64, copy=False)
        terms, names = ridge.terms.build(sample)
        spread = cls(ridge, *_choose(names))
        matrix, used = spread._matrix(terms), spread._names(names)
        predicted = ridge.limited(row_products(terms, ridge.coefficients, ridge.intercepts))
        errors = np.abs(targets_t - predicted)
        logs = np.log(errors + np.maximum(LEAST_SHARE * np.nanmedian(errors, axis=0), 1e-9))
        _, scale = standardised_by(matrix)
        spread.coefficients, spread.intercepts = solve_by_lead([(matrix, logs)], used, scale, ALPHA)
        fitted = row_products(matrix, spread.coefficients, spread.intercepts)
        spread.limits, spread.usual = np.quantile(fitted, LIMITS, axis=0), float(np.median(fitted[:, 0]))
        standardised = (targets_t - predicted)[:, 0] / spread._local(fitted)[:, 0]
        spread.levels, spread.widths = _width_by_level(predicted[:, 0], standardised)
        return spread

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """The size of the error to expect, working unit [n, H], positive."""
        assert self.ridge.terms is not None
        terms = self.ridge.terms.build(features)[0]
        local = self._local(row_products(self._matrix(terms), self.coefficients, self.intercepts))
        first = row_products(terms, self.ridge.coefficients[:, :1], self.ridge.intercepts[:1])
        local[:, 0] *= np.interp(first[:, 0], self.levels, self.widths)
        return local

    def _local(self, logs: FloatArray) -> FloatArray:
        """The size of the error but for the width at the level forecast [n, H]."""
        believed = np.clip(logs, *self.limits)
        believed[:, 0] = self.usual + LOCAL_SHARE * (believed[:, 0] - self.usual)
        return np.exp(believed)

    def _matrix(self, terms: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.column_stack([terms[:, self.chosen], terms[:, self.squared] ** 2])

    def _names(self, names: list[str]) -> list[str]:
        return [*(names[i] for i in self.chosen), *(f"{names[i]}*{names[i]}" for i in self.squared)]


def _choose(names: list[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of the terms that tell of uncertainty, and of those that enter squared too."""
    squared = [i for i, name in enumerate(names) if name in SQUARED]
    alone = [i for i, name in enumerate(names) if name.startswith(ALONE) and not name.endswith("*place")]
    return np.array(sorted([*squared, *alone]), dtype=np.intp), np.array(squared, dtype=np.intp)


def _width_by_level(levels: FloatArray, standardised: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How wide the errors lie about forecasts of a level: the levels [K] and the widths there [K]."""
    seen = np.flatnonzero(np.isfinite(standardised))
    if len(seen) < LEAST_ROWS:
        return np.zeros(1), np.ones(1)
    ordered = standardised[seen[np.argsort(levels[seen], kind="stable")]]
    edges = (len(seen) * np.concatenate([[0.0], KNOTS, [1.0]])).astype(np.intp)
    pieces = [ordered[start:end] for start, end in zip(edges[:-2], edges[2:], strict=True)]
    widths = np.array([np.subtract(*np.quantile(piece, (0.9, 0.1))) for piece in (ordered, *pieces)])
    whole, own = max(widths[0], 1e-9), widths[1:]
    return np.quantile(levels[seen], KNOTS), np.maximum(own / whole, LEAST_SHARE)
