"""A data root with a generated nation in it, for the pipelines to run on.

    python -m benchmarks.speed.data_root /tmp/nation --rows 18000000

It writes ``daily_summaries`` and ``monitors`` as ingestion leaves them, a few sites at a time, and prints the command
that goes on from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from airwatch.datasets import BlocksTableDataset, TableDataset
from airwatch.domain.pollutants import POLLUTANTS
from benchmarks.speed.network import GAP_SHARE, THIRD_DAY_SHARE, Floats, Network

OBSERVED_SHARE = (1.0 - GAP_SHARE) * (1.0 - THIRD_DAY_SHARE * 2 / 3)
SITES_AT_ONCE = 10
CATALOG = {
    "daily_summaries": "02_intermediate/daily_summaries.parquet",
    "monitors": "01_raw/monitors.parquet",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.data_root", description=__doc__)
    parser.add_argument("root", type=Path, help="the data root, a new folder")
    parser.add_argument("--rows", type=int, default=18_000_000, help="daily values, about (default 18 million)")
    parser.add_argument("--pollutants", type=int, default=6, help="how many of AirWatch's (default 6)")
    given = parser.parse_args(arguments)
    network = Network.of_rows(round(given.rows / OBSERVED_SHARE), given.pollutants)
    write(network, given.root)
    print(
        f"AIRWATCH_DATA_ROOT={given.root} kedro run --pipelines feature_engineering "
        f'--params "{asked(network, given.root)}"'
    )


def asked(network: Network, root: Path) -> str:
    """The parameters of a run on the network, which takes the written table for its source."""
    days = f"first_year={network.calendar[0].year},as_of={network.as_of}"
    table = f"source=table,table={root / CATALOG['daily_summaries']}"
    return f"{table},area.nation=us,{days},pollutants={'+'.join(network.pollutants)}"


def write(network: Network, root: Path) -> None:
    """Write the network as ``daily_summaries`` and ``monitors`` under the root."""
    (root / CATALOG["monitors"]).parent.mkdir(parents=True, exist_ok=True)
    summaries = BlocksTableDataset(filepath=str(root / CATALOG["daily_summaries"]), schema="DailySummaries")
    summaries.save(daily_summaries(network))
    TableDataset(filepath=str(root / CATALOG["monitors"])).save(monitors(network))


def daily_summaries(network: Network) -> Iterator[pd.DataFrame]:
    """``daily_summaries`` in the order of its key, whole sites at a time."""
    # Sorted as AQS's key has them, by parameter code.
    names = sorted(network.pollutants, key=lambda name: POLLUTANTS[name].aqs_code)
    values = np.stack([network.values(name) for name in names], axis=1)
    places, calendar = network.places(), network.calendar
    for first in range(0, len(places), SITES_AT_ONCE):
        at_once = slice(first, first + SITES_AT_ONCE)
        yield _block(values[at_once], places[at_once].reset_index(drop=True), names, calendar)


def monitors(network: Network) -> pd.DataFrame:
    """``monitors``: one a site and pollutant, each the primary one."""
    places = network.places()
    listed = places.merge(pd.DataFrame({"pollutant": sorted(network.pollutants)}), how="cross")
    listed = listed.assign(poc=1, naaqs_primary=True, in_area=True, name="Generated")
    return listed[["site_id", "pollutant", "poc", "naaqs_primary", "in_area", "latitude", "longitude", "name"]]


def _block(values: Floats, places: pd.DataFrame, names: Sequence[str], calendar: pd.DatetimeIndex) -> pd.DataFrame:
    """The rows of some sites [sites, pollutants, days]: one summary a day, complete and of the preferred kind."""
    site, pollutant, day = np.nonzero(np.isfinite(values))
    value, known = values[site, pollutant, day], [POLLUTANTS[name] for name in names]
    state, county, number = places["site_id"].str.split("-", expand=True).to_numpy().T

    def of_site(texts: Sequence[str]) -> pd.Categorical:
        return pd.Categorical(np.asarray(texts, dtype=object)).take(site)

    def of_pollutant(texts: Sequence[str | None]) -> pd.Categorical:
        return pd.Categorical(np.asarray(texts, dtype=object)).take(pollutant)

    def always(text: str) -> pd.Categorical:
        return pd.Categorical.from_codes(np.zeros(len(site), dtype=np.int8), [text])

    return pd.DataFrame(
        {
            "site_id": of_site(places["site_id"]),
            "pollutant": of_pollutant(names),
            "state_code": of_site(state),
            "county_code": of_site(county),
            "site_number": of_site(number),
            "parameter_code": of_pollutant([each.aqs_code for each in known]),
            "poc": np.ones(len(site), dtype=np.int64),
            "date_local": calendar[day],
            "sample_duration_code": of_pollutant([each.durations[0] for each in known]),
            "pollutant_standard": of_pollutant([each.standards[0] for each in known]),
            "event_type": always("No Events"),
            "method_code": always("170"),
            "units_of_measure": of_pollutant([each.aqs_unit for each in known]),
            "observation_count": 1.0,
            "observation_percent": 100.0,
            "validity_indicator": always("Y"),
            "arithmetic_mean": value,
            "first_max_value": value,
            "latitude": places["latitude"].to_numpy()[site],
            "longitude": places["longitude"].to_numpy()[site],
            "local_site_name": always("Generated"),
            "state": of_site([f"State {code}" for code in state]),
            "county": of_site([f"County {code}" for code in county]),
            "city": always("Not in a city"),
            "cbsa_code": always("00000"),
            "date_of_last_change": pd.Timestamp(calendar[-1]),
            "source": always("table"),
        }
    )


if __name__ == "__main__":
    main()
