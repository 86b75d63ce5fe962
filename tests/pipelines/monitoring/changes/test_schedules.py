import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.changes.schedules import Schedules, watch_schedules
from builders_changes import COUNT, LAST, build_metro, filtered, from_day, grid, site_ids
from builders_monitoring import build_monitoring_params

PARAMS = build_monitoring_params().changes
SEQUENCE = COUNT - PARAMS.sequence_days
METRO = build_metro()


def moved(observations, sites, days_ago, days=1):
    """The samples of some sites come so many days late."""
    rows = observations["site_id"].isin(sites) & from_day(observations, days_ago)
    late = observations["date_local"] + pd.to_timedelta(np.where(rows, days, 0), unit="D")
    return observations.assign(date_local=late)[late <= LAST]


def watched(observations):
    return {each.scope: each for each in watch_schedules(grid(observations), SEQUENCE, PARAMS)}


@pytest.mark.parametrize("period", [3, 6])
def test_sites_that_sample_each_third_or_sixth_day_have_a_schedule(period):
    schedules = Schedules.of(grid(filtered(METRO, sites=2, period=period)), SEQUENCE)
    assert schedules.rows.tolist() == [0, 1]
    assert schedules.period.tolist() == [period] * 2
    assert schedules.phase.tolist() == [1, 1]


def test_a_schedule_that_is_kept_is_no_finding():
    found = watched(filtered(METRO))
    assert list(found) == ["area", *site_ids(3)]
    assert not any(each.drifted for each in found.values())


@pytest.mark.parametrize(("days", "words"), [(1, "1 day later"), (2, "2 days later")])
def test_a_schedule_that_moved_is_found_at_its_site(days, words):
    found = watched(moved(filtered(METRO), site_ids(1), 30, days))
    first = found[site_ids(1)[0]]
    assert first.drifted
    assert first.note == f"Samples each third day, and does so {words} than before."
    assert 24 <= (LAST - first.since).days <= 30
    assert not any(found[scope].drifted for scope in ("area", *site_ids(3)[1:]))


def test_schedules_that_all_moved_are_found_within_days():
    found = watched(moved(filtered(METRO), site_ids(3), 9))["area"]
    assert found.drifted
    assert found.note == "The 3 sites that sample each third or sixth day do so 1 day later than before."


def test_a_site_that_begins_to_sample_each_day_keeps_its_schedule():
    daily = pd.concat([filtered(METRO), METRO[from_day(METRO, 90, site_ids(3))]]).drop_duplicates(
        ["site_id", "date_local"]
    )
    assert not any(each.drifted for each in watched(daily).values())


def test_a_sample_made_up_for_on_the_day_after_is_no_new_schedule():
    late = moved(filtered(METRO), site_ids(3), 3)
    assert not any(each.drifted for each in watched(late).values())


def test_a_shift_by_the_period_is_told_by_no_schedule():
    assert not any(each.drifted for each in watched(moved(filtered(METRO), site_ids(3), 30, days=3)).values())


def test_without_a_schedule_nothing_is_judged():
    found = watched(METRO)
    assert list(found) == ["area"]
    assert found["area"].note == "Not judged: no site samples each third or sixth day."
