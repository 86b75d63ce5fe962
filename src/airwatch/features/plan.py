"""The windows of a site's own past, the whole steps that values are counted in, and the room for running totals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airwatch.features.compiled import IntArray
from airwatch.features.spec import DAYS_OF_A_YEAR, FALLBACK_DAYS, FeatureSpec

Grid = NDArray[np.float32]
Block = NDArray[np.float32]  # [columns, rows]
Whole = NDArray[np.int64]
Count = NDArray[np.int32]

# Whole steps up to the highest plausible value; the sum over a year stays below 2**63, and so does that of squares.
STEPS = float(2**40)
STEPS_OF_SQUARES = float(2**26)
NAN = np.float32(np.nan)


class OwnPlan(NamedTuple):
    """The windows of a series' own past, in days, and where its columns stand.

    ``step`` and ``unit_step`` are the sizes of a whole step in the AQS unit and in the working unit, powers of two.
    """

    lag_days: int
    max_stale_days: int
    mean_days: IntArray
    missing_days: int
    history_days: int
    spread_days: IntArray
    step_days: IntArray
    step_min_count: int
    recent_days: int
    years: IntArray  # the newest day of the window of each year before, as days before the target
    year_days: int  # the days of such a window
    min_count: int
    horizon_days: int
    level_days: int
    smoke_days: int
    smoke_min_count: int
    pad: int
    step: float
    unit_step: float

    @classmethod
    def of(cls, spec: FeatureSpec, horizon_days: int, highest: float, unit_highest: float) -> OwnPlan:
        """The windows as declared, for values up to ``highest`` in the AQS unit, ``unit_highest`` in the other."""
        about, around = spec.climatology, spec.surroundings
        # Half a day is rounded to even.
        newest = [int(np.rint(DAYS_OF_A_YEAR * year)) - about.half_width_days for year in range(1, about.years + 1)]
        return cls(
            spec.lag_days,
            spec.max_stale_days,
            np.array(spec.mean_days),
            spec.missing_days,
            spec.history_days,
            np.array(spec.spread_days),
            np.array(spec.step_days),
            spec.step_min_count,
            FALLBACK_DAYS,
            np.array(newest),
            2 * about.half_width_days + 1,
            about.min_count,
            horizon_days,
            around.level_days,
            around.smoke_days,
            around.smoke_min_count,
            spec.reach_days + 2,
            whole_step(highest, STEPS),
            whole_step(unit_highest, STEPS_OF_SQUARES),
        )


def whole_step(highest: float, steps: float) -> float:
    """The size of a whole step for values up to ``highest``: a power of two, so that only what is below it is lost."""
    return float(2.0 ** np.ceil(np.log2(highest))) / steps


class Totals(NamedTuple):
    """Running totals of one series, each with ``pad`` zeros before its first day."""

    values: Whole
    unit: Whole
    squares: Whole
    steps: Whole
    seen: Count
    pairs: Count

    @classmethod
    def of_length(cls, days: int, plan: OwnPlan) -> Totals:
        """Room for a series of so many days."""
        sums, counts = (
            np.zeros((number, plan.pad + days + 1), np.dtype(kind)) for number, kind in ((4, "i8"), (2, "i4"))
        )
        return cls(*sums, *counts)
