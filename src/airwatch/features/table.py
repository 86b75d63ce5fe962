"""The one feature table: what was known at each site on each day.

Training, inference and the API all call ``build_features``; there is no second implementation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from airwatch.features.spec import FeatureSpec

KEYS = ["site_id", "pollutant", "origin_date"]


class Run(Protocol):
    """The parameters of a run that features depend on."""

    @property
    def pollutants(self) -> tuple[str, ...]: ...
    @property
    def as_of(self) -> date: ...
    @property
    def horizon_days(self) -> int: ...


def build_features(observations: pd.DataFrame, sites: pd.DataFrame, run: Run, params: FeatureSpec) -> pd.DataFrame:
    """Build the feature table.

    A row depends on nothing after its origin and on nothing further back than ``params.reach_days``, to the last
    bit: the same row comes from a shorter history, with later days present, and with sites that appear later.

    Args:
        observations: ``daily_observations``, key (site_id, pollutant, date_local), ``value`` in the AQS unit, weather
            among them under its own names. Days after ``run.as_of`` are left out.
        sites: Columns site_id, latitude and longitude in degrees; a site not in it has no neighbours.
        run: Pollutants, last origin and longest lead.
        params: Windows and reaches.

    Returns:
        One row for each (site_id, pollutant, origin_date), sorted, for every day from the site's first observation to
        ``run.as_of``, and float32 columns in AQS units, NaN where unknown. The columns follow from ``run`` and ``params`` alone.

    Raises:
        ValueError: Two values for one site, pollutant and day.
    """
    names = params.columns(run.pollutants, run.horizon_days)
    grids = _grids(observations, run, params)
    if grids is None:
        return _empty(names)
    axis, by_name = grids
    blocks = [_Block(name, by_name[name], axis) for name in run.pollutants if name in by_name]
    table = _Table(names, axis, blocks)
    shared = _shared_columns(by_name, axis, run, params)
    positions = sites.drop_duplicates("site_id").set_index("site_id")[["latitude", "longitude"]]
    for block in blocks:
        where = positions.reindex(block.grid.site_ids).to_numpy(dtype=np.float64)
        table.write(block, shared)
        table.write(block, _own(block.grid, where, axis, run, params))
        table.write(block, _others(block, by_name, axis, run))
    return table.frame()


def _grids(observations: pd.DataFrame, run: Run, params: FeatureSpec) -> tuple[DayAxis, dict[str, Grid]] | None:
    """The day axis and the grid of each parameter; None where no pollutant of the run was observed."""
    as_of = pd.Timestamp(run.as_of)
    known = observations[(observations["date_local"] <= as_of) & observations["value"].notna()]
    names = known["pollutant"].to_numpy(dtype=object)
    selected = known["date_local"][np.isin(names, list(run.pollutants))]
    if selected.empty:
        return None
    start = selected.min()
    axis = DayAxis(start, (as_of - start).days + 1, params.reach_days)
    wanted = [name for name in (*run.pollutants, *WEATHER) if (names == name).any()]
    return axis, {name: build_grid(known[names == name], axis) for name in wanted}


def _own(grid: Grid, where: FloatArray, axis: DayAxis, run: Run, params: FeatureSpec) -> Iterator[Named]:
    """Columns from the site's own past, its neighbours, its region and its place."""
    last = region_of_last = None
    for name, column in kernel.own_columns(grid.values, axis.days, params):
        if name == "value_last":
            last = column
        yield name, column
    assert last is not None
    del region_of_last
    yield from _climatologies(grid, last, axis, run, params)
    latitudes, longitudes = where[:, 0].tolist(), where[:, 1].tolist()
    weights = neighbour_weights(latitudes, longitudes, params.neighbour_km, params.neighbour_softening_km)
    near = neighbour_mean(np.nan_to_num(grid.values, nan=0.0), np.isfinite(grid.values), weights)
    region = region_mean(grid.values)
    for back in (0, 1):
        yield f"value_neighbours_{back:02d}", kernel.lagged(near, back, axis.days)
        yield f"value_region_{back:02d}", kernel.lagged(region, back, axis.days)
    yield "value_region_mean_07", kernel.trailing_mean(region, 7, axis.days)
    yield "latitude", where[:, :1]
    yield "longitude", where[:, 1:]
