import logging

import numpy as np
import pandas as pd
import pytest

from airwatch.domain.areas import Area
from airwatch.pipelines.feature_engineering.description import cadence_days, in_area, site_names, site_positions
from builders import SITE, build_days, build_summaries

SITES = pd.DataFrame(
    {
        "site_id": ["06-037-1103", "06-059-0007", "32-003-0043"],
        "cbsa_code": ["31080", "31080", "29820"],
        "latitude": [34.07, 33.83, 36.1],
        "longitude": [-118.23, -117.94, -115.2],
    }
)


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ({"cbsa": "31080"}, [True, True, False]),
        ({"state": "06"}, [True, True, False]),
        ({"county": "06037"}, [True, False, False]),
        ({"site": "06-059-0007"}, [False, True, False]),
        ({"box": [33.0, 36.1, -118.0, -115.2]}, [False, True, True]),
        ({"nation": "us"}, [True, True, True]),
    ],
)
def test_sites_in_an_area(area, expected):
    assert in_area(SITES, Area.from_mapping(area)).tolist() == expected


def test_sites_abroad_are_not_of_the_nation():
    abroad = SITES.assign(site_id=["CC-001-0001", "80-002-0001", "08-001-0001"])
    assert in_area(abroad, Area.from_mapping({"nation": "us"})).tolist() == [False, False, True]


def test_position_is_the_first_known_one():
    rows = build_summaries(3, latitude=[np.nan, 34.0, 34.5])
    assert site_positions(rows, max_move_km=1)["latitude"].to_dict() == {SITE: 34.0}


@pytest.mark.parametrize(("degrees", "warnings"), [(0.008, 0), (0.010, 1)])
def test_a_move_of_more_than_a_kilometre_is_one_warning(caplog, degrees, warnings):
    # A degree of latitude is 111.2 km: 0.89 km, 1.11 km.
    rows = build_summaries(4, latitude=[34.0, 34.0, 34.0 + degrees, 34.0 + degrees])
    with caplog.at_level(logging.WARNING):
        site_positions(rows, max_move_km=1)
    assert len(caplog.records) == warnings


def test_names_are_the_newest_that_were_given():
    rows = build_summaries(3, local_site_name=["Old", "New", None], cbsa_code=None)
    assert site_names(rows).loc[SITE].to_dict() == {
        "name": "New",
        "county": "Los Angeles",
        "state": "California",
        "cbsa_code": "",
    }


def cadences(days):
    return cadence_days(days, days.groupby("pollutant")["date_local"].max()).tolist()


@pytest.mark.parametrize(("every", "cadence"), [(1, 1.0), (3, 3.0)])
def test_cadence_is_the_median_gap(every, cadence):
    assert cadences(build_days(100, every=every)) == [cadence]


def test_cadence_is_that_of_the_last_year():
    # Daily in 2022, every sixth day in 2023.
    days = pd.concat([build_days(365, start="2022-01-01"), build_days(365, every=6)])
    assert cadences(days) == [6.0]


def test_cadence_of_one_observation_is_missing():
    assert np.isnan(cadences(build_days(1))).all()
