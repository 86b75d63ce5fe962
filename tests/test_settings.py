import os
from pathlib import Path

import pytest

from airwatch import settings
from airwatch.config import MissingVariableError
from airwatch.parameters import ParameterError, RunParams
from conftest import PROJECT


@pytest.fixture
def configuration(data_root, bootstrapped):
    """``configuration(env, **params)["catalog"]``: what Kedro reads for this project."""

    def of(env=None, /, **params):
        return settings.CONFIG_LOADER_CLASS(
            str(PROJECT / "conf"), runtime_params=params, env=env, **settings.CONFIG_LOADER_ARGS
        )

    return of


def test_env_gives_the_variable_and_its_default_where_it_is_not_set_or_empty(monkeypatch):
    monkeypatch.setenv("OF_THIS_TEST", "value")
    assert settings.env("OF_THIS_TEST", "default") == "value"
    monkeypatch.setenv("OF_THIS_TEST", "")
    assert settings.env("OF_THIS_TEST", "default") == "default"
    monkeypatch.delenv("OF_THIS_TEST")
    assert settings.env("OF_THIS_TEST", "") == ""


@pytest.mark.parametrize("value", [None, ""])
def test_env_refuses_a_variable_that_is_not_set_and_has_no_default(monkeypatch, value):
    monkeypatch.setenv("OF_THIS_TEST", value) if value is not None else monkeypatch.delenv("OF_THIS_TEST", False)
    with pytest.raises(MissingVariableError, match="OF_THIS_TEST is not set"):
        settings.env("OF_THIS_TEST")


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("", str(PROJECT / "data")),
        ("elsewhere", str(PROJECT / "elsewhere")),
        ("/var/airwatch", "/var/airwatch"),
        ("s3://bucket/root", "s3://bucket/root"),
    ],
)
def test_a_local_data_root_is_absolute_wherever_the_run_was_started(monkeypatch, tmp_path, given, root):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIRWATCH_DATA_ROOT", given)
    assert settings.env("AIRWATCH_DATA_ROOT", "data") == root


def test_telemetry_is_off():
    switches = (
        "DO_NOT_TRACK",
        "KEDRO_DISABLE_TELEMETRY",
        "MLFLOW_DISABLE_TELEMETRY",
        "PREFECT_SERVER_ANALYTICS_ENABLED",
    )
    assert [os.environ[name] for name in switches] == ["1", "1", "true", "false"]


def test_the_configuration_holds_references_and_no_secret(configuration, monkeypatch):
    monkeypatch.setenv("EPA_AQS_API_KEY", "plantedKey4711")
    credentials = configuration()["credentials"]
    assert credentials["epa_aqs"] == {"email": "secret:EPA_AQS_EMAIL", "key": "secret:EPA_AQS_API_KEY"}
    assert all(value.startswith("secret:") for group in credentials.values() for value in group.values())


@pytest.mark.parametrize("env", ["staging", "prod"])
def test_each_secret_of_an_environment_may_be_in_its_own_secret_of_secrets_manager(configuration, env):
    here, there = configuration()["credentials"], configuration(env)["credentials"]
    named = {
        group: {key: value.replace("secret:", f"secret:airwatch/{env}:") for key, value in values.items()}
        for group, values in here.items()
    }
    assert there == named


def test_the_data_root_is_where_the_environment_says(configuration, data_root):
    loader = configuration()
    assert loader["catalog"]["forecasts"]["filepath"] == f"{data_root}/07_model_output/forecasts.parquet"
    assert loader["mlflow"]["server"]["mlflow_tracking_uri"] == f"sqlite:///{data_root}/mlflow.db"


def test_epa_is_asked_at_its_own_address_unless_another_is_given(configuration, monkeypatch):
    assert configuration()["catalog"]["epa_services"]["base_url"] == "https://aqs.epa.gov/data/api"
    monkeypatch.setenv("EPA_AQS_BASE_URL", "http://127.0.0.1:8099/data/api")
    assert configuration()["catalog"]["epa_services"]["base_url"] == "http://127.0.0.1:8099/data/api"


def test_parameters_are_read_settled(configuration):
    parameters = configuration(as_of="2021-06-30", area={"county": "06037"})["parameters"]
    assert isinstance(parameters["run"], RunParams)
    assert str(parameters["run"].area) == "county 06-037"


def test_parameters_that_cannot_be_are_refused_where_they_are_read(configuration):
    with pytest.raises(ParameterError, match="horizon_days: '400' cannot be"):
        configuration(horizon_days="400")["parameters"]


def test_one_person_s_folder_is_kept_in_git_though_its_files_are_not():
    assert (PROJECT / "conf/local/.gitkeep").is_file()
    ignored = Path(PROJECT / ".gitignore").read_text().splitlines()
    assert "conf/local/**" in ignored
    assert "!conf/local/.gitkeep" in ignored
