"""Replay monitoring over the real history of some metros, and write what it found.

    python -m benchmarks.replay ../shared/data/panel/panel_daily.parquet

The file holds one row for each site, parameter, POC and day, in AQS field names, with cbsa_code.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.replay.count import delays
from benchmarks.replay.history import METROS, History, Metro
from benchmarks.replay.kept import keep, kept
from benchmarks.replay.report import Replay, write
from benchmarks.replay.walk import Watchman, weeks

RESULTS = Path(__file__).resolve().parents[1] / "results"
logger = logging.getLogger("benchmarks.replay")


def main(arguments: Sequence[str] | None = None) -> None:
    """Replay every metro that was asked for."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.replay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="parquet file of daily values")
    parser.add_argument("--metros", nargs="+", type=int, choices=range(len(METROS)), help="by number; default: all")
    parser.add_argument("--cache", type=Path, help="folder of replays: a metro that lies there is not walked again")
    parser.add_argument("--no-faults", action="store_true", help="false alarms alone")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the report; default: benchmarks/results")
    given = parser.parse_args(arguments)
    logging.getLogger("airwatch").setLevel(logging.ERROR)  # each run of thousands would tell what it found
    chosen = METROS if given.metros is None else [METROS[number] for number in given.metros]
    replays = [_replay(given.data, metro, faults=not given.no_faults, cache=given.cache) for metro in chosen]
    for path in write(replays, f"python -m benchmarks.replay {given.data.name}", given.out):
        logger.info("Wrote %s", path)


def _replay(path: Path, metro: Metro, *, faults: bool, cache: Path | None) -> Replay:
    """Walk through a metro's years undisturbed, then with each fault; or take what lies in the cache."""
    began, history = time.perf_counter(), History.read(path, metro)
    before = kept(history, cache) if cache else None
    if before:
        logger.info("%s: from %s", metro.title, cache)
        return before
    watchman = Watchman(history, forecasts=history.forecasts)
    found = pd.concat([watchman.see(as_of, inputs=True) for as_of in weeks(history)], ignore_index=True)
    logger.info("%s: undisturbed in %.0f s", metro.title, time.perf_counter() - began)
    delayed = delays(history, found) if faults else []
    logger.info("%s: %d faults, %.0f s", metro.title, len(delayed), time.perf_counter() - began)
    replay = Replay(history, found, delayed, watchman.smoky_share(weeks(history)[-1]))
    if cache and faults:
        keep(replay, cache)
    return replay


if __name__ == "__main__":
    main()
