"""Readings as rows of AQS ``dailyData``: several for one monitor and day, with the 32 fields of the live service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from airwatch.domain.aqi import aqi_of
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.sandbox.instruments import HOURS_FOR_A_VALID_DAY, Flags, Readings
from airwatch.sandbox.network import (
    COUNTIES,
    FILTER,
    SANDBOX_CBSA_NAME,
    STATES,
    Monitor,
)
from airwatch.sandbox.randomness import Floats

EXCLUDED = "Events Excluded"
FIELDS = (
    "state_code", "county_code", "site_number", "parameter_code", "poc", "latitude", "longitude", "datum", "parameter",
    "sample_duration_code", "sample_duration", "pollutant_standard", "date_local", "units_of_measure", "event_type",
    "observation_count", "observation_percent", "validity_indicator", "arithmetic_mean", "first_max_value",
    "first_max_hour", "aqi", "method_code", "method", "local_site_name", "site_address", "state", "county", "city",
    "cbsa_code", "cbsa", "date_of_last_change",
)  # fmt: skip

PARAMETERS = {
    "88101": ("PM2.5 - Local Conditions", "Micrograms/cubic meter (LC)"),
    "44201": ("Ozone", "Parts per million"),
    "42602": ("Nitrogen dioxide (NO2)", "Parts per billion"),
    "42101": ("Carbon monoxide", "Parts per million"),
    "81102": ("PM10 Total 0-10um STP", "Micrograms/cubic meter (25 C)"),
    "62101": ("Outdoor Temperature", "Degrees Fahrenheit"),
    "61103": ("Wind Speed - Resultant", "Knots"),
    "61104": ("Wind Direction - Resultant", "Degrees Compass"),
    "62201": ("Relative Humidity", "Percent relative humidity"),
    "64101": ("Barometric pressure", "Millibars"),
}


@dataclass(frozen=True, slots=True)
class RowKind:
    """One of the rows that AQS gives for a monitor and day, and how its numbers follow from the day's reading."""

    duration_code: str
    duration: str
    standard: str | None
    of_hours: bool  # counts hours; the others count one block
    mean_of_daily: float = 1.0  # arithmetic_mean as a share of the daily number
    peak_of_daily: float = 1.0  # first_max_value as a share of it
    scores_aqi: bool = False
    step: float | None = None  # what it is cut to, towards zero
    full_count: int = 1


HOUR, BLOCK, FILTER_DAY = ("1", "1 HOUR"), ("X", "24-HR BLK AVG"), ("7", "24 HOUR")
PM25_STANDARDS = ("PM25 24-hour 2012", "PM25 Annual 2012", "PM25 24-hour 2024", "PM25 Annual 2024")
FILTER_ROWS = tuple(RowKind(*FILTER_DAY, s, False, scores_aqi=True, step=0.1) for s in PM25_STANDARDS)
PLAIN_HOURLY = (RowKind(*HOUR, None, True, full_count=24),)  # weather
ROW_KINDS: dict[str, tuple[RowKind, ...]] = {
    "88101": (
        RowKind(*HOUR, None, True, peak_of_daily=1.7, full_count=24),
        *(RowKind(*BLOCK, s, False, scores_aqi=True, step=0.1) for s in PM25_STANDARDS),
    ),
    "44201": (
        RowKind(*HOUR, "Ozone 1-hour 1979", True, 0.68, 1.12, full_count=24),
        RowKind("W", "8-HR RUN AVG BEGIN HOUR", "Ozone 8-Hour 2008", True, 0.72, 1.0, True, 0.001, 24),
        RowKind("W", "8-HR RUN AVG BEGIN HOUR", "Ozone 8-hour 2015", True, 0.8, 1.0, True, 0.001, 17),
    ),
    "42602": (
        RowKind(*HOUR, "NO2 1-hour 2010", True, 0.45, scores_aqi=True, full_count=24),
        RowKind(*HOUR, "NO2 Annual 1971", True, 0.45, scores_aqi=True, full_count=24),
    ),
    "42101": (
        RowKind(*HOUR, "CO 1-hour 1971", True, 0.7, 1.3, full_count=24),
        RowKind("Z", "8-HR RUN AVG END HOUR", "CO 8-hour 1971", True, 0.7, 1.0, True, 0.1, 24),
    ),
    "81102": (
        RowKind(*HOUR, None, True, peak_of_daily=2.4, full_count=24),
        RowKind(*BLOCK, "PM10 24-hour 2006", False, scores_aqi=True, step=1.0),
    ),
}
SHOWN_DECIMALS = {"44201": (6, 3), "42101": (6, 3)}  # of arithmetic_mean and first_max_value; others have (6, 1)
POLLUTANT_OF = {p.aqs_code: p.name for p in POLLUTANTS.values()}


@cache
def monitor_fields(monitor: Monitor) -> dict[str, object]:
    """The fields of a daily row that are the same on every day of a monitor."""
    site, instrument = monitor.site, monitor.instrument
    parameter, unit = PARAMETERS[instrument.code]
    return {
        "state_code": site.state,
        "county_code": site.county,
        "site_number": site.number,
        "parameter_code": instrument.code,
        "poc": instrument.poc,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "datum": "WGS84",
        "parameter": parameter,
        "units_of_measure": unit,
        "method_code": instrument.method_code,
        "method": instrument.method,
        "local_site_name": site.name,
        "site_address": f"{int(site.number)} SIMULATED STREET",
        "state": STATES[site.state],
        "county": COUNTIES[site.state, site.county],
        "city": f"{site.name} (simulated)",
        "cbsa_code": site.cbsa,
        "cbsa": SANDBOX_CBSA_NAME if site.cbsa else None,
    }


def _cut(value: Floats, step: float | None) -> Floats:
    """``value`` cut towards zero to a multiple of ``step``; noise far below the step is lifted first."""
    return value if step is None else np.trunc(value / step + np.copysign(1e-6, value)) * step


def _rows_of_kind(readings: Readings, kind: RowKind, chosen: Flags, event: str) -> pd.DataFrame:
    """One row of one kind for each (day, monitor) in ``chosen``: what changes by the day, and the two positions."""
    day, monitor = np.nonzero(chosen)
    code = readings.code
    mean_decimals, peak_decimals = SHOWN_DECIMALS.get(code, (6, 1))
    number = (readings.clean if event == EXCLUDED else readings.daily)[day, monitor]
    daily = np.round(_cut(number, kind.step), peak_decimals if kind.step else 6)
    hours = readings.hours[day, monitor]
    valid = hours >= HOURS_FOR_A_VALID_DAY
    peak = np.round(daily * kind.peak_of_daily, peak_decimals)
    aqi = aqi_of(POLLUTANT_OF[code], peak).astype(object) if kind.scores_aqi else None
    return pd.DataFrame(
        {
            "monitor": monitor,
            "day": day,
            "sample_duration_code": kind.duration_code,
            "sample_duration": kind.duration,
            "pollutant_standard": kind.standard,
            "event_type": event,
            "observation_count": np.rint(hours / 24 * kind.full_count).astype(np.int64) if kind.of_hours else 1,
            "observation_percent": np.where(valid & (not kind.of_hours), 100.0, np.rint(hours / 24 * 100)),
            "validity_indicator": np.where(valid, "Y", "N"),
            "arithmetic_mean": np.round(daily * kind.mean_of_daily, mean_decimals),
            "first_max_value": peak,
            "first_max_hour": readings.peak_hour[day, monitor] if kind.of_hours else 0,
            "aqi": aqi,
        }
    )


def _frames(readings: Readings, chosen: Flags) -> Iterator[pd.DataFrame]:
    """The rows of each kind, in turn; a flagged day is given twice, with its event and without."""
    is_filter = np.array([m.instrument is FILTER for m in readings.monitors])
    for kinds, by_filter in ((ROW_KINDS.get(readings.code, PLAIN_HOURLY), False), (FILTER_ROWS, True)):
        which = chosen & (is_filter == by_filter)
        for kind in kinds if which.any() else ():
            yield _rows_of_kind(readings, kind, which & ~readings.flagged, "No Events")
            yield _rows_of_kind(readings, kind, which & readings.flagged, "Events Included")
            yield _rows_of_kind(readings, kind, which & readings.flagged, EXCLUDED)


def daily_rows(readings: Readings, chosen: Flags) -> pd.DataFrame:
    """The ``dailyData`` rows of the (day, monitor) pairs in ``chosen``.

    Returns:
        The columns FIELDS, by date, site, POC and row kind; dates are text as in AQS.
    """
    frames = [frame for frame in _frames(readings, chosen & readings.present) if len(frame)]
    if not frames:
        return pd.DataFrame(columns=list(FIELDS), dtype=object)
    rows = pd.concat(frames, ignore_index=True).sort_values(["day", "monitor"], kind="stable", ignore_index=True)
    day, monitor = rows["day"].to_numpy(), rows["monitor"].to_numpy()
    fixed = pd.DataFrame([monitor_fields(m) for m in readings.monitors]).take(monitor).reset_index(drop=True)
    rows["date_local"] = readings.days.astype(str)[day]
    rows["date_of_last_change"] = readings.changed[day, monitor].astype(str)
    return pd.concat([rows, fixed], axis=1)[list(FIELDS)]
