"""What a site's own readings give away: a value that does not move any more, readings below zero in a row."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.watch import Watch, runs

_LEAST_NEAR = 30  # values at a level, to tell from how often two in a row are equal there


def find_stuck(watch: Watch) -> Iterator[Finding]:
    """Sites of the area that gave the same value more often in a row than rounding explains at that level.

    Rounding explains a run whose chance, going by how often values of the site's own past at that level were followed
    by an equal one (any values, at a level it had not reached), is that of one false alarm in ``stuck_years`` years of
    samples; and any run up to ``stuck_margin`` times as long as the site has shown before.
    """
    for row in watch.active:
        columns = np.flatnonzero(watch.seen[row])
        values = watch.values[row, columns]
        equal = runs(np.diff(values) == 0)
        equal[:, 1] += 1  # from pairs to values
        long = equal[:, 1] - equal[:, 0] + 1 >= watch.params.stuck_samples
        for begin, end in equal[long & (columns[equal[:, 1]] >= watch.recent_at[row])]:
            limit = _longest_by_rounding(values[:begin], values[begin], watch)
            length = int(end - begin + 1)
            if length > limit:
                since, until = int(columns[begin]), int(columns[end])
                note = f"{_reading(values[begin], watch)} on {length} samples in a row."
                yield Finding(int(row), "stuck", since, until, length, limit, note)


def find_negative(watch: Watch) -> Iterator[Finding]:
    """Sites of the area with more readings below zero in a row than a zero that drifts a little gives.

    Small ones are legal: their median must lie below ``negative_depth`` of what is still plausible (``POLLUTANTS``).
    """
    limit = watch.params.negative_samples
    depth = watch.params.negative_depth * POLLUTANTS[watch.pollutant].lowest_plausible
    for row in watch.active:
        columns = np.flatnonzero(watch.seen[row])
        values = watch.values[row, columns]
        for begin, end in runs(values < 0):
            length = int(end - begin + 1)
            if length > limit and columns[end] >= watch.recent_at[row] and np.median(values[begin : end + 1]) < depth:
                lowest = _reading(values[begin : end + 1].min(), watch)
                note = f"{length} samples in a row below zero, down to {lowest}."
                yield Finding(int(row), "negative", int(columns[begin]), int(columns[end]), length, limit, note)


def _longest_by_rounding(past: FloatArray, value: float, watch: Watch) -> int:
    """The longest run of a value that is no fault."""
    equal = np.diff(past) == 0
    near = np.abs(past - value) <= watch.params.stuck_nearness * max(abs(float(value)), _step(past))
    alike = near[:-1] if near[:-1].sum() >= _LEAST_NEAR else np.ones(len(equal), dtype=bool)  # a level not seen before
    chance = (int((equal & alike).sum()) + 0.5) / (int(alike.sum()) + 1.0)
    samples = watch.params.stuck_years * 365
    explained = 1 + math.ceil(math.log(samples) / -math.log(chance))
    shown = math.ceil(watch.params.stuck_margin * _longest(equal, near))
    return max(explained, watch.params.stuck_samples - 1, shown)


def _longest(equal: np.ndarray, near: np.ndarray) -> int:
    """The longest run of equal values among those that are near; none where no two are equal."""
    stretches: IntArray = runs(equal & near[:-1]) if len(equal) else np.empty((0, 2), np.int64)
    return int((stretches[:, 1] - stretches[:, 0] + 2).max(initial=0))


def _step(past: FloatArray) -> float:
    """The least distance of different values, the step of their rounding."""
    distances = np.diff(np.unique(past))
    return float(distances.min(initial=math.inf)) if len(distances) else 0.0


def _reading(value: float, watch: Watch) -> str:
    """A value with its unit."""
    return f"{value:.4g} {POLLUTANTS[watch.pollutant].unit}"
