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
from airwatch.features import kernel
from airwatch.features.calendar import calendar_columns
from airwatch.features.grids import DayAxis, Grid, build_grid, weather_regions
from airwatch.features.kernel import FloatArray, Named
from airwatch.features.neighbours import neighbour_mean, neighbour_weights, region_mean
from airwatch.features.rows import FeatureTable, empty_table
from airwatch.features.spec import FeatureSpec

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
        sites: Columns site_id, latitude and longitude in degrees; a site not in it has no neighbours.
        run: Pollutants, last origin and longest lead.
        params: Windows and reaches.

    Returns:
        One row for each (site_id, pollutant, origin_date), sorted, for every day from the site's first
        observation to ``run.as_of``, and float32 columns in AQS units, NaN where unknown. The columns follow
        from ``run`` and ``params`` alone.

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
        grid = by_name[name]
        table.write(name, shared)
        table.write(name, _own_columns(grid, axis, run, params))
        table.write(name, _surroundings(grid, _places(sites, grid.site_ids), axis.days, params))
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
    shared = list(calendar_columns(axis.origins, run.horizon_days, params.holiday_reach_days))
    for name in WEATHER:
        if name in by_name:
            for series, region in weather_regions(name, by_name[name]).items():
                shared += _recent(f"weather_{series}", region, axis.days)
    return shared


def _own_columns(grid: Grid, axis: DayAxis, run: Run, params: FeatureSpec) -> Iterator[Named]:
    """Columns from each site's own past, its climatology where it has none of its own borrowed."""
    yield from kernel.own_columns(grid.values, axis.days, params)
    last, _ = kernel.last_observed(grid.values, axis.days, params.max_stale_days)
    level = kernel.first_known(kernel.trailing_mean(grid.values, CLIMATOLOGY_FALLBACK_DAYS, axis.days), last)
    own = kernel.climatology(grid.values, axis.days, run.horizon_days, params.climatology)
    region = region_mean(own)
    for lead in range(run.horizon_days + 1):
        window = slice(lead, lead + axis.days)
        climatology = kernel.first_known(own[:, window], region[:, window], level)
        yield f"value_climatology_{lead:02d}", climatology
        if lead == 0:
            yield "deviation_climatology", last - climatology


def _surroundings(grid: Grid, places: FloatArray, days: int, params: FeatureSpec) -> Iterator[Named]:
    """Columns from the neighbours, the region and the site's place (``places`` is [sites, 2], degrees)."""
    latitudes, longitudes = places[:, 0].tolist(), places[:, 1].tolist()
    weights = neighbour_weights(latitudes, longitudes, params.neighbour_km, params.neighbour_softening_km)
    near = neighbour_mean(np.nan_to_num(grid.values, nan=0.0), np.isfinite(grid.values), weights)
    region = region_mean(grid.values)
    for back in (0, 1):
        yield f"value_neighbours_{back:02d}", kernel.lagged(near, back, days)
        yield f"value_region_{back:02d}", kernel.lagged(region, back, days)
    yield "value_region_mean_07", kernel.trailing_mean(region, 7, days)
    yield "latitude", places[:, :1]
    yield "longitude", places[:, 1:]


def _other_pollutants(name: str, by_name: dict[str, Grid], days: int, run: Run) -> Iterator[Named]:
    """Columns from the other pollutants: as measured at the site, else the region's mean that day."""
    site_ids = by_name[name].site_ids
    for other in run.pollutants:
        if other != name and other in by_name:
            grid = by_name[other]
            series = kernel.first_known(grid.rows_of(site_ids), region_mean(grid.values))
            yield from _recent(f"other_{other}", series, days)


def _recent(prefix: str, series: FloatArray, days: int) -> list[Named]:
    """A series on the origin's day, and its mean over three days."""
    return [
        (f"{prefix}_00", kernel.lagged(series, 0, days)),
        (f"{prefix}_mean_03", kernel.trailing_mean(series, 3, days)),
    ]


def _places(sites: pd.DataFrame, site_ids: NDArray[np.object_]) -> FloatArray:
    """Latitude and longitude of each site, [sites, 2], NaN where ``sites`` does not have it."""
    known = sites.drop_duplicates("site_id").set_index("site_id")[["latitude", "longitude"]]
    return known.reindex(pd.Index(site_ids)).to_numpy(dtype=np.float64)
