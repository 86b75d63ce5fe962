"""The one feature table: what was known at each site on each day.

Training, inference and the API all call ``build_features``; there is no second implementation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import WEATHER
from airwatch.domain.transforms import Transform, transform
from airwatch.features import kernel
from airwatch.features.calendar import calendar_columns
from airwatch.features.compiled import FloatArray, Named
from airwatch.features.grids import DayAxis, Grid, build_grid, first_known, lagged, weather_regions
from airwatch.features.neighbours import region_mean
from airwatch.features.rows import FeatureTable, empty_table
from airwatch.features.spec import FeatureSpec
from airwatch.features.surroundings import surroundings

CLIMATOLOGY_FALLBACK_DAYS = 90


class Run(Protocol):
    """The parameters of a run that features depend on."""

    @property
    def pollutants(self) -> tuple[str, ...]:
        """Names of ``POLLUTANTS``."""

    @property
    def as_of(self) -> date:
        """The last origin."""

    @property
    def horizon_days(self) -> int:
        """The longest lead, 1 to 14."""


def build_features(observations: pd.DataFrame, sites: pd.DataFrame, run: Run, params: FeatureSpec) -> pd.DataFrame:
    """Build the feature table.

    A row depends on nothing after its origin and on nothing further back than ``params.reach_days``, to the
    last bit: the same row comes from a shorter history, with later days present, and with sites that appear
    later.

    Args:
        observations: ``daily_observations``, key (site_id, pollutant, date_local), ``value`` in the AQS unit,
            weather among them under its own names. Days after ``run.as_of`` are left out.
        sites: Columns site_id, latitude and longitude in degrees; a site not in it has no neighbours and is
            none.
        run: Pollutants, last origin and longest lead.
        params: Windows and reaches.

    Returns:
        One row for each (site_id, pollutant, origin_date), sorted, for every day from the site's first
        observation to ``run.as_of``, and float32 columns, NaN where unknown: ``value_*`` in the AQS unit, the
        other concentrations and their differences in the working unit of ``params.transforms``. The columns
        follow from ``run`` and ``params`` alone.

    Raises:
        ValueError: Two values for one site, pollutant and day.
    """
    names = params.columns(run.pollutants, run.horizon_days)
    grids = _grids(observations, run, params)
    if grids is None:
        return empty_table(names)
    axis, by_name = grids
    observed = [name for name in run.pollutants if name in by_name]
    table = FeatureTable(names, axis, {name: by_name[name] for name in observed})
    shared = _shared_columns(by_name, axis, run, params)
    for name in observed:
        grid, unit = by_name[name], transform(params.transforms[name])
        in_unit, places = np.asarray(unit.forward(grid.values), dtype=np.float64), _places(sites, grid.site_ids)
        table.write(name, shared)
        table.write(name, [("latitude", places[:, :1]), ("longitude", places[:, 1:])])
        _write_own_past(table, name, grid, in_unit, axis.days, params)
        table.write(name, _climatology(grid, unit, axis, run, params))
        table.write(name, surroundings(grid.values, in_unit, places, axis.days, params.surroundings))
        table.write(name, _other_pollutants(name, by_name, axis.days, run))
    return table.frame()


def _grids(observations: pd.DataFrame, run: Run, params: FeatureSpec) -> tuple[DayAxis, dict[str, Grid]] | None:
    """The day axis and the grid of each parameter; None where no pollutant of the run was observed."""
    as_of = pd.Timestamp(run.as_of)
    wanted = observations["pollutant"].isin([*run.pollutants, *WEATHER])
    known = observations[wanted & (observations["date_local"] <= as_of) & observations["value"].notna()]
    by_name = dict(iter(known.groupby("pollutant", observed=True, sort=False)))
    starts = [by_name[name]["date_local"].min() for name in run.pollutants if name in by_name]
    if not starts:
        return None
    axis = DayAxis(min(starts), (as_of - min(starts)).days + 1, params.reach_days)
    return axis, {str(name): build_grid(rows, axis) for name, rows in by_name.items()}


def _shared_columns(by_name: dict[str, Grid], axis: DayAxis, run: Run, params: FeatureSpec) -> list[Named]:
    """Columns that are the same at every site: the calendar and the region's weather."""
    shared = list(calendar_columns(axis.origins, run.horizon_days))
    for name in WEATHER:
        if name in by_name:
            for series, region in weather_regions(name, by_name[name]).items():
                shared += _recent(f"weather_{series}", region, axis.days)
    return shared


def _write_own_past(
    table: FeatureTable, name: str, grid: Grid, in_unit: FloatArray, days: int, params: FeatureSpec
) -> None:
    """Write the columns from each site's own past."""
    plan = kernel.OwnPlan.of(params)
    table.write_series(
        name, list(params.own_groups()), lambda site: kernel.own_past(grid.values[site], in_unit[site], days, plan)
    )


def _climatology(grid: Grid, unit: Transform, axis: DayAxis, run: Run, params: FeatureSpec) -> Iterator[Named]:
    """What is usual for the day of the year; a site with no such history borrows, then takes its own level."""
    about = params.climatology
    own = kernel.climatology(
        grid.values, axis.days, run.horizon_days, about.years, about.half_width_days, about.min_count
    )
    region = region_mean(own)
    last, _ = kernel.last_observed(grid.values, params.max_stale_days, axis.days)
    level = first_known(kernel.trailing_mean(grid.values, CLIMATOLOGY_FALLBACK_DAYS, axis.days), last)
    for lead in range(run.horizon_days + 1):
        window = slice(lead, lead + axis.days)
        usual = first_known(own[:, window], region[:, window], level)
        yield f"value_climatology_{lead:02d}", usual
        if lead == 0:
            yield "deviation_climatology", unit.forward(last) - unit.forward(usual)


def _other_pollutants(name: str, by_name: dict[str, Grid], days: int, run: Run) -> Iterator[Named]:
    """Columns from the other pollutants: as measured at the site, else the region's mean that day."""
    site_ids = by_name[name].site_ids
    for other in run.pollutants:
        if other != name and other in by_name:
            grid = by_name[other]
            series = first_known(grid.rows_of(site_ids), region_mean(grid.values))
            yield from _recent(f"other_{other}", series, days)


def _recent(prefix: str, series: FloatArray, days: int) -> list[Named]:
    """A series on the origin's day, and its mean over three days."""
    return [
        (f"{prefix}_00", lagged(series, 0, days)),
        (f"{prefix}_mean_03", kernel.trailing_mean(series, 3, days)),
    ]


def _places(sites: pd.DataFrame, site_ids: NDArray[np.object_]) -> FloatArray:
    """Latitude and longitude of each site, [sites, 2], NaN where ``sites`` does not have it."""
    known = sites.drop_duplicates("site_id").set_index("site_id")[["latitude", "longitude"]]
    return known.reindex(pd.Index(site_ids)).to_numpy(dtype=np.float64)
