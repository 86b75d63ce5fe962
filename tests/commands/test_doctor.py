import json
import time

import pytest

from airwatch.checks.services import A_YEARLY_FILE

PREFECT, DASK = "PREFECT_API_URL", "DASK_SCHEDULER_ADDRESS"


@pytest.fixture
def doctor(command, epa, airdata, monkeypatch):
    """``doctor("--env", "prod")``: its exit code, and what it found of each thing; EPA is there, on loopback."""
    airdata.files[A_YEARLY_FILE] = b"a zip"
    for name in (PREFECT, DASK):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        result = command("doctor", "--json", *arguments)
        assert isinstance(result.exception, SystemExit | None), result.exception
        return result.exit_code, {found["check"]: found for found in json.loads(result.stdout)}

    return run


@pytest.fixture
def prod(s3, bucket, mlflow_server, monkeypatch):
    """What ``--env prod`` needs."""
    for name, value in {**s3.variables(bucket), "MLFLOW_TRACKING_URI": mlflow_server}.items():
        monkeypatch.setenv(name, value)


def errors(found):
    return sorted(name for name, finding in found.items() if finding["status"] == "error")


def test_a_clean_clone_is_sound(doctor, data_root):
    code, found = doctor()
    assert (code, errors(found)) == (0, [])
    assert {finding["status"] for finding in found.values()} == {"ok", "skipped"}
    assert found["EPA's AQS"]["status"] == "ok"
    assert [path.name for path in data_root.iterdir() if path.name.startswith(".")] == []


def test_a_table_is_printed_with_the_remedies(command, doctor, data_root, monkeypatch):
    monkeypatch.setenv("EPA_AQS_API_KEY", "")
    result = command("doctor", "--params", "source=aqs,area.county=99001")
    assert result.exit_code == 1
    assert "EPA's key" in result.output
    assert "EPA_AQS_API_KEY is not set" in " ".join(result.output.replace("│", " ").split())
    assert result.output.splitlines()[-1].endswith("skipped")


def test_airnow_is_asked_where_the_run_asks_it(doctor, data_root, monkeypatch):
    monkeypatch.setenv("AIRNOW_BASE_URL", "http://127.0.0.1:9")
    assert doctor()[1]["AirNow"]["status"] == "skipped"
    code, found = doctor("--params", "ingestion.airnow=true,source=airdata,area.county=06037")
    assert (code, found["AirNow"]["status"]) == (0, "warning")


def test_warnings_fail_only_where_they_are_to(doctor, data_root, monkeypatch):
    monkeypatch.setenv("EPA_AQS_BASE_URL", "http://127.0.0.1:9/data/api")
    code, found = doctor()
    assert (code, found["EPA's AQS"]["status"]) == (0, "warning")
    assert doctor("--strict")[0] == 1


def test_prod_is_sound_where_all_is_there(doctor, prod, s3, bucket, data_root):
    begun = time.monotonic()
    code, found = doctor("--env", "prod")
    assert (code, errors(found)) == (0, []), found
    assert time.monotonic() - begun < 20
    assert found["bucket of tables"]["found"].startswith(f"written, read and deleted in s3://{bucket} (")
    assert found["clock"]["status"] == "ok"
    assert {found[name]["status"] for name in ("AWS", "artifacts", "MLflow", "MLflow's database")} == {"ok"}
    assert s3.objects(bucket) == set()


def test_each_thing_that_prod_lacks_is_an_error_of_its_own(doctor, prod, nobody, data_root, monkeypatch):
    for name, value in {"MLFLOW_TRACKING_URI": nobody, PREFECT: nobody, DASK: nobody.replace("http", "tcp")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-a-key")
    code, found = doctor("--env", "prod")
    assert code == 1
    assert errors(found) == ["AWS", "Dask", "MLflow", "Prefect", "artifacts", "bucket of tables"]
    assert all(found[name]["remedy"] for name in errors(found))
    assert "canary" not in str(found)


def test_variables_that_are_missing_are_named_and_the_rest_is_looked_at(doctor, data_root, monkeypatch):
    for name in ("S3_DATA_BUCKET_NAME", "S3_MLFLOW_ARTIFACTS_BUCKET_NAME", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    code, found = doctor("--env", "prod")
    assert code == 1
    assert errors(found) == [
        "MLFLOW_TRACKING_URI",
        "S3_DATA_BUCKET_NAME",
        "S3_MLFLOW_ARTIFACTS_BUCKET_NAME",
        "catalog",
    ]
    assert found["libraries"]["status"] == "ok"


@pytest.mark.parametrize("arguments", [["--env", "nope"], ["--params", "source"]])
def test_what_cannot_be_asked_is_refused_in_one_line(command, data_root, arguments):
    result = command("doctor", *arguments)
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
