"""Secrets are planted where a process has them, real things are run, and all that they leave is searched."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy
from click.testing import Result
from typer.testing import CliRunner

from airwatch import cluster
from airwatch.commands.app import app
from aws_on_loopback import client
from canaries import IN_VAULT, PLANTED, address, holding, secrets_in, told_by
from conftest import PROJECT
from epa_on_loopback import ASKED, Epa
from mlflow_on_loopback import Begun
from s3_on_loopback import ARTIFACTS_BUCKET, S3
from whole_runs import WholeRun

VERBS = (["doctor", "--json"], ["inspect", "daily_summaries"], ["models", "list"])
LOG = PROJECT / "logs/airwatch.log"


@pytest.mark.parametrize("spell", [str, lambda key: f"x={key}&", lambda key: base64.b64encode(b"me:" + key.encode())])
def test_the_search_finds_what_is_there(spell):
    assert secrets_in(spell(PLANTED["EPA_AQS_API_KEY"])) == {"EPA_AQS_API_KEY"}


def test_a_whole_run_leaves_no_secret(whole_run: WholeRun) -> None:
    names = {path.name for path in whole_run.root.rglob("*")}
    assert {"forecasts.parquet", "mlflow.db", "MLmodel", "pm25.md", "drift_report.html"} <= names, "it left all kinds"
    assert holding(whole_run.root) == {}
    assert secrets_in(whole_run.output) == set()
    assert secrets_in(LOG.read_bytes()) == set()


@pytest.fixture
def planted(epa: Epa, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with a secret in every variable that may hold one."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "someone")
    monkeypatch.setenv("AIRWATCH_DATABASE_URL", address("postgresql", "127.0.0.1:9/airwatch"))
    for name in ("AIRDATA_BASE_URL", "AIRNOW_BASE_URL"):
        monkeypatch.setenv(name, address("http", "127.0.0.1:9"))
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address("tcp", "127.0.0.1:9"))


@pytest.fixture
def prod(planted: None, aws: str, s3: S3, bucket: str, mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real servers of prod; EPA's e-mail and key are in Secrets Manager alone."""
    client("secretsmanager").create_secret(Name="airwatch/prod", SecretString=json.dumps(IN_VAULT))
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws)
    for name, value in {**s3.variables(bucket), "EPA_AQS_EMAIL": "", "EPA_AQS_API_KEY": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.replace("http://", address("http", "")))


def rows_of(database: str) -> str:
    """All that a database holds."""
    engine = sqlalchemy.create_engine(database)
    tables = sqlalchemy.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        held = {name: connection.execute(table.select()).fetchall() for name, table in tables.tables.items()}
    engine.dispose()
    return str(held)


def test_prod_leaves_no_secret_on_s3_in_mlflow_or_in_what_commands_print(
    prod: None,
    epa: Epa,
    s3: S3,
    bucket: str,
    airwatch: Callable[..., Result],
    mlflow_begun: Begun,
    postgres: str,
    data_root: Path,
    log: Callable[[], str],
) -> None:
    result = airwatch("run", "--env", "prod", "--pipelines", "ingestion", "--params", ASKED)
    assert result.exit_code == 0, result.output
    assert (epa.queries[0]["email"], epa.queries[0]["key"]) == tuple(IN_VAULT.values())
    printed = [CliRunner().invoke(app, [*verb, "--env", "prod"]) for verb in VERBS]
    assert secrets_in(result.output + "".join(done.output for done in printed)) == set()
    assert [secrets_in(told_by(done.exception)) for done in printed if done.exception] in ([], [set()])
    assert any(name.endswith(".parquet") for name in s3.objects(bucket))
    assert holding(s3.folder / bucket) == {}
    assert holding(s3.folder / ARTIFACTS_BUCKET) == {}
    assert holding(data_root) == {}
    rows = rows_of(postgres)
    assert "airwatch-prod" in rows
    assert secrets_in(rows) == set()
    assert secrets_in(mlflow_begun.log.read_bytes()) == set()
    assert secrets_in(log()) == set()


REPLIES = {
    "an error": '{"Header": [{"status": "Failed", "url": "ECHO", "error": ["unknown ECHO"]}], "Data": []}',
    "a page": "<html>ECHO</html>",
    "another shape": '{"Header": [{"status": "Success", "url": "ECHO"}], "Data": [{"state_code": "ECHO"}]}',
    "a body cut off": '{"Header": [{"status": "Success", "url": "ECHO"}], "Data": [',
}


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_run_that_epa_fails_shows_no_secret(
    epa: Epa, airwatch: Callable[..., Result], data_root: Path, log: Callable[[], str], reply: str
) -> None:
    email, key = PLANTED["EPA_AQS_EMAIL"], PLANTED["EPA_AQS_API_KEY"]
    epa.spoil = lambda service, body: reply.replace("ECHO", f"http://aqs?email={quote(email)}&key={key}")
    result = airwatch("run", "--pipelines", "ingestion", "--params", ASKED)
    assert result.exit_code == 1
    assert "Traceback" in log()
    assert secrets_in(result.output + told_by(result.exception) + log()) == set()
    assert holding(data_root) == {}


# What is wrong, the environment that is asked for, and what the one line begins with.
FAILING = {
    "MLflow": ({"MLFLOW_TRACKING_URI": address("http", "127.0.0.1:9")}, "prod", "No MLflow server answers at"),
    "its database": ({"MLFLOW_TRACKING_URI": address("postgresql", "127.0.0.1:9/mlflow")}, "local", "("),
    "S3": ({"AWS_SECRET_ACCESS_KEY": PLANTED["AWS_SECRET_ACCESS_KEY"]}, "prod", "s3://airwatch-test"),
    "Secrets Manager": ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": address("http", "127.0.0.1:9")}, "prod", "EPA_AQS_EMAIL"),
}


@pytest.mark.usefixtures("prod")
@pytest.mark.parametrize(("wrong", "env", "told"), FAILING.values(), ids=FAILING)
def test_a_run_that_another_server_fails_shows_no_secret(
    airwatch: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    log: Callable[[], str],
    wrong: dict[str, str],
    env: str,
    told: str,
) -> None:
    monkeypatch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)  # it asks a database for a hundred seconds
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    result = airwatch("run", "--env", env, "--pipelines", "ingestion", "--params", ASKED)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {told}"), result.output
    assert "Traceback" in log()
    assert secrets_in(result.output + told_by(result.exception) + log()) == set()


@pytest.mark.usefixtures("planted")
def test_a_scheduler_that_does_not_answer_is_told_without_its_password(monkeypatch, caplog):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with pytest.raises(cluster.ClusterError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9\.") as failure:
        cluster.Cluster.connect(os.environ["DASK_SCHEDULER_ADDRESS"], workers=1)
    assert secrets_in(told_by(failure.value) + caplog.text) == set()


def test_what_stands_in_env_is_read_and_not_shown_by_a_process_that_fails(tmp_path: Path) -> None:
    """Nothing but a copy of the project: its ``.env`` and the hooks of a process are of the process alone."""
    shutil.copytree(PROJECT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in PLANTED.items()))
    fails = (
        "import logging, os, threading, airwatch.settings\n"
        "value = os.environ['EPA_AQS_API_KEY']\n"
        "logging.error('logged %s', value)\n"
        "thread = threading.Thread(target=int, args=(value,))\n"
        "thread.start(), thread.join()\n"
        "raise ValueError(f'raised {value}')"
    )
    bare = {name: value for name, value in os.environ.items() if name not in PLANTED}
    done = subprocess.run(
        [sys.executable, "-c", fails],
        cwd=tmp_path,
        env={**bare, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr.startswith("ERROR:root:logged ***\nTraceback"), done.stderr
    assert "invalid literal for int() with base 10: '***'" in done.stderr
    assert done.stderr.endswith("ValueError: raised ***\n")
    assert secrets_in(done.stdout + done.stderr) == set()
