import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.changes import mark_smoke
from builders import build_feature_params, build_run
from builders_changes import LAST, build_metro, from_day, places, site_ids, times
from builders_monitoring import build_monitoring_params

METRO = build_metro(sites=4, count=200)
TODAY = from_day(METRO, 1)


def marked(observations, **settled):
    sites = settled.pop("sites", places(observations))
    run = settled.pop("run", build_run())
    table = mark_smoke(observations, sites, run, build_monitoring_params(smoke=settled), build_feature_params())
    return schemas.SmokeDays.validate(table)


def test_a_day_on_which_most_sites_stand_out_is_one_of_smoke_at_all_of_them():
    smoke = marked(times(METRO, 20.0, TODAY))
    today = smoke[smoke["date_local"] == LAST]
    assert today["site_id"].tolist() == site_ids(4)
    assert today["share"].tolist() == [1.0] * 4
    assert set(today["told_by"]) == {"network"}


@pytest.mark.parametrize(("high", "found"), [(1, False), (2, False), (3, True)])
def test_fewer_than_three_sites_that_stand_out_are_no_smoke(high, found):
    rows = TODAY & METRO["site_id"].isin(site_ids(high))
    assert bool((marked(times(METRO, 20.0, rows))["date_local"] == LAST).any()) is found


def test_smoke_of_sites_out_of_reach_is_not_smoke_here():
    far = places(METRO, latitude=[34.0, 34.1, 34.2, 40.0])
    smoke = marked(times(METRO, 20.0, TODAY), sites=far)
    assert smoke.loc[smoke["date_local"] == LAST, "site_id"].tolist() == site_ids(3)


def test_a_day_that_the_agency_marks_is_one_of_smoke_at_its_site():
    alone = METRO[METRO["site_id"] == site_ids(1)[0]]
    events = alone.assign(event_type=np.where(from_day(alone, 2), "Events Included", "No Events"))
    smoke = marked(events)
    assert smoke["date_local"].tolist() == [LAST - pd.Timedelta(days=1), LAST]
    assert set(smoke["told_by"]) == {"agency"}


def test_a_long_episode_does_not_hide_its_own_last_days():
    week = from_day(METRO, 7)
    assert marked(times(METRO, 20.0, week)).groupby("date_local").size().loc[LAST] == 4


def test_smoke_marks_sites_of_other_pollutants_by_the_particles_around():
    ozone = METRO[METRO["site_id"] == site_ids(1)[0]].assign(pollutant="ozone", site_id="06-037-9999")
    sites = pd.concat([places(METRO), places(ozone, pollutant="ozone")])
    both = pd.concat([times(METRO, 20.0, TODAY), ozone])
    smoke = marked(both, sites=sites, run=build_run(pollutants=("pm25", "ozone")))
    assert "06-037-9999" in set(smoke.loc[smoke["date_local"] == LAST, "site_id"])


@pytest.mark.parametrize("observations", [METRO.iloc[:0], METRO.assign(value=5.0), METRO.assign(value=np.nan)])
def test_where_nothing_is_told_there_is_no_smoke(observations):
    assert marked(observations, sites=places(METRO)).empty


def test_what_comes_after_as_of_marks_nothing():
    early = build_run(as_of="2023-12-30")
    assert (marked(times(METRO, 20.0, TODAY), run=early)["date_local"] < LAST).all()
