"""Measure every section, write ``speed.json`` and ``speed.md``, and print the table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.speed.figures import figures
from benchmarks.speed.machine import describe, effective_cores
from benchmarks.speed.report import report
from benchmarks.speed.sections import SECTIONS
from benchmarks.speed.sizes import Measured

RESULTS = Path(__file__).resolve().parents[1] / "results"
# Of every library that counts its threads when it is imported.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the sections that are asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to try the benchmark itself")
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"some of {', '.join(SECTIONS)} (default all)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of the results")
    given = parser.parse_args(arguments)
    asked = given.only.split(",")
    if unknown := [name for name in asked if name not in SECTIONS]:
        parser.error(f"there is no section {', '.join(unknown)}; choose from {', '.join(SECTIONS)}")
    before = effective_cores()
    found = {name: _measured(name, given.quick) for name in asked}
    cores = before, effective_cores()
    text = report(figures(found), machine := describe(), cores, given.quick)
    everything = {
        "quick": given.quick,
        "machine": {**machine, "effective_cores_before": cores[0], "effective_cores_after": cores[1]},
        "sections": {name: asdict(measured) for name, measured in found.items()},
        "figures": [{**asdict(figure), "holds": figure.holds} for figure in figures(found)],
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "speed.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    (given.out / "speed.md").write_text(text, encoding="utf-8")
    print(text)


def _measured(name: str, quick: bool) -> Measured:
    """What a section found, in a process of its own."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks.speed.sections", name, *(["--quick"] if quick else [])]
    ran = subprocess.run(command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise SystemExit(f"The section {name} failed, as said above; alone it is {' '.join(command[1:])}.")
    return Measured(**json.loads(ran.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
