import json
import os

import pytest

from airwatch.checks import services
from airwatch.checks.report import Status
from airwatch.checks.services import (
    A_YEARLY_FILE,
    FORECASTS_OF_TODAY,
    aqs,
    dask,
    epa_credentials,
    prefect,
)
from aws_on_loopback import client

REFERENCES = {"email": "secret:EPA_AQS_EMAIL", "key": "secret:EPA_AQS_API_KEY"}


@pytest.fixture
def ask_aqs(tmp_path):
    """AQS at an address, as a run of a source would ask it."""
    pace = tmp_path / "request_pace"

    def ask(url, source="sandbox", per_minute=10):
        return aqs(f"{url}/data/api", str(pace), per_minute, REFERENCES, source)

    return ask


@pytest.fixture
def base_url(epa):
    return os.environ["EPA_AQS_BASE_URL"].removesuffix("/data/api")


def test_aqs_is_asked_without_a_key_where_the_run_needs_none(epa, base_url, ask_aqs):
    found = ask_aqs(base_url)
    assert found.status is Status.OK
    assert "up and running" in found.found
    assert epa.queries == [{}]


def test_aqs_is_asked_whether_it_knows_the_key_of_the_run(epa, base_url, ask_aqs):
    found = ask_aqs(base_url, "aqs")
    assert (found.status, found.found) == (Status.OK, f"{base_url}/data/api: knows our key")
    assert epa.queries == [{"email": "someone@example.org", "key": "aKeyThatIsGood"}]


@pytest.mark.parametrize("key", ["wrong", "wrong200"])  # EPA's two ways of saying no
def test_a_key_that_aqs_does_not_know_is_an_error(epa, base_url, ask_aqs, monkeypatch, key):
    monkeypatch.setenv("EPA_AQS_API_KEY", key)
    found = ask_aqs(base_url, "aqs")
    assert found.status is Status.ERROR
    assert "Email and/or key are invalid" in found.found
    assert "EPA_AQS_API_KEY" in found.remedy


def test_no_answer_of_aqs_matters_as_much_as_the_source_of_the_run(nobody, ask_aqs):
    assert ask_aqs(nobody).status is Status.WARNING
    found = ask_aqs(nobody, "aqs")
    assert (found.status, found.found) == (Status.ERROR, f"{nobody}/data/api: no connection")
    assert "EPA_AQS_BASE_URL" in found.remedy


def test_an_answer_that_is_not_of_aqs_is_told(answering, ask_aqs):
    page = answering(body=b"<html>maintenance</html>")
    assert "not AQS's" in ask_aqs(page.url).found
    failing = answering(503, json.dumps({"Header": [{"status": "Failed"}], "Data": []}).encode())
    assert ask_aqs(failing.url, "aqs").status is Status.ERROR


def test_the_question_counts_among_the_requests_of_a_minute(epa, base_url, ask_aqs):
    assert ask_aqs(base_url, per_minute=1).status is Status.OK
    found = ask_aqs(base_url, per_minute=1)
    assert (found.status, len(epa.queries)) == (Status.SKIPPED, 1)
    assert found.found == "1 requests were made within a minute; ask again after it"


def test_a_missing_key_matters_where_the_run_asks_aqs(data_root, monkeypatch):
    assert epa_credentials(REFERENCES, "sandbox").status is Status.SKIPPED
    found = epa_credentials(REFERENCES, "aqs")
    assert found.status is Status.ERROR
    assert "EPA_AQS_EMAIL is not set" in found.remedy
    monkeypatch.setenv("EPA_AQS_EMAIL", "someone@example.org")
    assert "EPA_AQS_API_KEY is not set" in epa_credentials(REFERENCES, "aqs").remedy
    monkeypatch.setenv("EPA_AQS_API_KEY", "canary")
    found = epa_credentials(REFERENCES, "sandbox")
    assert (found.status, "canary" in str(found)) == (Status.OK, False)


def test_a_key_in_secrets_manager_is_found(aws, data_root):
    values = {"EPA_AQS_EMAIL": "someone@example.org", "EPA_AQS_API_KEY": "any"}
    client("secretsmanager").create_secret(Name="airwatch/prod", SecretString=json.dumps(values))
    kept = {name: text.replace("secret:", "secret:airwatch/prod:") for name, text in REFERENCES.items()}
    assert epa_credentials(kept, "aqs").status is Status.OK


def test_epa_s_files_are_looked_at_and_not_fetched(airdata):
    airdata.files[A_YEARLY_FILE] = b"a zip"
    assert services.airdata(airdata.url, "airdata").status is Status.OK
    assert airdata.fetched == []


def test_epa_s_files_matter_as_much_as_the_source_of_the_run(airdata, nobody):
    found = services.airdata(airdata.url, "airdata")
    assert (found.status, found.found) == (Status.ERROR, f"{airdata.url}: HTTP 404 for {A_YEARLY_FILE}")
    assert services.airdata(nobody, "sandbox").status is Status.WARNING
    assert services.airdata(nobody, "airdata").status is Status.ERROR


def test_airnow_is_looked_at_where_the_run_asks_it_and_is_no_error(airnow, nobody):
    assert services.airnow(nobody, wanted=False).status is Status.SKIPPED
    airnow.files[FORECASTS_OF_TODAY] = b"lines"
    assert services.airnow(airnow.url, wanted=True).status is Status.OK
    assert [method for method, *_ in airnow.asked] == ["HEAD"]
    found = services.airnow(nobody, wanted=True)
    assert (found.status, "AIRNOW_BASE_URL" in found.remedy) == (Status.WARNING, True)


def test_prefect_is_asked_where_its_address_is_set(answering, nobody):
    assert prefect("").status is Status.SKIPPED
    served = answering(body=b"true")
    assert prefect(f"{served.url}/api", "canary").found == f"{served.url}/api"
    [(path, headers)] = served.asked
    assert (path, headers["Authorization"]) == ("/api/health", "Bearer canary")
    assert prefect(answering(401).url).found.endswith("HTTP 401")
    found = prefect(f"{nobody}/api")
    assert (found.status, "PREFECT_API_URL" in found.remedy) == (Status.ERROR, True)


def test_a_scheduler_of_dask_that_is_not_there_is_told_at_once(nobody):
    assert dask("").status is Status.SKIPPED
    found = dask(nobody.replace("http", "tcp"))
    assert found.status is Status.ERROR
    assert found.found.endswith("no connection")
    assert "DASK_SCHEDULER_ADDRESS" in found.remedy


def test_the_workers_of_dask_are_counted(two_workers, dask_address):
    found = dask(dask_address)
    assert (found.status, found.found) == (Status.OK, f"{dask_address}: 2 workers")
