"""One site at a request: the newest feature row, from the history of a national network that is at hand."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from airwatch.features.network import Network as Surveyed
from airwatch.features.plan import Block
from airwatch.features.table import Landscape, lay_out
from benchmarks.speed import peers
from benchmarks.speed.network import Network
from benchmarks.speed.sizes import Measured, Sizes, production_spec


def one_site(sizes: Sizes) -> Measured:
    """Every request's seconds, AirWatch's and mlforecast's in turns, one site after the other.

    Both have the series stored. AirWatch looks at the other sites, mlforecast knows of none and is given one series.
    """
    network = Network.of_rows(sizes.middle)
    spec, places = production_spec(), network.places()
    landscape = lay_out(network.observations(), places, network, spec, newest=1)
    assert landscape is not None
    surveyed = landscape.network("pm25")
    same, filled = peers.Same(network, spec), peers.filled(network)
    theirs = peers.mlforecast_newest(filled[filled["site"] == 0].reset_index(drop=True), same)

    seconds: dict[str, list[float]] = {"ours": [], "mlforecast": []}
    for call in range(sizes.calls):
        site = call % len(surveyed.site_ids)
        seconds["ours"].append(_timed(lambda site=site: newest_row(landscape, surveyed, site)))
        seconds["mlforecast"].append(_timed(theirs))
    neighbours = len(surveyed.around.neighbours.rows_of(0))
    facts = {"calls": sizes.calls, "days": surveyed.values.shape[1], "sites": len(places), "neighbours": neighbours}
    return Measured(seconds, facts)


def newest_row(landscape: Landscape, surveyed: Surveyed, site: int) -> Block:
    """The feature row of a site's newest origin, [columns, 1]."""
    row = np.empty((len(landscape.names), 1), dtype=np.float32)
    landscape.piece(surveyed, np.array([site])).write(row)
    return row


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
