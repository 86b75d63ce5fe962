import pytest
import yaml

from airwatch import schemas
from airwatch.pipelines.monitoring import create_pipeline
from builders import PARAMETERS, build_days, build_feature_params, build_run
from builders_alerts import build_channels
from builders_monitoring import (
    build_area_sites,
    build_backtest,
    build_feature_rows,
    build_monitoring_params,
    origins,
)


def run_pipeline(**tables):
    """All nodes, one after another, on tables that are empty unless given."""
    names = {"forecasts": "Forecasts", "backtest_forecasts": "BacktestForecasts", "features": "Features"}
    names |= {"daily_observations": "DailyObservations", "sites": "Sites", "airnow_daily": "AirnowDaily"}
    names |= {"daily_summaries": "DailySummaries", "epa_forecasts": "EpaForecasts"}
    names |= {"known_incidents": "Incidents", "known_observations": "VerifiedObservations"}
    data = {name: schemas.empty(schema) for name, schema in names.items()} | tables
    data |= {
        "forecast_ledger": {},
        "alert_channels": build_channels(),
        "report_files": [],
        "params:run": build_run(pollutants=("pm25", "ozone")),
        "params:monitoring": build_monitoring_params(),
        "params:feature_engineering": build_feature_params(),
    }
    for node in create_pipeline().nodes:
        data |= node.run({name: data[name] for name in node.inputs})
    return data


def test_every_node_is_named_by_its_function():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)


def test_the_catalog_declares_every_output_in_the_folder_of_the_reports():
    catalog, made = yaml.safe_load((PARAMETERS.parent / "catalog/monitoring.yml").read_text()), create_pipeline()
    assert made.all_outputs() <= set(catalog) <= made.datasets()
    assert all(catalog[name]["filepath"].startswith("${globals:paths.reports}/") for name in made.all_outputs())


def test_the_index_of_the_reports_is_written_when_all_others_are():
    assert create_pipeline().nodes[-1].name == "write_index"


def test_a_project_in_which_nothing_happened_yet_is_a_warning_and_no_crash():
    summary = run_pipeline()["monitoring_summary"].set_index("check")
    assert summary.loc["decision", "status"] == "warn"
    assert summary.loc["pm25.freshness", "action"].startswith("No PM2.5 was observed here")


@pytest.mark.parametrize("table", ["matured_forecasts", "verification", "freshness", "drift", "monitoring_summary"])
def test_one_site_of_one_pollutant_makes_every_table(table):
    data = run_pipeline(
        daily_observations=build_days(365),
        sites=build_area_sites(),
        backtest_forecasts=build_backtest(origins(60)),
        features=build_feature_rows(origins(60)),
    )
    schema = getattr(schemas, "".join(word.capitalize() for word in table.split("_")))
    assert len(schema.validate(data[table]))


def test_a_site_whose_values_are_all_equal_is_a_warning_and_an_incident():
    data = run_pipeline(daily_observations=build_days(365, values=9.0), sites=build_area_sites())
    assert data["data_quality"]["check"].tolist() == ["stuck"]
    assert data["monitoring_summary"].set_index("check").loc["pm25.quality", "status"] == "warn"
    assert "pm25.stuck" in set(data["incidents"]["check"])
