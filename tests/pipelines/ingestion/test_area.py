from datetime import date

import pandas as pd
import pytest

from airwatch.domain.areas import Area
from airwatch.pipelines.ingestion.area import open_monitors, search_area
from builders import build_run

LOS_ANGELES = Area.from_mapping({"cbsa": "31080"})


def monitors(*places):
    return pd.DataFrame(places, columns=["latitude", "longitude"], dtype=float).assign(in_area=True)


def run(neighbourhood_km, area=LOS_ANGELES):
    return build_run(source="aqs", area=area, neighbourhood_km=neighbourhood_km)


def test_search_area_of_the_sandbox_is_its_metro():
    assert search_area(None, build_run(area=None)) == Area.from_mapping({"cbsa": "99900"})


@pytest.mark.parametrize(("known", "km"), [(None, 50), (monitors(), 50), (monitors((34, -118)), 0)])
def test_search_area_is_the_run_s_own_without_a_neighbourhood_or_monitors(known, km):
    assert search_area(known, run(km)) == LOS_ANGELES


def test_search_area_is_a_box_as_far_around_the_monitors_as_the_neighbourhood():
    # 55.6 km are 0.5 degrees of latitude: 33.7 - 0.5 = 33.2 and 34.1 + 0.5 = 34.6, widened to half degrees. At 34.1
    # degrees north they are 0.5 / 0.828 = 0.604 of longitude: -118.2 - 0.604 = -118.804, -117.6 + 0.604 = -116.996.
    box = search_area(monitors((34.1, -118.2), (33.7, -117.6)), run(55.6)).box
    assert box == (33.0, 35.0, -119.0, -116.5)


def test_search_area_is_as_wide_as_the_monitor_nearest_the_pole_needs():
    # 111.2 km are one degree of latitude, and two of longitude at 60 degrees north, whose cosine is a half.
    assert search_area(monitors((30.2, -118.1), (60.0, -118.1)), run(111.2)).box == (29.0, 61.0, -120.5, -116.0)


def test_search_area_does_not_move_with_a_monitor_within_the_box():
    few, more = monitors((34.1, -118.2)), monitors((34.1, -118.2), (34.15, -118.25))
    assert search_area(few, run(50)) == search_area(more, run(50))


def test_search_area_does_not_reach_beyond_its_neighbours():
    own = monitors((34.1, -118.2))
    both = pd.concat([own, monitors((36.0, -121.0)).assign(in_area=False)])
    assert search_area(both, run(50)) == search_area(own, run(50))


def listed(*opened, latitude=34.0):
    """A list as AQS gives it, of one monitor at one or several times."""
    codes = {"state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101", "poc": 1}
    return pd.DataFrame({"open_date": pd.to_datetime(list(opened)), "latitude": latitude}).assign(**codes)


@pytest.mark.parametrize(("opened", "count"), [("2021-06-30", 1), ("2021-07-01", 0), (None, 1)])
def test_open_monitors_are_those_opened_by_as_of_or_on_an_unknown_day(opened, count):
    assert len(open_monitors(listed(opened), date(2021, 6, 30))) == count


def test_open_monitors_has_one_that_moved_where_it_stood_last():
    moved = listed("1999-01-01", "2010-01-01", latitude=[34.0, 34.1])
    assert open_monitors(moved, date(2021, 6, 30))["latitude"].tolist() == [34.1]


@pytest.mark.parametrize("pole", [89.9, -89.9])
def test_search_area_of_a_site_at_a_pole_is_still_a_box(pole):
    assert search_area(monitors((pole, 0)), run(0.1)).kind == "box"
