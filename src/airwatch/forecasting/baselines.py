"""Forecasts that need no model: what every candidate has to beat."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.design import climatology_of_targets, column, first_known
from airwatch.forecasting.rows import Features, as_rows


@dataclass
class Baseline(ABC):
    """A rule that names what to expect; the median of the training targets is its last resort."""

    transform: Transform
    medians: FloatArray = field(default_factory=lambda: np.zeros(0))
    name: ClassVar[str]
    predicts_mean: ClassVar[bool] = True

    @abstractmethod
    def expect(self, features: pd.DataFrame, horizon: int) -> FloatArray:
        """What to expect at each lead, AQS unit [n, horizon]; NaN where the rule has no answer."""

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Learn the horizon and the last resort."""
        self.medians = training_medians(targets_t)
        return self

    def predict(self, features: pd.DataFrame) -> FloatArray:
        """Predictions in the working unit [n, H], never NaN."""
        expected = self.expect(features, len(self.medians))
        return first_known(self.transform.forward(expected), self.medians)


class Persistence(Baseline):
    """The coming days as the day of the origin, at every lead.

    Where that day was not observed, the newest value before it; then the climatology of the target day.
    """

    name = "persistence"

    def expect(self, features: pd.DataFrame, horizon: int) -> FloatArray:
        """The value at the origin, repeated."""
        newest = first_known(column(features, "value_lag_00"), column(features, "value_last"))
        return first_known(newest[:, np.newaxis], climatology_of_targets(features, horizon))


class Climatology(Baseline):
    """The usual value of the target's day of the year, from the years before the origin.

    Where a site has none, its newest value.
    """

    name = "climatology"

    def expect(self, features: pd.DataFrame, horizon: int) -> FloatArray:
        """The climatology of each target day."""
        newest = column(features, "value_last")
        return first_known(climatology_of_targets(features, horizon), newest[:, np.newaxis])


@dataclass
class Blend(Baseline):
    """Persistence and climatology, mixed at each lead as erred least on the training rows.

    Attributes:
        shares: What persistence counts for at each lead [H], from zero to one.
    """

    shares: FloatArray = field(default_factory=lambda: np.zeros(0))
    name = "blend"

    def fit(self, features: Features, targets_t: FloatArray) -> Self:
        """Learn the shares, by least squares in the AQS unit."""
        super().fit(features, targets_t)
        places, rows = as_rows(features).sample()
        targets = self.transform.inverse(targets_t[places])
        usual, newest = self._parts(rows, targets.shape[1])
        apart, gain = newest - usual, targets - usual
        known = np.isfinite(apart) & np.isfinite(gain)
        above = np.sum(np.where(known, apart * gain, 0.0), axis=0)
        below = np.sum(np.where(known, apart * apart, 0.0), axis=0)
        self.shares = np.clip(np.divide(above, below, out=np.zeros_like(above), where=below > 0), 0.0, 1.0)
        return self

    def expect(self, features: pd.DataFrame, horizon: int) -> FloatArray:
        """The mixture; where one of the two is unknown, the other."""
        usual, newest = self._parts(features, horizon)
        return first_known(usual + self.shares * (newest - usual), newest, usual)

    def _parts(self, features: pd.DataFrame, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Climatology and persistence, AQS unit [n, horizon]."""
        newest = first_known(column(features, "value_lag_00"), column(features, "value_last"))
        return climatology_of_targets(features, horizon), np.repeat(newest[:, np.newaxis], horizon, axis=1)


def training_medians(targets_t: FloatArray) -> FloatArray:
    """The median target of each lead [H]; of all leads where one has none, 0 where there is none at all."""
    observed = targets_t[np.isfinite(targets_t)]
    overall = float(np.median(observed)) if observed.size else 0.0
    by_lead = [lead[np.isfinite(lead)] for lead in targets_t.T]
    return np.array([np.median(lead) if lead.size else overall for lead in by_lead], dtype=np.float64)
