"""Changes of instrument: each instrument of a site has a level of its own, and a new one must first show it.

A site's method or POC changes when an agency replaces a monitor, and when a second one stands in for a day. Neither
is drift. What an instrument reads is brought to the level of the site's usual one; of a new instrument the first
``cool_down_days`` tell its level and are not judged.
"""

from __future__ import annotations

import numpy as np

from airwatch.features.compiled import FloatArray
from airwatch.features.neighbours import distances_km, unit_vectors
from airwatch.pipelines.monitoring.changes.days import NO_INSTRUMENT, Days, Mask
from airwatch.pipelines.monitoring.params import ChangeParams

_LEAST = 10  # observations that tell the level of an instrument


def on_one_level(days: Days, sequence: int, params: ChangeParams) -> tuple[FloatArray, Mask]:
    """The observations of each site as if one instrument had made them all.

    Args:
        days: The sites.
        sequence: The first column that is judged.
        params: The cool-down.

    Returns:
        Working unit [sites, days], and where an instrument was too new to be judged, also for want of observations.
    """
    unit, cooling = days.unit, np.zeros(days.values.shape, dtype=bool)
    several = [row for row, codes in enumerate(days.instrument) if len(np.unique(codes[codes != NO_INSTRUMENT])) > 1]
    anomaly, points = _anomaly(unit), unit_vectors(days.places[:, 0].tolist(), days.places[:, 1].tolist())
    taken = np.zeros_like(unit)
    for row in several:
        near = distances_km(points, points[row]) <= params.reach_km
        near[row] = False
        beside = unit[row] - _mean(anomaly[near])
        taken[row] = _offsets(days.instrument[row], beside, sequence, params, cooling[row])
    return unit - taken, cooling


def _anomaly(unit: FloatArray) -> FloatArray:
    """How far each site stood above its mean [sites, days]."""
    known = np.isfinite(unit)
    count = known.sum(axis=1, keepdims=True)
    level = np.where(known, unit, 0.0).sum(axis=1, keepdims=True) / np.where(count > 0, count, np.nan)
    return np.asarray(unit - level)


def _mean(anomaly: FloatArray) -> FloatArray:
    """The mean over the sites each day [days]; zero on a day without values."""
    known = np.isfinite(anomaly)
    return np.asarray(np.where(known, anomaly, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _offsets(codes: np.ndarray, beside: FloatArray, sequence: int, params: ChangeParams, cooling: Mask) -> FloatArray:
    """What to take off each day of a site, beside the instrument of most of its days; marks where one is new."""
    taken, days = np.zeros(len(codes)), np.arange(len(codes))
    levels: dict[int, float] = {}
    numbers, counts = np.unique(codes[codes != NO_INSTRUMENT], return_counts=True)
    for code in numbers[np.argsort(-counts, kind="stable")]:
        own = (codes == code) & np.isfinite(beside)
        told = own & (days < sequence)
        if told.sum() < params.cool_down_days // 2:  # it is new: its first days tell its level
            told = own & (days < days[own].min(initial=len(days)) + params.cool_down_days)
            if levels:
                cooling |= told
        if told.sum() < _LEAST:
            cooling |= own & bool(levels)
            continue
        levels[int(code)] = float(np.median(beside[told]))
        usual = next(iter(levels.values()))
        taken[own] = levels[int(code)] - usual
    return taken
