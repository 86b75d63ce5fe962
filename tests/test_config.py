"""The environments: one catalog, other addresses, and variables that are asked for when they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from airwatch import settings
from airwatch.config import MissingVariableError
from conftest import PROJECT

CONF = PROJECT / "conf"
NEEDED = ("S3_DATA_BUCKET_NAME", "S3_MLFLOW_ARTIFACTS_BUCKET_NAME", "MLFLOW_TRACKING_URI")
REMOTE = ("staging", "prod")


@pytest.fixture
def configuration(data_root: Path, bootstrapped: None, monkeypatch: pytest.MonkeyPatch):
    """``configuration("prod")["catalog"]``: what Kedro reads in an environment."""
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)
    return lambda env: settings.CONFIG_LOADER_CLASS(str(CONF), env=env, **settings.CONFIG_LOADER_ARGS)


@pytest.fixture
def remote(configuration, monkeypatch):
    for name, value in zip(NEEDED, ("air", "artifacts", "http://127.0.0.1:5000"), strict=True):
        monkeypatch.setenv(name, value)
    return configuration


def addresses(loader) -> dict[str, str]:
    """Where each dataset of the catalog lies."""
    return {
        name: entry.get("filepath") or entry.get("path")
        for name, entry in loader["catalog"].items()
        if "filepath" in entry or "path" in entry
    }


@pytest.mark.parametrize("env", REMOTE)
def test_an_environment_is_three_files_of_addresses(env):
    assert {path.name for path in (CONF / env).iterdir()} == {"globals.yml", "mlflow.yml", "credentials.yml"}


@pytest.mark.parametrize("env", REMOTE)
def test_only_addresses_differ_from_base(remote, env):
    here, there = (
        {kind: loader[kind] for kind in ("catalog", "parameters", "credentials")}
        for loader in map(remote, (None, env))  # Kedro's globals are those of the loader that was made last
    )
    assert there["parameters"] == here["parameters"]
    assert {name: set(held) for name, held in there["credentials"].items()} == {
        name: set(held) for name, held in here["credentials"].items()
    }
    kept = {name for name, place in addresses(there).items() if place == addresses(here)[name]}
    assert kept == {"epa_services", "{pollutant}.studies"}  # the state of a machine
    nowhere = {"filepath": "", "path": "", "downloads": ""}
    bare = [{name: {**entry, **nowhere} for name, entry in each["catalog"].items()} for each in (here, there)]
    assert bare[0] == bare[1]


@pytest.mark.parametrize("env", REMOTE)
def test_each_secret_is_looked_for_in_the_secret_of_the_environment_too(remote, env):
    references = [each for held in remote(env)["credentials"].values() for each in held.values()]
    assert references
    assert [each for each in references if not each.startswith(f"secret:airwatch/{env}:")] == []


@pytest.mark.parametrize("env", REMOTE)
def test_tables_lie_under_the_prefixes_of_the_bucket(remote, env):
    found = addresses(remote(env))
    assert found["raw_aqs_daily"] == "s3://air/raw/aqs"
    assert found["daily_summaries"] == "s3://air/processed/intermediate/daily_summaries.parquet"
    assert found["sites"] == "s3://air/processed/primary/sites.parquet"
    assert found["features"] == "s3://air/processed/features/features.parquet"
    assert found["{pollutant}.candidate_gate"] == "s3://air/models/candidates/{pollutant}_gate.parquet"
    assert found["forecast_ledger"] == "s3://air/predictions/forecast_ledger"
    assert found["{pollutant}.model_card"] == "s3://air/reports/model_cards/{pollutant}.md"


@pytest.mark.parametrize("env", REMOTE)
def test_mlflow_is_a_server_whose_artifacts_go_to_their_bucket(remote, env):
    mlflow = remote(env)["mlflow"]
    assert mlflow["server"]["mlflow_tracking_uri"] == "http://127.0.0.1:5000"
    experiment = mlflow["tracking"]["experiment"]
    assert experiment["name"] == f"airwatch-{env}"
    assert experiment["create_experiment_kwargs"]["artifact_location"] == "s3://artifacts/mlflow"
    assert mlflow["tracking"]["params"] == remote(None)["mlflow"]["tracking"]["params"]


@pytest.mark.parametrize(
    ("missing", "kind", "line"),
    [
        (
            "S3_DATA_BUCKET_NAME",
            "catalog",
            "S3_DATA_BUCKET_NAME is not set: --env prod keeps its tables, models and reports in the bucket of that "
            "name. Put it into .env.",
        ),
        ("S3_MLFLOW_ARTIFACTS_BUCKET_NAME", "mlflow", "S3_MLFLOW_ARTIFACTS_BUCKET_NAME is not set: --env prod keeps"),
        ("MLFLOW_TRACKING_URI", "mlflow", "MLFLOW_TRACKING_URI is not set: --env prod registers its models at the"),
    ],
)
def test_a_variable_is_missed_by_what_needs_it_alone(remote, monkeypatch, missing, kind, line):
    monkeypatch.setenv(missing, "")
    loader = remote("prod")
    assert loader["parameters"]["run"].horizon_days == 7
    assert loader["credentials"]
    assert loader[{"catalog": "mlflow", "mlflow": "catalog"}[kind]]
    with pytest.raises(MissingVariableError) as failed:
        loader[kind]
    assert str(failed.value).startswith(line)


@pytest.mark.parametrize("env", [None, "base", "cluster"])
def test_the_environments_of_this_machine_need_no_variable(configuration, env, data_root):
    loader = configuration(env)
    assert all(place.startswith(str(data_root)) for place in addresses(loader).values())
    assert loader["mlflow"]["server"]["mlflow_tracking_uri"] == f"sqlite:///{data_root}/mlflow.db"


def test_kedro_run_names_the_variable_that_is_missing(airwatch, configuration, monkeypatch):
    result = airwatch("run", "--env", "prod", "--params", "as_of=2021-06-30")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: MLFLOW_TRACKING_URI is not set: --env prod ")
    assert len(result.stderr.splitlines()) == 1


def test_no_key_of_aws_stands_in_the_configuration():
    written = " ".join(str(yaml.safe_load(path.read_text())) for path in CONF.rglob("*.yml"))
    assert "AWS_" not in written
    assert "aws_" not in written
