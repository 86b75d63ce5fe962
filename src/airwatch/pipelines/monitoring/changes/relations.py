"""What a site should have observed, going by the sites around it and by how it stood to them before.

For each site a ridge regression on the anomalies of its neighbours and on the season, refitted every
``refit_days`` on the days before and asked for the days after, so that every error is one of days that the fit had not
seen. Older days count less. A site without neighbours is held against its own season alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.neighbours import distances_km, unit_vectors
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.pipelines.monitoring.changes.finding import robust_spread
from airwatch.pipelines.monitoring.params import ChangeParams
from airwatch.pipelines.monitoring.quality.surroundings import median

_FAR_SPREADS = 4.0  # from the middle of the neighbours


@dataclass(frozen=True)
class Relations:
    """Each site beside what its neighbours make of it, working unit [sites, days].

    Attributes:
        expected: What the fit expects; NaN where it says nothing.
        errors: Observed less expected.
        neighbours: How many sites each was held against [sites].
        sequence: The first column of the days that are judged: from there on the fit is not renewed.
    """

    expected: FloatArray
    errors: FloatArray
    neighbours: IntArray
    sequence: int


def relate(unit: FloatArray, places: FloatArray, first_day: np.datetime64, params: ChangeParams) -> Relations:
    """Expect each site's days from its neighbours'.

    Args:
        unit: Observations in the working unit, NaN where there is none or where none shall count [sites, days].
        places: Latitude and longitude, degrees [sites, 2]; NaN where unknown.
        first_day: Of the first column.
        params: Reach, windows and weights.
    """
    days = unit.shape[1]
    sequence = max(days - params.sequence_days, 0)
    season = _season(first_day, days)
    before = np.isfinite(unit[:, :sequence]).sum(axis=1)
    lately = np.isfinite(unit[:, sequence:]).sum(axis=1)
    total = np.where(np.isfinite(unit[:, :sequence]), unit[:, :sequence], 0.0).sum(axis=1)
    level = total / np.where(before > 0, before, np.nan)
    anomaly = unit - level[:, None]
    spread = float(np.nan_to_num(robust_spread(anomaly[:, :sequence].reshape(1, -1))[0])) or 1.0
    anomaly /= spread  # so that the penalty is the same in every unit
    points = unit_vectors(places[:, 0].tolist(), places[:, 1].tolist())
    useful = (before >= params.min_days) & (lately > 0)
    expected, neighbours = np.full_like(unit, np.nan), np.zeros(len(unit), dtype=np.int64)
    for site in map(int, np.flatnonzero(before >= params.min_days)):
        around = _neighbours(points, site, useful, params)
        neighbours[site] = len(around)
        told = _told(anomaly[around], season, sequence)
        expected[site] = level[site] + spread * _rolling(told, anomaly[site], sequence, params)
    return Relations(expected, unit - expected, neighbours, sequence)


def _season(first_day: np.datetime64, days: int) -> FloatArray:
    """The annual wave [2, days]."""
    start = (first_day - np.datetime64("2000-01-01", "D")).astype(int)
    turn = 2 * np.pi * (start + np.arange(days)) / DAYS_OF_A_YEAR
    return np.stack([np.cos(turn), np.sin(turn)])


def _neighbours(points: FloatArray, site: int, useful: NDArray[np.bool_], params: ChangeParams) -> IntArray:
    """The nearest useful sites within reach."""
    km = distances_km(points, points[site])
    near = np.flatnonzero(useful & (km <= params.reach_km) & (np.arange(len(km)) != site))
    return near[np.argsort(km[near], kind="stable")][: params.max_neighbours]


def _told(anomaly: FloatArray, season: FloatArray, sequence: int) -> FloatArray:
    """What a fit is told of each day [days, terms]: neighbours, their mean, season, one; NaN on a day of none."""
    ones = np.ones((1, season.shape[1]))
    if not len(anomaly):
        return np.concatenate([season, ones]).T
    middle = median(anomaly.T)
    apart = anomaly - middle
    far = _FAR_SPREADS * robust_spread(apart[:, :sequence].reshape(1, -1))
    held = middle + np.clip(apart, -far, far)  # a neighbour whose unit slipped must not take the site along
    known = np.isfinite(held)
    count = known.sum(axis=0)
    mean = np.where(count > 0, np.where(known, held, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    return np.concatenate([np.where(known, held, mean), mean[None], season, ones]).T


def _rolling(told: FloatArray, anomaly: FloatArray, sequence: int, params: ChangeParams) -> FloatArray:
    """What fits on earlier days expect [days]; NaN before the first one has enough days."""
    sayable = np.asarray(np.isfinite(told).all(axis=1))
    known = sayable & np.isfinite(anomaly)
    expected = np.full(len(told), np.nan)
    terms = told.shape[1]
    gram, moment, count = np.zeros((terms, terms)), np.zeros(terms), 0
    penalty = np.diag([params.ridge] * (terms - 1) + [1e-6])  # the level itself is not drawn to zero
    starts = list(range(sequence % params.refit_days, sequence, params.refit_days))
    begin = 0
    for start, end in zip([*starts, sequence], [*starts[1:], sequence, len(told)], strict=True):
        rows = np.flatnonzero(known[begin:start]) + begin
        decay = 0.5 ** ((start - rows) / params.half_life_days)
        faded = 0.5 ** ((start - begin) / params.half_life_days)
        x = told[rows]
        gram = faded * gram + (x * decay[:, None]).T @ x
        moment = faded * moment + (x * decay[:, None]).T @ anomaly[rows]
        count, begin = count + len(rows), start
        if count >= params.min_days:
            asked = np.flatnonzero(sayable[start:end]) + start
            expected[asked] = told[asked] @ np.linalg.solve(gram + penalty, moment)
    return expected
