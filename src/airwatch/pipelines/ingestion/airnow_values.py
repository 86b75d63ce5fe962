"""What a line of AirNow's daily files says of our pollutants, or why it says nothing.

The parameters that are taken, and why the others are not:

- ``OZONE-8HR``, the day's highest 8-hour mean, ``PM2.5-24hr`` and ``PM10-24hr``, the mean from midnight to midnight,
  and ``CO-8hr``, the day's highest 8-hour mean, are what our pollutants are (``domain.pollutants``).
- ``OZONE-1HR`` is another number than the 8-hour mean, and ``SO2-24HR`` another than the highest hour; NO2 has no daily
  value in these files.

AirNow's PM2.5 is of continuous instruments, those that AQS files as 88502 among them, and it names no instrument.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.domain.states import POSTAL, TRIBAL
from airwatch.parameters import RunParams

USED = ["date_local", "aqsid", "parameter", "units", "value", "hours", "full_aqsid"]
VALUES = ["site_id", "pollutant", "date_local", "value"]
COUNTRY = "840"  # the United States, by ISO 3166-1; a full AQSID begins with it
SITE_ID = r"[0-9A-Z]{2}-[0-9]{3}-[0-9A-Z]{4}"


@dataclass(frozen=True, slots=True)
class Named:
    """One of AirNow's parameters that is a pollutant of ours.

    Attributes:
        pollutant: Its name here.
        hours: Over which it is averaged.
        per_unit: How many of each unit that AirNow writes make one of ours.
    """

    pollutant: str
    hours: float
    per_unit: dict[str, float]


NAMED = {  # in capitals: AirNow writes both PM2.5-24hr and PM2.5-24HR
    "PM2.5-24HR": Named("pm25", 24, {"UG/M3": 1.0}),
    "PM10-24HR": Named("pm10", 24, {"UG/M3": 1.0}),
    "OZONE-8HR": Named("ozone", 8, {"PPB": 1000.0, "PPM": 1.0}),
    "CO-8HR": Named("co", 8, {"PPM": 1.0, "PPB": 1000.0}),
}

OTHER_DAY = "of another day than its file"
OTHER_PARAMETER = "not a daily value of a pollutant of this run"
ABROAD = "a site without an AQS number of the United States"
OTHER_SITE = "not a monitor of this run"
UNIT = "in a unit that is not known"
HOURS = "another averaging time"
NO_VALUE = "no value"
IMPLAUSIBLE = "outside what is plausible"
TWICE = "given again later in the file"
KEPT = ""


def read_values(
    rows: pd.DataFrame, day: pd.Timestamp, monitors: pd.DataFrame, run: RunParams
) -> tuple[pd.DataFrame, pd.Series]:
    """The values of one day's file, in our units.

    Args:
        rows: Its lines, typed (``airwatch.sources.airnow_rows``), numbered from 0.
        day: The day of the file.
        monitors: The run's, of which AirNow's sites must be.
        run: Its pollutants.

    Returns:
        ``VALUES``, one row a site and pollutant: of two lines the later counts. And of each line why it gives none, the
        first reason that holds; ``KEPT`` where it does.
    """
    asked = {name: each for name, each in NAMED.items() if each.pollutant in run.pollutants}
    left, reasons = rows[USED], np.full(len(rows), KEPT, dtype=object)

    def keep(kept: pd.Series | NDArray[np.bool_], reason: str) -> None:
        nonlocal left
        reasons[left.index[~kept]] = reason
        left = left[kept]

    keep(left["date_local"] == day, OTHER_DAY)
    left = left.assign(named=left["parameter"].str.upper())
    keep(left["named"].isin(list(asked)), OTHER_PARAMETER)
    pollutant = left["named"].map({name: each.pollutant for name, each in asked.items()}).astype("str")
    left = left.assign(site_id=_site_ids(left["aqsid"]), pollutant=pollutant)
    keep(_is_at_home(left), ABROAD)
    keep(pd.Index(_keys(monitors)).unique().get_indexer(pd.Index(_keys(left))) >= 0, OTHER_SITE)
    left = left.assign(value=left["value"] / _per_unit(left))
    keep(_per_unit(left).notna(), UNIT)
    keep(left["hours"] == left["named"].map({name: each.hours for name, each in asked.items()}), HOURS)
    keep(left["value"].notna(), NO_VALUE)
    keep(_is_plausible(left), IMPLAUSIBLE)
    keep(~left.duplicated(VALUES[:2], keep="last"), TWICE)
    return left[VALUES].reset_index(drop=True), pd.Series(reasons, rows.index, dtype="str")


def _site_ids(numbers: pd.Series) -> pd.Series:
    """AirNow's nine digits, or twelve with the country's, as tables hold a site id."""
    nine = numbers.str.replace(rf"^{COUNTRY}(?=.{{9}}$)", "", regex=True)
    return nine.str[:2] + "-" + nine.str[2:5] + "-" + nine.str[5:]


def _is_at_home(rows: pd.DataFrame) -> pd.Series:
    """Whether a line is about a site of the United States: those of Canada have nine digits too."""
    full = rows["full_aqsid"].fillna("")
    ours = rows["site_id"].str.fullmatch(SITE_ID) & rows["site_id"].str[:2].isin([*POSTAL, TRIBAL])
    return ours & ((full == "") | full.str.startswith(COUNTRY))


def _per_unit(rows: pd.DataFrame) -> pd.Series:
    """How many of its unit make one of ours, by line; NaN where that is not known."""
    known = {f"{name} {unit}": per for name, each in NAMED.items() for unit, per in each.per_unit.items()}
    return (rows["named"] + " " + rows["units"].str.upper()).map(known).astype(float)


def _is_plausible(rows: pd.DataFrame) -> pd.Series:
    """Whether an instrument can have read that; small negative values are legal, as in AQS."""
    lowest = rows["pollutant"].map({name: entry.lowest_plausible for name, entry in POLLUTANTS.items()})
    highest = rows["pollutant"].map({name: entry.highest_plausible for name, entry in POLLUTANTS.items()})
    return rows["value"].between(lowest, highest)


def _keys(rows: pd.DataFrame) -> pd.Series:
    return rows["site_id"].astype("str") + " " + rows["pollutant"].astype("str")
