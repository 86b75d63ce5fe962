"""What AirNow's ``reportingarea.dat`` holds of forecasts: those that the agencies issue for their areas.

    01/09/24|01/10/24||PST|1|F|Y|Aberdeen|WA|46.9725|-123.8317|PM2.5|13|Good|No||Olympic Region Clean Air Agency

Seventeen fields without a header: issued | valid | time | zone | sequence | type | primary | area | state | latitude |
longitude | pollutant | AQI | category | action day | discussion | agency. Of the types, ``F`` are forecasts, ``O`` and
``Y`` what was observed now and yesterday. A forecast may be an AQI with its category, or a category alone.
"""

from __future__ import annotations

import pandas as pd

from airwatch.domain.categories import CATEGORIES
from airwatch.sources.airnow_rows import Parsed, UnknownFile, days, lines_of, split_lines

FIELDS = (
    "issued",
    "target_date",
    "time",
    "zone",
    "sequence",
    "type",
    "primary",
    "reporting_area",
    "state",
    "latitude",
    "longitude",
    "parameter",
    "aqi",
    "category",
    "action_day",
    "discussion",
    "agency",
)
LEFT_OUT = ("time", "zone", "sequence", "type", "primary", "discussion")
FORECAST = "F"
TYPES = {FORECAST, "O", "Y"}

NO_DAYS = "a forecast without its two days, or for a day before it was issued"
NO_PLACE = "a forecast of an area without name or position"
NO_WORTH = "a forecast with neither an AQI nor a category"


def read_forecasts(content: bytes) -> Parsed:
    """The forecasts of a file, as they came: every pollutant, every country.

    Returns:
        ``FIELDS`` without those of ``LEFT_OUT``. ``aqi`` is NaN where the category is all that was forecast (AirNow
        leaves it blank, or writes -1); ``category`` is missing where it is none of EPA's six; ``action_day`` is
        whether the agency asks people to change what they do.

    Raises:
        UnknownFile: It is empty, fewer than half of its lines have seventeen fields, or fewer than half of these are of
            one of the three types.
    """
    rows, dropped = split_lines(lines_of(content), FIELDS)
    if 2 * rows["type"].isin(TYPES).sum() < len(rows):
        raise UnknownFile(f"the sixth field of most of its {len(rows)} lines is none of F, O and Y")
    rows = rows[rows["type"] == FORECAST].drop(columns=list(LEFT_OUT)).reset_index(drop=True)
    rows["issued"], rows["target_date"] = days(rows["issued"]), days(rows["target_date"])
    for name in ("latitude", "longitude", "aqi"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(float)
    rows["aqi"] = rows["aqi"].where(rows["aqi"] >= 0)
    rows["category"] = rows["category"].where(rows["category"].isin([each.name for each in CATEGORIES]))
    rows["action_day"] = rows["action_day"].str.upper().str.startswith("Y")
    return _sound(rows, dropped)


def _sound(rows: pd.DataFrame, dropped: dict[str, int]) -> Parsed:
    """The rows that say when, where and what; the others counted by the first that they lack."""
    reasons = {
        NO_DAYS: ~(rows["target_date"] >= rows["issued"]),
        NO_PLACE: rows[["latitude", "longitude"]].isna().any(axis=1) | (rows["reporting_area"] == ""),
        NO_WORTH: rows["aqi"].isna() & rows["category"].isna(),
    }
    for reason, holds in reasons.items():
        lacking = holds.loc[rows.index]
        if lacking.any():
            dropped[reason] = int(lacking.sum())
        rows = rows[~lacking]
    return Parsed(rows.reset_index(drop=True), dropped)
