"""What is measured, each section in a process of its own: ``python -m benchmarks.speed.sections NAME [--quick]``.

A fresh process has nothing in its memory that another section left there, imports only what its own section needs,
and takes the number of threads of every library from its environment, before any of them is imported.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module

from benchmarks.speed.sizes import QUICK, TABLES, Measured, Sizes

# By name: the module, its function, and what the function is given after the sizes.
SECTIONS: dict[str, tuple[str, ...]] = {
    "features": ("features", "against_peers"),
    "polars": ("features", "against_polars"),
    "growth": ("features", "growth"),
    **{f"memory-{table}": ("features", "memory", table) for table in TABLES},
    "threads": ("features", "threads"),
    "serving": ("serving", "one_site"),
    "parsing": ("parsing", "speed"),
    **{f"parsing-memory-{step}": ("parsing", "memory", step) for step in ("frame", "summaries")},
    "training": ("training", "fitting"),
    "forecasts": ("training", "forecasting"),
}


def measure(name: str, sizes: Sizes) -> Measured:
    """What a section found, in this process."""
    module, function, *arguments = SECTIONS[name]
    found = getattr(import_module(f"benchmarks.speed.{module}"), function)(sizes, *arguments)
    assert isinstance(found, Measured)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one section and print what it found as JSON, on the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.sections", description=__doc__)
    parser.add_argument("name", choices=SECTIONS)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    print(json.dumps(asdict(measure(given.name, QUICK if given.quick else Sizes()))))


if __name__ == "__main__":
    main()
