"""Tiny tables of forecasts to score, by keyword."""

import pandas as pd

from airwatch.scores import QUANTILES


def build_forecasts(count: int = 60, **columns: object) -> pd.DataFrame:
    """Daily forecasts of 10 with quantiles 7 to 13, observed at 11; persistence errs by 2, climatology by 4."""
    constant = {
        "pollutant": "pm25",
        "lead_days": 1,
        "mean": 10.0,
        **dict(zip(QUANTILES, [7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0], strict=True)),
        "p_aqi_above_50": 0.8,
        "p_aqi_above_100": 0.1,
        "p_aqi_above_150": 0.0,
        "observed": 11.0,
        "persistence": 13.0,
        "climatology": 15.0,
    }
    days = pd.date_range("2021-01-01", periods=count, freq="D")
    return pd.DataFrame({"origin_date": days}).assign(**(constant | columns))
