"""Weighted sums over the neighbours of a site, day by day, and what those weigh that observed something.

The neighbours are added in their order, so that a sum has the same bits whatever days and sites are beside it. One that
observed nothing adds an exact zero. A row of sums holds the sum in its first half and what was weighed in its second.
"""

from __future__ import annotations

import numpy as np

from airwatch.features.compiled import compiled
from airwatch.features.neighbours import Neighbours
from airwatch.features.plan import Grid

# The sites of a nation stay in the cache, and the runs that are written are long. A constant, so that the compiler sees
# that the parts of a row of sums lie apart.
DAYS_AT_ONCE = 1_024
Single = np.float32
ZERO = np.float32(0.0)


@compiled
def weighted_sums(grid: Grid, neighbours: Neighbours, slot: int, since: int, end: int, sums: Grid) -> tuple[Grid, Grid]:
    """The weighted sum of the neighbours of one kind on some days, and what those weigh that observed something."""
    sums[:] = ZERO
    add(grid, neighbours, slot, since, end, sums)
    return sums[: end - since], sums[DAYS_AT_ONCE : DAYS_AT_ONCE + end - since]


@compiled
def add(grid: Grid, neighbours: Neighbours, slot: int, since: int, end: int, sums: Grid) -> None:
    """Add the neighbours of one kind to a weighted sum, and behind it what those weigh that observed something."""
    days, there, weights = end - since, neighbours.there, neighbours.weights
    total, weight = sums[:days], sums[DAYS_AT_ONCE : DAYS_AT_ONCE + days]
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 4 <= stop:  # four at a time, one after the other: the sums stay in registers
        a, b = grid[there[pair], since:end], grid[there[pair + 1], since:end]
        c, d = grid[there[pair + 2], since:end], grid[there[pair + 3], since:end]
        v, w, x, y = weights[pair], weights[pair + 1], weights[pair + 2], weights[pair + 3]
        for day in range(days):
            p, q, r, s = a[day], b[day], c[day], d[day]  # all is read before something is written
            sum_, weighs = _parts(total[day], v, p, w, q, x, r, y, s), _ifs(weight[day], v, p, w, q, x, r, y, s)
            total[day], weight[day] = sum_, weighs
        pair += 4
    while pair < stop:
        a, v = grid[there[pair], since:end], weights[pair]
        for day in range(days):
            total[day] += _part(v, a[day])
            weight[day] += _if(v, a[day])
        pair += 1


@compiled
def add_to_both(
    grid: Grid, neighbours: Neighbours, slot: int, since: int, end: int, sums: Grid, of_region: Grid
) -> None:
    """The same for an arc and for the region, where the same neighbours weigh something else."""
    days, there, weights, others = end - since, neighbours.there, neighbours.weights, neighbours.of_region
    total, weight = sums[:days], sums[DAYS_AT_ONCE : DAYS_AT_ONCE + days]
    wide, heavy = of_region[:days], of_region[DAYS_AT_ONCE : DAYS_AT_ONCE + days]
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 4 <= stop:
        a, b = grid[there[pair], since:end], grid[there[pair + 1], since:end]
        c, d = grid[there[pair + 2], since:end], grid[there[pair + 3], since:end]
        v, w, x, y = weights[pair], weights[pair + 1], weights[pair + 2], weights[pair + 3]
        h, i, j, k = others[pair], others[pair + 1], others[pair + 2], others[pair + 3]
        for day in range(days):
            p, q, r, s = a[day], b[day], c[day], d[day]
            sum_, weighs = _parts(total[day], v, p, w, q, x, r, y, s), _ifs(weight[day], v, p, w, q, x, r, y, s)
            wide_, weigh = _parts(wide[day], h, p, i, q, j, r, k, s), _ifs(heavy[day], h, p, i, q, j, r, k, s)
            total[day], weight[day], wide[day], heavy[day] = sum_, weighs, wide_, weigh
        pair += 4
    while pair < stop:
        a, v, h = grid[there[pair], since:end], weights[pair], others[pair]
        for day in range(days):
            total[day] += _part(v, a[day])
            weight[day] += _if(v, a[day])
            wide[day] += _part(h, a[day])
            heavy[day] += _if(h, a[day])
        pair += 1


@compiled
def _parts(
    total: Single, v: Single, p: Single, w: Single, q: Single, x: Single, r: Single, y: Single, s: Single
) -> Single:
    return (((total + _part(v, p)) + _part(w, q)) + _part(x, r)) + _part(y, s)


@compiled
def _ifs(
    weight: Single, v: Single, p: Single, w: Single, q: Single, x: Single, r: Single, y: Single, s: Single
) -> Single:
    return (((weight + _if(v, p)) + _if(w, q)) + _if(x, r)) + _if(y, s)


@compiled
def _part(weight: Single, value: Single) -> Single:
    return weight * value if value == value else ZERO


@compiled
def _if(weight: Single, value: Single) -> Single:
    return weight if value == value else ZERO
