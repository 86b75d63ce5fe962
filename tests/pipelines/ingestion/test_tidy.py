from datetime import date
from itertools import permutations

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.archive import Reply
from airwatch.pipelines.ingestion.nodes import NoDataError
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.tidy import KEY, tidy_summaries
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


def tidy(archive, run=RUN):
    return tidy_summaries(archive, build_monitors(), run, PARAMS).read()


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
        tidy_summaries(weather, build_monitors(), RUN, params).read()
