"""All sites of one pollutant on one grid, and what is known of them together: levels, anomalies, the region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.pollutants import parameter
from airwatch.domain.transforms import Transform, transform
from airwatch.features import kernel, surroundings
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.grids import DayAxis, SiteGrid
from airwatch.features.plan import Grid, OwnPlan, Totals
from airwatch.features.series import DayTotals, mean_of_parts, region_totals
from airwatch.features.spec import FeatureSpec
from airwatch.features.surroundings import Around
from airwatch.features.tasks import at_once, shares

SHARES = 4  # of the sites for each thread, so that none waits long for the others


@dataclass(frozen=True)
class Network:
    """The sites of one pollutant; rows are sites in the order of their ids, columns days.

    Attributes:
        pollutant: Its name.
        spec: The windows and reaches.
        horizon_days: The longest lead.
        axis: The days.
        site_ids: Of the rows.
        places: Latitude and longitude, degrees [sites, 2], NaN where unknown.
        values: Observations, AQS unit, NaN where there is none.
        unit: The same in the working unit.
        level: The usual level, working unit.
        anomaly: Observations above their level, working unit.
        smoky: ``surroundings.smoky_days``: where a site stands far above its level, and where it observed something.
        usual: ``kernel.climatology``, AQS unit [sites, width + horizon].
        usual_of_region: Its mean over all sites [1, width + horizon].
        network: The mean anomaly of all sites [1, width].
        around: The neighbours of all sites.
    """

    pollutant: str
    spec: FeatureSpec
    horizon_days: int
    axis: DayAxis
    site_ids: NDArray[np.object_]
    places: FloatArray
    values: Grid
    unit: Grid
    level: Grid
    anomaly: Grid
    smoky: Grid
    usual: Grid
    usual_of_region: Grid
    network: Grid
    around: Around

    @classmethod
    def survey(
        cls,
        pollutant: str,
        grid: SiteGrid,
        places: FloatArray,
        axis: DayAxis,
        spec: FeatureSpec,
        horizon_days: int,
        threads: int = 1,
    ) -> Network:
        """Find the level of each site, how far each day stood above it, and what is usual for the days of the year."""
        plan, forward = plan_of(pollutant, spec, horizon_days), transform(spec.transforms[pollutant]).forward
        values, first, borrow = grid.values, grid.first, spec.surroundings.level_borrow_days
        # The neighbours' levels are needed as far back as their anomalies are looked at.
        back = min(axis.width, axis.days + spec.surroundings.past_days)
        unit, means, counts, spreads, anomaly = np.empty((5, *values.shape), dtype=np.float32)
        usual = np.empty((len(values), axis.width + horizon_days), dtype=np.float32)

        def own(rows: slice) -> tuple[DayTotals, DayTotals]:
            room = Totals.of_length(axis.width, plan)
            unit[rows] = forward(values[rows])
            kernel.own_levels(unit[rows], first[rows], back, plan, room, means[rows], counts[rows], spreads[rows])
            kernel.climatology(values[rows], first[rows], axis.days, plan, room, usual[rows])
            return region_totals(means[rows], plan.unit_step), region_totals(usual[rows], plan.step)

        def above(rows: slice) -> DayTotals:
            surroundings.levels(means, counts, region, around, borrow, np.arange(len(values))[rows])
            np.subtract(unit[rows], counts[rows], out=anomaly[rows])
            surroundings.smoky_days(anomaly[rows], spreads[rows], spec.surroundings.smoke_spreads)
            return region_totals(anomaly[rows], plan.unit_step)

        parts = shares(len(values), SHARES * threads)
        around, *found = at_once(
            [partial(Around.of, places, spec.surroundings), *(partial(own, rows) for rows in parts)], threads
        )
        region, usual_of_region = map(mean_of_parts, zip(*found, strict=True), (plan.unit_step, plan.step))
        of_network = at_once([partial(above, rows) for rows in parts], threads)
        return cls(
            pollutant=pollutant,
            spec=spec,
            horizon_days=horizon_days,
            axis=axis,
            site_ids=grid.site_ids,
            places=places,
            values=values,
            unit=unit,
            level=counts,
            anomaly=anomaly,
            smoky=spreads,
            usual=usual,
            usual_of_region=usual_of_region,
            network=mean_of_parts(of_network, plan.unit_step),
            around=around,
        )

    @cached_property
    def first(self) -> IntArray:
        """The column of each site's first observation."""
        return np.asarray(np.argmax(~np.isnan(self.values), axis=1))

    @cached_property
    def plan(self) -> OwnPlan:
        """The windows of its sites."""
        return plan_of(self.pollutant, self.spec, self.horizon_days)

    @cached_property
    def starts(self) -> IntArray:
        """The column of each site's first origin."""
        return np.maximum(self.first, self.axis.width - self.axis.days)

    def of(self, own: IntArray) -> tuple[Network, IntArray]:
        """The network of some sites and the neighbours they need, and the rows of the sites in it."""
        needed = np.unique(np.concatenate([own, *(self.around.neighbours.rows_of(row) for row in own)]))
        parts = ("site_ids", "places", "values", "unit", "level", "anomaly", "smoky", "usual")
        taken = {name: getattr(self, name)[needed] for name in parts}
        around = Around.of(taken["places"], self.spec.surroundings)
        return replace(self, **taken, around=around), np.searchsorted(needed, own)


def plan_of(pollutant: str, spec: FeatureSpec, horizon_days: int) -> OwnPlan:
    """The windows of a pollutant's sites."""
    highest = np.array([parameter(pollutant).highest_plausible])
    unit: Transform = transform(spec.transforms[pollutant])
    return OwnPlan.of(spec, horizon_days, float(highest[0]), float(unit.forward(highest)[0]))
