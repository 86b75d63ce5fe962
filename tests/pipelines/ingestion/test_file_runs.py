"""Runs whose source is files, by the command that people use."""

import pandas as pd
import pytest

from airdata_on_loopback import PM25_2014, row, zipped
from airnow_on_loopback import line
from epa_on_loopback import files, one_line

AIRDATA = "source=airdata,area.nation=us,first_year=2014,as_of=2014-12-31,pollutants=pm25,ingestion.meteorology="
AIRNOW = ("airnow_daily", "dropped_airnow", "epa_forecasts")
STORED = "01_raw/aqs/airdata/pm25/nation-us/2014/days_20140101-20141231_newest-none_asof-20141231.parquet"


def summaries(root):
    return pd.read_parquet(root / "02_intermediate/daily_summaries.parquet")


def test_a_run_of_airdata_fetches_what_is_missing_and_goes_on(airdata, ingest, data_root):
    airdata.files[PM25_2014] = zipped([row(), row(POC=2)])
    result = ingest(AIRDATA)
    assert result.exit_code == 0, result.output
    tables = {f"02_intermediate/{name}.parquet" for name in ("daily_summaries", *AIRNOW)}
    assert files(data_root) == {STORED, "01_raw/monitors.parquet", *tables}
    assert summaries(data_root)[["source", "poc"]].astype(object).to_numpy().tolist() == [
        ["airdata", 1],
        ["airdata", 2],
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped([row()])[:300], "Error: AirData's daily_88101_2014.zip (PM2.5, 2014) is cut short or damaged"),
        (
            zipped([]),
            "Error: AirData's daily_88101_2014.zip (PM2.5, 2014) is not as AirWatch knows such files: it has no",
        ),
        (None, "Error: EPA has not published daily_88101_2014.zip (PM2.5, 2014)"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_nothing_is_written(airdata, ingest, data_root, content, told):
    airdata.files |= {} if content is None else {PM25_2014: content}
    assert one_line(ingest(AIRDATA)).startswith(told)
    assert files(data_root) == set()


@pytest.fixture
def table(tmp_path):
    """``table(rows…)``: the parameters of a run whose source is a table of those rows."""

    def stored(*rows, drop=()):
        plain = {
            "state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101", "poc": 1,
            "date_local": pd.Timestamp("2020-01-01").date(), "latitude": 34.1, "longitude": -118.2,
            "arithmetic_mean": 9.5, "first_max_value": None, "cbsa_code": "31080",
        }  # fmt: skip
        frame = pd.DataFrame([plain | row for row in rows]).drop(columns=list(drop))
        frame.to_parquet(tmp_path / "values.parquet", index=False)
        period = "first_year=2020,as_of=2020-12-31,area.cbsa=31080,neighbourhood_km=0"
        return f"source=table,table={tmp_path}/values.parquet,{period}"

    return stored


def test_a_table_becomes_observations_by_the_same_policy(airwatch, data_root, table):
    monitors = ({"poc": 3, "arithmetic_mean": 12.0}, {}, {"parameter_code": "88502", "poc": 7})
    run = table(*monitors, {"cbsa_code": "41860", "county_code": "001"})
    result = airwatch("run", "--pipelines", "ingestion", "--params", f"{run},pollutants=pm25")
    assert result.exit_code == 0, result.output
    result = airwatch("run", "--nodes", "choose_daily_values", "--params", f"{run},pollutants=pm25")
    assert result.exit_code == 0, result.output
    observed = pd.read_parquet(data_root / "03_primary/daily_observations.parquet")
    # No monitor is known to be the primary one, so the lowest POC gives the day's value.
    assert observed[["site_id", "pollutant", "poc", "value", "source"]].astype(object).to_numpy().tolist() == [
        ["06-037-1103", "pm25", 1, 9.5, "table"]
    ]


def test_a_table_without_the_run_s_area_is_told_in_one_line(ingest, data_root, table):
    run = table({"cbsa_code": "41860"})
    assert "no monitor of pm25, ozone in CBSA 31080" in one_line(ingest(run))


def test_a_table_that_is_not_there_is_told_in_one_line(ingest, data_root):
    run = "source=table,table=nowhere/values.parquet,area.nation=us,as_of=2020-12-31"
    assert one_line(ingest(run)).startswith("Error: table: nowhere/values.parquet is not there.")


def test_a_table_that_tells_no_cbsa_cannot_be_asked_for_one(ingest, data_root, table):
    told = one_line(ingest(table({}, drop=["cbsa_code"])))
    assert "has no cbsa_code; use area.county, area.state, area.box or area.nation." in told


def test_airnow_goes_on_where_epas_files_end(airdata, airnow, ingest, airwatch, data_root):
    airdata.files[PM25_2014] = zipped([row()])  # 2 January
    airnow.put("2014-01-03", line(day="01/03/14", value="31.5"), "garbage")
    run = AIRDATA.replace("2014-12-31", "2014-01-04") + ",ingestion.airnow=true"
    assert ingest(run).exit_code == 0
    result = airwatch("run", "--nodes", "choose_daily_values", "--params", run)
    assert result.exit_code == 0, result.output
    observed = pd.read_parquet(data_root / "03_primary/daily_observations.parquet")
    assert observed[["source", "provisional", "value"]].astype(object).to_numpy().tolist() == [
        ["airdata", False, 21.4],
        ["airnow", True, 31.5],
    ]
    [dropped] = pd.read_parquet(data_root / "02_intermediate/dropped_airnow.parquet").to_dict("records")
    assert (dropped["parameter"], dropped["rows"]) == ("", 1)


def test_airnow_beside_the_sandbox_is_refused_before_anything_is_done(ingest, data_root):
    assert one_line(ingest("ingestion.airnow=true")).startswith(
        "Error: ingestion.airnow=true is for source=aqs and source=airdata; source=sandbox is about other air."
    )
    assert files(data_root) == set()
