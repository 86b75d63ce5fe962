"""An MLflow server that is not there is told at once, in one line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow
import pytest

from airwatch.messages import one_line
from airwatch.tracking import TrackingServerError, require_server
from epa_on_loopback import one_line as line_of


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.fixture
def answering() -> Iterator[type[BaseHTTPRequestHandler]]:
    """A server that answers each request with the status in its ``status``, at its ``url``."""

    class Handler(BaseHTTPRequestHandler):
        status, url = 200, ""

        def do_GET(self) -> None:
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    yield Handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_answers_at_all_is_there(answering, status):
    answering.status = status
    require_server(answering.url)


@pytest.mark.parametrize("address", ["sqlite:////nowhere/mlflow.db", "postgresql://host/db", "file:///nowhere"])
def test_an_address_of_a_database_or_a_folder_is_left_alone(address):
    require_server(address)


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses_the_credentials_is_told_with_their_variables(answering, status):
    answering.status = status
    with pytest.raises(TrackingServerError, match=f"refuses these credentials .{status}.: check MLFLOW_TRACKING_USER"):
        require_server(answering.url)


def test_a_server_that_cannot_is_told(answering):
    answering.status = 502
    with pytest.raises(TrackingServerError, match=r"The MLflow server at http://127\.0\.0\.1:\d+ answers 502: check"):
        require_server(answering.url)


def test_a_server_that_is_not_there_is_told_without_the_password_in_its_address(nobody):
    begun = time.monotonic()
    with pytest.raises(TrackingServerError) as failed:
        require_server(nobody.replace("://", "://someone:whispered@"))
    assert str(failed.value) == (
        f"No MLflow server answers at {nobody}: check MLFLOW_TRACKING_URI, or start the server."
    )
    assert time.monotonic() - begun < 5


def test_a_run_without_its_server_ends_at_once_with_one_line(airwatch, nobody, monkeypatch, data_root):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nobody)
    begun = time.monotonic()
    line = line_of(airwatch("run", "--pipelines", "ingestion", "--params", "as_of=2021-06-30"))
    assert f"No MLflow server answers at {nobody}: check MLFLOW_TRACKING_URI" in line
    assert time.monotonic() - begun < 5
    assert not list(data_root.glob("0*"))


def test_a_server_that_goes_away_during_a_run_is_told_in_one_line(nobody, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(Exception, match="API request") as failed:
        mlflow.MlflowClient(nobody).get_run("0")
    assert one_line(failed.value) == (
        f"The MLflow server at {nobody} answers no more: check MLFLOW_TRACKING_URI, or start the server. What was "
        "stored is whole; run again then."
    )
