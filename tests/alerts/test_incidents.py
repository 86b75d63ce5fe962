from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch import schemas
from airwatch.alerts.incidents import as_table, follow, is_past, read
from airwatch.datasets import TableDataset
from builders import build_run
from builders_alerts import build_finding, build_incident

QUIET_DAYS = 3


def followed(known, day, *findings, **run):
    return follow(known, findings, build_run(as_of=day, **run), QUIET_DAYS)


def test_a_finding_opens_an_incident_on_the_day_of_the_run():
    [incident] = followed([], "2023-12-31", build_finding())
    assert incident == build_incident()
    assert incident.is_open


def test_the_same_run_again_changes_nothing():
    once = followed([], "2023-12-31", build_finding())
    assert followed(once, "2023-12-31", build_finding()) == once


def test_an_incident_that_goes_on_takes_the_newest_value_and_keeps_the_earliest_since():
    once = followed([], "2023-12-24", build_finding())
    [incident] = followed(once, "2023-12-31", build_finding(value=0.05, since=pd.Timestamp("2023-12-09")))
    assert (incident.opened, incident.last_seen) == (pd.Timestamp("2023-12-24"), pd.Timestamp("2023-12-31"))
    assert (incident.value, incident.since) == (0.05, pd.Timestamp("2023-12-02"))


def test_the_worst_that_an_incident_was_is_remembered():
    worse = followed(followed([], "2023-12-01", build_finding()), "2023-12-02", build_finding(status="retrain"))
    [incident] = followed(worse, "2023-12-03", build_finding())
    assert (incident.status, incident.worst) == ("warn", "retrain")


@pytest.mark.parametrize(("day", "is_open"), [("2023-12-26", True), ("2023-12-27", False), ("2024-12-31", False)])
def test_an_incident_ends_when_it_was_not_seen_for_three_days(day, is_open):
    [incident] = followed(followed([], "2023-12-24", build_finding()), day)
    assert (incident.status, incident.is_open) == ("ok", is_open)
    assert is_open or incident.closed == pd.Timestamp(day)


def test_what_comes_back_before_it_has_ended_is_the_same_incident():
    away = followed(followed([], "2023-12-24", build_finding()), "2023-12-26")
    [incident] = followed(away, "2023-12-28", build_finding())
    assert (incident.opened, incident.status) == (pd.Timestamp("2023-12-24"), "warn")


def test_what_comes_back_after_it_has_ended_is_another_incident():
    over = followed(followed([], "2023-12-01", build_finding()), "2023-12-08")
    assert [i.opened for i in followed(over, "2023-12-15", build_finding())] == list(
        pd.to_datetime(["2023-12-01", "2023-12-15"])
    )


def test_sites_have_incidents_of_their_own():
    sites = [build_finding("pm25.stuck", site) for site in ("06-037-0001", "06-037-0002")]
    both = followed([], "2023-12-01", *sites)
    assert [i.is_open for i in followed(both, "2023-12-08", sites[1])] == [False, True]


@pytest.mark.parametrize("run", [{"pollutants": ("ozone",)}, {"area": {"county": "99001"}}, {"seed": 21}])
def test_a_run_that_does_not_look_at_an_incident_leaves_it_as_it_is(run):
    known = followed([], "2023-12-01", build_finding())
    assert followed(known, "2023-12-31", **run) == known


def test_an_incident_of_no_pollutant_ends_with_any_run_that_does_not_find_it():
    known = followed([], "2023-12-01", build_finding("ledger"))
    assert not followed(known, "2023-12-31", pollutants=("ozone",))[0].is_open


def test_a_table_of_incidents_is_stored_with_how_far_they_were_followed(tmp_path):
    run, stored = build_run(), TableDataset(filepath=str(tmp_path / "incidents.parquet"), when_absent="Incidents")
    incidents = followed([], "2023-12-31", build_finding("pm25.stuck", "06-037-0002"), build_finding())
    stored.save(schemas.Incidents.validate(as_table(incidents, stored.load(), run)))
    assert read(stored.load()) == incidents[::-1]
    assert is_past(stored.load(), build_run(as_of="2023-12-30"))


@pytest.mark.parametrize(
    ("run", "past"),
    [
        ({"as_of": "2023-12-30"}, True),
        ({"as_of": "2023-12-31"}, False),
        ({"as_of": "2024-01-01"}, False),
        ({"as_of": "2023-12-30", "area": {"county": "99001"}}, False),
        ({"as_of": "2023-12-30", "seed": 21}, False),
    ],
)
def test_a_run_is_past_where_its_own_air_was_followed_beyond_it_even_if_nothing_was_found(run, past):
    known = as_table([], schemas.empty("Incidents"), build_run(as_of="2023-12-31"))
    assert is_past(known, build_run(**run)) == past


def test_how_far_other_areas_were_followed_is_kept():
    once = as_table([], schemas.empty("Incidents"), build_run(as_of="2023-12-31"))
    again = as_table([], once, build_run(as_of="2023-06-30", area={"county": "99001"}))
    assert is_past(again, build_run(as_of="2023-12-30"))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_of_one_check_no_two_incidents_overlap_and_each_ends_after_it_was_seen(steps):
    day, incidents = pd.Timestamp("2023-01-01"), []
    for days, found in steps:
        day += pd.Timedelta(days=days)
        incidents = followed(incidents, f"{day:%F}", *([build_finding()] if found else []))
    ends = [(i.opened, i.last_seen, i.closed) for i in incidents]
    assert all(before[2] <= after[0] for before, after in pairwise(ends))
    assert all((closed - seen).days >= QUIET_DAYS for _, seen, closed in ends if pd.notna(closed))
