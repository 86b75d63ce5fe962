"""Every stored input and output of a pipeline is declared, in the folder of its layer; and nothing else is."""

from __future__ import annotations

import re

import pytest
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog

from airwatch import settings
from airwatch.domain.pollutants import CRITERIA
from airwatch.pipeline_registry import makers, register_pipelines
from conftest import PROJECT

PIPELINES = register_pipelines()
FOLDERS = {
    "raw": "01_raw",
    "intermediate": "02_intermediate",
    "primary": "03_primary",
    "feature": "04_feature",
    "models": "06_models",
    "model_output": "07_model_output",
    "reporting": "08_reporting",
}
FROM_NODE_TO_NODE = ("examples", "settings", "residuals", "fit_gaps", "decision", "cuts", "fitted_model")
PASSED_ON = {f"{name}.{kind}" for name in CRITERIA for kind in FROM_NODE_TO_NODE}  # in memory
MODELS = [f"{name}.{kind}" for name in CRITERIA for kind in ("model", "registered_models")]
NO_FILE = {"alert_channels", "engines", "epa_services", *MODELS}  # ways to people, to EPA, and to MLflow's registry
AS_BEFORE = {"issued_forecasts", "known_incidents", "known_observations"}  # what another entry writes, before it does
STORED = sorted(
    name for name in PIPELINES["__default__"].datasets() - PASSED_ON if not name.startswith(("params:", "parameters"))
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A data root of its own, with nothing in it."""
    with pytest.MonkeyPatch.context() as environment:
        root = tmp_path_factory.mktemp("catalog") / "data"
        environment.setenv("AIRWATCH_DATA_ROOT", str(root))
        yield root


@pytest.fixture(scope="module")
def configuration(root):
    bootstrap_project(PROJECT)
    return settings.CONFIG_LOADER_CLASS(str(PROJECT / "conf"), env=None, **settings.CONFIG_LOADER_ARGS)


@pytest.fixture(scope="module")
def catalog(configuration):
    return DataCatalog.from_config(configuration["catalog"], credentials=configuration["credentials"])


def place(catalog, name):
    """Where a dataset lies."""
    described = catalog[name]._describe()
    return str(described.get("filepath") or described.get("path"))


def test_every_stored_input_and_output_is_declared(catalog):
    assert [name for name in STORED if name not in catalog] == []


def test_what_is_passed_on_in_memory_is_not_stored(catalog):
    assert [name for name in PASSED_ON if name in catalog] == []


def test_nothing_is_declared_that_no_pipeline_reads_or_writes(configuration):
    declared = {re.sub(r"\{pollutant\}", "pm25", name) for name in configuration["catalog"] if not name.startswith("_")}
    assert declared - set(STORED) == set()


@pytest.mark.parametrize("name", [name for name in STORED if name not in NO_FILE])
def test_a_dataset_lies_in_the_folder_of_its_layer(catalog, root, name):
    layer = catalog[name].metadata["kedro-viz"]["layer"]
    assert place(catalog, name).startswith(f"{root}/{FOLDERS[layer]}/")


@pytest.mark.parametrize("name", MODELS)
def test_a_pollutant_s_models_are_those_of_the_registry_under_its_name(catalog, name):
    assert catalog[name]._describe() == {"model_name": f"airwatch-{name.partition('.')[0]}"}
    assert catalog[name].metadata["kedro-viz"]["layer"] == "models"


def test_no_two_tables_share_a_file(catalog):
    tables = [name for name in STORED if type(catalog[name]).__name__ not in ("RawArchiveDataset", "RawIndexDataset")]
    places = [place(catalog, name) for name in tables if name not in NO_FILE | AS_BEFORE]
    assert sorted(places) == sorted(set(places))


@pytest.mark.parametrize("pipeline", ["ingestion", "feature_engineering", "training", "inference", "monitoring"])
def test_each_pipeline_has_its_own_files_of_catalog_and_parameters(configuration, catalog, pipeline):
    text = (PROJECT / f"conf/base/catalog/{pipeline}.yml").read_text()
    declared = set(re.findall(r'^"?([\w.{}]+)"?:', text, flags=re.MULTILINE))
    made = {name for name in PIPELINES[pipeline].all_outputs() if name in catalog}
    assert {re.sub(rf"^({'|'.join(CRITERIA)})\.", "{pollutant}.", name) for name in made} <= declared
    assert pipeline in configuration["parameters"]


def test_the_whole_run_is_the_five_pipelines():
    five = ["ingestion", "feature_engineering", "training", "inference", "monitoring"]
    assert list(PIPELINES) == [*five, "__default__"]
    assert {node.name for name in five for node in PIPELINES[name].nodes} == {
        n.name for n in PIPELINES["__default__"].nodes
    }


@pytest.mark.parametrize("name", ["training", "inference"])
def test_each_criteria_pollutant_has_a_namespace(name):
    assert {node.namespace for node in PIPELINES[name].nodes} == {*CRITERIA, None}


@pytest.mark.parametrize("pipeline", ["ingestion", "feature_engineering", "training", "inference", "monitoring"])
def test_a_tag_selects_the_pipeline_of_its_name(pipeline):
    tagged = PIPELINES["__default__"].only_nodes_with_tags(pipeline)
    assert {node.name for node in tagged.nodes} == {node.name for node in PIPELINES[pipeline].nodes}


def test_the_joins_read_tables_that_can_be_absent(catalog):
    joined = PIPELINES["__default__"].only_nodes_with_tags("join").inputs()
    of_pollutants = [name for name in joined if name.partition(".")[0] in CRITERIA and name not in NO_FILE]
    assert len(of_pollutants) == 4 * len(CRITERIA)  # candidates' forecasts, scores and gates, and forecasts
    assert [name for name in of_pollutants if not catalog[name].can_be_absent] == []


def test_makers_names_the_pipeline_of_each_output():
    found = makers()
    assert found["daily_summaries"] == "ingestion"
    assert found["features"] == "feature_engineering"
    assert found["pm25.model"] == "training"
    assert found["forecasts"] == "inference"
    assert found["monitoring_summary"] == "monitoring"
    assert "epa_services" not in found
