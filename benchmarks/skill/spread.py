"""The distribution around a peer's expectation: the residuals of days that it had not learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from airwatch.domain.aqi import exceedance_concentration
from airwatch.scores import QUANTILES
from benchmarks.skill.history import History, Rows
from benchmarks.skill.method import CHANCES, FORECAST_COLUMNS, WARNING
from benchmarks.skill.units import Floats, Unit

LEVELS = np.linspace(0.0, 1.0, 401)
CUTS = np.linspace(0.02, 0.98, 49)


@dataclass(frozen=True, slots=True)
class Spread:
    """Residuals (observed minus expected, in ``unit``) by lead, as a quantile function with straight lines.

    Attributes:
        unit: What expectations and residuals are in.
        residuals: At ``LEVELS`` [horizon, 401], rising.
    """

    unit: Unit
    residuals: Floats

    @classmethod
    def fit(cls, unit: Unit, expected: Floats, targets: Floats) -> Spread:
        """Learn from expectations [n, horizon] in ``unit`` and observations in the AQS unit, NaN where none."""
        gaps = unit.forward(targets) - expected
        return cls(unit, np.stack([np.quantile(gap[np.isfinite(gap)], LEVELS) for gap in gaps.T]))

    def quantiles(self, expected: Floats) -> Floats:
        """At the levels of ``QUANTILES``, AQS unit [n, horizon, 7]."""
        places = np.rint(np.array(list(QUANTILES.values())) * (len(LEVELS) - 1)).astype(int)
        return self.unit.inverse(expected[:, :, None] + self.residuals[:, places])

    def mean(self, expected: Floats) -> Floats:
        """Duan's smearing estimate: the mean concentration over the residuals [n, horizon]."""
        cells = (self.residuals[:, 1:] + self.residuals[:, :-1]) / 2.0
        total = np.zeros(expected.shape)
        for cell in cells.T:
            total += self.unit.inverse(expected + cell)
        return np.asarray(total / cells.shape[1])

    def chance_above(self, expected: Floats, concentration: float) -> Floats:
        """The chance that the day reaches a concentration (AQS unit) [n, horizon]."""
        needed = self.unit.forward(np.array([concentration])) - expected
        below = [np.interp(lead, grid, LEVELS) for lead, grid in zip(needed.T, self.residuals, strict=True)]
        return 1.0 - np.column_stack(below)


def best_cuts(chances: Floats, events: Floats) -> Floats:
    """The cut of each lead [horizon] whose warnings had the best CSI.

    Args:
        chances: [n, horizon].
        events: 1 where the day exceeded, 0 where not, NaN where it was not observed [n, horizon].
    """
    hits = np.stack([np.nansum((chances >= cut) * events, axis=0) for cut in CUTS])
    alarms = np.stack([((chances >= cut) & np.isfinite(events)).sum(axis=0) for cut in CUTS])
    csi = hits / np.maximum(alarms + np.nansum(events, axis=0) - hits, 1.0)
    return np.asarray(CUTS[csi.argmax(axis=0)])


def exceeded(targets: Floats, concentration: float) -> Floats:
    """1 where the target reached a concentration, 0 where not, NaN where it was not observed."""
    return np.where(np.isfinite(targets), targets >= concentration, np.nan)


def table_of(
    history: History, rows: Rows, spread: Spread, expected: Floats, mean: Floats, pollutant: str, cuts: Floats
) -> pd.DataFrame:
    """The forecasts as every method gives them, from what is expected [n, horizon]."""
    n, leads = expected.shape
    chances = {aqi: spread.chance_above(expected, exceedance_concentration(pollutant, aqi)) for aqi in CHANCES}
    keys = {
        "site_id": np.repeat(history.sites["site_id"].to_numpy()[rows.site], leads),
        "origin_date": np.repeat(history.days.to_numpy()[rows.day], leads),
        "lead_days": np.tile(np.arange(1, leads + 1), n),
    }
    quantiles = spread.quantiles(expected).reshape(-1, len(QUANTILES))
    said = {
        "mean": mean.ravel(),
        **dict(zip(QUANTILES, quantiles.T, strict=True)),
        **{name: chances[aqi].ravel() for aqi, name in CHANCES.items()},
        WARNING: (chances[100] >= cuts).ravel(),
    }
    return pd.DataFrame({**keys, **said})[FORECAST_COLUMNS]
