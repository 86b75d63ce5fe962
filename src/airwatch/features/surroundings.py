"""How far the sites around a site stand above their usual level, by distance and by direction.

A site's level is its mean over the year that ends with a day, in the working unit of the pollutant, drawn
towards the level of the sites near by where its own days are few. Its anomaly is the observation less the
level, so that clean and dirty sites can be averaged. The site itself is never its own neighbour.

The sweep goes over a year or so of all sites at a time, which then lie in the cache. The neighbours of one kind are
added in their order, so that a sum has the same bits whatever days and sites are beside it, and what they weigh is
added in the same pass: where one observed nothing both get an exact zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray, compiled
from airwatch.features.neighbours import ARCS, KINDS, NEAR, NEIGHBOURS, SMOKE, Neighbours, Reach, find_neighbours
from airwatch.features.plan import Block, Grid
from airwatch.features.spec import SurroundingsSpec

# The sites of a nation stay in the cache, and the runs that are written are long. A constant, so that the compiler sees
# that the parts of a row of sums lie apart.
DAYS_AT_ONCE = 1_024
ZERO, ONE, NAN = np.float32(0.0), np.float32(1.0), np.float32(np.nan)
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
        """Of sites at these places, degrees [sites, 2]."""
        second = 1 if spec.sector_degrees == 90 else 0
        return cls(find_neighbours(places, Reach.of(spec)), second, spec.region_days, spec.past_days)


@compiled
def levels(
    means: Grid, counts: Grid, region: Grid, around: Around, borrow_days: float, own: IntArray, out: Grid
) -> None:
    """Write the mean of some sites' last year of days, shrunk towards that of their surroundings, [sites, width].

    Args:
        means: Of each site's own year, NaN where nothing was observed.
        counts: Its days with an observation.
        region: The mean of all sites' means [1, width], for a site without a near one.
        around: Their neighbours.
        borrow_days: What the surroundings count for.
        own: The rows of the sites.
        out: The levels of all sites.
    """
    borrow, sums = np.float32(borrow_days), np.empty(2 * DAYS_AT_ONCE, np.float32)
    for begin in range(0, means.shape[1], DAYS_AT_ONCE):
        end = min(begin + DAYS_AT_ONCE, means.shape[1])
        for site in own:
            total, weight = _add(means, around.neighbours, site * KINDS + NEAR, begin, end, sums)
            mean, count, level = means[site, begin:end], counts[site, begin:end], out[site, begin:end]
            wide = region[0, begin:end]
            for day in range(end - begin):
                borrowed = total[day] / weight[day] if weight[day] > 0 else wide[day]
                mine = mean[day] * count[day] if count[day] > 0 else ZERO
                level[day] = (mine + borrow * borrowed) / (count[day] + borrow)


@compiled
def smoky_days(anomaly: Grid, spread: Grid, spreads: float, smoky: Grid) -> None:
    """Write 1 where a site stands that many of its own standard deviations above its level, else 0, [sites, width].

    NaN where nothing was observed.
    """
    many = np.float32(spreads)
    for site in range(len(anomaly)):
        above, own, row = anomaly[site], spread[site], smoky[site]
        for day in range(len(row)):
            far = ONE if above[day] > many * own[day] and own[day] > _ROUNDING else ZERO
            row[day] = far if above[day] == above[day] else NAN


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
    sums = np.empty(4 * DAYS_AT_ONCE, np.float32)
    near, far = np.empty((ARCS, 2 * DAYS_AT_ONCE), np.float32), np.empty((ARCS, 2 * DAYS_AT_ONCE), np.float32)
    mean = np.empty(DAYS_AT_ONCE, np.float32)
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
            sums[:] = ZERO
            for arc in range(ARCS):
                _add_arc(anomaly, around.neighbours, slot + arc, since, end, sums)
                near[arc] = sums[: 2 * DAYS_AT_ONCE]
                _add_arc(anomaly, around.neighbours, slot + ARCS + arc, since, end, sums)
                far[arc] = sums[: 2 * DAYS_AT_ONCE]
            region = sums[2 * DAYS_AT_ONCE :]
            today, before = out[last, row:stop], out[last + 1, row:stop]
            _write_region(region, first, around.region_days, mean, today, before, out[last + 2, row:stop])
            out[last + 3, row:stop] = network[0, since + first : end]
            for side in range(ARCS):
                arc = (side + ARCS - around.second) % ARCS
                column = at + 2 + 3 * side
                today, change = out[column, row:stop], out[column + 1, row:stop]
                _write_direction(near[arc], near[side], around.second, first, today)
                _write_change(near[arc], near[side], around.second, first, today, change)
                _write_direction(far[arc], far[side], around.second, first, out[column + 2, row:stop])
            total, weight = _add(anomaly, around.neighbours, slot + NEAR, since + first, end, sums)
            _write_near_spread(
                anomaly, around.neighbours, slot + NEAR, since + first, total, weight, out[at + 1, row:stop]
            )
            total, weight = _add(values, around.neighbours, slot + NEIGHBOURS, since + first, end, sums)
            _write_mean(total, weight, out[at, row:stop])
            total, weight = _add(smoky, around.neighbours, slot + SMOKE, since + first, end, sums)
            _write_mean(total, weight, out[last + 4, row:stop])


@compiled
def _add(grid: Grid, neighbours: Neighbours, slot: int, since: int, end: int, sums: Grid) -> tuple[Grid, Grid]:
    """The weighted sum of the neighbours of one kind on some days, and what those weigh that observed something."""
    total, weight = sums[: end - since], sums[DAYS_AT_ONCE : DAYS_AT_ONCE + end - since]
    total[:], weight[:] = ZERO, ZERO
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 4 <= stop:  # four at a time, one after the other: the sums stay in registers
        a, b = grid[neighbours.there[pair], since:end], grid[neighbours.there[pair + 1], since:end]
        c, d = grid[neighbours.there[pair + 2], since:end], grid[neighbours.there[pair + 3], since:end]
        v, w = neighbours.weights[pair], neighbours.weights[pair + 1]
        x, y = neighbours.weights[pair + 2], neighbours.weights[pair + 3]
        for day in range(len(total)):
            p, q, r, s = a[day], b[day], c[day], d[day]  # all is read before something is written
            sum_ = (((total[day] + _part(v, p)) + _part(w, q)) + _part(x, r)) + _part(y, s)
            weighs = (((weight[day] + _if(v, p)) + _if(w, q)) + _if(x, r)) + _if(y, s)
            total[day], weight[day] = sum_, weighs
        pair += 4
    while pair < stop:
        a, v = grid[neighbours.there[pair], since:end], neighbours.weights[pair]
        for day in range(len(total)):
            total[day] += _part(v, a[day])
            weight[day] += _if(v, a[day])
        pair += 1
    return total, weight


@compiled
def _add_arc(grid: Grid, neighbours: Neighbours, slot: int, since: int, end: int, sums: Grid) -> None:
    """The weighted sum of the neighbours in an arc and what they weigh, and behind it the same for the region."""
    total, weight = sums[:DAYS_AT_ONCE], sums[DAYS_AT_ONCE : 2 * DAYS_AT_ONCE]
    region, heavy = sums[2 * DAYS_AT_ONCE : 3 * DAYS_AT_ONCE], sums[3 * DAYS_AT_ONCE :]
    total[:], weight[:] = ZERO, ZERO
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 2 <= stop:
        a, b = grid[neighbours.there[pair], since:end], grid[neighbours.there[pair + 1], since:end]
        v, w = neighbours.weights[pair], neighbours.weights[pair + 1]
        x, y = neighbours.of_region[pair], neighbours.of_region[pair + 1]
        for day in range(end - since):
            p, q = a[day], b[day]  # all is read before something is written: no number is read twice
            sum_, weighs = (total[day] + _part(v, p)) + _part(w, q), (weight[day] + _if(v, p)) + _if(w, q)
            wide, heavier = (region[day] + _part(x, p)) + _part(y, q), (heavy[day] + _if(x, p)) + _if(y, q)
            total[day], weight[day], region[day], heavy[day] = sum_, weighs, wide, heavier
        pair += 2
    while pair < stop:
        a, v, x = grid[neighbours.there[pair], since:end], neighbours.weights[pair], neighbours.of_region[pair]
        for day in range(end - since):
            total[day] += _part(v, a[day])
            weight[day] += _if(v, a[day])
            region[day] += _part(x, a[day])
            heavy[day] += _if(x, a[day])
        pair += 1


@compiled
def _part(weight: np.float32, value: np.float32) -> np.float32:
    return weight * value if value == value else ZERO


@compiled
def _if(weight: np.float32, value: np.float32) -> np.float32:
    return weight if value == value else ZERO


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
    today[:] = region[first:]
    if first == 0:
        yesterday[0] = NAN
    begin = max(first, 1)
    yesterday[begin - first :] = region[begin - 1 : days - 1]
