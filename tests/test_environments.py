from pathlib import Path

import pytest

from airwatch.environments import UnknownEnvironmentError, adopt, check

CONF = Path(__file__).resolve().parents[1] / "conf"


@pytest.mark.parametrize(
    ("given", "adopted"),
    [
        ({"APP_ENV": "prod"}, {"APP_ENV": "prod", "KEDRO_ENV": "prod"}),
        ({"APP_ENV": "prod", "KEDRO_ENV": ""}, {"APP_ENV": "prod", "KEDRO_ENV": "prod"}),
        ({"KEDRO_ENV": "prod"}, {"KEDRO_ENV": "prod"}),
        ({"APP_ENV": ""}, {"APP_ENV": ""}),
        ({"AWS_REGION": "us-west-2"}, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2"}),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "a"}),
        (
            {"MLFLOW_TRACKING_URI": "https://me:pass%2Fword@mlflow:5000/base"},
            {
                "MLFLOW_TRACKING_URI": "https://mlflow:5000/base",
                "MLFLOW_TRACKING_USERNAME": "me",
                "MLFLOW_TRACKING_PASSWORD": "pass/word",
            },
        ),
        ({"MLFLOW_TRACKING_URI": "http://mlflow/a@b"}, {"MLFLOW_TRACKING_URI": "http://mlflow/a@b"}),
        ({"MLFLOW_TRACKING_URI": "postgresql://me:pw@db/m"}, {"MLFLOW_TRACKING_URI": "postgresql://me:pw@db/m"}),
        ({"AWS_REGION": "", "AWS_PROFILE": " ", "AWS_ENDPOINT_URL": "", "OTHER": ""}, {"OTHER": ""}),
    ],
)
def test_each_library_finds_a_variable_under_the_name_that_it_reads(given, adopted):
    adopt(given)
    assert given == adopted


def test_an_environment_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UnknownEnvironmentError) as refused:
        check(CONF, "nope", {})
    assert str(refused.value) == (
        "There is no environment 'nope' (conf/nope); there are: base, cluster, local, prod, staging."
    )


@pytest.mark.parametrize("env", [None, "", "prod"])
def test_an_environment_that_is_there_and_the_default_pass(env):
    check(CONF, env, {"APP_ENV": "prod", "KEDRO_ENV": "prod"})


def test_two_variables_that_differ_are_refused(airwatch, monkeypatch):
    monkeypatch.setenv("APP_ENV", "staging")
    monkeypatch.setenv("KEDRO_ENV", "prod")
    result = airwatch("run", "--pipelines", "ingestion")
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: APP_ENV is 'staging' and KEDRO_ENV is 'prod', which name the same thing. Set one")


def test_a_command_works_in_the_environment_that_the_variable_names(monkeypatch):
    from airwatch.commands.project import Project

    monkeypatch.setenv("KEDRO_ENV", "cluster")
    assert Project.opened().parameters["run"].engine == "dask"
    assert Project.opened(env="local").parameters["run"].engine == "local"
