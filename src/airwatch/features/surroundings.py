"""How far the sites around a site stand above their usual level, by distance and by direction.

A site's level is its mean over the year that ends with a day, in the working unit of the pollutant, drawn
towards the level of the sites near by where its own days are few. Its anomaly is the observation less the
level, so that clean and dirty sites can be averaged. The site itself is never its own neighbour.

The sweep goes over a few years of all sites at a time, which then lie in the cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray, compiled, copy
from airwatch.features.neighbours import (
    ARCS,
    FAR,
    FAR_ALONE,
    KINDS,
    NEAR,
    NEIGHBOURS,
    SMOKE,
    Neighbours,
    Reach,
    find_neighbours,
)
from airwatch.features.plan import Block, Grid
from airwatch.features.spec import SurroundingsSpec
from airwatch.features.sums import DAYS_AT_ONCE, add, add_to_both, weighted_sums

ZERO, ONE, NAN = np.float32(0.0), np.float32(1.0), np.float32(np.nan)
SMOKY = np.float32(4_096.0)  # more than the sites around one, so that the sum of fewer is exact in single precision
_ROUNDING = np.float32(1e-6)  # in any unit: the deviation of nearly equal values tells nothing


class Around(NamedTuple):
    """The neighbours of all sites, and what is counted of them.

    Attributes:
        neighbours: Of each site.
        second: How many arcs further the second arc of a direction lies: none where a direction is one arc.
        region_days: Days of the region's trailing mean.
        past_days: Days before an origin that are looked at.
    """

    neighbours: Neighbours
    second: int
    region_days: int
    past_days: int

    @classmethod
    def of(cls, places: FloatArray, spec: SurroundingsSpec) -> Around:
        """Of sites at these places, degrees [sites, 2].

        Raises:
            ValueError: Too many sites within ``smoke_km`` of one.
        """
        second, found = 1 if spec.sector_degrees == 90 else 0, find_neighbours(places, Reach.of(spec))
        if np.diff(found.starts)[SMOKE::KINDS].max(initial=0) >= SMOKY:
            raise ValueError(
                f"surroundings.smoke_km: within {spec.smoke_km:g} km of a site are {SMOKY:,.0f} sites or more, too "
                "many to count. Choose a shorter distance."
            )
        return cls(found, second, spec.region_days, spec.past_days)


@compiled
def levels(means: Grid, counts: Grid, region: Grid, around: Around, borrow_days: float, own: IntArray) -> None:
    """Write the mean of some sites' last year of days, shrunk towards that of their surroundings, over the counts.

    Args:
        means: Of each site's own year, NaN where nothing was observed.
        counts: Its days with an observation, which become levels [sites, width].
        region: The mean of all sites' means [1, width], for a site without a near one.
        around: Their neighbours.
        borrow_days: What the surroundings count for.
        own: The rows of the sites.
    """
    borrow, sums = np.float32(borrow_days), np.empty(2 * DAYS_AT_ONCE, np.float32)
    for begin in range(0, means.shape[1], DAYS_AT_ONCE):
        end = min(begin + DAYS_AT_ONCE, means.shape[1])
        for site in own:
            total, weight = weighted_sums(means, around.neighbours, site * KINDS + NEAR, begin, end, sums)
            mean, known, wide = means[site, begin:end], counts[site, begin:end], region[0, begin:end]
            for day in range(end - begin):
                borrowed = total[day] / weight[day] if weight[day] > 0 else wide[day]
                mine = mean[day] * known[day] if known[day] > 0 else ZERO
                known[day] = (mine + borrow * borrowed) / (known[day] + borrow)


@compiled
def smoky_days(anomaly: Grid, spread: Grid, spreads: float) -> None:
    """Write over a site's own spread whether it stands that many of it above its level, [sites, width].

    ``SMOKY + 1`` where it does, 1 where it does not, 0 where nothing was observed: one sum over sites counts both.
    """
    many = np.float32(spreads)
    for site in range(len(anomaly)):
        above, row = anomaly[site], spread[site]
        for day in range(len(row)):
            far = SMOKY + ONE if above[day] > many * row[day] and row[day] > _ROUNDING else ONE
            row[day] = far if above[day] == above[day] else ZERO


@compiled
def around_columns(
    values: Grid,
    anomaly: Grid,
    smoky: Grid,
    network: Grid,
    around: Around,
    own: IntArray,
    starts: IntArray,
    out: Block,
    at: int,
    begins: IntArray,
) -> None:
    """Write the columns that follow from the other sites, in the order of ``FeatureSpec.surrounding_groups``.

    Args:
        values: Of all sites, AQS unit, NaN where nothing was observed [sites, width].
        anomaly: Of all sites, working unit, above their level, NaN where nothing was observed.
        smoky: ``smoky_days`` of all sites.
        network: The mean anomaly of all sites [1, width].
        around: Their neighbours.
        own: The rows of the block's sites.
        starts: The column of the first origin of each of the block's sites; rows are from there to the last column.
        out: The block.
        at: The first of the columns in it.
        begins: The row of each of the block's sites' first origin in it.
    """
    width, lead, last = values.shape[1], around.past_days, at + 2 + 3 * ARCS
    neighbours, mean = around.neighbours, np.empty(DAYS_AT_ONCE, np.float32)
    near, far = np.empty((ARCS, 2 * DAYS_AT_ONCE), np.float32), np.empty((ARCS, 2 * DAYS_AT_ONCE), np.float32)
    region, sums = np.empty(2 * DAYS_AT_ONCE, np.float32), np.empty(2 * DAYS_AT_ONCE, np.float32)
    step = DAYS_AT_ONCE - lead
    for begin in range(starts.min(), width, step):
        end = min(begin + step, width)
        for number in range(len(starts)):
            if starts[number] >= end:
                continue
            # Of the days in hand: the first origin; and the rows of the block that it and the later ones have.
            since, slot = max(begin - lead, 0), own[number] * KINDS
            first = max(starts[number], begin) - since
            row = begins[number] + since + first - starts[number]
            stop = row + end - since - first
            near[:], far[:], region[:] = ZERO, ZERO, ZERO
            for arc in range(ARCS):
                add_to_both(anomaly, neighbours, slot + arc, since, end, near[arc], region)
                add_to_both(anomaly, neighbours, slot + FAR + arc, since, end, far[arc], region)
                add(anomaly, neighbours, slot + FAR_ALONE + arc, since, end, far[arc])
            today, before = out[last, row:stop], out[last + 1, row:stop]
            _write_region(region, first, around.region_days, mean, today, before, out[last + 2, row:stop])
            copy(network[0, since + first : end], out[last + 3, row:stop])
            for side in range(ARCS):
                arc = (side + ARCS - around.second) % ARCS
                column = at + 2 + 3 * side
                today, change = out[column, row:stop], out[column + 1, row:stop]
                _write_direction(near[arc], near[side], around.second, first, today)
                _write_change(near[arc], near[side], around.second, first, today, change)
                _write_direction(far[arc], far[side], around.second, first, out[column + 2, row:stop])
            total, weight = weighted_sums(anomaly, neighbours, slot + NEAR, since + first, end, sums)
            _write_near_spread(anomaly, neighbours, slot + NEAR, since + first, total, weight, out[at + 1, row:stop])
            total, weight = weighted_sums(values, neighbours, slot + NEIGHBOURS, since + first, end, sums)
            _write_mean(total, weight, out[at, row:stop])
            _write_smoky_share(smoky, neighbours, slot + SMOKE, since + first, sums, out[last + 4, row:stop])


@compiled
def _write_mean(total: Grid, weight: Grid, row: Grid) -> None:
    for day in range(len(row)):
        row[day] = total[day] / weight[day] if weight[day] > 0 else NAN


@compiled
def _write_near_spread(
    above: Grid, neighbours: Neighbours, slot: int, since: int, total: Grid, weight: Grid, row: Grid
) -> None:
    """The weighted standard deviation of the near sites around their mean; NaN where fewer than two observed."""
    days = len(row)
    _write_mean(total, weight, total)
    squares, count = np.zeros(days, np.float32), np.zeros(days, np.float32)
    for pair in range(neighbours.starts[slot], neighbours.starts[slot + 1]):
        share, other = neighbours.weights[pair], above[neighbours.there[pair], since : since + days]
        for day in range(days):
            off = other[day] - total[day]
            squares[day] += share * off * off if off == off else ZERO
            count[day] += ONE if off == off else ZERO
    for day in range(days):
        row[day] = np.sqrt(squares[day] / weight[day]) if count[day] >= 2 else NAN


@compiled
def _write_smoky_share(smoky: Grid, neighbours: Neighbours, slot: int, since: int, sums: Grid, row: Grid) -> None:
    """The share of the sites within reach that stand far above their level, of those that observed something."""
    days, there, count = len(row), neighbours.there, sums[: len(row)]
    count[:] = ZERO
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 4 <= stop:
        a, b = smoky[there[pair], since : since + days], smoky[there[pair + 1], since : since + days]
        c, d = smoky[there[pair + 2], since : since + days], smoky[there[pair + 3], since : since + days]
        for day in range(days):
            count[day] += (a[day] + b[day]) + (c[day] + d[day])
        pair += 4
    while pair < stop:
        a = smoky[there[pair], since : since + days]
        for day in range(days):
            count[day] += a[day]
        pair += 1
    for day in range(days):
        far = np.floor(count[day] / SMOKY)
        row[day] = far / (count[day] - far * SMOKY) if count[day] > 0 else NAN


@compiled
def _write_direction(left: Grid, right: Grid, both: int, first: int, column: Grid) -> None:
    """The mean of a direction, from the first origin in hand on, of the sums of its one or two arcs."""
    total, weight = left[first : first + len(column)], left[DAYS_AT_ONCE + first : DAYS_AT_ONCE + first + len(column)]
    if both == 0:
        _write_mean(total, weight, column)
        return
    more, heavier = right[first : first + len(column)], right[DAYS_AT_ONCE + first : DAYS_AT_ONCE + first + len(column)]
    for day in range(len(column)):
        heavy = weight[day] + heavier[day]
        column[day] = (total[day] + more[day]) / heavy if heavy > 0 else NAN


@compiled
def _write_change(left: Grid, right: Grid, both: int, first: int, mean: Grid, change: Grid) -> None:
    """The change of a direction from the day before, where there is one in hand."""
    change[0] = NAN
    if first > 0:
        _write_direction(left, right, both, first - 1, change[:1])
        change[0] = mean[0] - change[0]
    later, now = change[1:], mean[1:]
    for day in range(len(later)):
        later[day] = now[day] - mean[day]


@compiled
def _write_region(sums: Grid, first: int, window: int, mean: Grid, today: Grid, yesterday: Grid, recent: Grid) -> None:
    """The region on the origin, on the day before, and its mean over the last ``window`` days."""
    days = first + len(today)
    region, total, count = mean[:days], np.zeros(days, np.float32), np.zeros(days, np.float32)
    _write_mean(sums, sums[DAYS_AT_ONCE:], region)
    for back in range(min(window, days)):
        known, added, counted = region[: days - back], total[back:], count[back:]
        for day in range(len(known)):
            here = known[day] == known[day]
            added[day] += known[day] if here else ZERO
            counted[day] += ONE if here else ZERO
    _write_mean(total[first:], count[first:], recent)
    copy(region[first:], today)
    if first == 0:
        yesterday[0] = NAN
    begin = max(first, 1)
    copy(region[begin - 1 : days - 1], yesterday[begin - first :])
