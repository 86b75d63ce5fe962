"""Each kind of bad input: one clear line, an exit code that is not 0, no traceback, no table half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from epa_on_loopback import ARCHIVE, ASKED, HARBOR, SUMMARIES, Airwatch, Epa, files, one_line


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ("source=aqs", ["area", "needs one", "area.cbsa=31080"]),
        ("source=airnow", ["source", "'airnow'", "'sandbox', 'aqs', 'airdata' or 'table'"]),
        ("source=aqs,area.cbsa=31080,area.state=06", ["area", "exactly one", "cbsa and state", "Keep one"]),
        ("source=aqs,area=31080", ["area", "'31080'", "area.cbsa=31080"]),
        ("area.county=6037", ["area", "'6037'", 'county: "06037"']),
        ("area.state=6", ["area", "'6'", 'state: "06"']),
        ("area.planet=3", ["area", "'planet'", "cbsa, state, county, site, box"]),
        ("area.box=50/24/-125/-66", ["area", "50/24/-125/-66", "box"]),
        ("as_of=1970-01-01", ["as_of", "1970-01-01", "before the data", "1980"]),
        ("as_of=1979-12-31", ["as_of", "1979-12-31", "before the data", "1980"]),
        ("as_of=yesterday", ["as_of", "'yesterday'", "not a date", "2021-06-30"]),
        ("as_of=2021-02-29", ["as_of", "'2021-02-29'", "not a date"]),
        ("horizon_days=0", ["horizon_days", "'0'", "greater than or equal to 1"]),
        ("horizon_days=400", ["horizon_days", "'400'", "less than or equal to 14"]),
        ("horizon_days=seven", ["horizon_days", "'seven'", "integer"]),
        ("pollutants=pm3", ["pollutants", "'pm3'", "choose from pm25, ozone"]),
        ("pollutants=pm25+soot", ["pollutants", "'soot'", "choose from pm25, ozone"]),
        ("pollutants=", ["pollutants", "none is given", "choose from pm25, ozone"]),
        ("first_year=2050,as_of=2021-06-30", ["first_year", "2050", "1980", "2021"]),
        ("origins=2021-02-01/2021-01-01,as_of=2021-06-30", ["origins", "2021-02-01/2021-01-01", "forward"]),
        ("origins=2021-02-01/2021-07-01,as_of=2021-06-30", ["origins", "2021-07-01", "by as_of, 2021-06-30"]),
        ("model_version=best", ["model_version", "'best'", "champion"]),
        ("horizon=3", ["horizon", "no such parameter", "Did you mean horizon_days?"]),
        ("foo=1", ["foo", "no such parameter", "source, table, area"]),
        ("training.foo=1", ["training.foo", "no such parameter", "candidates"]),
        ("training.candidates.ridge.beta=1", ["training.candidates.ridge.beta", "no such parameter", "alpha"]),
        ("training.candidates.lightgbm=1", ["training.candidates.lightgbm", "no such parameter", "xgboost"]),
        ("training=3", ["training", "'3'", "a group of candidates"]),
        ("training.backtest=3", ["training.backtest", "'3'", "a group of folds"]),
        ("training.backtest.folds=0", ["training.backtest.folds", "'0'", "greater than or equal to 1"]),
        ("horizon_days", ["'horizon_days'", "name=value"]),
        ("seed=1,seed=2", ["seed", "twice"]),
    ],
)
def test_a_parameter_that_cannot_be_is_named_with_its_remedy_before_anything_is_done(
    airwatch: Airwatch, data_root: Path, params: str, words: list[str]
) -> None:
    line = one_line(airwatch("run", "--params", params))
    assert [word for word in words if word not in line] == []
    assert files(data_root) == set()


def test_the_traceback_of_an_error_is_in_the_log_file(airwatch: Airwatch, log: Callable[[], str]) -> None:
    one_line(airwatch("run", "--params", "horizon_days=0"))
    assert "Traceback (most recent call last)" in log()
    assert "ParameterError: horizon_days: '0' cannot be" in log()


@pytest.mark.parametrize("missing", ["EPA_AQS_EMAIL", "EPA_AQS_API_KEY"])
def test_without_credentials_aqs_is_not_asked(
    epa: Epa, ingest: Callable[[str], Result], data_root: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv(missing, "")
    line = one_line(ingest(ASKED))
    assert f"{missing} is not set" in line
    assert "https://aqs.epa.gov/data/api/signup" in line
    assert ".env" in line
    assert epa.queries == []
    assert files(data_root) == set()


@pytest.mark.parametrize("key", [pytest.param("wrong", id="http400"), pytest.param("wrong200", id="http200")])
def test_refused_credentials_are_told_without_being_shown(
    epa: Epa,
    ingest: Callable[[str], Result],
    data_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: Callable[[], str],
    key: str,
) -> None:
    monkeypatch.setenv("EPA_AQS_API_KEY", key)
    result = ingest(ASKED)
    line = one_line(result)
    assert "AQS refused monitors of PM2.5 for site 99-001-0001, 2021" in line
    assert "Check EPA_AQS_EMAIL and EPA_AQS_API_KEY in .env" in line
    assert len(epa.queries) == 1, "asking again cannot help"
    assert epa.queries[0]["key"] == key
    assert key not in result.output + log()
    assert "someone@example.org" not in result.output + log()
    assert files(data_root) == set()


@pytest.mark.parametrize(
    ("area", "named"),
    [
        ("area.cbsa=31081", "CBSA 31081"),
        ("area.county=99099", "county 99-099"),
        ("area.site=99-003-0015", "site 99-003-0015"),  # opens in 2025
    ],
)
def test_an_area_without_monitors_in_those_years_is_named(
    epa: Epa, ingest: Callable[[str], Result], data_root: Path, area: str, named: str
) -> None:
    line = one_line(ingest(f"source=aqs,{area},first_year=2021,as_of=2021-06-30,requests_per_minute=600"))
    assert f"EPA lists no monitor of pm25, ozone in {named} between 2021 and 2021-06-30" in line
    assert "Check the code of the area" in line
    assert SUMMARIES not in files(data_root)


def test_an_as_of_before_the_first_observation_is_told(
    epa: Epa, ingest: Callable[[str], Result], data_root: Path
) -> None:
    line = one_line(ingest(f"source=aqs,{HARBOR.replace('2021', '1984')},as_of=1985-06-30"))  # values begin in 1990
    assert "no data of pm25 in site 99-001-0001 from 1984-01-01 to 1985-06-30" in line
    assert "Choose a later as_of" in line
    assert SUMMARIES not in files(data_root)


@pytest.mark.parametrize(
    ("area", "asked", "named"),
    [
        ("area.county=06037", {"state": "06", "county": "037"}, "county 06-037"),
        ("area.state=08", {"state": "08"}, "state 08"),
        ("area.site=06-037-0002", {"state": "06", "county": "037", "site": "0002"}, "site 06-037-0002"),
    ],
)
def test_codes_arrive_at_epa_with_their_zeros(
    epa: Epa, ingest: Callable[[str], Result], area: str, asked: dict[str, str], named: str
) -> None:
    line = one_line(ingest(f"source=aqs,{area},as_of=2021-06-30,requests_per_minute=600"))
    assert epa.queries[0] | asked == epa.queries[0]
    assert f" in {named} between" in line


def an_html_page(body: str) -> str:
    return "<!DOCTYPE html><html><body>Scheduled maintenance</body></html>"


def the_first_half(body: str) -> str:
    return body[: len(body) // 2]


def without_the_mean(body: str) -> str:
    return body.replace('"arithmetic_mean"', '"mean"')


def without_data(body: str) -> str:
    return json.dumps({"Header": json.loads(body)["Header"]})


@pytest.mark.parametrize(
    ("spoil", "wrong", "remedy"),
    [
        (an_html_page, "an HTML page instead of JSON (10 attempts", "Run again later; what has arrived is kept"),
        (the_first_half, "a reply that is cut short or no JSON (10 attempts", "Run again later"),
        (without_the_mean, "a row lacks the field arithmetic_mean", "AQS has changed"),
        (without_data, "Data is not a list", "AQS has changed"),
    ],
)
def test_a_spoilt_reply_is_told_and_what_came_before_is_kept(
    epa: Epa,
    ingest: Callable[[str], Result],
    data_root: Path,
    spoil: Callable[[str], str],
    wrong: str,
    remedy: str,
) -> None:
    epa.spoil = lambda service, body: spoil(body) if service == "dailyData" else body
    result = ingest(ASKED)
    line = one_line(result)
    assert "dailyData of PM2.5 for site 99-001-0001, 2021" in line
    assert wrong in line
    assert remedy in line
    assert "aKeyThatIsGood" not in result.output
    [listing] = [name for name in files(data_root) if name.startswith(ARCHIVE)]
    assert listing.startswith(f"{ARCHIVE}/monitors/site-99-001-0001/pm25/")
    assert SUMMARIES not in files(data_root)


def test_after_a_spoilt_reply_the_next_run_asks_only_for_what_is_missing(
    epa: Epa, ingest: Callable[[str], Result], data_root: Path
) -> None:
    epa.spoil = lambda service, body: without_the_mean(body) if service == "dailyData" else body
    one_line(ingest(ASKED))
    epa.spoil, epa.queries = (lambda service, body: body), []
    assert ingest(ASKED).exit_code == 0
    assert [query["param"] for query in epa.queries] == ["88101", "62101,61103,61104,62201,64101"]  # no monitors again
    assert len(pd.read_parquet(data_root / SUMMARIES)) > 181


def test_a_server_that_is_not_there_is_named(
    epa: Epa, ingest: Callable[[str], Result], data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPA_AQS_BASE_URL", "http://127.0.0.1:1/data/api")
    line = one_line(ingest(ASKED))
    assert "no connection (10 attempts at 127.0.0.1:1)" in line
    assert files(data_root) == set()
