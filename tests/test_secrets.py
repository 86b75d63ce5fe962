from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from airwatch.sandbox.server import serve
from airwatch.sandbox.world import World
from airwatch.secrets import MissingSecretError, reference, reveal

EMAIL, KEY = "planted.person@example.org", "plantedKey4711"


def test_a_reference_reveals_the_value_of_its_variable():
    assert reveal(reference("NAME"), {"NAME": " value\n"}) == "value"


def test_a_text_that_is_no_reference_is_its_own_value():
    assert reveal("plain", {}) == "plain"


def test_reveal_looks_into_the_environment_at_the_time_of_use(monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THIS_TEST", "late")
    assert reveal("secret:A_SECRET_OF_THIS_TEST") == "late"


@pytest.mark.parametrize("environment", [{}, {"EPA_AQS_API_KEY": ""}, {"EPA_AQS_API_KEY": "  "}])
def test_a_missing_secret_names_the_variable_who_needs_it_and_where_to_get_one(environment):
    with pytest.raises(MissingSecretError) as missing:
        reveal("secret:EPA_AQS_API_KEY", environment)
    told = str(missing.value)
    assert told.startswith("EPA_AQS_API_KEY is not set: source=aqs needs it")
    assert "https://aqs.epa.gov/data/api/signup?email=" in told
    assert ".env" in told


def test_a_missing_secret_without_a_remedy_of_its_own_names_env():
    with pytest.raises(MissingSecretError, match=r"OTHER is not set: put it into \.env or the environment\."):
        reveal("secret:OTHER", {})


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    with serve(World(20)) as base_url:
        yield base_url


@pytest.fixture
def planted(sandbox_url: str, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPA_AQS_BASE_URL", sandbox_url)  # it repeats the request, key and all, in each reply
    monkeypatch.setenv("EPA_AQS_EMAIL", EMAIL)
    monkeypatch.setenv("EPA_AQS_API_KEY", KEY)


def files_that_hold(text: str, root: Path) -> list[str]:
    """The files under ``root`` that hold a text, within a parquet's compression too."""

    def content(path: Path) -> bytes:
        stored = path.read_bytes()
        return stored + (pd.read_parquet(BytesIO(stored)).to_csv().encode() if path.suffix == ".parquet" else b"")

    return [path.name for path in root.rglob("*") if path.is_file() and text.encode() in content(path)]


@pytest.mark.usefixtures("planted")
def test_no_secret_reaches_the_output_the_log_mlflow_or_a_stored_file(
    airwatch: Callable[..., Result], data_root: Path, log: Callable[[], str]
) -> None:
    site = "area.site=99-001-0001,neighbourhood_km=0,first_year=2021,pollutants=pm25"
    asked = f"source=aqs,{site},as_of=2021-06-30,requests_per_minute=600"
    result = airwatch("run", "--pipelines", "ingestion", "--params", asked)
    assert result.exit_code == 0, result.output
    told = result.output + log()
    assert "99-001-0001" in told, "the search finds what is there"
    assert len(files_that_hold("2021-06-30", data_root)) >= 4, "in parquet files and in MLflow's database"
    secrets = (EMAIL, EMAIL.replace("@", "%40"), KEY)
    assert [secret for secret in secrets if secret in told] == []
    assert [name for secret in secrets for name in files_that_hold(secret, data_root)] == []


@pytest.mark.usefixtures("planted")
def test_no_secret_reaches_the_output_or_the_log_when_a_run_fails(
    airwatch: Callable[..., Result], log: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPA_AQS_BASE_URL", os.environ["EPA_AQS_BASE_URL"].removesuffix("/data/api"))
    result = airwatch("run", "--params", "source=aqs,area.state=99,as_of=2021-06-30,requests_per_minute=600")
    assert result.exit_code == 1
    assert "Traceback" in log()
    assert [secret for secret in (EMAIL, KEY) if secret in result.output + log()] == []
