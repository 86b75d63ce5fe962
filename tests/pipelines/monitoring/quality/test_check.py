import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.pipelines.monitoring.wording import MEASURES
from airwatch.tables import MadeTable
from builders import build_days
from builders_quality import SICK, SITES, build_network, check, hurt, named, place

CHECKS = schemas.DataQuality.to_schema().columns["check"].checks[0].statistics["allowed_values"]


def test_nothing_is_said_of_sound_data():
    assert named(check(build_network())) == []


def test_days_after_as_of_change_nothing():
    days = hurt(build_network(), "2023-11-01", lambda values: 12.3)
    until = days[days["date_local"] <= "2023-11-20"]
    assert_frame_equal(check(days, as_of="2023-11-20"), check(until, as_of="2023-11-20"))
    assert len(check(until, as_of="2023-11-20")) == 1


def test_a_table_that_is_read_in_blocks_gives_the_same():
    days = hurt(build_network(), "2023-12-01", lambda values: 12.3)
    blocks = [part.reset_index(drop=True) for _, part in days.groupby("site_id")]
    assert_frame_equal(check(MadeTable(lambda: blocks)), check(days))


def test_a_site_outside_the_area_is_a_neighbour_and_not_named():
    days = hurt(build_network(), "2023-12-01", lambda values: 12.3)
    assert named(check(days, sites=place(in_area=[site != SICK for site in SITES]))) == []


def test_a_site_that_nobody_described_is_not_named():
    days = hurt(build_network(), "2023-12-01", lambda values: 12.3)
    assert named(check(days, sites=place(*(site for site in SITES if site != SICK)))) == []


def test_nothing_observed_is_an_empty_table():
    assert check(build_network().iloc[:0], sites=place().iloc[:0]).empty


def test_values_that_are_all_missing_are_an_empty_table():
    assert check(build_network().assign(value=np.nan)).empty


def test_one_day_of_one_site_is_an_empty_table():
    assert check(build_days(1, "2023-12-31", SICK), sites=place(SICK)).empty


def test_each_pollutant_is_judged_by_its_own_days():
    ozone = hurt(build_network("ozone"), "2023-12-01", lambda values: 0.041)
    days = pd.concat([build_network(), ozone]).sort_values(["site_id", "pollutant", "date_local"], ignore_index=True)
    sites = pd.concat([place(), place(pollutant="ozone")])
    found = check(days, sites=sites, pollutants=("pm25", "ozone"))
    assert found["pollutant"].tolist() == ["ozone"]


def test_a_pollutant_that_disappeared_is_judged_as_of_its_last_days():
    ozone = build_network("ozone")
    gone = ozone[ozone["date_local"] < "2023-06-01"]
    days = pd.concat([build_network(), gone]).sort_values(["site_id", "pollutant", "date_local"], ignore_index=True)
    sites = pd.concat([place(), place(pollutant="ozone")])
    assert named(check(days, sites=sites, pollutants=("pm25", "ozone"))) == []


def test_every_check_has_words():
    assert set(CHECKS) <= set(MEASURES)
