"""EPA's yearly files: fetched whole or not at all, gone on with after a cut, checked before anything is stored."""

import errno
import random

import pandas as pd
import pytest

from airdata_on_loopback import PM25_2014, ROW, row, zipped
from airwatch.sources.airdata import AirDataClient, year_files
from airwatch.sources.airdata_rows import COLUMNS
from airwatch.sources.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable

[FILE] = year_files(["pm25"], [2014])


@pytest.fixture
def fetch(airdata, tmp_path):
    """The rows of the file, as a run gets them."""

    def fetched(file=FILE):
        with (
            AirDataClient.opened(airdata.url, tmp_path) as client,
            client.fetched(file, client.look(file)) as rows,
        ):
            return rows.to_pandas()

    return fetched


def many(count=4000):
    """Rows each of another value, so that a zip of them is more than three pieces long."""
    values = random.Random(1)
    return [row(POC=number, Arithmetic_Mean=values.random(), AQI=values.random()) for number in range(count)]


def test_the_header_of_the_tests_is_the_known_one():
    assert list(ROW) == list(COLUMNS)
    assert len(COLUMNS) == 29


def test_a_row_comes_in_the_fields_and_types_of_the_api(airdata, fetch):
    airdata.files[PM25_2014] = zipped([row()])
    [found] = fetch().to_dict("records")
    expected = {
        "state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101", "poc": 1,
        "sample_duration_code": "7", "date_local": pd.Timestamp("2014-01-02"), "event_type": "No Events",
        "arithmetic_mean": 21.4, "first_max_value": 21.4, "aqi": 71.0, "method_code": "145", "cbsa_code": "31080",
        "city": "Los Angeles", "date_of_last_change": pd.Timestamp("2024-05-18"),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert pd.isna(found["validity_indicator"])


@pytest.mark.parametrize(
    ("heading", "given", "field", "expected"),
    [
        ("Event Type", "None", "event_type", "No Events"),
        ("Event Type", "Included", "event_type", "Events Included"),
        ("Event Type", "Excluded", "event_type", "Events Excluded"),
        ("Sample Duration", "1 HOUR", "sample_duration_code", "1"),
        ("Sample Duration", "24-HR BLK AVG", "sample_duration_code", "X"),
        ("Sample Duration", "8-HR RUN AVG BEGIN HOUR", "sample_duration_code", "W"),
        ("Sample Duration", "8-HR RUN AVG END HOUR", "sample_duration_code", "Z"),
        ("State Code", "CC", "state_code", "CC"),
        ("Local Site Name", "Cañon\nSchool, west", "local_site_name", "Cañon\nSchool, west"),
    ],
)
def test_texts_are_told_as_the_api_tells_them(airdata, fetch, heading, given, field, expected):
    airdata.files[PM25_2014] = zipped([ROW | {heading: given}])
    assert fetch()[field].tolist() == [expected]


@pytest.mark.parametrize("heading", ["Pollutant Standard", "AQI", "Method Code", "CBSA Name", "Local Site Name"])
def test_what_is_empty_is_missing(airdata, fetch, heading):
    airdata.files[PM25_2014] = zipped([ROW | {heading: ""}])
    assert fetch()[COLUMNS[heading]].isna().all()


def test_rows_of_other_parameters_of_a_weather_file_are_left_out(airdata, fetch):
    [wind] = year_files(["wind_speed", "wind_direction"], [2014])
    speed = row(Parameter_Code="61103", Units_of_Measure="Knots")
    other = row(Parameter_Code="61106", Units_of_Measure="Degrees Compass")
    airdata.files["daily_WIND_2014.zip"] = zipped([speed, other])
    assert fetch(wind)["parameter_code"].tolist() == ["61103"]


@pytest.mark.parametrize(
    ("cuts", "ranges"),
    [
        ([20_000], ["", "bytes=16384-"]),
        ([20_000, 0, 40_000], ["", "bytes=16384-", "bytes=16384-", "bytes=49152-"]),
    ],
)
def test_a_connection_that_breaks_off_goes_on_where_it_was(airdata, fetch, cuts, ranges):
    airdata.files[PM25_2014] = zipped(many())
    airdata.cut = list(cuts)
    assert len(fetch()) == 4000
    assert [given for method, _, given in airdata.asked if method == "GET"] == ranges


def test_a_run_that_died_goes_on_where_it_was(airdata, fetch):
    airdata.files[PM25_2014] = zipped(many())
    airdata.cut = [20_000] + [0] * 9  # ten attempts, then it gives up
    with pytest.raises(SourceUnavailable, match=r"AirData gave no answer for daily_88101_2014\.zip: the connection"):
        fetch()
    airdata.asked.clear()
    assert len(fetch()) == 4000
    assert airdata.asked[-1] == ("GET", PM25_2014, "bytes=16384-")


def test_a_part_of_an_earlier_version_is_thrown_away(airdata, fetch, tmp_path):
    airdata.files[PM25_2014] = zipped(many())
    airdata.cut = [20_000] + [0] * 9
    with pytest.raises(SourceUnavailable):
        fetch()
    airdata.files[PM25_2014] = zipped(many(3999))
    assert len(fetch()) == 3999
    assert airdata.asked[-1] == ("GET", PM25_2014, "")
    assert list(tmp_path.iterdir()) == []


def bad(rows=None, heading=None, cut=None, raw=None):
    return (raw or zipped([row()] if rows is None else rows, heading))[:cut]


def swapped(one, other):
    return [{one: other, other: one}.get(name, name) for name in ROW]


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (bad(cut=300), SourceUnavailable, "is cut short or damaged"),
        (bad(cut=-30), SourceUnavailable, "is cut short or damaged"),
        (bad(raw=b"<html>Sorry</html>"), SourceUnavailable, "is cut short or damaged"),
        (bad(heading=swapped("POC", "Datum")), SourceChanged, "column 5 of its header is 'Datum' instead of 'POC'"),
        (bad(heading=list(ROW)[:-1]), SourceChanged, "its header has 28 columns instead of 29"),
        (bad(rows=[]), SourceChanged, "it has no row of parameter 88101"),
        (bad(rows=[row(Parameter_Code="88502")]), SourceChanged, "it has no row of parameter 88101"),
        (bad(rows=[row(Units_of_Measure="Parts per million")]), SourceChanged, "its unit is 'Parts per million'"),
        (bad(rows=[row(Arithmetic_Mean="much")]), SourceChanged, "invalid value 'much'"),
        *(
            (bad(rows=[row(), row() | {heading: ""}]), SourceChanged, f"the field {heading} is empty in a row")
            for heading in ("State Code", "County Code", "Site Num", "POC", "Date Local")
        ),
        (bad(rows=[row(Date_Local="02/01/2014")]), SourceChanged, "invalid value '02/01/2014'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(airdata, fetch, tmp_path, content, kind, told):
    airdata.files[PM25_2014] = content
    with pytest.raises(SourceError) as refused:
        fetch()
    assert type(refused.value) is kind
    assert str(refused.value).startswith("AirData's daily_88101_2014.zip (PM2.5, 2014) is ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == [], "the next run fetches it anew"


def test_a_zip_whose_content_was_changed_on_the_way_is_found_out(airdata, fetch):
    content = bytearray(zipped(many()))
    content[len(content) // 2] ^= 0xFF
    airdata.files[PM25_2014] = bytes(content)
    with pytest.raises(SourceUnavailable, match="is cut short or damaged"):
        fetch()


def test_a_server_that_does_not_know_head_is_asked_all_the_same(airdata, fetch):
    airdata.knows_head = False
    airdata.files[PM25_2014] = zipped([row()])
    assert len(fetch()) == 1


def test_a_full_disk_is_not_taken_for_a_lost_connection(airdata, fetch, monkeypatch):
    airdata.files[PM25_2014] = zipped([row()])

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("airwatch.sources.download._write", full)
    with pytest.raises(OSError, match="No space left"):
        fetch()
    assert airdata.fetched == [PM25_2014]


def test_a_year_that_is_not_published_is_told_in_one_line(airdata, fetch):
    with pytest.raises(SourceRefused) as refused:
        fetch()
    told = str(refused.value)
    assert told.startswith("EPA has not published daily_88101_2014.zip (PM2.5, 2014) at http://127.0.0.1:")
    assert "Choose other years" in told


def test_year_files_take_both_winds_from_one_file_and_the_oldest_year_first():
    files = year_files(["ozone", "wind_speed", "wind_direction", "temperature"], [2020, 2021])
    assert [file.name for file in files[:4]] == [
        "daily_44201_2020.zip",
        "daily_WIND_2020.zip",
        "daily_TEMP_2020.zip",
        "daily_44201_2021.zip",
    ]
    assert files[1].units == {"61103": "Knots", "61104": "Degrees Compass"}


def test_a_password_in_the_address_of_the_files_is_not_told(airdata, tmp_path):
    address = airdata.url.replace("//", "//somebody:canary@") + "?token=canary"
    with AirDataClient.opened(address, tmp_path) as client, pytest.raises(SourceRefused) as refused:
        client.look(FILE)
    assert f"at {airdata.url}. Choose" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_whole_file_of_unknown_size_that_a_dead_run_left_is_fetched_anew(airdata, fetch, tmp_path):
    airdata.files[PM25_2014] = zipped([row()])
    airdata.tells_size = False
    with (
        AirDataClient.opened(airdata.url, tmp_path) as client,
        pytest.raises(KeyboardInterrupt),
        client.fetched(FILE, client.look(FILE)),
    ):
        raise KeyboardInterrupt
    airdata.asked.clear()
    assert len(fetch()) == 1
    size = len(airdata.files[PM25_2014])
    assert [given for method, _, given in airdata.asked if method == "GET"] == [f"bytes={size}-", ""]


def test_sites_whose_cbsa_has_no_code_are_told_once_a_file(airdata, fetch, caplog):
    unknown = [row(CBSA_Name="Atlantis, XX", Site_Num=site, POC=poc) for site in ("0001", "0002") for poc in (1, 2)]
    airdata.files[PM25_2014] = zipped([row(), *unknown, row(CBSA_Name="Lyonesse, XX", Site_Num="0003")])
    assert fetch()["cbsa_code"].isna().sum() == 5
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith(
        "daily_88101_2014.zip: AirWatch has no code for the CBSA of 3 sites (the first is Atlantis, XX)"
    )


def test_sites_in_no_cbsa_are_nothing_to_tell(airdata, fetch, caplog):
    airdata.files[PM25_2014] = zipped([row(CBSA_Name="")])
    fetch()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
