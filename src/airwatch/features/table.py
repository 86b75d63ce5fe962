"""The one feature table: what was known at each site on each day.

Training, inference and the API all come here, with the nation, a group of sites or one: ``lay_out`` puts the
observations on grids, and each piece of them gives its rows, here or at a worker. There is no second implementation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import WEATHER, parameter
from airwatch.features.calendar import calendar_table
from airwatch.features.grids import DayAxis, SiteGrid, build_grid, first_known, weather_regions
from airwatch.features.network import Network
from airwatch.features.pieces import RECENT_DAYS, Piece, as_frame
from airwatch.features.plan import STEPS, Grid, whole_step
from airwatch.features.records import collect, first_day
from airwatch.features.room import Room
from airwatch.features.series import recent_columns, region_mean
from airwatch.features.spec import FeatureSpec, weather_series
from airwatch.features.tasks import at_once


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


@dataclass
class Landscape:
    """All observations of a run on grids of the same days, and what is the same at every site.

    Attributes:
        pollutants: Of the run.
        horizon_days: Its longest lead.
        spec: The windows and reaches.
        axis: The days.
        grids: By pollutant, of those that were observed.
        places: site_id to latitude and longitude.
        shared: Weather and calendar [columns, days].
        threads: How many sites at once.
        room: Memory for the pieces of the table, which has as many blocks as are looked at.
    """

    pollutants: tuple[str, ...]
    horizon_days: int
    spec: FeatureSpec
    axis: DayAxis
    grids: dict[str, SiteGrid]
    places: pd.DataFrame
    shared: Grid
    threads: int
    room: Room = field(default_factory=Room)
    _regions: dict[str, Grid] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The feature columns."""
        return self.spec.columns(self.pollutants, self.horizon_days)

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        first = [np.maximum(grid.first, self.axis.width - self.axis.days) for grid in self.grids.values()]
        return sum(int((self.axis.width - each).sum()) for each in first)

    def network(self, pollutant: str) -> Network:
        """The sites of a pollutant, surveyed."""
        grid = self.grids[pollutant]
        places = self.places.reindex(pd.Index(grid.site_ids)).to_numpy(dtype=np.float64)
        return Network.survey(pollutant, grid, places, self.axis, self.spec, self.horizon_days, self.threads)

    def pieces(self, rows: int) -> Iterator[Piece]:
        """The table in its order, in pieces of whole sites: each of about so many rows, or of fewer.

        The pieces of a pollutant are of one size, and so many that all threads are busy to the last of them.
        """
        for pollutant in sorted(self.grids):
            network = self.network(pollutant)
            ends = np.cumsum(self.axis.width - network.starts)
            count = self.threads * -(-int(ends[-1]) // (self.threads * rows))
            begins = np.linspace(0, ends[-1], count, endpoint=False)
            edges = np.unique(np.searchsorted(ends, begins, side="right"))
            for own in np.split(np.arange(len(ends)), edges[1:]):
                yield self.piece(network, own)

    def piece(self, network: Network, own: NDArray[np.int64]) -> Piece:
        """Some sites of a network, by their rows."""
        others = {name: self._other(name, network, own) for name in self.pollutants}
        return Piece(self.names, network, own, others, self.shared, self.room)

    def _other(self, name: str, network: Network, own: NDArray[np.int64]) -> Grid:
        """Another pollutant as measured at the sites, else the region's mean; nothing where it is their own."""
        if name == network.pollutant or name not in self.grids:
            return np.full((len(own), self.axis.width), np.nan, dtype=np.float32)
        grid = self.grids[name]
        if name not in self._regions:
            step = whole_step(parameter(name).highest_plausible, STEPS)
            self._regions[name] = region_mean(grid.values, step)
        return first_known(grid.rows_of(network.site_ids[own]), self._regions[name])


def build_features(
    observations: pd.DataFrame, sites: pd.DataFrame, run: Run, params: FeatureSpec, threads: int = 1
) -> pd.DataFrame:
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
        threads: How many sites at once.

    Returns:
        One row for each (pollutant, site_id, origin_date), sorted, for every day from the site's first
        observation to ``run.as_of``, and float32 columns, NaN where unknown: ``value_*`` in the AQS unit, the
        other concentrations and their differences in the working unit of ``params.transforms``. The columns
        follow from ``run`` and ``params`` alone.

    Raises:
        ValueError: Two values for one site, pollutant and day.
    """
    landscape = lay_out([observations], sites, run, params, threads)
    if landscape is None:
        return empty_table(params.columns(run.pollutants, run.horizon_days))
    pieces = list(landscape.pieces(sys.maxsize))
    ends = np.cumsum([len(piece) for piece in pieces])
    block = np.empty((len(landscape.names), ends[-1]), dtype=np.float32)
    begins = [int(end) - len(piece) for piece, end in zip(pieces, ends, strict=True)]
    at_once([partial(piece.write, block, begin) for piece, begin in zip(pieces, begins, strict=True)], threads)
    return as_frame(block, pieces)


def lay_out(
    observations: Iterable[pd.DataFrame],
    sites: pd.DataFrame,
    run: Run,
    params: FeatureSpec,
    threads: int = 1,
    newest: int | None = None,
) -> Landscape | None:
    """Put the observations of a run on grids; frames of any sites and days, see ``build_features``.

    Args:
        observations: Columns site_id, pollutant, date_local and value.
        sites: Their places.
        run: Pollutants, last origin and longest lead.
        params: Windows and reaches.
        threads: How many sites at once.
        newest: Only so many of the last days are origins, for requests about today; None: all since the first
            observation.

    Returns:
        None where no pollutant of the run was observed.
    """
    last = pd.Timestamp(run.as_of)
    collector = collect(observations, (*run.pollutants, *WEATHER), last, threads)
    begun = {name: first_day(parts) for name, parts in collector.records.items()}
    observed = [begun[name] for name in run.pollutants if name in begun]
    if not observed:
        return None
    end, first = collector.last_day, min(observed)
    start = max(first - params.reach_days, min(begun.values()))
    axis = DayAxis(start, end - start + 1, min(end - first + 1, newest or sys.maxsize))
    grids = {name: build_grid(each, list(collector.sites), axis, threads) for name, each in collector.records.items()}
    shared = np.concatenate([_weather(grids, axis), calendar_table(axis.origins, run.horizon_days)])
    places = sites.drop_duplicates("site_id").set_index("site_id")[["latitude", "longitude"]]
    pollutants = {name: grids[name] for name in run.pollutants if name in grids}
    return Landscape(run.pollutants, run.horizon_days, params, axis, pollutants, places, shared, threads)


def empty_table(names: Sequence[str]) -> pd.DataFrame:
    """The feature table without a row, its columns typed."""
    keys = {"site_id": pd.Series(dtype="str"), "pollutant": pd.Series(dtype="str")}
    origins = {"origin_date": pd.Series(dtype="datetime64[us]")}
    return pd.DataFrame({**keys, **origins, **{name: pd.Series(dtype="float32") for name in names}})


def _weather(grids: dict[str, SiteGrid], axis: DayAxis) -> Grid:
    """The region's weather on each origin, and its mean over three days, two columns a series [columns, days]."""
    regions: dict[str, Grid] = {}
    for name in WEATHER:
        if name in grids:
            regions |= weather_regions(name, grids[name].values)
    series = weather_series()
    columns = np.full((2 * len(series), axis.days), np.nan, dtype=np.float32)
    start, begin = np.array([axis.width - axis.days]), np.zeros(1, dtype=np.int64)  # of the only series
    for number, name in enumerate(series):
        if name in regions:
            recent_columns(regions[name], start, RECENT_DAYS, columns, 2 * number, begin)
    return columns
