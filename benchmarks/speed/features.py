"""The feature table against peers and against memory, as it grows, and on two threads."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from airwatch.domain.transforms import transform
from airwatch.engine import Threads
from airwatch.features import kernel
from airwatch.features.calendar import calendar_table
from airwatch.features.grids import build_grid
from airwatch.features.network import plan_of
from airwatch.features.pieces import Piece
from airwatch.features.plan import Block, Totals
from airwatch.features.records import collect
from airwatch.features.room import Room
from airwatch.features.series import region_mean, site_columns, spread_columns
from airwatch.features.spec import FeatureSpec, calendar_groups
from airwatch.features.table import build_features, lay_out
from airwatch.features.tasks import at_once, shares
from benchmarks.speed import peers, polars_table
from benchmarks.speed.clock import peak_mib, take_turns
from benchmarks.speed.machine import effective_cores
from benchmarks.speed.network import Network
from benchmarks.speed.sizes import TABLES, Measured, Sizes, production_spec

BLOCK_ROWS = 100_000  # block_rows of conf/base/parameters/feature_engineering.yml
AT_HAND_MIB = 1_024  # more than a table takes that is streamed
THREAD_ROUNDS = 4  # times as many as elsewhere: where two threads share a machine with others, runs differ twofold
COPIES = 8  # of an eighth of the output each, which is more than any cache holds


def against_peers(sizes: Sizes) -> Measured:
    """The whole table and its parts, its peers, and the memory its output needs, in turns on one thread."""
    network, spec = Network.of_rows(sizes.middle), production_spec()
    observations, places = next(network.observations()), network.places()
    columns, rows = spec.columns(network.pollutants, network.horizon_days), network.rows
    same, filled = peers.Same(network, spec), peers.filled(network)
    landscape = lay_out([observations], places, network, spec)
    in_one = from_arrays(observations, places, network, spec, sys.maxsize)
    in_blocks = from_arrays(observations, places, network, spec, BLOCK_ROWS)
    output = len(columns) * rows
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: build_features(observations, places, network, spec),
        "ours of peers": lambda: own_past(observations, places, network, spec),
        "ours arrays to block": lambda: list(in_one()),
        "ours arrays to blocks": lambda: deque(in_blocks(), maxlen=0),
        "ours streamed": stream(network, spec, [observations]),
        "ours from the grid": lambda: sum(
            map(len, map(Piece.frame, replace(landscape, room=Room()).pieces(BLOCK_ROWS)))
        ),
        "first touch": lambda: np.empty(output, dtype=np.float32).fill(0.0),
        "read and write": copies(output),
        "mlforecast": peers.mlforecast_run(filled, same),
        "mlforecast without climatology": peers.mlforecast_run(filled, same, climatology=False),
        "polars": polars_table.own_past_run(filled, same),
    }
    facts = {"rows": rows, "columns": len(columns), "peer columns": len(same.names)}
    facts["peer columns without climatology"] = len(same.names) - len(same.climatology)
    return Measured(take_turns(runs, sizes.rounds, 2 * output * np.dtype(np.float32).itemsize // 2**20), facts)


def against_polars(sizes: Sizes) -> Measured:
    """The whole table by AirWatch and by Polars, of the same values without gaps, in turns on one thread."""
    network, spec = Network.of_rows(sizes.middle), production_spec()
    observations, places = next(network.observations(gaps=False)), network.places()
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: build_features(observations, places, network, spec),
        "polars": polars_table.whole_run(peers.filled(network), network, spec),
    }
    columns = len(spec.columns(network.pollutants, network.horizon_days))
    return Measured(take_turns(runs, sizes.rounds, AT_HAND_MIB), {"rows": network.rows, "columns": columns})


def growth(sizes: Sizes) -> Measured:
    """The table of each size, streamed on one thread, in turns."""
    spec, runs, facts = production_spec(), {}, {}
    for name, pollutants in TABLES.items():
        network = Network.of_rows(getattr(sizes, name), pollutants)
        runs[name] = stream(network, spec, list(network.observations()))
        facts[f"{name} rows"] = network.rows
    return Measured(take_turns(runs, sizes.rounds, AT_HAND_MIB), facts)


def memory(sizes: Sizes, table: str) -> Measured:
    """The most memory of a process that streams one table, its observations handed in pollutant by pollutant.

    Before, it has compiled the features, and drawn the observations once and let them go.
    """
    spec, network = production_spec(), Network.of_rows(getattr(sizes, table), TABLES[table])
    tiny = Network.of_rows(1_000, TABLES[table], sites=3)
    stream(tiny, spec, list(tiny.observations()))()
    deque(network.observations(), maxlen=0)
    before = peak_mib()
    rows = stream(network, spec, network.observations())()
    columns = spec.columns(network.pollutants, network.horizon_days)
    output = rows * len(columns) * np.dtype(np.float32).itemsize / 2**20
    return Measured({}, {"rows": rows, "peak MiB": peak_mib(), "before MiB": before, "output MiB": output})


def threads(sizes: Sizes) -> Measured:
    """Two threads against one, what they gain in memory alone, and what two processes get done before and after."""
    network, spec = Network.of_rows(sizes.middle), production_spec()
    observations = list(network.observations())
    before = effective_cores()
    output = network.rows * len(spec.columns(network.pollutants, network.horizon_days))
    runs: dict[str, Callable[[], object]] = {}
    for count in (1, 2):
        runs[f"{count} threads"] = stream(network, spec, observations, count)
        runs[f"{count} threads in memory"] = copies(output, count)
    seconds = take_turns(runs, THREAD_ROUNDS * sizes.rounds, AT_HAND_MIB)
    return Measured(seconds, {"rows": network.rows, "cores before": before, "cores after": effective_cores()})


def copies(output: int, threads: int = 1) -> Callable[[], None]:
    """Reading and writing as many numbers, by threads that share them."""
    source, target = np.ones((2, output // COPIES), dtype=np.float32)
    tasks = [partial(np.copyto, target[part], source[part]) for part in shares(len(source), threads)]

    def run() -> None:
        for _ in range(COPIES):
            at_once(tasks, threads)

    return run


def stream(network: Network, spec: FeatureSpec, observations: object, threads: int = 1) -> Callable[[], int]:
    """From observations to every block of the table, each let go as the next one comes; it returns the rows."""
    places = network.places()

    def run() -> int:
        landscape = lay_out(observations, places, network, spec, threads)
        return sum(map(len, Threads(threads).map(Piece.frame, landscape.pieces(BLOCK_ROWS))))

    return run


def from_arrays(
    observations: pd.DataFrame, places: pd.DataFrame, network: Network, spec: FeatureSpec, rows: int
) -> Callable[[], Iterator[Block]]:
    """From records (number of the site, day, value) to blocks of all columns, one after the other, without frames."""
    landscape = lay_out([observations], places, network, spec)
    assert landscape is not None
    name, horizon = network.pollutants[0], network.horizon_days
    collector = collect([observations], (name,), pd.Timestamp(network.as_of))
    records, sites = collector.records[name], list(collector.sites)
    weather = landscape.shared[: -len(calendar_groups(horizon))]

    def run() -> Iterator[Block]:
        grids = {name: build_grid(records, sites, landscape.axis)}
        shared = np.concatenate([weather, calendar_table(landscape.axis.origins, horizon)])
        yield from map(Piece.block, replace(landscape, grids=grids, shared=shared, room=Room()).pieces(rows))

    return run


def own_past(observations: pd.DataFrame, places: pd.DataFrame, network: Network, spec: FeatureSpec) -> pd.DataFrame:
    """The columns that follow from a site's own past, the calendar and the place: by the steps that make the table."""
    landscape = lay_out([observations], places, network, spec)
    assert landscape is not None
    name, axis, horizon = network.pollutants[0], landscape.axis, network.horizon_days
    grid, plan = landscape.grids[name], plan_of(name, spec, horizon)
    first, room = grid.first, Totals.of_length(axis.width, plan)
    lengths = axis.width - np.maximum(first, axis.width - axis.days)
    begins = np.cumsum(lengths) - lengths
    seasons, calendar = horizon + 1, len(calendar_groups(horizon))
    block = np.empty((len(spec.own_groups()) + seasons + calendar + 2, lengths.sum()), dtype=np.float32)
    unit = np.asarray(transform(spec.transforms[name]).forward(grid.values), dtype=np.float32)
    at = kernel.own_columns(grid.values, unit, first, axis.days, plan, room, block, begins)
    usual = np.empty((len(first), axis.width + horizon), dtype=np.float32)
    kernel.climatology(grid.values, first, axis.days, plan, room, usual)
    region = region_mean(usual, plan.step)
    kernel.usual_columns(grid.values, unit, usual, region, first, axis.days, plan, room, block, at, begins)
    spread_columns(landscape.shared[-calendar:], axis.days - lengths, block, at + seasons, begins)
    where = landscape.places.reindex(grid.site_ids).to_numpy(dtype=np.float32)
    site_columns(where, lengths, block, len(block) - 2, begins)
    leads = [f"value_climatology_{lead:02d}" for lead in range(seasons)]
    names = [*spec.own_groups(), *leads, *calendar_groups(horizon), "latitude", "longitude"]
    frame = pd.DataFrame(block.T, columns=names, copy=False)
    days = axis.origins.to_numpy()
    frame.insert(0, "site", np.repeat(np.arange(len(lengths), dtype=np.int32), lengths))
    frame.insert(1, "date", np.concatenate([days[len(days) - length :] for length in lengths]))
    return frame
