import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset

from airwatch.datasets import TableDataset
from airwatch.summary import show_run
from builders import build_run

LOW = 9.0  # µg/m³: the highest of Good, AQI 50 (EPA, 2024)
MODERATE = 35.4  # the highest of Moderate, AQI 100


def forecasts(*sites, origins=("2021-06-30",), leads=(1, 2)):
    """Forecasts of some sites: (site id, AQI)."""
    rows = [
        {
            "site_id": site,
            "pollutant": "pm25",
            "origin_date": pd.Timestamp(origin),
            "target_date": pd.Timestamp(origin) + pd.Timedelta(days=lead),
            "lead_days": lead,
            "q10": LOW,
            "q90": MODERATE,
            "aqi": aqi + lead - 1,
            "category": "Moderate",
            "status": "ok",
        }
        for origin in origins
        for site, aqi in sites
        for lead in leads
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["site_id"])


def sites(**names):
    ids = [name.strip("_").replace("_", "-") for name in names]
    return pd.DataFrame({"site_id": ids, "pollutant": "pm25", "name": list(names.values())})


def scores(**changed):
    given = {"pollutant": "ozone", "candidate": "ridge", "lead_days": [1, 2], "skill_persistence": [0.123, -0.05]}
    rows = pd.DataFrame(
        {**given, "coverage_80": [0.79, 0.81], "n": [600, 634], "grouping": "all", "champion": True, **changed}
    )
    others = [rows.assign(candidate="climatology", champion=False), rows.assign(grouping="site", n=1)]
    return pd.concat([rows, *others])


@pytest.fixture
def told(capsys, tmp_path, monkeypatch):
    """``told(forecasts=..., sites=...)``: what is printed at the end of a run that made the tables given."""
    monkeypatch.setenv("COLUMNS", "120")

    def of(run=None, **tables):
        datasets = {name: MemoryDataset(table) for name, table in tables.items()}
        catalog = DataCatalog({**datasets, "params:run": MemoryDataset(run or build_run(as_of="2021-06-30"))})
        monkeypatch.setattr("airwatch.summary._place", lambda catalog, name: f"{tmp_path}/[root]/{name}.parquet")
        show_run(catalog, made=tables)
        return capsys.readouterr().out

    return of


def table_rows(text):
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if line.startswith("│")]


def test_the_end_of_a_run_tells_tomorrow_s_aqi_the_highest_first(told):
    text = told(
        forecasts=forecasts(("06-037-0002", 61), ("06-037-1103", 80)),
        sites=sites(_06_037_0002="Azusa", _06_037_1103="North Main Street"),
    )
    assert "AQI forecast for 2021-07-01" in text
    assert table_rows(text) == [
        ["06-037-1103", "North Main Street", "PM2.5", "80", "50-100", "Moderate", "ok"],
        ["06-037-0002", "Azusa", "PM2.5", "61", "50-100", "Moderate", "ok"],
    ]


def test_of_many_origins_the_newest_is_told(told):
    text = told(
        forecasts=forecasts(("06-037-0002", 61), origins=("2021-01-01", "2021-02-01")),
        sites=sites(_06_037_0002="Azusa"),
    )
    assert "AQI forecast for 2021-02-02" in text
    assert len(table_rows(text)) == 1


def test_what_is_simulated_says_so_and_what_is_real_does_not(told):
    tables = {"forecasts": forecasts(("06-037-0002", 61)), "sites": sites(_06_037_0002="Azusa")}
    assert "sandbox: simulated air" in told(**tables)
    assert "sandbox" not in told(run=build_run(source="aqs", area={"state": "06"}, as_of="2021-06-30"), **tables)


def test_of_many_sites_the_forty_highest_are_told(told):
    names = {f"_06_037_{number:04}": "somewhere" for number in range(41)}
    values = [(f"06-037-{number:04}", number) for number in range(41)]
    text = told(forecasts=forecasts(*values), sites=sites(**names))
    shown = table_rows(text)
    assert (len(shown), shown[0][3], shown[-1][3]) == (40, "40", "1")
    assert "the 40 highest of 41" in text


def test_a_name_with_brackets_is_told_as_it_is(told):
    text = told(forecasts=forecasts(("06-037-0002", 61)), sites=sites(_06_037_0002="Main St [roof] [/closed]"))
    assert table_rows(text)[0][1] == "Main St [roof] [/closed]"


def test_the_end_of_training_tells_the_champion_s_skill_by_lead(told):
    text = told(backtest_scores=scores())
    assert table_rows(text) == [["Ozone", "ridge", "+0.12", "-0.05", "80 %", "1,234"]]


def test_a_run_that_forecast_nothing_still_names_what_it_wrote(told, tmp_path, monkeypatch):
    monkeypatch.setattr("mlflow.get_tracking_uri", lambda: f"sqlite:///{tmp_path}/mlflow.db")
    text = told(forecasts=forecasts(), backtest_scores=scores().iloc[:0], monitoring_summary=pd.DataFrame())
    assert table_rows(text) == []
    assert f"forecasts: {tmp_path}/[root]/forecasts.parquet" in text
    assert f"monitoring_summary: {tmp_path}/[root]/monitoring_summary.parquet" in text
    assert "MLflow: make mlflow, then http://127.0.0.1:5000" in text


def test_a_run_of_ingestion_alone_tells_nothing(told):
    assert told(daily_summaries=pd.DataFrame()) == ""


def test_a_table_s_place_is_its_path(capsys, tmp_path):
    catalog = DataCatalog(
        {
            "params:run": MemoryDataset(build_run()),
            "monitoring_summary": TableDataset(filepath=f"{tmp_path}/monitoring_summary.parquet"),
        }
    )
    show_run(catalog, made=["monitoring_summary"])
    assert f"monitoring_summary: {tmp_path}/monitoring_summary.parquet" in capsys.readouterr().out.replace("\n", "")


def test_a_run_on_a_server_of_mlflow_ends_with_its_address(told, monkeypatch):
    monkeypatch.setattr("mlflow.get_tracking_uri", lambda: "https://me:canary@mlflow.example.org:5000")
    assert "MLflow: https://mlflow.example.org:5000 " in told(backtest_scores=scores())
