import pytest
import yaml

from airwatch import schemas
from airwatch.cluster import LOCAL
from airwatch.datasets import TextFileDataset
from airwatch.domain.pollutants import CRITERIA
from airwatch.pipelines.training import create_pipeline
from builders import PARAMETERS, build_feature_params
from builders_monitoring import build_area_sites
from builders_registry import OneModel
from builders_training import SITES, build_history, build_training_params, features_of, training_run

PLOTS = (
    "plot_skill_by_lead",
    "plot_coverage_by_level",
    "plot_error_by_season",
    "plot_reliability",
    "plot_worst_misses",
)


@pytest.fixture(scope="module")
def outputs():
    """All nodes, one after another, on a history of PM2.5; ozone was asked for and nobody observed it."""
    run, history = training_run(pollutants=("pm25", "ozone")), build_history(sites=SITES[:2])
    data = {
        "features": features_of(history, run),
        "daily_observations": history,
        "sites": build_area_sites(*SITES[:2]),
        "params:run": run,
        "engines": LOCAL,
        "params:feature_engineering": build_feature_params(),
        "params:training": build_training_params(("climatology", "ridge")),
        **{f"params:{name}.pollutant": name for name in CRITERIA},
        **{f"{name}.studies": None for name in CRITERIA},
        **{f"{name}.registered_models": OneModel() for name in CRITERIA},
    }
    for node in create_pipeline().nodes:
        data |= node.run({name: data[name] for name in node.inputs})
    return data


def test_every_node_is_named_by_its_function_in_the_namespace_of_its_pollutant():
    nodes = create_pipeline().nodes
    names = {node.name for node in nodes}
    functions = (
        "collect_examples",
        "tune_candidates",
        "backtest_candidates",
        "judge_candidates",
        "score_candidates",
        "choose_warning_cuts",
        "fit_champion",
        "hold_contest",
    )
    in_namespaces = {f"{pollutant}.{function}" for pollutant in CRITERIA for function in functions}
    assert in_namespaces < names
    assert {node.name for node in nodes if node.namespace is None} == {"join_backtests", *PLOTS}
    assert all(node.name.endswith(node.func.__name__) for node in nodes)


def test_a_namespace_reads_the_three_tables_and_its_own_parameter():
    pipeline = create_pipeline().filter(node_namespaces=["pm25"])
    assert pipeline.inputs() == {
        "features",
        "daily_observations",
        "sites",
        "engines",
        "params:run",
        "params:training",
        "params:feature_engineering",
        "params:pm25.pollutant",
        "pm25.studies",
        "pm25.registered_models",
    }


def test_the_catalog_keeps_every_output_that_is_not_handed_on_in_memory():
    catalog = yaml.safe_load((PARAMETERS.parent / "catalog/training.yml").read_text())
    outputs = {name for name in create_pipeline().all_outputs() if "." not in name or name.startswith("pm25.")}
    declared = {name.replace("{pollutant}", "pm25") for name in catalog}
    assert declared - outputs == {"pm25.studies", "pm25.registered_models"}
    in_memory = ("examples", "settings", "residuals", "fit_gaps", "decision", "cuts", "fitted_model")
    assert outputs - declared == {f"pm25.{name}" for name in in_memory}


def test_the_pollutant_that_was_observed_gets_a_champion(outputs):
    [champion] = outputs["gate"].query("champion")["candidate"].unique()
    assert outputs["pm25.model"].forecaster.model_name == champion
    assert outputs["pm25.model"].card == outputs["pm25.model_card"]
    assert outputs["pm25.decision"].paragraph in outputs["pm25.model_card"]
    assert len(schemas.BacktestForecasts.validate(outputs["backtest_forecasts"])) == 2 * 2 * (40 + 39 + 38)


@pytest.mark.parametrize("pollutant", ["ozone", "co"])
def test_a_pollutant_without_data_or_left_out_writes_empty_tables_and_stops_nobody(outputs, pollutant):
    assert schemas.BacktestForecasts.validate(outputs[f"{pollutant}.candidate_forecasts"]).empty
    assert schemas.BacktestScores.validate(outputs[f"{pollutant}.candidate_scores"]).empty
    assert schemas.Gate.validate(outputs[f"{pollutant}.candidate_gate"]).empty
    assert outputs[f"{pollutant}.model"].forecaster is None


@pytest.mark.parametrize("pollutant", ["ozone", "co"])
def test_an_earlier_card_survives_a_run_that_judges_nothing_of_its_pollutant_or_leaves_it_out(
    outputs, tmp_path, pollutant
):
    card = TextFileDataset(filepath=f"{tmp_path}/{pollutant}.md")
    card.save("# Card of the champion that stands")
    card.save(outputs[f"{pollutant}.model_card"])
    assert card.load() == "# Card of the champion that stands"
