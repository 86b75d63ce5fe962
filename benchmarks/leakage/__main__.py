"""Hold the leakage court, print its table and keep it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.leakage.court import hold_court
from benchmarks.leakage.days import POLLUTANT, sandbox_observations
from benchmarks.leakage.report import report
from benchmarks.skill.observations import read_observations

SEED = 20
RESULTS = Path(__file__).resolve().parents[1] / "results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the observations, or simulate some, and report; simulated air has a file of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leakage", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="parquet file of daily values; the sandbox's air without it")
    parser.add_argument("--last-year", type=int, default=2019, help="the year that is judged (default 2019)")
    parser.add_argument("--sites", type=int, default=40, help="no more sites than this (default 40)")
    parser.add_argument("--candidate", default="ridge", help="the candidate that speaks for AirWatch (default ridge)")
    given = parser.parse_args(arguments)
    if given.data and not given.data.is_file():
        parser.error(f"{given.data} is not a file. Name a parquet file of daily values, or none for the sandbox's air.")
    if given.data:
        (observations, sites), source = read_observations(given.data, POLLUTANT), given.data.name
    else:
        (observations, sites), source = sandbox_observations(given.last_year, SEED), "the sandbox (simulated air)"
    verdict = hold_court(
        observations,
        sites,
        last_year=given.last_year,
        most_sites=given.sites,
        candidate=given.candidate,
        seed=SEED,
    )
    text = report(verdict, source)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / ("leakage.md" if given.data else "leakage_sandbox.md")).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
