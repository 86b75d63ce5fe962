"""The monitors service: the live fields, the open and the closed, the primary and the other."""

from __future__ import annotations

import json
from datetime import date

import pytest

from airwatch.sandbox import SANDBOX_CBSA, World
from airwatch.sandbox.listings import monitor_row, monitor_rows

WORLD = World(20)
PM25 = WORLD.monitors(["88101"])


def names(first, last):
    return {row["local_site_name"] for row in monitor_rows(PM25, first, last)}


def test_a_monitor_has_the_fields_of_a_recorded_reply(shared_data):
    recorded = json.loads((shared_data / "recorded/bycbsa/aqs/monitors/byCBSA-f0a9d7.json").read_text())
    assert set(monitor_row(PM25[0])) == set(recorded["Data"][0])


@pytest.mark.parametrize(
    ("first", "last", "listed"), [("2022-09-30", "2022-12-31", True), ("2022-10-01", "2022-12-31", False)]
)
def test_a_site_that_closed_on_2022_09_30_is_listed_until_that_day(first, last, listed):
    assert ("Sandbox Old Cannery" in names(date.fromisoformat(first), date.fromisoformat(last))) == listed


@pytest.mark.parametrize(("last", "listed"), [("2025-03-31", False), ("2025-04-01", True)])
def test_a_site_that_opened_on_2025_04_01_is_listed_from_that_day(last, listed):
    assert ("Sandbox New Homes" in names(date(2025, 1, 1), date.fromisoformat(last))) == listed


def test_of_two_collocated_monitors_the_filter_is_the_primary_one():
    rows = monitor_rows(PM25, date(2023, 1, 1), date(2023, 12, 31))
    mill_street = {r["poc"]: r["naaqs_primary_monitor"] for r in rows if r["local_site_name"] == "Sandbox Mill Street"}
    assert mill_street == {1: "Y", 3: None}


def test_a_monitor_reported_under_two_methods_is_listed_once():
    rows = monitor_rows(PM25, date(2023, 1, 1), date(2023, 12, 31))
    keys = [(r["state_code"], r["county_code"], r["site_number"], r["parameter_code"], r["poc"]) for r in rows]
    assert len(keys) == len(set(keys))
    assert [r["last_method_code"] for r in rows if r["local_site_name"] == "Sandbox University"] == ["736"]


def test_the_metro_lists_pm25_and_ozone_at_28_sites_or_more():
    both = WORLD.monitors(["88101", "44201"], where=lambda site: site.cbsa == SANDBOX_CBSA)
    rows = monitor_rows(both, date(2023, 1, 1), date(2025, 12, 31))
    assert len({(r["state_code"], r["county_code"], r["site_number"]) for r in rows}) >= 28
