"""What the sites around give away: a reading that none of them shares, and units that slipped.

The median of the neighbours is taken, not a fit to them as in ``relations``: a fault of one neighbour must not become
a finding at the site, and what is asked here is whether a single day can be true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.neighbours import distances_km, unit_vectors
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.watch import Mask, Watch, runs

_YEAR = 365
_SPREAD_OF_NORMAL = 1.4826  # standard deviation over median absolute deviation
_LEAST_SAME_WEEKS = 20  # samples of the same weeks of earlier years that make a level
_LEAST_OF_A_YEAR = 60  # days beside neighbours, to know what is usual there
_THOUSAND = 2.0  # a ratio within this factor of 1,000 is called so


@dataclass(frozen=True)
class Surroundings:
    """The sites beside those around them: the days in question, and a year before them."""

    watch: Watch

    @cached_property
    def begin(self) -> int:
        """The first column that is looked at."""
        return max(self.watch.recent - _YEAR, 0)

    @cached_property
    def past(self) -> int:
        """How many of the columns looked at lie before the recent days, and tell what is usual."""
        return max(self.watch.recent, 0) - self.begin

    @cached_property
    def level(self) -> FloatArray:
        """The median of each site's year before the recent days, working unit [sites]."""
        return median(self.watch.unit[:, self.begin : self.begin + self.past].astype(np.float64))

    @cached_property
    def anomaly(self) -> FloatArray:
        """What lies above it [sites, days]."""
        return np.asarray(self.watch.unit[:, self.begin :] - self.level[:, None], dtype=np.float64)

    @cached_property
    def usual(self) -> FloatArray:
        """Each site's median of the same weeks of earlier years, else of the year before, AQS unit [sites]."""
        watch = self.watch
        weeks = watch.years_before(max(watch.recent, 0), watch.through, watch.params.margin_days)
        same = np.concatenate([watch.values[:, :0], *(watch.values[:, week] for week in weeks)], axis=1)
        year = median(watch.values[:, self.begin : self.begin + self.past].astype(np.float64))
        enough = np.isfinite(same).sum(axis=1) >= _LEAST_SAME_WEEKS
        return np.where(enough, median(same.astype(np.float64)), year)

    @cached_property
    def ratio(self) -> FloatArray:
        """Each day as a multiple of what is usual [sites, days]; NaN where that is not above zero."""
        usual = np.where(self.usual > 0, self.usual, np.nan)
        return np.asarray(self.watch.values[:, self.begin :] / usual[:, None], dtype=np.float64)

    def around(self, row: int) -> IntArray:
        """The rows of the nearest sites within reach that observed enough to be neighbours."""
        params = self.watch.params
        km = distances_km(self._points, self._points[row])
        near = np.flatnonzero(self._able & (km <= params.reach_km) & (np.arange(len(km)) != row))
        return np.asarray(near[np.argsort(km[near], kind="stable")][: params.max_neighbours])

    def far_off(self, row: int) -> tuple[Mask, Mask, FloatArray]:
        """Where a site is so far above and below what is usual that its unit slipped, and by which factor [days].

        Both at once: of the site's own level in the same weeks of earlier years, and beside how the neighbours stand to
        theirs. Where no neighbour tells, the multiple must be ``unit_factor_alone``; neighbours whose own median is as
        far off tell nothing, for no weather does that, and a file in another unit does it to all sites at once.
        """
        own, params = self.ratio[row], self.watch.params
        beside = median(self.ratio[self.around(row)].T)
        told = (beside > 1 / params.unit_factor_alone) & (beside < params.unit_factor_alone)
        factor = np.where(told, params.unit_factor, params.unit_factor_alone)
        against = own / np.where(told, beside, 1.0)
        high = (own > factor) & (against > factor)
        low = (own > 0) & (own < 1 / factor) & (against < 1 / factor)  # a slip keeps the sign, and zero is no slip
        return high, low, factor

    @cached_property
    def _points(self) -> FloatArray:
        return unit_vectors(self.watch.places[:, 0].tolist(), self.watch.places[:, 1].tolist())

    @cached_property
    def _able(self) -> Mask:
        enough = self.watch.seen[:, self.begin :].sum(axis=1) >= self.watch.params.min_days
        return np.asarray(enough & np.isfinite(self.level))


def find_slips(surroundings: Surroundings, slipped: Collection[int | None]) -> Iterator[Finding]:
    """Sites of the area whose readings are a large multiple, or a small fraction, of what they were.

    Args:
        surroundings: The sites beside those around them.
        slipped: Rows of which it is known.
    """
    watch = surroundings.watch
    for row in (int(row) for row in watch.active if row not in slipped):
        own, (high, low, factor) = surroundings.ratio[row], surroundings.far_off(row)
        observed = np.flatnonzero(np.isfinite(own))
        for begin, end in (*runs(high[observed]), *runs(low[observed])):
            since, until = int(observed[begin]), int(observed[end])
            if end - begin + 1 >= watch.params.unit_samples and surroundings.begin + until >= watch.recent:
                days = observed[begin : end + 1]
                yield _slip(surroundings, row, since, until, float(np.median(own[days])), float(factor[since]))


def find_spikes(surroundings: Surroundings, slipped: Collection[int]) -> Iterator[Finding]:
    """Sites of the area with a reading far above what the neighbours' make likely, and that none of them shares.

    Far is measured by how the site stood to the median of its neighbours in the year before: ``spike_spreads`` robust
    standard deviations, and ``spike_margin`` times what only one day in two hundred passed. More than ``spike_days`` in
    a row are no spike but another level, which is a matter of drift. A site with fewer than ``min_neighbours`` is not
    judged: what it alone saw may be true.

    Args:
        surroundings: The sites beside those around them.
        slipped: Rows whose units slipped, which explains it; they are no neighbours either.
    """
    watch, params = surroundings.watch, surroundings.watch.params
    for row in (int(row) for row in watch.active if row not in slipped):
        around = [other for other in surroundings.around(row) if other not in slipped]
        there = surroundings.anomaly[around].T  # [days, neighbours]
        enough = np.isfinite(there).sum(axis=1) >= params.min_neighbours
        middle = np.where(enough, median(there), np.nan)
        apart = surroundings.anomaly[row] - middle
        limit = _far(apart[: surroundings.past], surroundings)
        recent = np.flatnonzero(np.isfinite(apart))
        recent = recent[recent >= surroundings.past - params.spike_days]
        highest = np.nanmax(there[recent], axis=1) if len(recent) else np.empty(0)
        alone = surroundings.anomaly[row, recent] - highest > limit / 2
        for begin, end in runs((apart[recent] > limit) & alone):
            since, until = int(recent[begin]), int(recent[end])
            if end - begin < params.spike_days and until >= surroundings.past:
                worst = recent[begin : end + 1][np.argmax(apart[recent[begin : end + 1]])]
                yield _spike(surroundings, row, since, until, int(worst), float(middle[worst]), limit)


def median(grid: NDArray[np.float64]) -> FloatArray:
    """The median of what is known in each row; NaN where nothing is."""
    if not grid.shape[1]:
        return np.full(len(grid), np.nan)
    ordered = np.sort(grid, axis=1)  # NaN goes last
    count, rows = np.isfinite(grid).sum(axis=1), np.arange(len(grid))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, grid.shape[1] - 1)
    return np.asarray(np.where(count > 0, (ordered[rows, low] + ordered[rows, high]) / 2, np.nan))


def _far(apart: FloatArray, surroundings: Surroundings) -> float:
    """From where on a day is far from the neighbours; infinite while too little is known of the site beside them."""
    params, known = surroundings.watch.params, apart[np.isfinite(apart)]
    if len(known) < _LEAST_OF_A_YEAR:
        return float("inf")
    middle = np.median(known)
    spread = _SPREAD_OF_NORMAL * np.median(np.abs(known - middle))
    rare = np.quantile(known, 0.995)
    return float(max(middle + params.spike_spreads * spread, params.spike_margin * rare))


def in_words(ratio: float) -> str:
    """How a reading stands to what is usual."""
    fold = max(ratio, 1 / ratio)
    times = "1000" if 1000 / _THOUSAND <= fold <= 1000 * _THOUSAND else f"{fold:.0f}"
    return f"about {times} times {'above' if ratio > 1 else 'below'} its level in the same weeks of other years"


def _slip(surroundings: Surroundings, row: int, since: int, until: int, ratio: float, factor: float) -> Finding:
    """A finding in words."""
    limit, begin, words = factor if ratio > 1 else 1 / factor, surroundings.begin, in_words(ratio)
    unlike = ", unlike its neighbours" if factor == surroundings.watch.params.unit_factor else ""
    note = f"{words[0].upper()}{words[1:]}{unlike}."
    return Finding(row, "unit", begin + since, begin + until, ratio, limit, note)


def _spike(
    surroundings: Surroundings, row: int, since: int, until: int, worst: int, middle: float, limit: float
) -> Finding:
    """A finding in words, back in the AQS unit."""
    watch, begin = surroundings.watch, surroundings.begin
    level = surroundings.level[row] + middle
    likely, most = watch.working.inverse(np.array([level, level + limit]))
    value, unit = float(watch.values[row, begin + worst]), POLLUTANTS[watch.pollutant].unit
    note = f"{value:.4g} {unit} on {watch.day(begin + worst):%Y-%m-%d}, where its neighbours make {likely:.3g} likely."
    return Finding(row, "spike", begin + since, begin + until, value, float(most), note)
