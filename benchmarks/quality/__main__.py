"""Measure data quality on real days, and write what it named.

    python -m benchmarks.quality ../shared/data/panel/panel_daily.parquet

The file holds one row for each site, parameter, POC and day, in AQS field names, with cbsa_code.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from benchmarks.quality.measure import AREA, EVERY_DAYS, FAULTS, OF_EACH, SCHEDULES, WAIT_DAYS, Flagged, delays, flags
from benchmarks.replay.history import METROS, History, Metro

RESULTS = Path(__file__).resolve().parents[1] / "results"
NATION, FIRST, LAST = "United States", "01-05", "12-28"
SEEN_YEARS = 5  # of values that data quality looks at
YEARS = (("pm25", 2019), ("pm25", 2020), ("pm25", 2021), ("ozone", 2021), ("pm10", 2021))
YEARS += (("no2", 2021), ("so2", 2021), ("co", 2021))
ONSETS = (("2021-03-01", 1), ("2021-03-01", 2), ("2021-10-05", 3), ("2021-10-05", 4))  # with a seed for their sites
CHECKS = ("stuck", "negative", "unit", "spike", "silent", "completeness", AREA)

logger = logging.getLogger("benchmarks.quality")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="parquet file of daily values")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the report; default: benchmarks/results")
    given = parser.parse_args(arguments)
    logging.getLogger("airwatch").setLevel(logging.ERROR)  # each of hundreds of runs would tell what it found
    began, flagged = time.perf_counter(), dict[str, Flagged]()
    for metro in (*(_year(pollutant, year) for pollutant, year in YEARS), METROS[0]):
        flagged[f"{metro.title}, {_years(metro)}"] = flags(History.read(given.data, metro, least_days=1))
        logger.info("%s, %s: %.0f s", metro.title, _years(metro), time.perf_counter() - began)
    history = History.read(given.data, _year("pm25", 2021), least_days=1)
    found = pd.DataFrame([row for onset, seed in ONSETS for row in delays(history, pd.Timestamp(onset), seed)])
    logger.info("%d faults: %.0f s", len(found), time.perf_counter() - began)
    for path in write(flagged, found, f"python -m benchmarks.quality {given.data.name}", given.out):
        logger.info("Wrote %s", path)


def write(flagged: dict[str, Flagged], found: pd.DataFrame, command: str, out: Path) -> list[Path]:
    """Write ``quality.md`` and ``quality.json``."""
    out.mkdir(parents=True, exist_ok=True)
    page, data = out / "quality.md", out / "quality.json"
    page.write_text("\n".join(_page(flagged, found, command)) + "\n", encoding="utf-8")
    measured = {title: _document(its) for title, its in flagged.items()}
    document = {"command": command, "flags": measured, "faults": _records(found)}
    data.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return [page, data]


def _document(its: Flagged) -> dict[str, Any]:
    rates = {check: {"a_year": a_year, "at_a_time": share} for check, (a_year, share) in its.rates.items()}
    return {"sites": its.sites, "seconds": its.seconds, "rates": rates, "findings": _records(its.findings)}


def _records(table: pd.DataFrame) -> Any:
    return json.loads(table.to_json(orient="records", date_format="iso", date_unit="s"))


def _year(pollutant: str, year: int) -> Metro:
    """A year of the country."""
    code, before = POLLUTANTS[pollutant].aqs_code, f"{year - SEEN_YEARS}-01-01"
    return Metro(NATION, "", pollutant, code, before, f"{year}-{FIRST}", f"{year}-{LAST}")


def _years(metro: Metro) -> str:
    first, last = metro.first[:4], metro.last[:4]
    return first if first == last else f"{first} to {last}"


def _page(flagged: dict[str, Flagged], found: pd.DataFrame, command: str) -> Iterator[str]:
    yield from (
        "# Data quality on real years",
        "",
        f"Made by `{command}`, with the node `check_quality` and the parameters of `conf/base`, as of",
        f"every {EVERY_DAYS}th day: a fault is named for so long after its last day, so that none is passed over.",
        "",
        "## What it names where nothing was put in",
        "",
        "Found a year at 100 sites (findings of a site and check less than four weeks apart counted once), and the",
        "share of sites that have it at a time; `volume`, of all sites together: found a year, share of the days.",
        "Ozone of 2021 ends in summer at most sites and has no year before. Last: one run of the node.",
        "",
        "| | sites | " + " | ".join(CHECKS) + " | seconds of a processor |",
        "|---|---|" + "---|" * (len(CHECKS) + 1),
    )
    for title, its in flagged.items():
        cells = [_flag(*its.rates[check]) if check in its.rates else "0" for check in CHECKS]
        yield f"| {title} | {its.sites:.0f} | " + " | ".join(cells) + f" | {its.seconds:.2g} |"
    onsets, each = sorted({onset for onset, _ in ONSETS}), OF_EACH * len(ONSETS)
    yield from (
        "",
        "## How soon it names what was put in",
        "",
        f"Faults in PM2.5 from {' and from '.join(onsets)} on, {each} of a kind and schedule, at sites drawn",
        f"from those without a finding, {2 * OF_EACH * len(FAULTS)} at once. Days from the first wrong day to the",
        f"first that names it, of those found within {WAIT_DAYS[-1]} days of the date: median, longest.",
        "",
        "| fault | " + " | ".join(f"sites of {schedule}" for schedule in SCHEDULES) + " |",
        "|---|" + "---|" * len(SCHEDULES),
    )
    for fault in FAULTS:
        its = found[found["fault"] == fault.name]
        cells = [_delay(its.loc[its["schedule"] == schedule, "days"]) for schedule in SCHEDULES]
        yield f"| {fault.name} | " + " | ".join(cells) + " |"


def _flag(a_year: float, at_a_time: float) -> str:
    return f"{a_year:.2g} ({100 * at_a_time:.2g} %)"


def _delay(days: pd.Series) -> str:
    """How many were found, and after how many days."""
    known = days.dropna()
    text = f"{len(known)} of {len(days)}"
    return f"{text}, {known.median():g}, {known.max():g}" if len(known) else text


if __name__ == "__main__":
    main()
