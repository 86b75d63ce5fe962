from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.changes.at_sites import watch_sites
from builders_changes import LAST, a_day_late, build_metro, build_smoke, from_day, grid, site_ids, times
from builders_monitoring import build_monitoring_params

METRO = build_metro()
FIRST = site_ids(1)
ONSET = LAST - pd.Timedelta(days=59)


def watched(observations, smoke=None, **changed):
    """What was found: by site and test."""
    params = build_monitoring_params(changes=changed).changes
    return {(found.scope, found.test): found for found in watch_sites(grid(observations, smoke), params)}


def drifted(observations, smoke=None, **changed):
    return sorted(key for key, found in watched(observations, smoke, **changed).items() if found.drifted)


def test_nothing_is_found_where_nothing_changed():
    found = watched(METRO)
    assert drifted(METRO) == []
    assert set(found) == {(site, test) for site in site_ids(6) for test in ("level", "calendar")}


@pytest.mark.parametrize(("factor", "sign", "percent"), [(1.3, 1, "+2"), (0.7, -1, "-3")])
def test_an_instrument_that_reads_30_percent_off_is_named_with_since_when(factor, sign, percent):
    high = times(METRO, factor, from_day(METRO, 60, FIRST))
    assert drifted(high) == [(FIRST[0], "level")]
    found = watched(high)[FIRST[0], "level"]
    assert np.sign(found.statistic) == sign
    assert abs((found.since - ONSET).days) <= 14
    assert f"PM2.5 reads {percent}" in found.note
    assert "beside what 5 neighbours make likely" in found.note


def test_a_change_that_all_sites_share_is_the_air_s_and_not_an_instrument_s():
    assert drifted(times(METRO, 1.5, from_day(METRO, 60))) == []


def test_a_new_level_is_the_usual_one_after_a_while():
    assert drifted(times(METRO, 1.3, from_day(METRO, 600, FIRST))) == []


def test_smoke_at_one_site_is_no_fault_of_its_instrument():
    smoky = times(METRO, 1.6, from_day(METRO, 60, FIRST))
    assert drifted(smoky) == [(FIRST[0], "level")]
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range(ONSET, LAST)]
    assert drifted(smoky, build_smoke(FIRST[0], *days)) == []


def test_a_change_of_instrument_is_no_fault():
    rows = from_day(METRO, 60, FIRST)
    changed = times(METRO, 1.3, rows).assign(method_code=np.where(rows, "236", "170"))
    assert drifted(changed) == []


def test_a_unit_that_slipped_changes_the_level():
    assert drifted(times(METRO, 1000.0, from_day(METRO, 60, FIRST)))[:1] == [(FIRST[0], "level")]


@pytest.mark.parametrize("days", [1, 2, 7])
def test_a_site_whose_dates_are_late_is_named_with_by_how_much(days):
    late = a_day_late(METRO, from_day(METRO, 40, FIRST), days)
    found = watched(late)[FIRST[0], "calendar"]
    assert found.drifted
    assert found.note == f"Its values are those of {days} day{'s' * (days > 1)} earlier by its neighbours."
    assert abs((found.since - (LAST - pd.Timedelta(days=39))).days) <= 7


def test_a_site_whose_dates_are_early_is_named():
    found = watched(a_day_late(METRO, from_day(METRO, 40, FIRST), -1))[FIRST[0], "calendar"]
    assert (found.drifted, found.note) == (True, "Its values are those of 1 day later by its neighbours.")


def test_a_single_site_is_held_against_its_season_and_has_no_calendar():
    alone = METRO[METRO["site_id"] == FIRST[0]]
    assert list(watched(alone)) == [(FIRST[0], "level")]
    assert drifted(alone) == []
    found = watched(times(alone, 2.0, from_day(alone, 100, FIRST)))[FIRST[0], "level"]
    assert found.drifted
    assert "beside what its season makes likely" in found.note


def test_values_that_are_all_equal_are_not_judged():
    found = watched(METRO.assign(value=8.0))
    assert {each.test for each in found.values()} == {"level"}
    assert all(np.isnan(each.statistic) and each.note.startswith("Not judged") for each in found.values())


def test_a_site_of_too_few_days_is_not_judged_and_says_so():
    new = METRO[(METRO["site_id"] != FIRST[0]) | from_day(METRO, 60)]
    found = watched(new)[FIRST[0], "level"]
    assert (np.isnan(found.statistic), found.note) == (True, "Not judged: too few days without smoke.")


def test_a_site_outside_the_area_is_a_neighbour_and_is_not_judged():
    days = replace(grid(METRO), inside=np.array([False] + [True] * 5))
    params = build_monitoring_params().changes
    assert {found.scope for found in watch_sites(days, params)} == set(site_ids(6)[1:])


def test_a_few_days_of_a_pollutant_are_not_judged():
    assert drifted(METRO[from_day(METRO, 50)]) == []
