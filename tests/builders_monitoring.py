"""Tiny valid tables of what monitoring reads: forecasts of the past, what became of them, sites, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import yaml

from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.scores import QUANTILES, SCORE_COLUMNS
from builders import PARAMETERS, SITE


def build_monitoring_params(**groups: Any) -> MonitoringParams:
    """The project's own parameters of monitoring, keys of a group (or a value outside groups) replaced by keyword."""
    given = yaml.safe_load((PARAMETERS / "monitoring.yml").read_text())["monitoring"]
    for name, values in groups.items():
        given[name] = {**given[name], **values} if isinstance(values, dict) else values
    return MonitoringParams.model_validate(given)


def build_forecasts(
    origins: Sequence[str] = ("2023-12-01",), leads: Sequence[int] = (1,), mean: float = 10.0, **columns: Any
) -> pd.DataFrame:
    """Rows of ``forecasts``: one site, each origin and lead; quantiles ``mean`` - 3 to ``mean`` + 3."""
    pairs = [(pd.Timestamp(origin), lead) for origin in origins for lead in leads]
    days = pd.Series([origin for origin, _ in pairs], dtype="datetime64[us]")
    lead_days = np.array([lead for _, lead in pairs], dtype=np.int64)
    rows = pd.DataFrame(
        {
            "site_id": pd.Series([SITE] * len(pairs), dtype="str"),
            "pollutant": pd.Series(["pm25"] * len(pairs), dtype="str"),
            "origin_date": days,
            "target_date": days + pd.to_timedelta(lead_days, unit="D"),
            "lead_days": lead_days,
            "data_through": days,
            "mean": mean,
            **{name: mean + shift for name, shift in zip(QUANTILES, (-3, -2, -1, 0, 1, 2, 3), strict=True)},
            "aqi": 53,
            "category": "Moderate",
            "p_aqi_above_50": 0.5,
            "p_aqi_above_100": 0.0,
            "p_aqi_above_150": 0.0,
            "status": "ok",
            "model_name": "ridge",
            "model_version": "1",
            "issued_at": days.dt.tz_localize("UTC") + pd.Timedelta(hours=6),
        }
    )
    return rows.assign(**columns)


def build_backtest(origins: Sequence[str], champion: bool = True, **columns: Any) -> pd.DataFrame:
    """Rows of ``backtest_forecasts`` of one candidate."""
    rows = build_forecasts(origins).drop(columns=["data_through", "status", "model_version", "issued_at"])
    given = {"candidate": "ridge", "fold": 1, "observed": 9.0, "persistence": 8.0, "climatology": 7.0}
    return rows.assign(**given, champion=champion).assign(**columns)


def build_feature_rows(origins: Sequence[str] = ("2023-12-01",), horizon: int = 7, **columns: Any) -> pd.DataFrame:
    """``features`` that are references: one site, value 8 at each origin, climatology 20 + lead in days, µg/m³."""
    days = pd.Series(pd.to_datetime(list(origins)), dtype="datetime64[us]")
    climatology = {f"value_climatology_{lead:02d}": 20.0 + lead for lead in range(horizon + 1)}
    given = {"site_id": SITE, "pollutant": "pm25", "origin_date": days}
    numbers = pd.DataFrame({"value_lag_00": 8.0, **climatology}, index=days.index, dtype=np.float32)
    return pd.DataFrame(given).astype({"site_id": "str", "pollutant": "str"}).join(numbers).assign(**columns)


def build_matured(origins: Sequence[str], **columns: Any) -> pd.DataFrame:
    """``matured_forecasts`` of one site: forecast 10, observed 9, persistence 8, climatology 7 µg/m³."""
    rows = build_forecasts(origins).drop(columns=["data_through", "aqi", "category", "status", "issued_at"])
    given = {"kind": "issued", "observed": 9.0, "provisional": False, "persistence": 8.0, "climatology": 7.0}
    return rows.assign(**given).assign(**columns)


def build_area_sites(*site_ids: str, pollutant: str = "pm25", **columns: Any) -> pd.DataFrame:
    """``sites`` of California, in the area and forecastable unless a column says otherwise."""
    ids = site_ids or (SITE,)
    given = {
        "site_id": pd.Series(ids, dtype="str"),
        "pollutant": pollutant,
        "name": "",
        "latitude": 34.07,
        "longitude": -118.23,
        "cadence_days": 1.0,
        "state": "California",
        "in_area": True,
        "forecastable": True,
        "reason_not": "",
        "first_day": pd.Timestamp("2018-01-01"),
        "last_day": pd.Timestamp("2023-12-31"),
    }
    return pd.DataFrame({**given, **columns})


def origins(count: int, last: str = "2023-12-30") -> list[str]:
    """Consecutive days up to ``last``, as text."""
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(end=last, periods=count, freq="D")]


def build_skill(skills: Sequence[float], **columns: Any) -> pd.DataFrame:
    """``verification`` of PM2.5 at leads of 1, 2, ... days: skill against persistence, give or take 0.1."""
    rows = pd.DataFrame({name: [0.0] * len(skills) for name in SCORE_COLUMNS})
    skill = np.array(skills, dtype=float)
    ends = {"skill_persistence": skill, "skill_persistence_low": skill - 0.1, "skill_persistence_high": skill + 0.1}
    key = {
        "pollutant": "pm25",
        "lead_days": range(1, len(skills) + 1),
        "window": "all",
        "season": "all",
        "region": "all",
    }
    return rows.assign(**{**key, **ends, "n": 500, **columns})
