"""Some sites of a network with all that their features need: what a thread, a worker or a request computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from pandas.api.internals import create_dataframe_from_blocks

from airwatch.domain.transforms import transform
from airwatch.features import kernel, surroundings
from airwatch.features.compiled import IntArray
from airwatch.features.network import Network
from airwatch.features.plan import Block, Grid, Totals
from airwatch.features.room import Room
from airwatch.features.series import own_column, recent_columns, site_columns, spread_columns

RECENT_DAYS = 3
_TEXT: Any = pd.StringDtype(na_value=np.nan)  # what pandas calls str


@dataclass(frozen=True)
class Piece:
    """Some sites of a network; it pickles.

    Attributes:
        names: The feature columns.
        network: The network, or as much of it as these sites need.
        own: Their rows in it.
        others: What is known there of each other pollutant, AQS unit, by name [own sites, width].
        shared: Columns that are the same at every site [columns, days], the last but for the place.
        room: Memory for its rows.
    """

    names: Sequence[str]
    network: Network
    own: IntArray
    others: Mapping[str, Grid]
    shared: Grid
    room: Room = field(default_factory=Room)

    def alone(self) -> Piece:
        """The same with nothing but what it needs, to be sent elsewhere."""
        network, own = self.network.of(self.own)
        return replace(self, network=network, own=own)

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self.alone()))

    def __str__(self) -> str:
        sites = self.network.site_ids[self.own]
        return f"the features of {self.network.pollutant} at {sites[0]} to {sites[-1]}"

    def __len__(self) -> int:
        return int(self.lengths.sum())

    @property
    def lengths(self) -> IntArray:
        """How many rows each site has."""
        return self.network.axis.width - self.network.starts[self.own]

    def frame(self) -> pd.DataFrame:
        """The rows of the feature table of these sites, sorted by site and origin."""
        return as_frame(self.block(), [self])

    def block(self) -> Block:
        """The feature columns of these rows."""
        block = self.room.block(len(self.names), len(self))
        self.write(block)
        return block

    def write(self, out: Block, row: int = 0) -> None:
        """Write the feature columns into a block, from a row of it on, by site and origin.

        Args:
            out: [columns, rows], in one piece in memory.
            row: The first of the piece's rows.
        """
        network, spec, starts = self.network, self.network.spec, self.network.starts[self.own]
        begins = row + np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        at = self._write_own_past(out, begins)
        own_column(network.level, self.own, starts, out, at, begins)
        at += 1
        surroundings.around_columns(
            network.values,
            network.anomaly,
            network.smoky,
            network.network,
            network.around,
            self.own,
            starts,
            out,
            at,
            begins,
        )
        at += len(spec.surrounding_groups())
        for name in self.others:
            recent_columns(self.others[name], starts, RECENT_DAYS, out, at, begins)
            at += 2
        spread_columns(self.shared, starts - (network.axis.width - network.axis.days), out, at, begins)
        site_columns(network.places[self.own].astype(np.float32), self.lengths, out, len(out) - 2, begins)

    def _of_own(self, grid: Grid) -> Grid:
        """The rows of these sites; without a copy where they follow each other."""
        first, last = self.own[0], self.own[-1] + 1
        return grid[first:last] if last - first == len(self.own) else grid[self.own]

    def _write_own_past(self, out: Block, begins: IntArray) -> int:
        """Write the columns from each site's own past, and what is usual; the number of the next column."""
        network, days = self.network, self.network.axis.days
        unit = transform(network.spec.transforms[network.pollutant])
        plan = network.plan
        values, in_unit, usual = (self._of_own(each) for each in (network.values, network.unit, network.usual))
        first, region = network.first[self.own], network.usual_of_region
        room = Totals.of_length(network.axis.width, plan)
        at = kernel.own_columns(values, in_unit, first, days, plan, room, out, begins)
        kernel.usual_columns(values, in_unit, usual, region, first, days, plan, room, out, at, begins)
        rows = slice(int(begins[0]), int(begins[0]) + len(self))
        deviation = at + 1 + network.horizon_days
        out[deviation, rows] -= unit.forward(out[at, rows])
        return deviation + 1


def as_frame(block: Block, pieces: Sequence[Piece]) -> pd.DataFrame:
    """The feature table from the block that some pieces have written, one behind the other."""
    days, lengths = pieces[0].network.axis.origin_days, np.concatenate([piece.lengths for piece in pieces])
    sites = np.concatenate([piece.network.site_ids[piece.own] for piece in pieces])
    pollutants = np.array([piece.network.pollutant for piece in pieces], dtype=object)
    keys = (
        _repeated(sites, lengths),
        _repeated(pollutants, np.array([len(piece) for piece in pieces])),
        np.concatenate([days[len(days) - length :] for length in lengths])[np.newaxis],
    )
    blocks = [(key, np.array([number])) for number, key in enumerate(keys)]
    blocks.append((block, np.arange(len(keys), len(keys) + len(block))))
    index, columns = pd.RangeIndex(block.shape[1]), _index(tuple(pieces[0].names)).view()
    # As pandas.DataFrame would be, from what is known to fit: a tenth of the time.
    frame: pd.DataFrame = create_dataframe_from_blocks(blocks, index, columns)
    return frame


def _repeated(values: NDArray[np.object_], lengths: IntArray) -> ExtensionArray:
    """Each text as many times in a row as its length says."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array(np.cumsum(lengths)), pa.array(values, pa.large_string()))
    texts: ExtensionArray = _TEXT.__from_arrow__(pc.run_end_decode(runs))  # without the looks that pd.array takes
    return texts


@lru_cache(maxsize=8)
def _index(names: tuple[str, ...]) -> pd.Index:
    """The columns of a table, the same for every piece of it."""
    return pd.Index(["site_id", "pollutant", "origin_date", *names])
