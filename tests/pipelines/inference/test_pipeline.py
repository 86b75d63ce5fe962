import pytest
import yaml

from airwatch import schemas
from airwatch.cluster import LOCAL
from airwatch.domain.pollutants import CRITERIA
from airwatch.model_registry import RegisteredForecaster
from airwatch.pipelines.inference import create_pipeline
from airwatch.pipelines.inference.params import InferenceParams
from builders import PARAMETERS, build_feature_params
from builders_monitoring import build_area_sites
from builders_training import SITES, build_history, features_of, forecaster, training_run


class Shelf:
    """A pollutant's models: one for PM2.5, none for the others."""

    def __init__(self, pollutant):
        self.name = f"airwatch-{pollutant}"

    def load(self, wanted="champion"):
        return RegisteredForecaster(forecaster(), "1") if self.name == "airwatch-pm25" else None


@pytest.fixture(scope="module")
def outputs():
    """All nodes, one after another; ozone was asked for and nobody observed it."""
    run, history = training_run(pollutants=("pm25", "ozone")), build_history()
    data = {
        "features": features_of(history, run.model_copy(update={"pollutants": ("pm25",)})),
        "daily_observations": history,
        "sites": build_area_sites(*SITES, name="Main Street"),
        "issued_forecasts": {},
        "params:run": run,
        "engines": LOCAL,
        "params:inference": InferenceParams(stale_after_days=7, issue_hour_utc=6, reasons="latest"),
        "params:feature_engineering": build_feature_params(),
        **{f"params:{name}.pollutant": name for name in CRITERIA},
        **{f"{name}.model": Shelf(name) for name in CRITERIA},
    }
    for node in create_pipeline().nodes:
        data |= node.run({name: data[name] for name in node.inputs})
    return data


def test_every_node_is_named_by_its_function_in_the_namespace_of_its_pollutant():
    names = {node.name for node in create_pipeline().nodes}
    joins = {"join_forecasts", "issue_warnings", "explain_forecasts", "plot_forecast_fan"}
    assert names == joins | {f"{name}.issue_forecasts" for name in CRITERIA}


def test_a_namespace_reads_its_own_model_and_the_shared_tables():
    assert create_pipeline().filter(node_namespaces=["pm25"]).inputs() == {
        "features",
        "daily_observations",
        "sites",
        "engines",
        "pm25.model",
        "params:run",
        "params:inference",
        "params:feature_engineering",
        "params:pm25.pollutant",
    }


def test_the_catalog_keeps_every_output():
    catalog = yaml.safe_load((PARAMETERS.parent / "catalog/inference.yml").read_text())
    outputs = {name for name in create_pipeline().all_outputs() if "." not in name or name.startswith("pm25.")}
    declared = {name.replace("{pollutant}", "pm25") for name in catalog}
    assert declared == outputs | {"issued_forecasts"}


def test_the_pollutant_that_was_observed_is_forecast_and_issued(outputs):
    assert len(schemas.Forecasts.validate(outputs["forecasts"])) == 9
    assert list(outputs["forecast_ledger"]) == ["sandbox-20/2023-12-31/0000"]
    assert len(outputs["forecast_fan"].data) == 5  # observed, three bands, median


def test_what_is_forecast_is_explained_and_warned_of_by_the_model_that_made_it(outputs):
    reasons = schemas.ForecastReasons.validate(outputs["forecast_reasons"])
    assert len(reasons.drop_duplicates(["site_id", "target_date"])) == 9
    warnings = schemas.Warnings.validate(outputs["warnings"])
    expected = forecaster().cuts.decide(outputs["forecasts"])
    assert len(warnings) == expected["warned"].sum() > 0


@pytest.mark.parametrize("pollutant", ["ozone", "co"])
def test_a_pollutant_without_data_or_left_out_writes_an_empty_table_and_stops_nobody(outputs, pollutant):
    assert schemas.Forecasts.validate(outputs[f"{pollutant}.forecasts"]).empty
