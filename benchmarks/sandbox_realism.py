"""Compare the sandbox with three real metros and print the tables of docs/sandbox.md.

    .venv/bin/python benchmarks/sandbox_realism.py ../shared/data/panel/panel_daily.parquet

The file holds one row for each site, parameter, POC and day, in AQS field names: state_code, county_code,
site_number, parameter_code, poc, date_local, latitude, longitude, cbsa_code, arithmetic_mean, first_max_value.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.sandbox import SANDBOX_CBSA, World, realism

METROS = {"Los Angeles": "31080", "Philadelphia": "37980", "Atlanta": "12060"}
REGION_DEGREES = 1.35  # of latitude around a metro's middle, 150 km
SCALE = {"pm25": (1.0, "µg/m³"), "ozone": (1000.0, "ppb")}
SEED, FIRST, LAST = 20, date(2019, 1, 1), date(2024, 12, 31)
COLUMNS = ["site_id", "poc", "date_local", "latitude", "longitude", "cbsa_code", "value"]


def tidy(rows: pd.DataFrame, pollutant: str) -> pd.DataFrame:
    """The day's value in µg/m³ or ppb, and what names its row, from rows with AQS field names."""
    value = rows[POLLUTANTS[pollutant].value_column] * SCALE[pollutant][0]
    site = (
        rows["state_code"].astype(str) + "-" + rows["county_code"].astype(str) + "-" + rows["site_number"].astype(str)
    )
    named = rows.assign(site_id=site, value=value, date_local=pd.to_datetime(rows["date_local"]))
    return named.astype({"cbsa_code": object})[COLUMNS].dropna(subset="value")


def real(panel: pd.DataFrame, pollutant: str, cbsa: str) -> dict[str, float]:
    """The statistics of a real metro."""
    rows = panel[panel["parameter_code"] == POLLUTANTS[pollutant].aqs_code]
    metro = rows[rows["cbsa_code"] == cbsa]
    north, east = metro["latitude"].median(), metro["longitude"].median()
    km_share = np.cos(np.radians(north))
    away = np.hypot(rows["latitude"] - north, (rows["longitude"] - east) * km_share)
    return realism.statistics(tidy(metro, pollutant), tidy(rows[away < REGION_DEGREES], pollutant))


def simulated(pollutant: str, seed: int = SEED, first: date = FIRST, last: date = LAST) -> dict[str, float]:
    """The same statistics of the sandbox metro, from the rows that its server gives."""
    about = POLLUTANTS[pollutant]
    rows = World(seed).daily([about.aqs_code], first, last)
    kept = rows["pollutant_standard"].eq(about.standards[0]) & rows["event_type"].isin(["No Events", "Events Included"])
    rows = tidy(rows[kept & rows["method_code"].ne("236") & rows["validity_indicator"].eq("Y")], pollutant)
    return realism.statistics(rows[rows["cbsa_code"] == SANDBOX_CBSA], rows)


def table(panel: pd.DataFrame, pollutant: str) -> str:
    """A Markdown table: each statistic in the real metros, where it may lie, and where the sandbox's lies."""
    found = {name: real(panel, pollutant, cbsa) for name, cbsa in METROS.items()}
    sandbox, (_, unit) = simulated(pollutant), SCALE[pollutant]
    lines = [
        f"| {POLLUTANTS[pollutant].label} | {' | '.join(METROS)} | allowed | sandbox |",
        "|---" * (len(METROS) + 3) + "|",
    ]
    for name, value in sandbox.items():
        values = [found[metro][name] for metro in METROS]
        low, high = realism.allowed(values)
        shown = f"{name}, {unit}" if name == realism.SEASONALITY else name
        lines.append(f"| {shown} | {' | '.join(f'{v:.3g}' for v in values)} | {low:.3g} to {high:.3g} | {value:.3g} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("panel", type=Path, help="parquet file of real daily values")
    wanted = [POLLUTANTS[name].aqs_code for name in SCALE]
    panel = pd.read_parquet(parser.parse_args().panel, filters=[("parameter_code", "in", wanted)])
    print("\n\n".join(table(panel, pollutant) for pollutant in SCALE))


if __name__ == "__main__":
    main()
