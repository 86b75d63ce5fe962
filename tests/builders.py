"""Tiny valid tables by keyword, so that a test shows only what matters to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from airwatch.domain.pollutants import POLLUTANTS, parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams

SITE = "06-037-1103"
PARAMETERS = Path(__file__).resolve().parents[1] / "conf/base/parameters"


def build_run(**overrides: Any) -> RunParams:
    """The parameters of a run: PM2.5 in the sandbox to the end of 2023."""
    given = {
        "source": "sandbox",
        "area": None,
        "neighbourhood_km": 0,
        "pollutants": ("pm25",),
        "first_year": 2018,
        "as_of": "2023-12-31",
        "origins": "latest",
        "horizon_days": 7,
        "model_version": "champion",
        "requests_per_minute": 10,
        "engine": "local",
        "seed": 20,
    }
    return RunParams.model_validate({**given, **overrides})


def build_feature_params(**groups: Any) -> FeatureEngineeringParams:
    """The project's own parameters of feature engineering, keys of a group (or a value outside groups) by keyword."""
    group = yaml.safe_load((PARAMETERS / "feature_engineering.yml").read_text())["feature_engineering"]
    given = {name: {**group[name], **keys} if isinstance(keys, dict) else keys for name, keys in groups.items()}
    return FeatureEngineeringParams.model_validate({**group, **given})


def build_days(
    count: int = 3,
    start: str = "2023-01-01",
    site: str = SITE,
    pollutant: str = "pm25",
    values: float | Sequence[float] | None = None,
    missing: Collection[int] = (),
    every: int = 1,
    seed: int | None = None,
    **overrides: Any,
) -> pd.DataFrame:
    """``daily_observations`` of one site and pollutant.

    Args:
        count: Days on the calendar, observed or not.
        start: The first of them.
        site: Site id.
        pollutant: Name of the pollutant or kind of weather.
        values: One for all days or one for each of ``count``; by default 1, 2, 3, …
        missing: Numbers of the days without observation.
        every: A sample every that many days, on the first day too.
        seed: Draws values of a plausible spread instead.
        overrides: Whole columns.
    """
    if seed is not None:
        values = np.random.default_rng(seed).gamma(3.0, 4.0, count).round(1)
    days = pd.DataFrame(
        {
            "site_id": pd.Series([site] * count, dtype="str"),
            "pollutant": pd.Series([pollutant] * count, dtype="str"),
            "date_local": pd.date_range(start, periods=count, freq="D"),
            "value": np.arange(1.0, count + 1) if values is None else np.broadcast_to(np.float64(values), count),
            "poc": 1,
            "method_code": "170",
            "observation_percent": 100.0,
            "event_type": "No Events",
            "source": "sandbox",
            "provisional": False,
        }
    ).assign(**overrides)
    sampled = [number for number in range(0, count, every) if number not in missing]
    return days.iloc[sampled].reset_index(drop=True)


def build_sites(**positions: tuple[float, float]) -> pd.DataFrame:
    """Positions of sites for the feature table, by site id with underscores: ``_06_037_1103=(34.07, -118.23)``."""
    ids = [name.strip("_").replace("_", "-") for name in positions]
    places = np.array(list(positions.values()), dtype=float).reshape(-1, 2)
    return pd.DataFrame({"site_id": pd.Series(ids, dtype="str"), "latitude": places[:, 0], "longitude": places[:, 1]})


def build_summaries(count: int = 1, start: str = "2023-01-01", pollutant: str = "pm25", **columns: Any) -> pd.DataFrame:
    """``daily_summaries``: one valid row a day, of the preferred duration and standard.

    Args:
        count: Days.
        start: The first of them.
        pollutant: Name of the pollutant or kind of weather.
        columns: Columns to replace, each one value or one for each row.
    """
    named = parameter(pollutant)
    site = str(columns.pop("site_id", SITE)) if not isinstance(columns.get("site_id"), list) else SITE
    state, county, number = site.split("-")
    given = {
        "site_id": site,
        "pollutant": pollutant,
        "state_code": state,
        "county_code": county,
        "site_number": number,
        "parameter_code": named.aqs_code,
        "poc": 1,
        "date_local": pd.date_range(start, periods=count, freq="D"),
        "sample_duration_code": named.durations[0],
        "pollutant_standard": named.standards[0],
        "event_type": "No Events",
        "method_code": "170",
        "units_of_measure": named.aqs_unit if pollutant in POLLUTANTS else named.unit,
        "observation_count": 1,
        "observation_percent": 100.0,
        "validity_indicator": "Y",
        "arithmetic_mean": 10.0 if named.value_column == "arithmetic_mean" else 0.03,
        "first_max_value": 12.0 if named.value_column == "arithmetic_mean" else 0.05,
        "latitude": 34.06659,
        "longitude": -118.22688,
        "local_site_name": "Los Angeles-North Main Street",
        "state": "California",
        "county": "Los Angeles",
        "city": "Los Angeles",
        "cbsa_code": "31080",
        "date_of_last_change": pd.Timestamp("2023-06-01"),
        "source": "sandbox",
    }
    return pd.DataFrame({**given, **columns}, index=range(count)).reset_index(drop=True)


def build_monitors(primary: Sequence[tuple[str, int]] = (), pollutant: str = "pm25") -> pd.DataFrame:
    """``monitors``: the primary ones, as (site id, POC)."""
    return pd.DataFrame(
        {
            "site_id": pd.Series([site for site, _ in primary], dtype="str"),
            "pollutant": pd.Series([pollutant] * len(primary), dtype="str"),
            "poc": np.array([poc for _, poc in primary], dtype=np.int64),
            "naaqs_primary": np.ones(len(primary), dtype=bool),
            "in_area": True,
            "latitude": 34.06659,
            "longitude": -118.22688,
            "name": "",
        }
    )
