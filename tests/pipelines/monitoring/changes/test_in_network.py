import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.changes.in_network import watch_network
from builders_changes import LAST, a_day_late, build_metro, filtered, from_day, grid, site_ids
from builders_monitoring import build_monitoring_params

METRO = build_metro()


def watched(observations):
    found = watch_network(grid(observations), build_monitoring_params().changes)
    return {each.test: each for each in found if each.scope == "area"}


def weekly(observations):
    """Mondays are higher by a third."""
    monday = observations["date_local"].dt.dayofweek == 0
    return observations.assign(value=observations["value"] * np.where(monday, 1.9, 1.0))


def all_late(observations, days_ago, days=1):
    return a_day_late(observations, from_day(observations, days_ago), days)


def test_a_network_that_did_not_change_is_left_alone():
    found = watched(filtered(weekly(METRO)))
    assert sorted(found) == ["repeated", "schedule", "weekday"]
    assert not any(each.drifted for each in found.values())


@pytest.mark.parametrize("days", [1, 3])
def test_days_that_are_given_again_are_found_at_once(days):
    found = watched(all_late(METRO, days, days))["repeated"]
    assert found.drifted
    assert found.since == LAST - pd.Timedelta(days=days - 1)
    assert found.note == f"All sites give again what they gave {days} day{'s' * (days > 1)} before."


def test_a_site_that_is_stuck_is_not_taken_for_a_network_that_repeats_itself():
    stuck = METRO.assign(value=METRO["value"].where(~from_day(METRO, 30, site_ids(1)), 8.0))
    assert not watched(stuck)["repeated"].drifted


def test_weekdays_that_moved_are_found():
    found = watched(all_late(weekly(METRO), 100, 2))["weekday"]
    assert found.drifted
    assert found.note == "Weekdays are those of 2 days before, or of 5 days after."


@pytest.mark.parametrize(
    ("observations", "reasons"),
    [
        (
            METRO[METRO["site_id"] == site_ids(1)[0]],
            {
                "repeated": "Not judged: too few sites, or values that repeat anyway.",
                "schedule": "Not judged: no site samples each third or sixth day.",
            },
        ),
        (METRO[from_day(METRO, 20)], {"weekday": "Not judged: too few days before."}),
        (METRO.assign(value=8.0), {"weekday": "Not judged: all days are alike."}),
    ],
)
def test_what_cannot_be_judged_says_why(observations, reasons):
    found = watched(observations)
    assert {test: found[test].note for test in reasons} == reasons
    assert all(np.isnan(found[test].statistic) for test in reasons)


def test_values_that_are_always_equal_do_not_repeat_themselves():
    assert not watched(METRO.assign(value=8.0))["repeated"].drifted
