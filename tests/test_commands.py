import logging
import re
import socket
from types import SimpleNamespace

import pytest
import requests
from typer.testing import CliRunner

from airdata_on_loopback import PM25_2014, row, zipped
from airwatch.commands import app


@pytest.fixture
def command():
    """``command("sandbox", ...)``, which quiets the log; the tests after it are to hear it again."""
    logger = logging.getLogger("airwatch")
    level = logger.level
    yield lambda *arguments: CliRunner().invoke(app, list(arguments))
    logger.setLevel(level)


def test_without_a_verb_the_verbs_are_listed(command):
    result = command()
    assert "sandbox" in result.output
    assert "Serve the simulated region" in result.output


@pytest.fixture
def while_it_waits(monkeypatch):
    """``while_it_waits(action)``: what happens, once, when a command waits for so many seconds."""

    def instead(action):
        class Event:
            def wait(self, timeout):
                action(timeout)

        monkeypatch.setattr("airwatch.commands.threading", SimpleNamespace(Event=Event))

    return instead


def test_sandbox_serves_aqs_while_it_runs_and_tells_how_to_use_it(command, while_it_waits, monkeypatch):
    told, waited, replies = [], [], []

    def ask(timeout):
        [base_url] = re.findall(r"http://\S+", told[0])
        waited.append(timeout)
        replies.append(requests.get(f"{base_url}/metaData/isAvailable", timeout=10).json())

    while_it_waits(ask)
    monkeypatch.setattr("airwatch.commands.typer.echo", told.append)
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


SUMMER = "01_raw/aqs/airdata/pm25/nation-us/2014/days_20140101-20141231_newest-none_asof-"


def test_fetch_airdata_stores_the_years_that_are_missing(command, airdata, data_root):
    airdata.files |= {PM25_2014: zipped([row()]), "daily_88101_2015.zip": zipped([row(Date_Local="2015-01-01")])}
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "pm25")
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        "1 of 1 files fetched; the others are as they were.",
    )
    assert [str(path.relative_to(data_root))[: len(SUMMER)] for path in data_root.rglob("*.parquet")] == [SUMMER]
    result = command("fetch", "airdata", "--years", "2014-2015", "--pollutants", "pm25")
    assert result.output.splitlines()[-1] == "1 of 2 files fetched; the others are as they were."
    assert airdata.fetched == [PM25_2014, "daily_88101_2015.zip"]


def test_fetch_airdata_says_what_is_not_published(command, airdata, data_root):
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "ozone")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: EPA has not published daily_44201_2014.zip (Ozone, 2014) at http://127.")
    assert len(result.stderr.splitlines()) == 1


def test_fetch_airdata_fetches_the_weather_where_asked(command, airdata, data_root):
    airdata.files[PM25_2014] = zipped([row()])
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "pm25", "--weather")
    assert "not published daily_TEMP_2014.zip (temp, 2014)" in result.stderr


@pytest.mark.parametrize("years", ["x", "2015-2014", "2014-x", ""])
def test_fetch_airdata_refuses_years_that_are_none(command, years):
    result = command("fetch", "airdata", "--years", years)
    assert result.exit_code == 2
    assert "neither a year nor a span" in result.stderr
