"""The features of a series from its own past: one compiled sweep over its days.

A grid is a float32 array [series, width], one column a day, NaN where nothing was observed. The last ``days``
days of it are the origins; the days before are only looked back to, and before the grid nothing is known.

Two laws hold to the last bit. A number depends on no later day, and on earlier ones only as far as its window
reaches. So values are counted in whole steps of a fixed fraction of the highest that is plausible: sums of whole
numbers are exact in any order, and a window is the difference of two running totals, however long it is.
"""

from __future__ import annotations

import numpy as np

from airwatch.features.compiled import IntArray, compiled, copy
from airwatch.features.plan import NAN, Block, Count, Grid, OwnPlan, Totals, Whole

_NOISE = 1e-12  # of a sum of squares: what is left of equal values in floating point


@compiled
def own_columns(
    values: Grid, unit: Grid, first: IntArray, days: int, plan: OwnPlan, room: Totals, out: Block, begins: IntArray
) -> int:
    """Write the columns that follow from each series' own observations, in the order of ``FeatureSpec.own_groups``.

    Args:
        values: Concentrations in the AQS unit.
        unit: The same in the working unit.
        first: The column of each series' first observation.
        days: How many of the last days are origins.
        plan: The windows.
        room: Scratch.
        out: The block; the columns are its first ones.
        begins: The row of each series' first origin in it.

    Returns:
        How many columns there are.
    """
    at = 0
    for series in range(len(values)):
        start = first[series]
        own, past = values[series, start:], max(values.shape[1] - days - start, 0)
        _add_up(own, unit[series, start:], plan, room)
        row, end = begins[series], plan.pad + past + 1
        stop = row + len(own) - past
        for back in range(plan.lag_days):
            _lag(own, past, back, out[back, row:stop])
        at = plan.lag_days
        _last_observed(own, past, plan.max_stale_days, out[at, row:stop], out[at + 1, row:stop])
        at += 2
        for window in plan.mean_days:
            _mean(room.values, room.seen, end, window, 1, plan.step, out[at, row:stop])
            at += 1
        _missing_share(room.seen, end, plan.missing_days, out[at, row:stop])
        _count(room.seen, end, plan.history_days, out[at + 1, row:stop])
        at += 2
        for window in plan.spread_days:
            _spread(room, end, window, 2, plan.unit_step, out[at, row:stop])
            at += 1
        for window in plan.step_days:
            _mean(room.steps, room.pairs, end, window, plan.step_min_count, plan.unit_step, out[at, row:stop])
            at += 1
    return at


@compiled
def usual_columns(
    values: Grid,
    unit: Grid,
    usual: Grid,
    region: Grid,
    first: IntArray,
    days: int,
    plan: OwnPlan,
    room: Totals,
    out: Block,
    at: int,
    begins: IntArray,
) -> None:
    """Write what is usual for the day of the year of each target, a column a lead from 0 on, and then the last value.

    A series without such a history borrows the region's, then takes its own recent mean, then its last value.

    Args:
        values: In the AQS unit.
        unit: The same in the working unit, that of the last value.
        usual: ``climatology`` of the same series [series, width + horizon].
        region: Its mean over the region [1, width + horizon].
        first: The column of each series' first observation.
        days: How many of the last days are origins.
        plan: The windows.
        room: Scratch.
        out: The block.
        at: The first of the columns in it.
        begins: The row of each series' first origin in it.
    """
    width = values.shape[1]
    for series in range(len(values)):
        start = first[series]
        own, past = values[series, start:], max(width - days - start, 0)
        count = len(own) - past
        _add_up_values(own, plan, room)
        recent, last, age = np.empty(count, np.float32), np.empty(count, np.float32), np.empty(count, np.float32)
        _mean(room.values, room.seen, plan.pad + past + 1, plan.recent_days, 1, plan.step, recent)
        _last_observed(own, past, plan.max_stale_days, last, age)
        for day in range(count):
            recent[day] = recent[day] if recent[day] == recent[day] else last[day]
        rows, leads = slice(begins[series], begins[series] + count), plan.horizon_days + 1
        _last_observed(unit[series, start:], past, plan.max_stale_days, out[at + leads, rows], age)
        for lead in range(leads):
            target = start + past + lead
            mine, theirs = usual[series, target : target + count], region[0, target : target + count]
            column = out[at + lead, rows]
            for day in range(count):
                known = mine[day] if mine[day] == mine[day] else theirs[day]
                column[day] = known if known == known else recent[day]


@compiled
def climatology(values: Grid, first: IntArray, days: int, plan: OwnPlan, room: Totals, means: Grid) -> None:
    """Write the past-only mean of each day of the year, AQS unit, [series, width + horizon].

    Column ``d`` is that of day ``d``: the mean of the observations in windows around that day in the years before,
    the newest of them ``365 - half a window - horizon`` days before the origin of the longest lead. NaN for fewer
    than ``min_count`` observations, and on days that are no target of the last ``days`` origins.
    """
    width = values.shape[1]
    for series in range(len(values)):
        start = first[series]
        past = max(width - days - start, 0)
        _add_up_values(values[series, start:], plan, room)
        means[series, : start + past] = NAN
        targets = means[series, start + past :]
        many, window = len(targets), plan.year_days
        total, count = np.zeros(many, np.int64), np.zeros(many, np.int32)
        for newest in plan.years:
            end = plan.pad + past + 1 - newest
            upper, lower = room.values[end : end + many], room.values[end - window : end - window + many]
            now, then = room.seen[end : end + many], room.seen[end - window : end - window + many]
            for day in range(many):
                total[day] += upper[day] - lower[day]
                count[day] += now[day] - then[day]
        step = np.float32(plan.step)
        for day in range(many):
            mean = np.float32(total[day]) * step / np.float32(count[day])
            targets[day] = mean if count[day] >= plan.min_count else NAN


@compiled
def own_levels(
    unit: Grid, first: IntArray, days: int, plan: OwnPlan, room: Totals, means: Grid, counts: Grid, spreads: Grid
) -> None:
    """Write mean and count of the observations of the last year, and the spread of the last months, [series, width].

    In the working unit; NaN where nothing was observed in those days, and the spread below its least count. Only the
    last ``days`` days are computed: the others are NaN, with a count of 0.
    """
    width = unit.shape[1]
    for series in range(len(unit)):
        start = first[series]
        past = max(width - days - start, 0)
        since = start + past
        means[series, :since], counts[series, :since], spreads[series, :since] = NAN, np.float32(0.0), NAN
        _add_up_unit(unit[series, start:], plan, room)
        end = plan.pad + past + 1
        _mean(room.unit, room.seen, end, plan.level_days, 1, plan.unit_step, means[series, since:])
        _count(room.seen, end, plan.level_days, counts[series, since:])
        _spread(room, end, plan.smoke_days, plan.smoke_min_count, plan.unit_step, spreads[series, since:])


@compiled
def _add_up(values: Grid, unit: Grid, plan: OwnPlan, room: Totals) -> None:
    """Running totals of all that the columns of a series' own past need."""
    _add_up_values(values, plan, room)
    _add_up_unit(unit, plan, room)
    steps, pairs = room.steps[plan.pad + 1 :], room.pairs[plan.pad + 1 :]
    now, before, earlier = room.unit[plan.pad + 1 :], room.unit[plan.pad :], room.unit[plan.pad - 1 :]
    steps[0], pairs[0] = 0, 0
    for day in range(1, len(unit)):
        both = unit[day] == unit[day] and unit[day - 1] == unit[day - 1]
        step = abs(now[day] - 2 * before[day] + earlier[day])
        steps[day] = step if both else 0
        pairs[day] = 1 if both else 0
    _run_up(steps, len(unit))
    _run_up(pairs, len(unit))


@compiled
def _add_up_values(values: Grid, plan: OwnPlan, room: Totals) -> None:
    """Running totals of the values and of the days with one."""
    steps, most = 1.0 / plan.step, 2.0**40
    wholes, seen = room.values[plan.pad + 1 :], room.seen[plan.pad + 1 :]
    for day in range(len(values)):
        known = values[day] == values[day]
        whole = np.rint((values[day] if known else np.float32(0.0)) * steps)
        wholes[day] = np.int64(min(max(whole, -most), most))
        seen[day] = 1 if known else 0
    _run_up(wholes, len(values))
    _run_up(seen, len(values))


@compiled
def _add_up_unit(unit: Grid, plan: OwnPlan, room: Totals) -> None:
    """Running totals of the values in the working unit, of their squares, and of the days with one."""
    steps, most = 1.0 / plan.unit_step, 2.0**26
    wholes, squares, seen = room.unit[plan.pad + 1 :], room.squares[plan.pad + 1 :], room.seen[plan.pad + 1 :]
    for day in range(len(unit)):
        known = unit[day] == unit[day]
        whole = np.int64(min(max(np.rint((unit[day] if known else np.float32(0.0)) * steps), -most), most))
        wholes[day], squares[day], seen[day] = whole, whole * whole, 1 if known else 0
    _run_up(wholes, len(unit))
    _run_up(squares, len(unit))
    _run_up(seen, len(unit))


@compiled
def _run_up(numbers: Whole | Count, count: int) -> None:
    """Numbers to their running totals; apart from what makes them, which then takes many at once."""
    total = np.int64(0)
    for day in range(count):
        total += numbers[day]
        numbers[day] = total


@compiled
def _mean(sums: Whole, seen: Count, end: int, window: int, min_count: int, step: float, mean: Grid) -> None:
    """The mean of the last ``window`` days of each origin; NaN below ``min_count`` of them."""
    size = np.float32(step)
    upper, lower, now, then = sums[end:], sums[end - window :], seen[end:], seen[end - window :]
    for day in range(len(mean)):
        count = now[day] - then[day]
        value = np.float32(upper[day] - lower[day]) * size / np.float32(count)
        mean[day] = value if count >= min_count else NAN


@compiled
def _count(seen: Count, end: int, window: int, count: Grid) -> None:
    """Observed days among the last ``window``."""
    now, then = seen[end:], seen[end - window :]
    for day in range(len(count)):
        count[day] = np.float32(now[day] - then[day])


@compiled
def _spread(room: Totals, end: int, window: int, min_count: int, step: float, spread: Grid) -> None:
    """Standard deviation over the last ``window`` days, divided by n; NaN below ``min_count`` observations."""
    upper, lower, now, then = room.unit[end:], room.unit[end - window :], room.seen[end:], room.seen[end - window :]
    high, low = room.squares[end:], room.squares[end - window :]
    for day in range(len(spread)):
        count = np.float64(now[day] - then[day])
        total, whole = np.float64(upper[day] - lower[day]), count * np.float64(high[day] - low[day])
        off = whole - total * total
        # Of equal values a little may be left: whole numbers of this size are no longer exact in floating point.
        value = np.sqrt(off if off > _NOISE * whole else 0.0) / count * step
        spread[day] = np.float32(value) if count >= min_count else NAN


@compiled
def _missing_share(seen: Count, end: int, window: int, share: Grid) -> None:
    """The share of the last ``window`` days that was not observed."""
    now, then, days = seen[end:], seen[end - window :], np.float32(window)
    for day in range(len(share)):
        share[day] = np.float32(1.0) - np.float32(now[day] - then[day]) / days


@compiled
def _lag(own: Grid, past: int, back: int, column: Grid) -> None:
    """The value of the day so many days before; NaN where it was not observed."""
    unknown = min(max(back - past, 0), len(column))
    column[:unknown] = NAN
    copy(own[max(past - back, 0) :], column[unknown:])


@compiled
def _last_observed(own: Grid, past: int, max_stale_days: int, value: Grid, age: Grid) -> None:
    """The newest value at or before each origin, and its age in days; NaN where older than the limit."""
    newest = -1
    for day in range(past):
        newest = day if own[day] == own[day] else newest
    for day in range(past, len(own)):
        newest = day if own[day] == own[day] else newest
        usable = newest >= 0 and day - newest <= max_stale_days
        value[day - past] = own[newest] if usable else NAN
        age[day - past] = np.float32(day - newest) if usable else NAN
