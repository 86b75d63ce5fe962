"""What every method of the benchmark does, AirWatch's own among them."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from airwatch.scores import QUANTILES
from benchmarks.skill.split import Split

KEYS = ["site_id", "origin_date", "lead_days"]
CHANCES = {50: "p_aqi_above_50", 100: "p_aqi_above_100"}
WARNING = "warning_100"
FORECAST_COLUMNS = [*KEYS, "mean", *QUANTILES, *CHANCES.values(), WARNING]


class Method(Protocol):
    """A way to forecast: learns from the observations up to ``split.train_until``, then is frozen."""

    @property
    def name(self) -> str:
        """The name in the table."""
        ...

    def forecast(self, observations: pd.DataFrame, sites: pd.DataFrame, split: Split) -> pd.DataFrame:
        """Forecast the test sites from every origin.

        Args:
            observations: ``site_id``, ``date_local``, ``value`` (AQS unit) of every site, up to the last origin.
                What a forecast rests on ends on its origin, what is fitted on ``split.train_until``.
            sites: ``site_id``, ``latitude``, ``longitude``.
            split: What to forecast.

        Returns:
            ``FORECAST_COLUMNS``, at least where the origin was observed. ``warning_100`` is the warning of an
            AQI above 100, by a rule fixed on the training days.
        """
        ...
