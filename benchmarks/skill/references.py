"""Peers that need no learning, or one number for each lead: persistence, climatology and their blend."""

from __future__ import annotations

import numpy as np

from benchmarks.skill.history import History, Rows
from benchmarks.skill.units import Floats, Unit

HALF_WIDTH_DAYS = 15
MIN_COUNT = 10
DAYS_OF_A_YEAR = 365.25


class Persistence:
    """The value at the origin, at every lead."""

    smeared = False

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def fit(self, history: History) -> None:
        """There is nothing to learn."""

    def expect(self, history: History, rows: Rows) -> Floats:
        """The origin's value, repeated."""
        today = np.repeat(rows.at(history.values)[:, None], history.horizon, axis=1)
        return self.unit.forward(today)


class Climatology:
    """The mean of the 31 days around the target's day of the year, over the years before; see ``usual_values``."""

    smeared = False

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def fit(self, history: History) -> None:
        """There is nothing to learn: an origin has the years before it."""

    def expect(self, history: History, rows: Rows) -> Floats:
        """What is usual on each target day; the origin's value where no site has a year before it."""
        today = rows.at(history.values)[:, None]
        usual = usual_on_targets(history, rows)
        return self.unit.forward(np.where(np.isnan(usual), today, usual))


class Blend:
    """Persistence and climatology, averaged in concentration by a weight for each lead that least squares chose."""

    smeared = False

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.weights = np.ones(0)

    def fit(self, history: History) -> None:
        """The weights of persistence [horizon], within 0 and 1."""
        rows = Rows.observed(history)
        usual = usual_on_targets(history, rows)
        departure = rows.at(history.values)[:, None] - usual
        outcome = rows.targets(history) - usual
        known = np.isfinite(departure) & np.isfinite(outcome)
        products, squares = (np.where(known, part, 0.0) for part in (departure * outcome, departure**2))
        ratio = products.sum(axis=0) / np.maximum(squares.sum(axis=0), np.finfo(float).tiny)
        self.weights = np.where(known.any(axis=0), np.clip(ratio, 0.0, 1.0), 1.0)

    def expect(self, history: History, rows: Rows) -> Floats:
        """The weighted mean; the origin's value where nothing is usual."""
        today = rows.at(history.values)[:, None]
        usual = usual_on_targets(history, rows)
        blended = self.weights * today + (1.0 - self.weights) * usual
        return self.unit.forward(np.where(np.isnan(usual), today, blended))


def usual_on_targets(history: History, rows: Rows) -> Floats:
    """What is usual on each row's target days, known at its origin [n, horizon]; NaN where nothing is."""
    usual = usual_values(history)
    return np.asarray(usual[rows.site[:, None], rows.day[:, None] + np.arange(1, history.horizon + 1)])


def usual_values(history: History) -> Floats:
    """Past-only climatology [sites, days + horizon], AQS unit.

    The mean of a site's values within 15 days of the same day in every year before, the newest of them 350 days
    old, where there are at least ten; else that of its state's sites, else that of all sites.
    """
    own = _own_climatology(history)
    states = history.sites["site_id"].str[:2].to_numpy()
    for state in np.unique(states):
        own[states == state] = _filled_by_mean(own[states == state])
    return _filled_by_mean(own)


def _own_climatology(history: History) -> Floats:
    """The climatology of each site from its own years, NaN where it has too few values."""
    sites, days = history.values.shape
    total, count = np.zeros((sites, days + history.horizon)), np.zeros((sites, days + history.horizon))
    sums, counts = _window_sums(np.nan_to_num(history.values)), _window_sums(np.isfinite(history.values).astype(float))
    for back in _years_back(days + history.horizon):
        # A window that ends after the origin is never read: the shortest step back is longer than the horizon.
        reach = total.shape[1] - back
        total[:, back:] += sums[:, :reach]
        count[:, back:] += counts[:, :reach]
    enough = count >= MIN_COUNT
    return np.where(enough, total / np.maximum(count, 1.0), np.nan)


def _years_back(days: int) -> list[int]:
    """Days to the same day of each year before, as far as the record goes."""
    steps = [round(DAYS_OF_A_YEAR * year) for year in range(1, int(days / DAYS_OF_A_YEAR) + 2)]
    return [step for step in steps if step < days]


def _window_sums(filled: Floats) -> Floats:
    """The sum over the days within 15 of each day [sites, days]."""
    padded = np.pad(filled, ((0, 0), (HALF_WIDTH_DAYS + 1, HALF_WIDTH_DAYS)))
    running = np.cumsum(padded, axis=1)
    return np.asarray(running[:, 2 * HALF_WIDTH_DAYS + 1 :] - running[:, : -2 * HALF_WIDTH_DAYS - 1])


def _filled_by_mean(grid: Floats) -> Floats:
    """Missing cells as the mean of the column's others, NaN where there are none."""
    known = np.isfinite(grid)
    count = known.sum(axis=0)
    mean = np.where(count > 0, np.where(known, grid, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return np.where(known, grid, mean)
