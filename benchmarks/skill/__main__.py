"""Run the skill benchmark.

    python -m benchmarks.skill ../shared/data/panel/panel_daily.parquet

The file holds one row for each site, parameter, POC and day, in AQS field names: state_code, county_code,
site_number, parameter_code, poc, date_local, latitude, longitude, arithmetic_mean, first_max_value.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.skill.evaluate import comparison_table, judge, skill_table
from benchmarks.skill.methods import BESIDE_A_SUBSET, CHAMPION, METHODS, ON_A_SUBSET
from benchmarks.skill.observations import read_observations
from benchmarks.skill.report import Results, write_report
from benchmarks.skill.split import PROTOCOLS, Split, eligible_rows, pollutant_of, split_for

RESULTS = Path(__file__).resolve().parents[1] / "results"
logger = logging.getLogger("benchmarks.skill")


def main(arguments: Sequence[str] | None = None) -> None:
    """Forecast with every method that was asked for, score them and write the report."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    given = _parser().parse_args(arguments)
    observations, sites = read_observations(given.data, pollutant_of(given.protocol))
    split, seen = split_for(given.protocol, observations, given.sites)
    eligible = eligible_rows(seen, split)
    logger.info("%s: %d rows to score at %d sites", split.protocol, len(eligible), eligible["site_id"].nunique())
    forecasts = {name: _forecast(name, seen, sites, split, given) for name in given.methods}
    for path in write_report(_results(forecasts, eligible, split, _command(given)), given.out):
        logger.info("Wrote %s", path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.skill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", type=Path, help="parquet file of daily values")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="test", help="the split; default: test")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="default: all")
    parser.add_argument("--sites", type=int, help="forecast no more than this many sites")
    parser.add_argument("--cache", type=Path, help="folder of forecasts: one that lies there is not made again")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the report; default: benchmarks/results")
    return parser


def _forecast(
    name: str, observations: pd.DataFrame, sites: pd.DataFrame, split: Split, given: argparse.Namespace
) -> pd.DataFrame:
    """A method's forecasts, from the cache where they lie there."""
    kept = given.cache / f"{split.protocol}_{len(split.test_sites)}_{name}.parquet" if given.cache else None
    if kept and kept.exists():
        logger.info("%s: from %s", name, kept)
        return pd.read_parquet(kept)
    began = time.perf_counter()
    forecasts = METHODS[name]().forecast(observations, sites, split)
    logger.info("%s: %d forecasts in %.0f s", name, len(forecasts), time.perf_counter() - began)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        forecasts.to_parquet(kept)
    return forecasts


def _results(forecasts: dict[str, pd.DataFrame], eligible: pd.DataFrame, split: Split, command: str) -> Results:
    """Scores of the methods that forecast every test site, and of the others on their own rows."""
    everywhere = {name: table for name, table in forecasts.items() if name not in ON_A_SUBSET}
    judged = judge(split.pollutant, eligible, everywhere)
    comparisons = comparison_table(judged, CHAMPION) if CHAMPION in everywhere else pd.DataFrame()
    subset = pd.DataFrame()
    if partial := {name: forecasts[name] for name in ON_A_SUBSET if name in forecasts}:
        beside = {name: everywhere[name] for name in BESIDE_A_SUBSET if name in everywhere}
        subset = skill_table(judge(split.pollutant, eligible, {**partial, **beside}, min_share=0.0))
    return Results(command, split, judged, skill_table(judged), comparisons, subset)


def _command(given: argparse.Namespace) -> str:
    """The command with the file's name alone."""
    options = [f"--protocol {given.protocol}"]
    options += [] if given.methods == list(METHODS) else [f"--methods {' '.join(given.methods)}"]
    options += [f"--sites {given.sites}"] if given.sites else []
    return f"python -m benchmarks.skill {given.data.name} {' '.join(options)}"


if __name__ == "__main__":
    main()
