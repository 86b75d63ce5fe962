import pytest
import yaml

from airwatch import schemas
from airwatch.pipelines.monitoring import create_pipeline
from builders import PARAMETERS, build_days, build_run
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
    names |= {"daily_observations": "DailyObservations", "sites": "Sites"}
    data = {name: schemas.empty(schema) for name, schema in names.items()} | tables
    data |= {
        "forecast_ledger": {},
        "params:run": build_run(pollutants=("pm25", "ozone")),
        "params:monitoring": build_monitoring_params(),
    }
    for node in create_pipeline().nodes:
        data |= node.run({name: data[name] for name in node.inputs})
    return data


def test_every_node_is_named_by_its_function():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)


def test_the_catalog_declares_every_output_in_the_reporting_folder():
    catalog = yaml.safe_load((PARAMETERS.parent / "catalog/monitoring.yml").read_text())
    assert set(catalog) == create_pipeline().all_outputs()
    assert all("/08_reporting/" in entry["filepath"] for entry in catalog.values())


def test_a_project_in_which_nothing_happened_yet_is_a_warning_and_no_crash():
    summary = run_pipeline()["monitoring_summary"].set_index("check")
    assert summary.loc["decision", "status"] == "warn"
    assert summary.loc["pm25.freshness", "action"].startswith("No PM2.5 was observed here")


@pytest.mark.parametrize("table", ["matured_forecasts", "verification", "freshness", "monitoring_summary"])
def test_one_site_of_one_pollutant_makes_every_table(table):
    data = run_pipeline(
        daily_observations=build_days(365),
        sites=build_area_sites(),
        backtest_forecasts=build_backtest(origins(60)),
        features=build_feature_rows(origins(60)),
    )
    schema = getattr(schemas, "".join(word.capitalize() for word in table.split("_")))
    assert len(schema.validate(data[table]))
