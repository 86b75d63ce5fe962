import re
import socket
from types import SimpleNamespace

import pytest
import requests


@pytest.fixture
def while_it_waits(monkeypatch):
    """``while_it_waits(action)``: what happens, once, when a command waits for so many seconds."""

    def instead(action):
        class Event:
            def wait(self, timeout):
                action(timeout)

        monkeypatch.setattr("airwatch.commands.sandbox.threading", SimpleNamespace(Event=Event))

    return instead


def test_sandbox_serves_aqs_while_it_runs_and_tells_how_to_use_it(command, while_it_waits, monkeypatch):
    told, waited, replies = [], [], []

    def ask(timeout):
        [base_url] = re.findall(r"http://\S+", told[0])
        waited.append(timeout)
        replies.append(requests.get(f"{base_url}/metaData/isAvailable", timeout=10).json())

    while_it_waits(ask)
    monkeypatch.setattr("airwatch.commands.sandbox.typer.echo", told.append)
    assert command("sandbox", "--port", "0", "--minutes", "2").exit_code == 0
    assert waited == [120]
    assert replies[0]["Header"][0]["status"] == "API service is up and running healthy."
    assert "seed 20" in told[0]
    assert "EPA_AQS_BASE_URL=http://127.0.0.1:" in told[1]


def test_sandbox_ends_by_itself_after_the_minutes_given(command):
    assert command("sandbox", "--port", "0", "--seed", "7", "--minutes", "0.0001").exit_code == 0


def test_sandbox_ends_on_ctrl_c(command, while_it_waits):
    def interrupt(timeout):
        assert timeout is None, "without --minutes it runs until then"
        raise KeyboardInterrupt

    while_it_waits(interrupt)
    result = command("sandbox", "--port", "0")
    assert result.exit_code == 0
    assert result.output.endswith("The sandbox has stopped.\n")


def test_sandbox_says_that_a_port_is_taken(command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = command("sandbox", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr == f"Error: port {port} cannot be used (Address already in use). Choose another with --port.\n"


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--seed", "-1"], ["--minutes", "-1"]])
def test_sandbox_refuses_numbers_that_cannot_be(command, arguments):
    assert command("sandbox", *arguments).exit_code == 2
