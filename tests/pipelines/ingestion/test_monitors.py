from datetime import date

import pandas as pd
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.archive import Reply
from airwatch.pipelines.ingestion.monitors import tidy_monitors
from builders import build_run

RUN = build_run(source="aqs", area={"cbsa": "31080"}, first_year=2021, as_of="2021-06-30")


def listing(fetched="2021-06-30", since="2021-01-01", area="cbsa-31080", **changed):
    """A stored list of monitors, as AQS gives it."""
    given = {
        "state_code": ["06", "06"],
        "county_code": ["037", "037"],
        "site_number": ["1103", "0002"],
        "parameter_code": "88101",
        "poc": [3, 1],
        "latitude": 34.0,
        "longitude": -118.0,
        "naaqs_primary_monitor": ["Y", None],
        "local_site_name": [None, "Azusa"],
        "open_date": pd.Timestamp("1999-01-01"),
    }
    fetched_at = date.fromisoformat(fetched)
    where, first = f"aqs/monitors/{area}/pm25", date.fromisoformat(since)
    return {Reply(where, "monitors", first, fetched_at, fetched_at, None).name: pd.DataFrame({**given, **changed})}


def test_tidy_monitors_names_the_primary_ones(archive):
    found = schemas.Monitors.validate(tidy_monitors(archive(listing()), RUN))
    assert found[["site_id", "poc", "naaqs_primary", "name"]].to_numpy().tolist() == [
        ["06-037-0002", 1, False, "Azusa"],
        ["06-037-1103", 3, True, ""],
    ]


def test_tidy_monitors_takes_the_list_that_was_fetched_last(archive):
    stored = archive(listing(poc=[5, 5]), listing("2021-06-01"))
    assert tidy_monitors(stored, RUN)["poc"].tolist() == [5, 5]


def test_tidy_monitors_does_not_take_a_list_that_begins_after_first_year(archive):
    stored = archive(listing(), listing("2022-06-30", since="2022-01-01", poc=[5, 5]))
    assert tidy_monitors(stored, RUN)["poc"].tolist() == [1, 3]


def test_tidy_monitors_names_no_primary_one_where_aqs_does_not_say(archive):
    optional = ["naaqs_primary_monitor", "local_site_name", "open_date"]
    [(name, frame)] = listing().items()
    found = schemas.Monitors.validate(tidy_monitors(archive({name: frame.drop(columns=optional)}), RUN))
    assert found["naaqs_primary"].tolist() == [False, False]


def test_tidy_monitors_lists_a_monitor_that_moved_once(archive):
    stored = archive(listing(site_number="1103", poc=3, latitude=[34.0, 34.1]))
    assert tidy_monitors(stored, RUN)["latitude"].tolist() == [34.1]


def test_tidy_monitors_leaves_out_a_monitor_that_opened_after_as_of(archive):
    later = listing("2022-06-30", open_date=[pd.Timestamp("1999-01-01"), pd.Timestamp("2021-07-01")])
    assert tidy_monitors(archive(later), RUN)["site_id"].tolist() == ["06-037-1103"]


def test_tidy_monitors_of_nothing_is_the_empty_table(archive):
    assert_frame_equal(tidy_monitors(archive(), RUN), schemas.empty("Monitors"))


def test_tidy_monitors_of_an_empty_list_is_the_empty_table(archive):
    [(name, frame)] = listing().items()
    assert_frame_equal(tidy_monitors(archive({name: frame.iloc[:0]}), RUN), schemas.empty("Monitors"))


# 55.6 km are 0.5 degrees of latitude at 34 north, and 0.603 of longitude: 33.5 to 34.5, and -118.603 to -117.397.
AROUND = RUN.model_copy(update={"neighbourhood_km": 55.6})
BOX = "box-33.5-34.5--119--117"


def test_tidy_monitors_of_a_neighbourhood_tells_the_area_s_own_from_the_others(archive):
    near = listing(area=BOX, county_code=["037", "059"], site_number=["1103", "0007"], naaqs_primary_monitor="Y")
    found = schemas.Monitors.validate(tidy_monitors(archive(listing(), near), AROUND))
    assert found[["site_id", "poc", "naaqs_primary", "in_area"]].to_numpy().tolist() == [
        ["06-037-0002", 1, False, True],
        ["06-037-1103", 3, True, True],
        ["06-059-0007", 1, True, False],
    ]


def test_tidy_monitors_does_not_take_neighbours_without_a_neighbourhood(archive):
    found = tidy_monitors(archive(listing(), listing(area=BOX, county_code="059")), RUN)
    assert found["site_id"].tolist() == ["06-037-0002", "06-037-1103"]
    assert found["in_area"].tolist() == [True, True]


def test_tidy_monitors_leaves_out_a_neighbour_that_opened_after_as_of(archive):
    later = listing(area=BOX, county_code="059", open_date=pd.Timestamp("2021-07-01"))
    assert tidy_monitors(archive(listing(), later), AROUND)["in_area"].tolist() == [True, True]


def test_tidy_monitors_without_a_list_of_the_box_gives_the_area_s_own(archive):
    found = schemas.Monitors.validate(tidy_monitors(archive(listing()), AROUND))
    assert found["in_area"].tolist() == [True, True]
