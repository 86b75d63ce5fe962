"""The sandbox over real HTTP: the envelope, connections, silence about keys, and a clean end."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from airwatch.sandbox import SANDBOX_CBSA, World, serve

OZONE = {
    "email": "me@example.org",
    "key": "k-4711",
    "param": "44201",
    "bdate": "20230701",
    "edate": "20230701",
    "cbsa": SANDBOX_CBSA,
}


@pytest.fixture(scope="module")
def base_url():
    with serve(World(20)) as url:
        yield url


def test_the_address_is_on_loopback_under_epas_path(base_url):
    parts = urlsplit(base_url)
    assert (parts.hostname, parts.path) == ("127.0.0.1", "/data/api")


def test_a_reply_has_epas_envelope_and_repeats_the_request_with_its_key(base_url):
    reply = requests.get(f"{base_url}/dailyData/byCBSA", params=OZONE, timeout=30)
    body = reply.json()
    assert reply.headers["Content-Type"] == "application/json"
    assert list(body) == ["Header", "Data"]
    assert body["Header"][0]["status"] == "Success"
    assert body["Header"][0]["rows"] == len(body["Data"]) > 0
    assert body["Header"][0]["url"] == reply.url
    assert "k-4711" in body["Header"][0]["url"]


def test_the_rows_are_those_of_the_world(base_url):
    served = requests.get(f"{base_url}/dailyData/byCBSA", params=OZONE, timeout=30).json()["Data"]
    day = World(20).readings("44201", 2023).days[181].item()
    made = World(20).daily(["44201"], day, day, where=lambda site: site.cbsa == SANDBOX_CBSA)
    assert served == json.loads(made.to_json(orient="records", double_precision=10))


def test_a_failure_has_its_errors_and_no_row_count(base_url):
    reply = requests.get(f"{base_url}/dailyData/byCBSA", params=OZONE | {"key": "wrong"}, timeout=30)
    head = reply.json()["Header"][0]
    assert reply.status_code == 400
    assert (head["status"], head["error"]) == ("Failed", ["Email and/or key are invalid."])
    assert "rows" not in head


def test_a_path_outside_the_api_is_not_found(base_url):
    assert requests.get(base_url.replace("/data/api", "/elsewhere"), timeout=30).status_code == 404


def test_the_health_service_answers_without_a_row_count(base_url):
    head = requests.get(f"{base_url}/metaData/isAvailable", timeout=30).json()["Header"][0]
    assert head["status"].startswith("API service is up")
    assert "rows" not in head


def test_one_connection_serves_many_requests(base_url):
    parts = urlsplit(base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        for _ in range(3):
            connection.sendall(b"GET /data/api/metaData/isAvailable HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_requests_at_the_same_time_get_the_same_answer(base_url):
    def fetch(_):
        return requests.get(f"{base_url}/dailyData/byCBSA", params=OZONE, timeout=30).json()["Data"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(fetch, range(4)))
    assert all(reply == answers[0] for reply in answers)


def test_the_key_is_not_logged_or_printed(base_url, caplog, capfd):
    with caplog.at_level(logging.DEBUG, logger="airwatch"):
        requests.get(f"{base_url}/dailyData/byCBSA", params=OZONE, timeout=30)
    printed = capfd.readouterr()
    assert "k-4711" not in caplog.text + printed.out + printed.err


def test_the_end_of_the_block_frees_the_port_hangs_up_and_leaves_no_thread():
    def sandbox_threads():
        return [t for t in threading.enumerate() if t.name == "airwatch-sandbox"]

    before = len(sandbox_threads())
    with serve(World(20)) as url:
        port = urlsplit(url).port
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(b"GET /data/api/metaData/isAvailable HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536)
    assert connection.recv(1) == b""  # the server closed an idle connection that the client had kept open
    connection.close()
    assert len(sandbox_threads()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_the_port_is_freed_when_the_block_raises():
    with pytest.raises(RuntimeError, match="in the block"), serve(World(20)) as url:
        raise RuntimeError("in the block")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/metaData/isAvailable", timeout=5)


def test_a_port_that_is_taken_is_an_error(base_url):
    with pytest.raises(OSError, match="in use"), serve(World(20), port=urlsplit(base_url).port):
        pass


def test_a_pollutant_year_of_the_region_is_served_in_seconds(base_url):
    # About half a second on one idle core; the bound leaves room for a loaded machine.
    year = OZONE | {"param": "88101", "bdate": "20220101", "edate": "20221231"}
    start = time.perf_counter()
    reply = requests.get(f"{base_url}/dailyData/byCBSA", params=year, timeout=60)
    assert time.perf_counter() - start < 10
    assert reply.json()["Header"][0]["rows"] > 40_000
