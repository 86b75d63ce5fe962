"""One site at a request: from its history and its neighbours' to its newest feature row."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd

from airwatch.features.table import build_features
from benchmarks.speed import peers
from benchmarks.speed.network import Network
from benchmarks.speed.sizes import Measured, Sizes, production_spec

YEARS = 10
NEIGHBOURS = 5


def one_site(sizes: Sizes) -> Measured:
    """Every request's seconds, AirWatch's and mlforecast's in turns.

    mlforecast knows of no neighbours and has the series stored; AirWatch is handed the history with every request.
    """
    network = Network(("pm25",), days=round(365.25 * YEARS), sites=NEIGHBOURS + 1)
    spec, places = production_spec(), network.places()
    observations = next(network.observations())
    same, filled = peers.Same(network, spec), peers.filled(network)
    alone = filled[filled["site"] == 0].reset_index(drop=True)
    theirs = peers.mlforecast_newest(alone, same)

    def ours() -> pd.DataFrame:
        return build_features(observations, places, network, spec).tail(1)

    seconds = {"ours": [], "mlforecast": []}
    for _ in range(sizes.calls):
        seconds["ours"].append(_timed(ours))
        seconds["mlforecast"].append(_timed(theirs))
    return Measured(seconds, {"calls": sizes.calls, "history rows": len(observations), "neighbours": NEIGHBOURS})


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
