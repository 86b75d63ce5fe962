"""A run that asks AirNow: its monitors, its area, its parameters."""

from __future__ import annotations

from typing import Any

import pandas as pd

from airwatch.pipelines.ingestion.params import IngestionParams
from builders import SITE, build_monitors

OTHER = "06-037-4004"
MONITORS = pd.concat([build_monitors([(SITE, 1), (OTHER, 1)]), build_monitors([(SITE, 1)], pollutant="ozone")])
CALIFORNIA = {"source": "airdata", "area": {"state": "06"}, "first_year": 2022, "pollutants": ("pm25", "ozone")}


def build_params(**changed: Any) -> IngestionParams:
    given = {"recheck_days": 30, "max_slice_rows": 250_000, "meteorology": (), "airnow": True, "airnow_days": 30}
    return IngestionParams(**given | changed)
