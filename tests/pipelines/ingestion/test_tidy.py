from datetime import date
from itertools import permutations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.archive import RawArchiveDataset, Reply
from airwatch.pipelines.ingestion.nodes import NoDataError
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.tidy import KEY, tidy_monitors, tidy_summaries
from builders import build_monitors, build_run, build_summaries

PARAMS = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=())
RUN = build_run(source="aqs", area={"cbsa": "31080"}, first_year=2021, as_of="2021-06-30")
FOLDER = "aqs/pm25/cbsa-31080/2021"


def reply(rows, fetched="2021-06-30", folder=FOLDER, kind="days"):
    """A stored reply of rows as AQS gives them, by the name of its file."""
    fetched_at = date.fromisoformat(fetched)
    raw = rows.drop(columns=["site_id", "pollutant"]).assign(fetched_at=pd.Timestamp(fetched_at))
    return {Reply(folder, kind, date(2021, 1, 1), date(2021, 6, 30), fetched_at, None).name: raw}


def rows(value=10.0, changed="2021-05-01", start="2021-01-01", **columns):
    given = {"date_of_last_change": pd.Timestamp(changed), "source": "aqs", **columns}
    return build_summaries(start=start, arithmetic_mean=value, **given)


@pytest.fixture
def archive(tmp_path):
    dataset = RawArchiveDataset(path=str(tmp_path / "raw"))

    def store(*replies):
        for one in replies:
            dataset.save(one)
        return dataset.load()

    return store


def tidy(archive, run=RUN):
    return tidy_summaries(archive, build_monitors(), run, PARAMS)


@pytest.mark.parametrize(("first", "second"), [("2021-06-30", "2021-08-01"), ("2021-08-01", "2021-06-30")])
def test_tidy_summaries_keeps_the_newest_change_whichever_reply_was_fetched_last(archive, first, second):
    old = reply(rows(10.0, changed="2021-05-01"), fetched=first)
    new = reply(rows(12.0, changed="2021-06-01"), fetched=second)
    assert tidy(archive(old, new))["arithmetic_mean"].tolist() == [12.0]


def test_tidy_summaries_keeps_what_was_fetched_last_of_two_changes_of_one_day(archive):
    first, last = reply(rows(10.0), fetched="2021-08-01"), reply(rows(12.0), fetched="2021-08-02")
    assert tidy(archive(last, first))["arithmetic_mean"].tolist() == [12.0]


def test_tidy_summaries_prefers_a_row_that_says_when_it_changed(archive):
    silent = reply(rows(10.0, changed=None), fetched="2021-08-01")
    assert tidy(archive(silent, reply(rows(12.0))))["arithmetic_mean"].tolist() == [12.0]


def test_tidy_summaries_takes_revisions_over_the_rows_they_revise(archive):
    days = reply(rows([1.0, 2.0, 3.0], count=3))
    changes = reply(rows(20.0, start="2021-01-02", changed="2021-07-15"), fetched="2021-08-01", kind="changes")
    assert tidy(archive(days, changes))["arithmetic_mean"].tolist() == [1.0, 20.0, 3.0]


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("state_code", "08"),
        ("county_code", "059"),
        ("site_number", "0002"),
        ("parameter_code", "88502"),
        ("poc", 2),
        ("date_local", pd.Timestamp("2021-01-02")),
        ("sample_duration_code", "1"),
        ("pollutant_standard", None),
        ("event_type", "Events Excluded"),
        ("method_code", "145"),
    ],
)
def test_tidy_summaries_keeps_rows_that_differ_in_one_part_of_the_key(archive, part, other):
    assert part in KEY
    stored = archive(reply(rows()), reply(rows().assign(**{part: other}), fetched="2021-08-01"))
    assert len(tidy(stored)) == 2


def test_tidy_summaries_takes_two_rows_without_standard_for_one(archive):
    first = reply(rows(10.0, pollutant_standard=None))
    second = reply(rows(12.0, pollutant_standard=None), fetched="2021-08-01")
    assert tidy(archive(first, second))["arithmetic_mean"].tolist() == [12.0]


def test_tidy_summaries_reads_no_day_after_as_of_and_none_before_first_year(archive):
    stored = archive(
        reply(rows(start="2020-12-31"), folder="aqs/pm25/cbsa-31080/2020"),
        reply(rows(start="2021-06-29", count=4), fetched="2021-12-31"),
    )
    assert tidy(stored)["date_local"].dt.strftime("%m-%d").tolist() == ["06-29", "06-30"]


@pytest.mark.parametrize(
    "other", ["sandbox-20/pm25/cbsa-31080/2021", "aqs/pm25/cbsa-41860/2021", "aqs/ozone/cbsa-31080/2021"]
)
def test_tidy_summaries_reads_no_other_source_area_or_pollutant(archive, other):
    stored = archive(reply(rows(start="2021-02-01"), folder=other), reply(rows()))
    assert tidy(stored)["date_local"].tolist() == [pd.Timestamp("2021-01-01")]


def test_tidy_summaries_keeps_the_zeros_of_codes(archive):
    [row] = tidy(archive(reply(rows(site_id="06-037-0002")))).to_dict("records")
    codes = ("site_id", "state_code", "county_code", "site_number", "sample_duration_code", "pollutant")
    assert [row[code] for code in codes] == ["06-037-0002", "06", "037", "0002", "7", "pm25"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_tidy_summaries_does_not_depend_on_the_order_of_storing(archive, order):
    replies = [
        reply(rows([1.0, 2.0, 3.0], count=3, site_id="06-037-0002")),
        reply(rows([4.0, 5.0], count=2, start="2021-01-02"), fetched="2021-07-30", kind="changes"),
        reply(rows([6.0, 7.0, 8.0], count=3, start="2021-01-02"), fetched="2021-07-30"),
    ]
    found = schemas.DailySummaries.validate(tidy(archive(*(replies[place] for place in order))))
    # Site 0002 first; of the other's 2nd and 3rd both kinds were fetched on one day, and days count after changes.
    assert found["arithmetic_mean"].tolist() == [1.0, 2.0, 3.0, 6.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("site", "source"), [("99-001-0001", "sandbox"), ("98-001-0001", "sandbox"), ("06-037-1103", "aqs")]
)
def test_tidy_summaries_of_the_simulated_states_are_the_sandbox_s_whoever_was_asked(archive, site, source):
    both = pd.concat([rows(site_id=site), rows(site_id="06-037-0002")])
    found = tidy(archive(reply(both))).set_index("site_id")["source"]
    assert found.to_dict() == {site: source, "06-037-0002": "aqs"}


def test_tidy_summaries_of_nothing_is_refused_with_pollutant_area_and_years(archive):
    nothing = archive(reply(rows().iloc[:0]))
    with pytest.raises(NoDataError, match="no data of pm25 in CBSA 31080 from 2021-01-01 to 2021-06-30"):
        tidy(nothing)


def test_tidy_summaries_of_nothing_but_later_days_is_refused(archive):
    later = archive(reply(rows(start="2021-07-01"), fetched="2021-12-31"))
    with pytest.raises(NoDataError):
        tidy(later)


def test_tidy_summaries_of_nothing_but_weather_is_refused(archive):
    params = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=("temperature",))
    weather = archive(reply(rows(pollutant="temperature"), folder="aqs/meteorology/cbsa-31080/2021"))
    with pytest.raises(NoDataError):
        tidy_summaries(weather, build_monitors(), RUN, params)


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
