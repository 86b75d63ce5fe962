import pytest

from airdata_on_loopback import PM25_2014, row, zipped

SUMMER = "01_raw/aqs/airdata/pm25/nation-us/2014/days_20140101-20141231_newest-none_asof-"


def test_fetch_airdata_stores_the_years_that_are_missing(command, airdata, data_root):
    airdata.files |= {PM25_2014: zipped([row()]), "daily_88101_2015.zip": zipped([row(Date_Local="2015-01-01")])}
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "pm25")
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        "1 of 1 files fetched; the others are as they were.",
    )
    assert [str(path.relative_to(data_root))[: len(SUMMER)] for path in data_root.rglob("*.parquet")] == [SUMMER]
    result = command("fetch", "airdata", "--years", "2014-2015", "--pollutants", "pm25")
    assert result.output.splitlines()[-1] == "1 of 2 files fetched; the others are as they were."
    assert airdata.fetched == [PM25_2014, "daily_88101_2015.zip"]


def test_fetch_airdata_says_what_is_not_published(command, airdata, data_root):
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "ozone")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: EPA has not published daily_44201_2014.zip (Ozone, 2014) at http://127.")
    assert len(result.stderr.splitlines()) == 1


def test_fetch_airdata_fetches_the_weather_where_asked(command, airdata, data_root):
    airdata.files[PM25_2014] = zipped([row()])
    result = command("fetch", "airdata", "--years", "2014", "--pollutants", "pm25", "--weather")
    assert "not published daily_TEMP_2014.zip (temp, 2014)" in result.stderr


@pytest.mark.parametrize("years", ["x", "2015-2014", "2014-x", ""])
def test_fetch_airdata_refuses_years_that_are_none(command, years):
    result = command("fetch", "airdata", "--years", years)
    assert result.exit_code == 2
    assert "neither a year nor a span" in result.stderr
