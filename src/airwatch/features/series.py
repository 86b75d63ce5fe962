"""Series that many sites share, and how they come into the rows of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from airwatch.features.compiled import IntArray, compiled, copy
from airwatch.features.plan import Block, Grid, Whole

DayTotals = tuple[Whole, Whole]  # of each day: the sum in whole steps, and how many values are in it
ZERO, ONE, NAN = np.float32(0.0), np.float32(1.0), np.float32(np.nan)


@compiled
def region_mean(grid: Grid, step: float) -> Grid:
    """Mean over all series of each day, [1, width]; NaN where none has a value.

    Values are counted in whole steps, so that a series which joins, or the order of them, changes no other bit.
    """
    return mean_of_totals(*region_totals(grid, step), step)


@compiled
def region_totals(grid: Grid, step: float) -> DayTotals:
    """The totals over all series, [width] each; those of parts can be added."""
    total, count = np.zeros(grid.shape[1], np.int64), np.zeros(grid.shape[1], np.int64)
    steps, most = 1.0 / step, 2.0**40
    for series in range(len(grid)):
        row = grid[series]
        for day in range(len(row)):
            known = row[day] == row[day]
            total[day] += np.int64(min(max(np.rint((row[day] if known else ZERO) * steps), -most), most))
            count[day] += 1 if known else 0
    return total, count


def mean_of_parts(parts: Sequence[DayTotals], step: float) -> Grid:
    """The region's mean from the totals of its parts, [1, width]."""
    total, count = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
    return mean_of_totals(total, count, step)


@compiled
def mean_of_totals(total: Whole, count: Whole, step: float) -> Grid:
    """The mean of each day, [1, width]."""
    mean = np.empty((1, len(total)), np.float32)
    for day in range(len(total)):
        mean[0, day] = np.float32(total[day] * step / count[day]) if count[day] > 0 else NAN
    return mean


@compiled
def recent_columns(grid: Grid, starts: IntArray, window: int, out: Block, at: int, begins: IntArray) -> None:
    """Write each series on the origin's day and its mean over the last ``window`` days, two columns.

    Args:
        grid: NaN where unknown [series, width].
        starts: The column of the first origin of each series.
        window: Days of the mean.
        out: The block.
        at: The first of the two columns in it.
        begins: The row of each series' first origin in it.
    """
    width = grid.shape[1]
    total, count = np.empty(width, np.float32), np.empty(width, np.float32)
    for series in range(len(grid)):
        total[:], count[:] = ZERO, ZERO
        for back in range(min(window, width)):
            known, sums, counts = grid[series, : width - back], total[back:], count[back:]
            for day in range(len(known)):
                here = known[day] == known[day]
                sums[day] += known[day] if here else ZERO
                counts[day] += ONE if here else ZERO
        start, row = starts[series], begins[series]
        own, mean = out[at, row : row + width - start], out[at + 1, row : row + width - start]
        today, sums, counts = grid[series, start:], total[start:], count[start:]
        for day in range(len(own)):
            own[day] = today[day]
            mean[day] = sums[day] / counts[day] if counts[day] > 0 else NAN


@compiled
def own_column(grid: Grid, own: IntArray, starts: IntArray, out: Block, at: int, begins: IntArray) -> None:
    """Write a grid's own value of each origin, one column.

    Args:
        grid: Of all series [series, width].
        own: The rows of the block's series in it.
        starts: The column of the first origin of each of those.
        out: The block.
        at: The column in it.
        begins: The row of each series' first origin in it.
    """
    for number in range(len(own)):
        values = grid[own[number], starts[number] :]
        copy(values, out[at, begins[number] : begins[number] + len(values)])


@compiled
def spread_columns(columns: Grid, starts: IntArray, out: Block, at: int, begins: IntArray) -> None:
    """Write columns that are the same for every series, from each one's first day on.

    Args:
        columns: [columns, days].
        starts: The first day of each series.
        out: The block.
        at: The first of the columns in it.
        begins: The row of each series' first day in it.
    """
    days = columns.shape[1]
    for number in range(len(columns)):
        for series in range(len(starts)):
            row, start = begins[series], starts[series]
            copy(columns[number, start:], out[at + number, row : row + days - start])


@compiled
def site_columns(values: Grid, lengths: IntArray, out: Block, at: int, begins: IntArray) -> None:
    """Write columns that are the same on every day of a series.

    Args:
        values: [series, columns].
        lengths: How many rows each series has.
        out: The block.
        at: The first of the columns in it.
        begins: The first row of each series.
    """
    for number in range(values.shape[1]):
        for series in range(len(values)):
            out[at + number, begins[series] : begins[series] + lengths[series]] = values[series, number]
