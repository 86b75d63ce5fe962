"""Small feature tables for the models."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

HORIZON = 3


def _features(days: int = 200, sites: int = 2, seed: int = 4, pollutant: str = "pm25") -> pd.DataFrame:
    """A feature table of simulated sites whose level comes and goes over a week, without missing values."""
    rng = np.random.default_rng(seed)
    origins = pd.date_range("2020-01-01", periods=days, freq="D")
    frames = []
    for site in range(sites):
        level = np.zeros(days)
        for day in range(1, days):
            level[day] = 0.8 * level[day - 1] + 0.25 * rng.standard_normal()
        value = 10.0 * np.exp(level)
        lags = pd.DataFrame({f"value_lag_{lag:02d}": pd.Series(value).shift(lag).bfill() for lag in range(3)})
        frame = pd.DataFrame(
            {
                "value_last": value,
                "days_since_last": 0.0,
                "value_mean_07": pd.Series(value).rolling(7, min_periods=1).mean(),
                **{f"value_climatology_{lead:02d}": 9.0 + 0.5 * lead for lead in range(HORIZON + 1)},
                "spread_07": pd.Series(value).rolling(7, min_periods=1).std().fillna(0.0),
                "doy_sin": np.sin(2 * np.pi * origins.dayofyear / 365.25),
                "latitude": 34.0 + site,
            }
        )
        numbers = lags.join(frame).astype("float32")
        keys = pd.DataFrame({"site_id": f"06-037-000{site}", "pollutant": pollutant, "origin_date": origins}).astype(
            {"site_id": "str", "pollutant": "str"}
        )
        frames.append(keys.join(numbers))
    return pd.concat(frames, ignore_index=True)


def _targets(features: pd.DataFrame, seed: int = 5) -> np.ndarray:
    """Values 1 to 3 days ahead that fall back towards 10 with noise, AQS unit [n, 3]."""
    rng = np.random.default_rng(seed)
    today = np.log(features["value_lag_00"].to_numpy(dtype=float) / 10.0)
    leads = [0.8**lead * today + 0.2 * rng.standard_normal(len(today)) for lead in range(1, HORIZON + 1)]
    return 10.0 * np.exp(np.column_stack(leads))


@pytest.fixture(scope="session")
def build_features() -> Callable[..., pd.DataFrame]:
    """Build a feature table; keywords ``days``, ``sites``, ``seed``, ``pollutant``."""
    return _features


@pytest.fixture(scope="session")
def build_targets() -> Callable[..., np.ndarray]:
    """Build the targets of a feature table."""
    return _targets
