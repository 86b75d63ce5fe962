"""Runs that take turns, and how much memory a process has taken."""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

ROUNDS = 5
Seconds = dict[str, list[float]]


def take_turns(runs: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, at_hand_mib: int = 0) -> Seconds:
    """The seconds of each run, the first of which is cold.

    The runs follow each other in every round, so that what slows the machine for a while slows all of them. What a run
    returns is let go after the clock has stopped.

    Args:
        runs: By name.
        rounds: How many count.
        at_hand_mib: Before every run so much memory is taken and given back. A virtual machine hands what nobody holds
            to its host within seconds, and fetching it again can take longer than all that is measured here.

    Returns:
        By name, ``1 + rounds`` times: the first run of the process, which compiles and imports, then those that count.
    """
    seconds: Seconds = {name: [] for name in runs}
    for _ in range(1 + rounds):
        gc.collect()
        for name, run in runs.items():
            np.empty(at_hand_mib * 2**20, dtype=np.uint8).fill(0)
            began = time.perf_counter()
            result = run()
            seconds[name].append(time.perf_counter() - began)
            del result
    return seconds


def warm(seconds: list[float]) -> float:
    """The median without the first run."""
    return statistics.median(seconds[1:])


def peak_mib() -> float:
    """The most memory that this process has held so far.

    Linux counts what the parent held into ``ru_maxrss``, and keeps the process's own peak elsewhere.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 2**10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
