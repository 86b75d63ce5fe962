"""Small feature tables for the models."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.forecasting import linear
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.candidates import build_candidate
from airwatch.forecasting.forecaster import Forecaster, TrainingSet, assemble
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.ranks import RecencyParams
from airwatch.forecasting.spread import LocalSpread

HORIZON = 3
LOG = transform("log1p")
BUDGETS = {"random_forest": {"n_estimators": 5}, "xgboost": {"n_estimators": 5}}


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
                "level": np.log1p(10.0) + 0.1 * site,
                "missing_28": 0.0,
                "spread_07": pd.Series(value).rolling(7, min_periods=1).std().fillna(0.0),
                "region_00": 0.3 * rng.standard_normal(days),
                "doy_sin": np.sin(2 * np.pi * origins.dayofyear / 365.25),
                **{f"holiday_{lead:02d}": (origins.dayofweek + lead) % 7 == 0 for lead in range(1, HORIZON + 1)},
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


def _gappy(features: pd.DataFrame, share: float = 0.1, seed: int = 8) -> pd.DataFrame:
    """The table with a share of its numbers missing."""
    numbers = features.columns[3:]
    missing = np.random.default_rng(seed).random((len(features), len(numbers))) < share
    return features.assign(**features[numbers].mask(missing))


def _forecaster(features: pd.DataFrame, targets: np.ndarray, name: str = "persistence") -> Forecaster:
    """A forecaster of 2020 that follows the errors of the last ten days, in the logarithm.

    Its own standardised residuals are normal with a deviation of one, the climatology's of 0.6 in the working unit.
    """
    targets_t = LOG.forward(targets)
    candidate = build_candidate(name, BUDGETS.get(name, {}), LOG, seed=20).fit(features, targets_t)
    spread = LocalSpread.fit(RidgeByLead(LOG).fit(features, targets_t), features, targets_t)
    residuals = np.random.default_rng(9).normal(size=(300, targets.shape[1]))
    return assemble(
        candidate,
        Climatology(LOG).fit(features, targets_t),
        spread,
        TrainingSet(str(features["pollutant"].iloc[0]), features, targets, train_until=pd.Timestamp("2020-12-31")),
        (residuals, 0.6 * residuals),
        LOG,
        (7, RecencyParams(days=10, prior_days=5, prior_count=10)),
    )


@pytest.fixture(scope="session")
def build_features() -> Callable[..., pd.DataFrame]:
    """Build a feature table; keywords ``days``, ``sites``, ``seed``, ``pollutant``."""
    return _features


@pytest.fixture(scope="session")
def build_targets() -> Callable[..., np.ndarray]:
    """Build the targets of a feature table."""
    return _targets


@pytest.fixture(scope="session")
def build_forecaster() -> Callable[..., Forecaster]:
    """Fit a candidate, by its name, and what surrounds it."""
    return _forecaster


@pytest.fixture(scope="session")
def build_gappy() -> Callable[..., pd.DataFrame]:
    """Leave numbers of a feature table out; keywords ``share``, ``seed``."""
    return _gappy


@pytest.fixture
def unpenalised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the ridges no penalty but that of their own ``alpha``: small data are to show a law to the digit."""
    monkeypatch.setattr(linear, "LEAST_PENALTY", 1e-9)
