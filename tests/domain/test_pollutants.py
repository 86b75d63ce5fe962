"""Pollutants and weather: what AQS calls them, and which of its rows carry a day's value."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from airwatch.domain.pollutants import (
    CRITERIA,
    POLLUTANTS,
    WEATHER,
    Pollutant,
    UnknownPollutant,
    Weather,
    parameter,
)

EVERY_PARAMETER = [*POLLUTANTS.values(), *WEATHER.values()]


def recorded_rows(shared_data: Path, name: str) -> pd.DataFrame:
    return pd.DataFrame(json.loads((shared_data / "recorded" / name).read_text())["Data"])


def chosen_rows(rows: pd.DataFrame, entry: Pollutant | Weather) -> pd.DataFrame:
    """Rows that carry a day's value by the accepted durations and the preferred standard found."""
    rows = rows[rows["sample_duration_code"].isin(entry.durations)]
    found = next(each for each in entry.standards if each in set(rows["pollutant_standard"]))
    return rows[rows["pollutant_standard"] == found]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pm25", "88101"),
        ("pm25_acceptable", "88502"),
        ("ozone", "44201"),
        ("pm10", "81102"),
        ("no2", "42602"),
        ("so2", "42401"),
        ("co", "42101"),
        ("temperature", "62101"),
        ("wind_speed", "61103"),
        ("wind_direction", "61104"),
        ("relative_humidity", "62201"),
        ("pressure", "64101"),
    ],
)
def test_parameter_has_the_code_of_aqs(name: str, code: str) -> None:
    assert parameter(name).aqs_code == code


def test_codes_are_unique() -> None:
    assert len({entry.aqs_code for entry in EVERY_PARAMETER}) == len(EVERY_PARAMETER) == 12


def test_criteria_pollutants_leave_out_the_acceptable_pm25() -> None:
    assert CRITERIA == ("pm25", "ozone", "pm10", "no2", "so2", "co")


def test_unknown_parameter_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(UnknownPollutant, match=r"Unknown pollutant 'pm2\.5'\. Use one of: pm25, .*, pressure"):
        parameter("pm2.5")


@pytest.mark.parametrize("entry", EVERY_PARAMETER, ids=lambda entry: entry.name)
def test_zero_or_a_usual_value_lies_within_the_plausible_range(entry: Pollutant | Weather) -> None:
    usual = {"pressure": 1013.25}.get(entry.name, 0.0)
    assert entry.lowest_plausible <= usual < entry.highest_plausible


@pytest.mark.parametrize(
    ("name", "legal", "absurd"),
    [
        ("pm25", 794.9, 9_999.0),  # smoke in 2020, and a fill value
        ("pm25", -7.8, -99.0),
        ("ozone", 0.122, 44.0),  # ppb taken for ppm
        ("ozone", -0.004, -0.9),
        ("pm10", 1_354.0, 99_999.0),
        ("no2", -5.0, -999.0),
        ("so2", 2_732.4, 99_999.0),
        ("co", 44.1, 999.0),
    ],
)
def test_plausible_range_parts_extremes_that_were_measured_from_faults(name: str, legal: float, absurd: float) -> None:
    entry = POLLUTANTS[name]
    assert entry.lowest_plausible <= legal <= entry.highest_plausible
    assert not entry.lowest_plausible <= absurd <= entry.highest_plausible


def test_one_row_a_monitor_day_is_left_of_the_ten_that_the_api_gives(shared_data: Path) -> None:
    rows = recorded_rows(shared_data, "byco/aqs/dailyData/byCounty-0cf2da.json")
    chosen = chosen_rows(rows, POLLUTANTS["pm25"])
    days = rows.drop_duplicates(["site_number", "poc", "date_local"])
    assert len(rows) == 750
    assert len(chosen) == len(days) == 79  # 20 filter days and 59 of a continuous monitor, by hand
    assert set(chosen["pollutant_standard"]) == {"PM25 24-hour 2024"}


@pytest.mark.parametrize(
    ("file", "name", "values"),
    [
        ("bysite/aqs/dailyData/bySite-b261b2.json", "ozone", [0.034]),
        ("bycbsa/aqs/dailyData/byCBSA-18c785.json", "no2", [7.6, 15.4]),
    ],
)
def test_recorded_daily_maximum_is_found(shared_data: Path, file: str, name: str, values: list[float]) -> None:
    entry = POLLUTANTS[name]
    chosen = chosen_rows(recorded_rows(shared_data, file), entry)
    assert sorted(chosen[entry.value_column]) == values
    assert set(chosen["units_of_measure"]) == {entry.aqs_unit}


@pytest.mark.parametrize("standard", ["Ozone 8-Hour 1997", "Ozone 8-Hour 2008", "Ozone 8-hour 2015"])
def test_ozone_standards_are_known_as_the_api_spells_them(standard: str) -> None:
    assert standard in POLLUTANTS["ozone"].standards


@pytest.mark.parametrize(
    ("file", "name", "count"),
    # Every row of AirData but the one-hour means of PM2.5, which carry no standard.
    [("pm25_88101_2014", "pm25", 166_347), ("ozone_44201_2021", "ozone", 193_988)],
)
def test_airdata_rows_are_found(shared_data: Path, file: str, name: str, count: int) -> None:
    columns = ["sample_duration_code", "pollutant_standard", "units_of_measure"]
    rows = pd.read_parquet(shared_data / "aqs" / f"{file}.parquet", columns=columns)
    chosen = chosen_rows(rows, POLLUTANTS[name])
    assert len(chosen) == count
    assert set(chosen["units_of_measure"]) == {POLLUTANTS[name].aqs_unit}
