from __future__ import annotations

import pytest
from kedro.framework.cli.project import run as kedro_run

from airwatch import cli


@pytest.fixture
def options(airwatch, monkeypatch):
    """``options("run", ...)``: what Kedro's own command is handed."""
    handed = {}
    monkeypatch.setattr(kedro_run, "callback", lambda **given: handed.update(given))

    def of(*arguments):
        result = airwatch(*arguments)
        assert result.exit_code == 0, result.output
        return handed

    return of


def test_run_hands_on_params_as_they_were_typed(options):
    found = options("run", "--params", "area.county=06037,as_of=2021-06-30,horizon_days=3")
    assert found["params"] == {"area": {"county": "06037"}, "as_of": "2021-06-30", "horizon_days": "3"}


def test_run_without_options_runs_everything(options):
    found = options("run")
    assert (found["params"], found["pipeline"], list(found["pipelines"]), list(found["node_names"])) == (
        {},
        None,
        [],
        [],
    )


def test_run_takes_params_from_a_config_file(options, tmp_path):
    file = tmp_path / "run.yml"
    file.write_text('run:\n  pipelines: ingestion,training\n  params: {area: {county: "06037"}, horizon_days: 3}\n')
    found = options("run", "--config", str(file))
    assert found["params"] == {"area": {"county": "06037"}, "horizon_days": 3}
    assert list(found["pipelines"]) == ["ingestion", "training"]


@pytest.mark.parametrize("choice", [["--pipelines", "inference"], ["--pipeline", "inference"]])
def test_namespaces_select_the_nodes_of_the_namespace_and_the_joins(options, choice):
    found = options("run", *choice, "--namespaces", "pm25")
    joins = ["explain_forecasts", "issue_warnings", "join_forecasts", "plot_forecast_fan"]
    assert sorted(found["node_names"]) == [*joins, "pm25.issue_forecasts"]
    assert found["namespaces"] == []


def test_namespaces_of_a_whole_run_select_training_and_inference(options):
    found = options("run", "--namespaces", "ozone")
    assert sorted(name for name in found["node_names"] if not name.startswith("plot_")) == [
        "explain_forecasts",
        "issue_warnings",
        "join_backtests",
        "join_forecasts",
        "ozone.backtest_candidates",
        "ozone.choose_warning_cuts",
        "ozone.collect_examples",
        "ozone.fit_champion",
        "ozone.hold_contest",
        "ozone.issue_forecasts",
        "ozone.judge_candidates",
        "ozone.score_candidates",
        "ozone.tune_candidates",
    ]
    assert {"plot_skill_by_lead", "plot_reliability", "plot_forecast_fan"} <= set(found["node_names"])


def test_several_namespaces_are_selected_together(options):
    found = options("run", "--pipelines", "inference", "--namespaces", "pm25,ozone")
    assert {"pm25.issue_forecasts", "ozone.issue_forecasts"} <= set(found["node_names"])
    assert "co.issue_forecasts" not in found["node_names"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--pipeline", "ingest"],
            "There is no pipeline 'ingest'; there are: ingestion, feature_engineering, training,",
        ),
        (["--pipelines", "ingestion,train"], "There is no pipeline 'train'; there are: ingestion,"),
        (["--namespaces", "pm3"], "in the namespace pm3; there are: co, no2, ozone, pm10, pm25, so2."),
        (
            ["--namespaces", "pm25", "--pipelines", "ingestion"],
            "No node of ingestion is in the namespace pm25; there are: none.",
        ),
        (["--tags", "nosuch"], "Pipeline contains no nodes"),
        (["--nodes", "nosuch"], "does not contain nodes named ['nosuch']"),
        (["--env", "nosuch"], "There is no environment 'nosuch' (conf/nosuch); there are: base, cluster,"),
    ],
)
def test_a_choice_that_does_not_exist_is_one_line(airwatch, arguments, told):
    result = airwatch("run", *arguments)
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert told in line


def test_verbose_lets_the_error_through_with_its_traceback(airwatch):
    result = airwatch("run", "--verbose", "--params", "horizon_days=0")
    assert type(result.exception).__name__ == "ParameterError"
    assert result.exit_code == 1


def test_run_offers_the_options_of_kedro_and_verbose():
    offered = {option.name for option in cli.cli.commands["run"].params}
    assert offered == {option.name for option in kedro_run.params} | {"verbose"}


def test_kedro_s_own_reader_of_params_is_left_alone():
    [reader] = [option.callback for option in kedro_run.params if option.name == "params"]
    assert reader is not cli._read_params
