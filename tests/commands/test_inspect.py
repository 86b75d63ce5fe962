import json

import pytest

from airwatch.commands.project import Project
from builders import build_days


def store(env=None):
    Project.opened(env).catalog("daily_observations").save("daily_observations", build_days(3))


def test_inspect_prints_schema_scope_and_sample(command, data_root):
    store()
    result = command("inspect", "daily_observations", "--rows", "2")
    assert result.exit_code == 0, result.output
    told = result.output
    assert "rows: 3" in told
    assert "first day: 2023-01-01" in told
    assert "observation_percent" in told
    assert "06-037-1103" in told
    assert "2023-01-02" in told


def test_inspect_tells_programs_the_same(command, data_root):
    store()
    found = json.loads(command("inspect", "daily_observations", "--rows", "2", "--json").output)
    assert (found["name"], found["rows"], len(found["sample"])) == ("daily_observations", 3, 2)
    assert [column["column"] for column in found["columns"] if column["key"]] == ["site_id", "pollutant", "date_local"]


def test_inspect_without_a_name_lists_what_there_is(command, data_root):
    store()
    lines = {line["table"]: line for line in json.loads(command("inspect", "--json").output)}
    assert lines["daily_observations"]["rows"] == 3
    assert lines["features"]["note"] == "not there yet"
    assert "pm25.forecasts" in lines
    assert "so2.forecasts" not in lines  # it is not there, and no run by default makes it
    printed = command("inspect").output
    assert "daily_observations" in printed
    assert "not there yet" in printed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["featurs"], "Do you mean features"),
        (["features"], "kedro run --pipelines feature_engineering"),
        (["engines"], "engines is no table"),
        (["features", "--env", "nope"], "There is no environment 'nope'"),
    ],
)
def test_inspect_refuses_in_one_line(command, data_root, arguments, told):
    result = command("inspect", *arguments)
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert told in line


def test_inspect_looks_at_tables_on_s3(command, data_root, s3, bucket, monkeypatch):
    for name, value in {**s3.variables(bucket), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    store("prod")
    result = command("inspect", "daily_observations", "--env", "prod", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["address"] == f"s3://{bucket}/processed/primary/daily_observations.parquet"
    assert (found["rows"], found["sites"], found["sample"][2]["value"]) == (3, 1, 3.0)
    lines = {line["table"]: line for line in json.loads(command("inspect", "--env", "prod", "--json").output)}
    assert (lines["daily_observations"]["rows"], lines["sites"]["note"]) == (3, "not there yet")
    assert lines["raw_aqs_daily"]["note"] == "not there yet"
