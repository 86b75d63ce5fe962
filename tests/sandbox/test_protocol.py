"""The sandbox answers each request, right or wrong, as the AQS Data Mart API does."""

from __future__ import annotations

import json

import pytest

from airwatch.domain.areas import Area
from airwatch.sandbox import SANDBOX_CBSA, World
from airwatch.sandbox.protocol import FAILED, NO_DATA, SUCCESS, answer

WORLD = World(20)
WHO = {"email": "me@example.org", "key": "any"}
DAYS = {"bdate": "20230701", "edate": "20230703"}
OZONE = WHO | DAYS | {"param": "44201"}


def ask(service, name, query):
    reply = answer(WORLD, service, name, query)
    return reply, json.loads(reply.data)


@pytest.mark.parametrize(
    "area",
    [
        {"cbsa": SANDBOX_CBSA},
        {"state": "99"},
        {"county": "99005"},
        {"site": "99-005-0003"},
        {"box": [40.2, 40.7, -130.9, -130.4]},
    ],
)
def test_each_kind_of_area_gives_the_rows_of_its_sites(area):
    where = Area.from_mapping(area)
    reply, rows = ask("dailyData", where.aggregation, OZONE | where.query)
    assert (reply.code, reply.status, reply.rows) == (200, SUCCESS, len(rows))
    assert {r["date_local"] for r in rows} == {"2023-07-01", "2023-07-02", "2023-07-03"}
    assert all(r["state_code"] == "99" for r in rows)
    inside = [40.2 <= r["latitude"] <= 40.7 and -130.9 <= r["longitude"] <= -130.4 for r in rows]
    assert all(inside) or where.kind != "box"


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("byCBSA", {"cbsa": "31080"}),
        ("byState", {"state": "06"}),
        ("byState", {"state": "9"}),
        ("byCounty", {"state": "99", "county": "5"}),
        ("bySite", {"state": "99", "county": "005", "site": "3"}),
        ("byBox", {"minlat": "10", "maxlat": "11", "minlon": "-131", "maxlon": "-130"}),
        ("byState", {"state": "99", "param": "99999"}),
        ("byState", {"state": "99", "bdate": "19800101", "edate": "19800102"}),
    ],
)
def test_an_unknown_area_or_code_or_time_is_no_data_and_no_error(name, area):
    reply, rows = ask("dailyData", name, OZONE | area)
    assert (reply.code, reply.status, reply.rows, rows) == (200, NO_DATA, 0, [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bdate": ""}, "bdate: [] is required"),
        ({"param": ""}, "param: [] is required"),
        ({"state": ""}, "state: [] is required"),
        ({"param": "1,2,3,4,5,6"}, "param: at most 5"),
        ({"bdate": "2023-07-01"}, "bdate: 2023-07-01, requires the following format: yyyymmdd."),
        ({"edate": "20230732"}, "edate: 20230732, requires"),
        ({"edate": "20240101"}, "same calendar year"),
        ({"edate": "20230601"}, "edate: is before bdate"),
        ({"cbdate": "2015-05-01"}, "cbdate: 2015-05-01, requires the following format: yyyymmdd."),
    ],
)
def test_a_wrong_argument_fails_and_is_named(change, said):
    reply, rows = ask("dailyData", "byState", OZONE | {"state": "99"} | change)
    assert (reply.code, reply.status, rows) == (400, FAILED, [])
    assert len(reply.errors) == 1
    assert said in reply.errors[0]


def test_every_missing_argument_is_listed():
    reply, _ = ask("dailyData", "bySite", WHO)
    missing = ["param", "bdate", "edate", "state", "county", "site"]
    assert list(reply.errors) == [f"{name}: [] is required" for name in missing]


def test_five_codes_may_be_asked_for_at_once():
    reply, rows = ask("dailyData", "byState", OZONE | {"state": "99", "param": "88101,44201,42602,81102,42101"})
    assert reply.code == 200
    assert {r["parameter_code"] for r in rows} == {"88101", "44201", "42602", "81102", "42101"}


def test_a_box_side_that_is_no_number_fails():
    reply, _ = ask("dailyData", "byBox", OZONE | {"minlat": "x", "maxlat": "41", "minlon": "-132", "maxlon": "-130"})
    assert reply.errors == ("minlat: [x] is not a number",)


@pytest.mark.parametrize(("key", "code"), [("wrong", 400), ("wrong200", 200)])
@pytest.mark.parametrize(("service", "name"), [("dailyData", "byState"), ("list", "states"), ("monitors", "byState")])
def test_the_two_wrong_keys_are_refused_in_epas_two_ways(key, code, service, name):
    reply, rows = ask(service, name, OZONE | {"state": "99", "key": key})
    assert (reply.code, reply.status, rows) == (code, FAILED, [])
    assert reply.errors == ("Email and/or key are invalid.",)


@pytest.mark.parametrize("missing", ["email", "key"])
def test_a_request_without_e_mail_or_key_fails(missing):
    reply, _ = ask("list", "states", {k: v for k, v in WHO.items() if k != missing})
    assert (reply.code, reply.errors) == (400, (f"{missing}: [] is required",))


@pytest.mark.parametrize(
    ("service", "name"),
    [("sampleData", "byState"), ("dailyData", "byMoon"), ("list", "planets"), ("", ""), ("dailyData", "")],
)
def test_a_service_that_does_not_exist_is_unprocessable(service, name):
    reply, _ = ask(service, name, OZONE)
    assert (reply.code, reply.status) == (422, FAILED)


def test_the_health_service_needs_no_key():
    reply, rows = ask("metaData", "isAvailable", {})
    assert (reply.code, rows) == (200, [])
    assert reply.status.startswith("API service is up and running healthy.")


@pytest.mark.parametrize(
    ("name", "query", "first"),
    [
        ("states", {}, ("98", "Sandbox East")),
        ("cbsas", {}, (SANDBOX_CBSA, "Sandbox Metro, SB")),
        ("countiesByState", {"state": "99"}, ("001", "Sandbox Harbor")),
        ("sitesByCounty", {"state": "99", "county": "005"}, ("0002", "Sandbox Foothill Gate")),
    ],
)
def test_lists_give_codes_with_what_they_stand_for(name, query, first):
    reply, rows = ask("list", name, WHO | query)
    assert reply.status == SUCCESS
    assert rows[0] == {"code": first[0], "value_represented": first[1]}


def test_a_list_of_an_unknown_state_is_no_data_and_without_a_state_fails():
    assert ask("list", "countiesByState", WHO | {"state": "06"})[0].status == NO_DATA
    assert ask("list", "countiesByState", WHO)[0].errors == ("state: [] is required",)


def test_monitors_are_listed_for_a_code_or_for_all_without_days_in_one_year():
    query = WHO | {"state": "99", "bdate": "20200101", "edate": "20231231"}
    reply, rows = ask("monitors", "byState", query)
    assert (reply.status, reply.rows) == (SUCCESS, len(rows))
    assert {"88101", "44201", "62101"} <= {r["parameter_code"] for r in rows}
    assert {r["parameter_code"] for r in ask("monitors", "byState", query | {"param": "44201"})[1]} == {"44201"}
    assert ask("monitors", "byState", query | {"param": "42401"})[0].status == NO_DATA


def test_last_changes_are_selected_by_cbdate_and_cedate():
    year = OZONE | {"state": "99", "bdate": "20230101", "edate": "20231231"}
    _, everything = ask("dailyData", "byState", year)
    _, some = ask("dailyData", "byState", year | {"cbdate": "20240201", "cedate": "20991231"})
    assert some == [row for row in everything if row["date_of_last_change"] >= "2024-02-01"]
    assert 0 < len(some) < len(everything) / 10
