"""A small region's observations, and the feature table that is built of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from airwatch.features.table import build_features
from airwatch.parameters import RunParams
from builders import build_days, build_feature_params, build_run, build_sites

SPEC = build_feature_params().features
SITES = build_sites(
    _06_037_0001=(34.0, -118.0),
    _06_037_0007=(34.2, -118.1),
    _06_037_0003=(34.1, -117.9),
    _06_037_9999=(34.3, -118.2),
    _06_019_0011=(36.8, -119.8),  # some 350 km to the north-west
    _06_093_2001=(41.7, -122.6),  # some 950 km
)
START = pd.Timestamp("2022-01-01")
COUNT = 460  # more than a year, so that the climatology takes part
LAST = START + pd.Timedelta(days=COUNT - 1)
RUN = {"pollutants": ("pm25", "ozone"), "horizon_days": 3}


def build_region(seed: int, count: int = COUNT, start: pd.Timestamp = START) -> pd.DataFrame:
    """Four PM2.5 sites near by and far off, one of them with ozone, and weather; days are missing here and there."""
    rng = np.random.default_rng(seed)
    series = [
        ("06-037-0001", "pm25"),
        ("06-037-0007", "pm25"),
        ("06-019-0011", "pm25"),
        ("06-093-2001", "pm25"),
        ("06-037-0007", "ozone"),
        ("06-037-0003", "temperature"),
        ("06-037-0003", "wind_direction"),
    ]
    frames = [
        build_days(count, start=start, site=site, pollutant=name, seed=seed + number, missing=gaps(rng, count))
        for number, (site, name) in enumerate(series)
    ]
    return pd.concat(frames, ignore_index=True)


def gaps(rng: np.random.Generator, count: int) -> set[int]:
    """A tenth of the days, the first never."""
    return set(np.flatnonzero(rng.random(count) < 0.1)) - {0}


def run_to(as_of: pd.Timestamp) -> RunParams:
    """PM2.5 and ozone, three days ahead."""
    return build_run(as_of=as_of.date(), first_year=2016, **RUN)


def build(
    days: pd.DataFrame, as_of: pd.Timestamp = LAST, sites: pd.DataFrame = SITES, threads: int = 1
) -> pd.DataFrame:
    """The feature table of observations up to a day."""
    return build_features(days, sites, run_to(as_of), SPEC, threads)


def at(features: pd.DataFrame, origin: object, site: str | None = None) -> pd.DataFrame:
    """The rows of an origin, of one site or of all."""
    rows = features[features["origin_date"] == origin]
    return rows[rows["site_id"] == site] if site else rows


def bits(rows: pd.DataFrame) -> tuple[list[tuple[str, ...]], bytes]:
    """Keys and the exact bits of every number, NaN included."""
    keys, numbers = rows.iloc[:, :3], rows.iloc[:, 3:].to_numpy()
    return [tuple(map(str, key)) for key in keys.itertuples(index=False)], np.ascontiguousarray(numbers).tobytes()
