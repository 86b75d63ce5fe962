"""How far the sites around a site stand above their usual level, by distance and by direction.

A site's level is its mean over the year that ends with a day, in the working unit of the pollutant, drawn
towards the level of the sites near by where its own days are few. Its anomaly is the observation less the
level, so that clean and dirty sites can be averaged. The site itself is never its own neighbour.

The sweep goes over a year or so of all sites at a time, which then lie in the cache: a row for each site, its values
with zeros where nothing was observed, and behind them ones and zeros that say where something was. The neighbours of
one kind are added to such a row in their order, so that a sum has the same bits whatever days and sites are beside it,
and what they weigh is added in the same pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from airwatch.features.compiled import FloatArray, IntArray, compiled
from airwatch.features.neighbours import ARCS, KINDS, NEAR, NEIGHBOURS, SMOKE, Neighbours, Reach, find_neighbours
from airwatch.features.plan import Block, Grid
from airwatch.features.spec import SurroundingsSpec

DAYS_AT_ONCE = 506  # the sites of a nation stay in the cache, and the runs that are written are long
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
def levels(means: Grid, counts: Grid, region: Grid, around: Around, borrow_days: float) -> Grid:
    """The mean of each site's last year of days, shrunk towards that of its surroundings, [sites, width].

    Args:
        means: Of each site's own year, NaN where nothing was observed.
        counts: Its days with an observation.
        region: The mean of all sites' means [1, width], for a site without a near one.
        around: Their neighbours.
        borrow_days: What the surroundings count for.
    """
    width, borrow = means.shape[1], np.float32(borrow_days)
    room = min(DAYS_AT_ONCE, width)
    found = np.empty(means.shape, np.float32)
    known, sums = np.empty((len(means), 2 * room), np.float32), np.empty(2 * room, np.float32)
    for begin in range(0, width, room):
        days = min(room, width - begin)
        for site in range(len(means)):
            _lay(means[site, begin : begin + days], room, known[site])
        for site in range(len(means)):
            _add(known, around.neighbours, site * KINDS + NEAR, sums)
            own, count = means[site, begin : begin + days], counts[site, begin : begin + days]
            total, weight, level = sums[:days], sums[room:], found[site, begin : begin + days]
            wide = region[0, begin : begin + days]
            for day in range(days):
                borrowed = total[day] / weight[day] if weight[day] > 0 else wide[day]
                mine = own[day] * count[day] if count[day] > 0 else ZERO
                level[day] = (mine + borrow * borrowed) / (count[day] + borrow)
    return found


@compiled
def smoky_days(unit: Grid, level: Grid, spread: Grid, spreads: float) -> Grid:
    """1 where a site stands that many of its own standard deviations above its level, else 0, [sites, width]."""
    smoky = np.empty(unit.shape, np.float32)
    many = np.float32(spreads)
    for site in range(len(unit)):
        for day in range(unit.shape[1]):
            far = unit[site, day] - level[site, day] > many * spread[site, day] and spread[site, day] > _ROUNDING
            smoky[site, day] = np.float32(1.0) if far else ZERO
    return smoky


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
    width, lead = values.shape[1], around.past_days
    room, last = lead + min(DAYS_AT_ONCE, width - starts.min()), at + 2 + 3 * ARCS
    known, sums = np.empty((len(values), 2 * room), np.float32), np.empty(2 * room, np.float32)
    near, far = np.empty((ARCS, 2 * room), np.float32), np.empty((ARCS, 2 * room), np.float32)
    mean = np.empty(room, np.float32)
    needed = _needed(around.neighbours, own, len(values))
    for begin in range(starts.min(), width, DAYS_AT_ONCE):
        end, since = min(begin + DAYS_AT_ONCE, width), max(begin - lead, 0)
        for site in needed:
            _lay(anomaly[site, since:end], room, known[site])
        for number in range(len(starts)):
            if starts[number] >= end:
                continue
            # Of the days in hand: the first origin; and the rows of the block that it and the later ones have.
            first, slot = max(starts[number], begin) - since, own[number] * KINDS
            row = begins[number] + since + first - starts[number]
            stop = row + end - since - first
            sums[:] = ZERO
            for arc in range(ARCS):
                _add_arc(known, around.neighbours, slot + arc, near[arc], sums)
                _add_arc(known, around.neighbours, slot + ARCS + arc, far[arc], sums)
            today, before = out[last, row:stop], out[last + 1, row:stop]
            _write_region(sums, room, first, around.region_days, mean, today, before, out[last + 2, row:stop])
            out[last + 3, row:stop] = network[0, since + first : end]
            for side in range(ARCS):
                arc = (side + ARCS - around.second) % ARCS
                column = at + 2 + 3 * side
                _write_direction(near[arc], near[side], around.second, room, first, mean, out[column, row:stop])
                _write_change(mean, first, out[column + 1, row:stop])
                _write_direction(far[arc], far[side], around.second, room, first, mean, out[column + 2, row:stop])
            _add(known, around.neighbours, slot + NEAR, sums)
            _write_near_spread(known, around.neighbours, slot + NEAR, room, first, sums, mean, out[at + 1, row:stop])
        # The same days were observed: what says so stays, behind other values.
        _write_kind(smoky, known, needed, since, end, around, own, SMOKE, starts, begin, out, last + 4, begins)
        _write_kind(values, known, needed, since, end, around, own, NEIGHBOURS, starts, begin, out, at, begins)


@compiled
def _write_kind(
    grid: Grid,
    known: Grid,
    needed: IntArray,
    since: int,
    end: int,
    around: Around,
    own: IntArray,
    kind: int,
    starts: IntArray,
    begin: int,
    out: Block,
    column: int,
    begins: IntArray,
) -> None:
    """Write the mean of one kind of neighbours over other values of the same days."""
    room = known.shape[1] // 2
    sums = np.empty(2 * room, np.float32)
    for site in needed:
        series, row = grid[site, since:end], known[site, : end - since]
        for day in range(len(row)):
            row[day] = series[day] if series[day] == series[day] else ZERO
    for number in range(len(starts)):
        if starts[number] < end:
            first = max(starts[number], begin) - since
            row = begins[number] + since + first - starts[number]
            _add(known, around.neighbours, own[number] * KINDS + kind, sums)
            _write_mean(sums[first:], sums[room + first :], out[column, row : row + end - since - first])


@compiled
def _needed(neighbours: Neighbours, own: IntArray, sites: int) -> IntArray:
    """The rows of the neighbours of some sites, in order."""
    chosen = np.zeros(sites, np.bool_)
    for site in own:
        for pair in range(neighbours.starts[site * KINDS], neighbours.starts[(site + 1) * KINDS]):
            chosen[neighbours.there[pair]] = True
    return np.flatnonzero(chosen)


@compiled
def _lay(series: Grid, room: int, row: Grid) -> None:
    """A series with zeros where nothing was observed, and behind it, after ``room`` days, ones where something was."""
    known, seen = row[: len(series)], row[room : room + len(series)]
    for day in range(len(series)):
        here = series[day] == series[day]
        known[day] = series[day] if here else ZERO
        seen[day] = ONE if here else ZERO


@compiled
def _add(known: Grid, neighbours: Neighbours, slot: int, sums: Grid) -> None:
    """The weighted sum of the neighbours of one kind, and behind it what they weigh."""
    sums[:] = ZERO
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 4 <= stop:  # four at a time, one after the other: the sums stay in registers
        a, b = known[neighbours.there[pair]], known[neighbours.there[pair + 1]]
        c, d = known[neighbours.there[pair + 2]], known[neighbours.there[pair + 3]]
        v, w = neighbours.weights[pair], neighbours.weights[pair + 1]
        x, y = neighbours.weights[pair + 2], neighbours.weights[pair + 3]
        for day in range(len(sums)):
            sums[day] = (((sums[day] + v * a[day]) + w * b[day]) + x * c[day]) + y * d[day]
        pair += 4
    while pair < stop:
        a, v = known[neighbours.there[pair]], neighbours.weights[pair]
        for day in range(len(sums)):
            sums[day] += v * a[day]
        pair += 1


@compiled
def _add_arc(known: Grid, neighbours: Neighbours, slot: int, sums: Grid, region: Grid) -> None:
    """The weighted sum of the neighbours in an arc, and with their other weights added to that of the region."""
    sums[:] = ZERO
    pair, stop = neighbours.starts[slot], neighbours.starts[slot + 1]
    while pair + 2 <= stop:
        a, b = known[neighbours.there[pair]], known[neighbours.there[pair + 1]]
        v, w = neighbours.weights[pair], neighbours.weights[pair + 1]
        x, y = neighbours.of_region[pair], neighbours.of_region[pair + 1]
        for day in range(len(sums)):
            sums[day] = (sums[day] + v * a[day]) + w * b[day]
            region[day] = (region[day] + x * a[day]) + y * b[day]
        pair += 2
    if pair < stop:
        a, v, x = known[neighbours.there[pair]], neighbours.weights[pair], neighbours.of_region[pair]
        for day in range(len(sums)):
            sums[day] += v * a[day]
            region[day] += x * a[day]


@compiled
def _write_mean(total: Grid, weight: Grid, row: Grid) -> None:
    for day in range(len(row)):
        row[day] = total[day] / weight[day] if weight[day] > 0 else NAN


@compiled
def _write_near_spread(
    above: Grid, neighbours: Neighbours, slot: int, room: int, first: int, sums: Grid, mean: Grid, row: Grid
) -> None:
    """The weighted standard deviation of the near sites around their mean; NaN where fewer than two observed."""
    weight = sums[room + first :]
    _write_mean(sums[first:], weight, mean[: len(row)])
    squares, count = np.zeros(len(row), np.float32), np.zeros(len(row), np.float32)
    for pair in range(neighbours.starts[slot], neighbours.starts[slot + 1]):
        share = neighbours.weights[pair]
        known, seen = above[neighbours.there[pair], first:], above[neighbours.there[pair], room + first :]
        for day in range(len(row)):
            off = known[day] - mean[day]
            squares[day] += share * off * off if seen[day] > 0 else ZERO
            count[day] += seen[day]
    for day in range(len(row)):
        row[day] = np.sqrt(squares[day] / weight[day]) if count[day] >= 2 else NAN


@compiled
def _write_direction(left: Grid, right: Grid, both: int, room: int, first: int, mean: Grid, column: Grid) -> None:
    """The mean of a direction from the sums of its one or two arcs; ``mean`` has it from the first day in hand on."""
    days, share = first + len(column), np.float32(both)
    total, weight, more, heavier = left[:days], left[room : room + days], right[:days], right[room : room + days]
    for day in range(days):
        heavy = weight[day] + share * heavier[day]
        mean[day] = (total[day] + share * more[day]) / heavy if heavy > 0 else NAN
    column[:] = mean[first:days]


@compiled
def _write_change(mean: Grid, first: int, change: Grid) -> None:
    """The change from the day before, where there is one in hand."""
    if first == 0:
        change[0] = NAN
    begin = max(first, 1)
    later, now, before = change[begin - first :], mean[begin:], mean[begin - 1 :]
    for day in range(len(later)):
        later[day] = now[day] - before[day]


@compiled
def _write_region(
    sums: Grid, room: int, first: int, window: int, mean: Grid, today: Grid, yesterday: Grid, recent: Grid
) -> None:
    """The region on the origin, on the day before, and its mean over the last ``window`` days."""
    days = first + len(today)
    region, total, count = mean[:days], np.zeros(days, np.float32), np.zeros(days, np.float32)
    _write_mean(sums, sums[room:], region)
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
