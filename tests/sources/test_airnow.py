"""AirNow's files: lines that are none are counted, files that are none are refused, days not over are not there yet."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from airnow_on_loopback import FORECAST, forecast, line, lines
from airwatch.sources.airnow import AirNowClient
from airwatch.sources.airnow_rows import BAD_LINE, FIELDS, NO_DATE, UnknownFile, read_daily
from airwatch.sources.errors import SourceChanged, SourceUnavailable
from airwatch.sources.reporting_areas import NO_DAYS, NO_PLACE, NO_WORTH, read_forecasts

DAY = date(2023, 1, 9)
V2, V1 = "2023/20230109/daily_data_v2.dat", "2023/20230109/daily_data.dat"


@pytest.fixture
def client(airnow, tmp_path):
    with AirNowClient.opened(airnow.url, tmp_path / "downloads") as opened:
        yield opened


def test_a_line_comes_in_its_types():
    [row] = read_daily(lines(line())).rows.to_dict("records")
    assert row == {
        "date_local": pd.Timestamp("2023-01-09"), "aqsid": "060371103", "site": "Los Angeles - N. Main",
        "parameter": "PM2.5-24hr", "units": "UG/M3", "value": 12.4, "hours": 24.0, "agency": "South Coast AQMD",
        "aqi": 52.0, "category": 1.0, "latitude": 34.06659, "longitude": -118.22688, "full_aqsid": "840060371103",
    }  # fmt: skip


def test_the_older_file_has_the_first_eight_fields():
    old = "05/28/19|060410001|San Rafael|OZONE-8HR|PPB|31|8|San Francisco Bay Area AQMD"
    parsed = read_daily(lines(old))
    [row] = parsed.rows.to_dict("records")
    assert list(row) == list(FIELDS)
    assert (row["date_local"], row["value"], row["hours"]) == (pd.Timestamp("2019-05-28"), 31.0, 8.0)
    assert np.isnan(row["latitude"])
    assert pd.isna(row["full_aqsid"])


@pytest.mark.parametrize("name", ["value", "aqi", "category"])
def test_minus_999_is_no_value(name):
    assert read_daily(lines(line(**{name: "-999"}))).rows[name].isna().all()
    assert read_daily(lines(line(**{name: "-999.0"}))).rows[name].isna().all()


def test_small_negative_readings_are_read():
    assert read_daily(lines(line(value="-0.7"))).rows["value"].tolist() == [-0.7]


@pytest.mark.parametrize("code", ["latin-1", "utf-8"])
def test_letters_of_either_code_are_read(code):
    assert read_daily(line(site="Cañon City").encode(code)).rows["site"].tolist() == ["Cañon City"]


def test_a_line_that_ends_with_one_more_bar_is_a_line():
    assert len(read_daily(lines(line() + "|")).rows) == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("garbage", BAD_LINE),
        (line() + "|one more", BAD_LINE),
        (line().rpartition("|")[0], BAD_LINE),
        (line(day="2023-01-09"), NO_DATE),
        (line(day="13/45/23"), NO_DATE),
        (line(day=""), NO_DATE),
    ],
)
def test_a_bad_line_is_left_out_and_counted_by_its_reason(bad, reason):
    parsed = read_daily(lines(line(), bad, line(value="3.0"), bad, "", line()))
    assert parsed.rows["value"].tolist() == [12.4, 3.0, 12.4]
    assert parsed.dropped == {reason: 2}


def test_a_value_that_is_no_number_is_missing():
    assert read_daily(lines(line(value="n/a"), line(value=""))).rows["value"].isna().all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"\r\n \r\n", "it is empty"),
        (b"<html>\n<body>Not found</body>\n</html>", "0 of its 3 lines have the 13 fields"),
        (lines(line(), "a", "b"), "1 of its 3 lines have the 13 fields"),
        (lines(*["01/09/23|22:00|060371103|Main|-8|PM2.5|UG/M3|9|AQMD"] * 3), "0 of its 3 lines have the 13 fields"),
    ],
)
def test_what_is_no_such_file_is_refused(content, told):
    with pytest.raises(UnknownFile, match=told):
        read_daily(content)


def test_the_client_fetches_a_day_and_leaves_nothing_behind(airnow, client, tmp_path):
    airnow.put("2023-01-09", line())
    assert len(client.daily(DAY).rows) == 1
    assert airnow.asked == [("HEAD", V2), ("GET", V2)]
    assert list((tmp_path / "downloads").iterdir()) == []


def test_the_client_takes_the_older_file_where_the_newer_is_not_there(airnow, client):
    airnow.put("2023-01-09", "01/09/23|060371103|Main|PM2.5-24hr|UG/M3|9.0|24|AQMD", name="daily_data.dat")
    assert client.daily(DAY).rows["value"].tolist() == [9.0]
    assert [path for _, path in airnow.asked] == [V2, V1, V1]


def test_a_day_without_a_file_is_not_there_yet(client):
    assert client.daily(DAY) is None


@pytest.mark.parametrize(
    ("written", "there"),
    [("Mon, 09 Jan 2023 15:00:00 GMT", False), ("Tue, 10 Jan 2023 07:59:59 GMT", False),
     ("Tue, 10 Jan 2023 08:00:00 GMT", True), ("no date", True)],
)  # fmt: skip
def test_a_file_written_before_the_day_was_over_on_the_pacific_coast_is_not_there_yet(airnow, client, written, there):
    airnow.put("2023-01-09", line())
    airnow.written[V2] = written
    assert (client.daily(DAY) is not None) == there
    assert airnow.fetched == [V2] * there


def test_a_server_that_fails_for_a_while_is_asked_again(airnow, client):
    airnow.put("2023-01-09", line())
    airnow.failing = 3
    assert len(client.daily(DAY).rows) == 1


def test_a_server_that_goes_on_failing_is_told_in_one_line(airnow, client):
    airnow.failing = 1000
    with pytest.raises(SourceUnavailable) as gave_up:
        client.daily(DAY)
    assert str(gave_up.value).startswith(
        "AirNow gave no answer for the daily values of 2023-01-09 (2023/20230109/daily"
    )
    assert "5 attempts" in str(gave_up.value)


def test_a_page_in_the_place_of_a_file_is_told_in_one_line(airnow, client):
    airnow.put("2023-01-09", "<html>", "<body>Sorry</body>", "</html>")
    with pytest.raises(SourceChanged) as refused:
        client.daily(DAY)
    assert str(refused.value) == (
        "AirNow's file of the daily values of 2023-01-09 (2023/20230109/daily_data_v2.dat) is not as AirWatch knows"
        " such files: 0 of its 3 lines have the 13 fields of such a file. Check that AIRNOW_BASE_URL is EPA's; if it"
        " is, the file is damaged, or has changed and AirWatch must follow."
    )


def test_forecasts_are_those_of_the_day_else_todays(airnow, client):
    airnow.files["today/reportingarea.dat"] = lines(forecast(area="Today"))
    assert client.forecasts(DAY).rows["reporting_area"].tolist() == ["Today"]
    airnow.files["2023/20230109/reportingarea.dat"] = lines(forecast(area="The day's own"))
    assert client.forecasts(DAY).rows["reporting_area"].tolist() == ["The day's own"]


def test_a_forecast_comes_in_its_types():
    [row] = read_forecasts(lines(forecast(action="Yes"))).rows.to_dict("records")
    assert row == {
        "issued": pd.Timestamp("2023-01-09"), "target_date": pd.Timestamp("2023-01-10"),
        "reporting_area": "Central LA CO", "state": "CA", "latitude": 34.07, "longitude": -118.23,
        "parameter": "PM2.5", "aqi": 61.0, "category": "Moderate", "action_day": True, "agency": "South Coast AQMD",
    }  # fmt: skip


def test_what_was_observed_is_no_forecast_and_nothing_that_was_dropped():
    parsed = read_forecasts(lines(forecast(type="O"), forecast(), forecast(type="Y")))
    assert len(parsed.rows) == 1
    assert parsed.dropped == {}


@pytest.mark.parametrize("aqi", ["", "-1", " "])
def test_a_forecast_may_be_a_category_alone(aqi):
    [row] = read_forecasts(lines(forecast(aqi=aqi))).rows.to_dict("records")
    assert np.isnan(row["aqi"])
    assert row["category"] == "Moderate"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"issued": ""}, NO_DAYS),
        ({"valid": "soon"}, NO_DAYS),
        ({"valid": "01/08/23"}, NO_DAYS),
        ({"latitude": ""}, NO_PLACE),
        ({"area": " "}, NO_PLACE),
        ({"aqi": "", "category": "Nice"}, NO_WORTH),
        ({"discussion": "first | second"}, BAD_LINE),
    ],
)
def test_a_bad_forecast_is_left_out_and_counted_by_its_reason(changed, reason):
    parsed = read_forecasts(lines(forecast(**changed), forecast()))
    assert len(parsed.rows) == 1
    assert parsed.dropped == {reason: 1}


@pytest.mark.parametrize("content", [b"", lines(line()), lines(*[forecast(type="X")] * 3), b"<html>\nno\n</html>"])
def test_what_is_no_file_of_forecasts_is_refused(content):
    with pytest.raises(UnknownFile):
        read_forecasts(content)


@pytest.fixture(scope="module")
def real(shared_data):
    path = shared_data / "airnow/reportingarea.dat"
    if not path.is_file():
        pytest.skip("airnow/reportingarea.dat is not in ../shared/data")
    return read_forecasts(path.read_bytes())


def test_the_real_file_of_9_january_2024_is_read_whole(real):
    assert len(real.rows) == 3566
    assert real.dropped == {}
    assert len(real.rows.drop_duplicates(["reporting_area", "state"])) == 586
    assert real.rows["aqi"].isna().sum() == 1420, "a category alone"
    assert real.rows["parameter"].value_counts().to_dict() == {
        "PM2.5": 2016, "OZONE": 914, "PM10": 454, "CO": 92, "NO2": 90,
    }  # fmt: skip
    assert real.rows["action_day"].sum() == 1
    assert real.rows["issued"].max() == pd.Timestamp("2024-01-09")


def test_a_known_forecast_of_the_real_file_is_found(real):
    its = real.rows[(real.rows["reporting_area"] == "Aberdeen") & (real.rows["state"] == "WA")]
    assert its["target_date"].dt.strftime("%m-%d").tolist() == [f"01-{day:02d}" for day in range(9, 15)]
    assert set(its["aqi"]) == {13.0}
    assert set(its["category"]) == {"Good"}


def test_a_forecast_has_the_seventeen_fields_of_the_real_file():
    assert len(FORECAST) == 17
