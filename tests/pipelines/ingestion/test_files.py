"""Sources that are files: what is fetched of EPA's yearly ones, and that their rows are those of the API."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airdata_on_loopback import PM25_2014, row, zipped
from airwatch import schemas
from airwatch.archive import RawArchiveDataset, Reply
from airwatch.pipelines.ingestion.files import fetch_files, files_of
from airwatch.pipelines.ingestion.monitors import tidy_monitors
from airwatch.pipelines.ingestion.nodes import NoDataError, fetch_daily, fetch_monitors
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.tidy import tidy_summaries
from airwatch.services import EpaServices
from airwatch.sources.airdata_rows import COLUMNS
from airwatch.sources.errors import SourceRefused
from builders import build_run

PARAMS = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=())
PM25_2015 = "daily_88101_2015.zip"
NATION = {"area": {"nation": "us"}, "first_year": 2014, "as_of": "2014-12-31"}


class Place:
    """A data root, and EPA's files as its runs reach them."""

    def __init__(self, root, url):
        self.dataset = RawArchiveDataset(path=str(root / "raw"))
        self.services = EpaServices("", "", lambda: ("", ""), airdata_url=url, downloads=str(root / "downloads"))

    def run(self, **changed):
        """The tables ``monitors`` and ``daily_summaries`` of a run."""
        run = build_run(source="airdata", **{**NATION, **changed})
        for reply in fetch_monitors(self.services, self.dataset.load(), run, PARAMS):
            self.dataset.save(reply)
        monitors = tidy_monitors(self.dataset.load(), run)
        assert list(fetch_daily(self.services, self.dataset.load(), monitors, run, PARAMS)) == []
        return monitors, tidy_summaries(self.dataset.load(), monitors, run, PARAMS).read()

    def names(self):
        return [reply.name for reply in self.dataset.load().replies()]


@pytest.fixture
def place(airdata, tmp_path):
    return Place(tmp_path, airdata.url)


def test_a_file_is_kept_under_the_nation_and_its_year(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    place.run(as_of="2014-06-30")
    [name] = place.names()
    assert name == "airdata/pm25/nation-us/2014/days_20140101-20141231_newest-none_asof-20140630.parquet"


def test_what_is_stored_is_looked_at_and_not_fetched_again(airdata, place):
    airdata.files |= {PM25_2014: zipped([row()]), PM25_2015: zipped([row(Date_Local="2015-01-01")])}
    first = place.run(as_of="2015-12-31")
    airdata.asked.clear()
    again = place.run(as_of="2015-12-31")
    assert airdata.asked == [("HEAD", PM25_2014, ""), ("HEAD", PM25_2015, "")]
    assert_frame_equal(again[1], first[1])


def test_a_file_that_epa_has_made_anew_takes_the_place_of_the_old_one(airdata, place):
    airdata.files[PM25_2014] = zipped([row(), row(Date_Local="2014-01-03")])
    place.run()
    airdata.files[PM25_2014] = zipped([row(Arithmetic_Mean=20.0)])  # a day is withdrawn, another restated
    assert place.run()[1]["arithmetic_mean"].tolist() == [20.0]
    assert airdata.fetched == [PM25_2014] * 2
    airdata.asked.clear()
    place.run(as_of="2014-06-30")  # the run of an earlier day knows the newest file as well
    assert airdata.fetched == []


def test_a_stored_file_is_used_where_epa_has_it_no_more(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    before = place.run()[1]
    airdata.files.clear()
    assert_frame_equal(place.run()[1], before)


def test_a_stored_file_is_used_where_epa_does_not_answer(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    before = place.run()[1]
    place.services = replace(place.services, airdata_url="http://127.0.0.1:9/airdata")  # nobody listens there
    assert_frame_equal(place.run()[1], before)


def test_a_file_made_anew_is_kept_beside_the_one_of_an_earlier_day(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    place.run(as_of="2014-06-30")
    airdata.files[PM25_2014] = zipped([row(Arithmetic_Mean=20.0)])
    assert place.run()[1]["arithmetic_mean"].tolist() == [20.0]
    assert [name[-16:-8] for name in place.names()] == ["20140630", "20141231"]


def test_a_run_that_died_fetches_what_is_missing(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    with pytest.raises(SourceRefused, match=r"not published daily_88101_2015\.zip"):
        place.run(as_of="2015-12-31")
    airdata.files[PM25_2015] = zipped([row(Date_Local="2015-01-01")])
    assert len(place.run(as_of="2015-12-31")[1]) == 2
    assert airdata.fetched == [PM25_2014, PM25_2015]


def test_a_later_day_than_as_of_is_not_read(airdata, place):
    airdata.files[PM25_2014] = zipped([row(), row(Date_Local="2014-07-01")])
    assert place.run(as_of="2014-06-30")[1]["date_local"].tolist() == [pd.Timestamp("2014-01-02")]


def sites(table):
    return sorted(set(table["site_id"]))


@pytest.mark.parametrize(
    ("area", "found"),
    [
        ({"nation": "us"}, ["02-020-0018", "06-037-1103", "06-059-0007", "CC-001-0001"]),
        ({"state": "06"}, ["06-037-1103", "06-059-0007"]),
        ({"county": "06059"}, ["06-059-0007"]),
        ({"site": "06-037-1103"}, ["06-037-1103"]),
        ({"cbsa": "31080"}, ["06-037-1103", "06-059-0007"]),
        ({"box": [60, 62, -151, -149]}, ["02-020-0018"]),
    ],
)
def test_an_area_is_read_from_the_file_of_the_nation(airdata, place, area, found):
    airdata.files[PM25_2014] = zipped(
        [
            row(State_Code="02", County_Code="020", Site_Num="0018", Latitude=61.2, Longitude=-149.8, CBSA_Name=""),
            row(),
            row(County_Code="059", Site_Num="0007", Latitude=33.83, Longitude=-117.94),
            row(State_Code="CC", County_Code="001", Site_Num="0001", Latitude=49.0, Longitude=-123.0, CBSA_Name=""),
        ]
    )
    monitors, summaries = place.run(area=area)
    assert sites(summaries) == found
    schemas.Monitors.validate(monitors)
    assert sites(monitors) == [site for site in found if not site.startswith("CC")]
    assert place.names() == [place.names()[0]], "the nation's file is stored once"


def test_a_neighbourhood_is_read_from_the_same_file(airdata, place):
    # 55.6 km are 0.5 degrees of latitude at 34 north: the box of 06-037-1103 reaches to 33.5.
    near = row(County_Code="059", Site_Num="0007", Latitude=33.83, Longitude=-117.94)
    far = row(County_Code="073", Site_Num="0001", Latitude=32.63, Longitude=-117.06)
    airdata.files[PM25_2014] = zipped([row(), near, far])
    monitors, summaries = place.run(area={"site": "06-037-1103"}, neighbourhood_km=55.6)
    assert sites(summaries) == ["06-037-1103", "06-059-0007"]
    assert monitors.set_index("site_id")["in_area"].to_dict() == {"06-037-1103": True, "06-059-0007": False}


def test_an_area_without_a_row_is_named(airdata, place):
    airdata.files[PM25_2014] = zipped([row()])
    with pytest.raises(NoDataError, match="no monitor of pm25 in state 08 between 2014 and 2014-12-31"):
        place.run(area={"state": "08"})


def test_a_monitor_stands_where_its_last_row_says(airdata, place):
    airdata.files[PM25_2014] = zipped([row(Date_Local="2014-02-01", Latitude=34.1), row(Latitude=34.0)])
    monitors, _ = place.run()
    assert monitors[["site_id", "pollutant", "poc", "latitude", "naaqs_primary"]].to_numpy().tolist() == [
        ["06-037-1103", "pm25", 1, 34.1, False]
    ]


def test_blocks_of_states_are_the_whole_table(airdata, place, monkeypatch):
    states = [
        row(State_Code=state, Date_Local=day) for state in ("06", "02", "56") for day in ("2014-01-03", "2014-01-01")
    ]
    airdata.files[PM25_2014] = zipped(states)
    _, whole = place.run()
    run = build_run(source="airdata", **NATION)
    monkeypatch.setattr("airwatch.sources.rows.SummaryRows.by_states.__defaults__", (1,))
    table = tidy_summaries(place.dataset.load(), tidy_monitors(place.dataset.load(), run), run, PARAMS)
    assert [len(block) for block in table._make()] == [2, 2, 2]
    assert_frame_equal(table.read(), whole, check_categorical=False)
    schemas.DailySummaries.validate(whole)


def test_real_rows_of_airdata_give_what_the_api_s_replies_give(airdata, place, shared_data, tmp_path):
    real = pd.read_parquet(shared_data / "aqs/pm25_88101_2014.parquet", filters=[("state_code", "==", "08")])
    headings = {field: heading for heading, field in COLUMNS.items()}
    spelt = {"No Events": "None", "Events Included": "Included", "Events Excluded": "Excluded"}
    as_file = real[list(headings)].rename(columns=headings).astype(object)
    as_file["Event Type"] = as_file["Event Type"].map(spelt)
    airdata.files[PM25_2014] = zipped(as_file.where(as_file.notna(), "").to_dict("records"))
    _, from_files = place.run(area={"state": "08"})

    days = {name: pd.to_datetime(real[name].astype("str")) for name in ("date_local", "date_of_last_change")}
    asked = Reply("aqs/pm25/state-08/2014", "days", date(2014, 1, 1), date(2014, 12, 31), date(2014, 12, 31), None)
    replies = RawArchiveDataset(path=str(tmp_path / "replies"))
    replies.save({asked.name: real.assign(**days, fetched_at=pd.Timestamp("2014-12-31"))})
    run = build_run(**{**NATION, "source": "aqs", "area": {"state": "08"}})
    from_api = tidy_summaries(replies.load(), pd.DataFrame(), run, PARAMS).read()
    assert len(from_files) == len(real) > 4000
    assert_frame_equal(from_files.assign(source="aqs"), from_api.assign(source="aqs"))


def test_fetch_files_stores_each_before_it_asks_for_the_next(airdata, place):
    airdata.files |= {PM25_2014: zipped([row()]), PM25_2015: zipped([row(Date_Local="2015-01-01")])}
    files = files_of(["pm25"], [2014, 2015])
    replies = fetch_files(place.services, place.dataset.load(), files, date(2016, 1, 1))
    next(replies)
    assert airdata.asked == [("HEAD", PM25_2014, ""), ("GET", PM25_2014, "")]
    replies.close()
