"""The rows that the sandbox gives have the fields, the repetitions and the index values of the live AQS API."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from airwatch.domain.aqi import concentration_to_aqi
from airwatch.domain.pollutants import POLLUTANTS, WEATHER
from airwatch.sandbox import World
from airwatch.sandbox.rows import FIELDS, PARAMETERS, monitor_fields

KEY = [
    "state_code", "county_code", "site_number", "parameter_code", "poc", "date_local", "sample_duration_code",
    "pollutant_standard", "event_type", "method_code",
]  # fmt: skip
PM25, OZONE, NO2, PM10, CO = "88101", "44201", "42602", "81102", "42101"


@pytest.fixture(scope="module")
def rows():
    """A year with smoke: every parameter of the region."""
    world = World(20)
    return {code: world.daily([code], date(2023, 1, 1), date(2023, 12, 31)) for code in PARAMETERS}


def kinds_of(rows, **where):
    for field, value in where.items():
        rows = rows[rows[field] == value]
    return set(
        rows[["sample_duration", "pollutant_standard"]]
        .astype(object)
        .where(lambda f: f.notna(), None)
        .itertuples(index=False, name=None)
    )


def test_the_fields_are_those_of_a_recorded_reply_in_its_order(shared_data):
    recorded = json.loads((shared_data / "recorded/byco/aqs/dailyData/byCounty-0cf2da.json").read_text())
    assert list(FIELDS) == list(recorded["Data"][0])


def test_every_field_has_the_type_of_a_recorded_reply(shared_data, rows):
    recorded = json.loads((shared_data / "recorded/byco/aqs/dailyData/byCounty-0cf2da.json").read_text())["Data"]
    given = json.loads(rows[PM25].head(2000).to_json(orient="records", double_precision=10))
    assert types_of(given) == types_of(recorded)


def types_of(records):
    """Type names by field; a whole number may stand for a float in JSON, and a null says nothing."""
    found = {name: {type(r[name]).__name__ for r in records} - {"NoneType"} for name in FIELDS}
    return {name: {"float"} if "float" in kinds else kinds for name, kinds in found.items()}


@pytest.mark.parametrize("code", list(PARAMETERS))
def test_no_two_rows_share_the_key_of_aqs(rows, code):
    assert not rows[code].duplicated(KEY).any()


@pytest.mark.parametrize("code", list(PARAMETERS))
def test_units_are_those_of_the_domain(rows, code):
    units = {p.aqs_code: p.aqs_unit for p in POLLUTANTS.values()}
    assert set(rows[code]["units_of_measure"]) == {units.get(code, PARAMETERS[code][1])}


def test_a_continuous_pm25_day_has_five_rows_and_a_filter_day_four(rows):
    forms = [f"PM25 {form} {year}" for year in (2012, 2024) for form in ("24-hour", "Annual")]
    continuous = kinds_of(rows[PM25], method_code="170")
    assert continuous == {("1 HOUR", None)} | {("24-HR BLK AVG", form) for form in forms}
    assert kinds_of(rows[PM25], method_code="145") == {("24 HOUR", form) for form in forms}


def test_an_ozone_day_has_its_hours_and_two_eight_hour_standards(rows):
    begin = "8-HR RUN AVG BEGIN HOUR"
    assert kinds_of(rows[OZONE]) == {
        ("1 HOUR", "Ozone 1-hour 1979"),
        (begin, "Ozone 8-Hour 2008"),
        (begin, "Ozone 8-hour 2015"),
    }


@pytest.mark.parametrize("name", ["pm25", "ozone", "pm10", "no2", "co", *WEATHER])
def test_the_domain_finds_one_row_for_each_monitor_and_day(rows, name):
    about = POLLUTANTS.get(name) or WEATHER[name]
    of = rows[about.aqs_code]
    standard = (
        of["pollutant_standard"].isna()
        if about.standards[0] is None
        else of["pollutant_standard"] == about.standards[0]
    )
    exposure = of["event_type"].isin(["No Events", "Events Included"])
    one = of[standard & exposure & of["sample_duration_code"].isin(about.durations) & (of["method_code"] != "236")]
    monitor_day = [*KEY[:6]]
    assert not one.duplicated(monitor_day).any()
    assert len(one) == len(of[of["method_code"] != "236"].drop_duplicates(monitor_day))
    assert one[about.value_column].between(about.lowest_plausible, about.highest_plausible).all()


@pytest.mark.parametrize(("code", "name"), [(PM25, "pm25"), (OZONE, "ozone"), (NO2, "no2"), (PM10, "pm10"), (CO, "co")])
def test_the_index_is_that_of_the_2024_table_for_the_printed_value(rows, code, name):
    scored = rows[code][rows[code]["aqi"].notna()].iloc[::97]
    values = scored[POLLUTANTS[name].value_column]
    assert scored["aqi"].astype(int).tolist() == [concentration_to_aqi(name, v) for v in values]


@pytest.mark.parametrize("code", [PM25, PM10, *(w.aqs_code for w in WEATHER.values())])
def test_an_hourly_row_of_particles_or_weather_has_no_index(rows, code):
    hourly = rows[code][rows[code]["sample_duration"] == "1 HOUR"]
    assert len(hourly)
    assert hourly["aqi"].isna().all()


def test_smoke_days_are_given_with_their_event_and_without_it(rows):
    block = rows[PM25][rows[PM25]["pollutant_standard"] == "PM25 24-hour 2024"]
    monitor_day = ["state_code", "county_code", "site_number", "poc", "method_code", "date_local"]
    by_event = block.pivot(index=monitor_day, columns="event_type", values="arithmetic_mean")
    smoky = by_event.dropna(subset="Events Included")
    assert len(smoky) > 100
    assert smoky["No Events"].isna().all()
    assert (smoky["Events Excluded"] < smoky["Events Included"] - 7).all()
    assert by_event["No Events"].notna().sum() > 5000


def test_a_block_average_is_its_hourly_mean_cut_to_a_tenth(rows):
    wide = rows[PM25][(rows[PM25]["method_code"] == "170") & (rows[PM25]["event_type"] == "No Events")]
    wide = wide[wide["pollutant_standard"].isna() | (wide["pollutant_standard"] == "PM25 24-hour 2024")]
    wide = wide.pivot(
        index=["state_code", "county_code", "site_number", "date_local"],
        columns="sample_duration",
        values="arithmetic_mean",
    )
    cut = (wide["1 HOUR"] - wide["24-HR BLK AVG"]).where(wide["1 HOUR"] >= 0, wide["24-HR BLK AVG"] - wide["1 HOUR"])
    assert cut.between(-1e-6, 0.1).all()


def test_a_day_short_of_18_hours_is_not_valid_and_says_its_percentage(rows):
    hourly = rows[OZONE][rows[OZONE]["sample_duration"] == "1 HOUR"]
    short = hourly["observation_count"] < 18
    assert short.any()
    assert (hourly["validity_indicator"] == "N").equals(short)
    assert (hourly["observation_percent"] == (hourly["observation_count"] / 24 * 100).round()).all()


def test_ozone_counts_17_windows_and_pm25_one_block(rows):
    whole = rows[OZONE][
        (rows[OZONE]["pollutant_standard"] == "Ozone 8-hour 2015") & (rows[OZONE]["observation_percent"] == 100)
    ]
    assert set(whole["observation_count"]) == {17}
    assert set(rows[PM25][rows[PM25]["sample_duration_code"] == "X"]["observation_count"]) == {1}


def test_collocated_instruments_report_side_by_side_and_disagree(rows):
    site = rows[PM25][
        (rows[PM25]["local_site_name"] == "Sandbox Mill Street") & (rows[PM25]["event_type"] == "No Events")
    ]
    both = site[site["pollutant_standard"] == "PM25 24-hour 2024"].pivot(
        index="date_local", columns="poc", values="arithmetic_mean"
    )
    both = both.dropna()
    assert list(both.columns) == [1, 3]
    assert len(both) > 80
    assert both[1].corr(both[3]) > 0.85
    assert (both[1] - both[3]).abs().median() > 0.2


def test_a_site_outside_the_metro_has_no_metro_code(rows):
    outside = rows[OZONE][rows[OZONE]["county"] == "Sandbox Coast"]
    assert len(outside)
    assert outside[["cbsa_code", "cbsa"]].isna().all().all()


def test_a_row_says_that_it_is_simulated(rows):
    last = pd.concat(rows.values())
    assert last["local_site_name"].str.startswith("Sandbox").all()
    assert last["city"].str.endswith("(simulated)").all()


def test_the_fixed_fields_of_a_monitor_are_a_subset_of_the_fields():
    assert set(monitor_fields(World(1).monitors()[0])) < set(FIELDS)
