"""AirNow's days: which are asked for, what is made of their lines, and what a run of an earlier day knows of them."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from pydantic import ValidationError

from airnow_on_loopback import forecast, line, lines
from airwatch import schemas
from airwatch.archive import RawArchiveDataset, Reply
from airwatch.pipelines.ingestion import airnow_tables, airnow_values
from airwatch.pipelines.ingestion.airnow import as_known, days_to_ask, fetch_airnow, first_without_aqs
from airwatch.pipelines.ingestion.airnow_tables import tidy_airnow
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.sources.airnow_rows import BAD_LINE
from airwatch.sources.errors import SourceRefused
from builders import SITE, build_run, build_summaries
from builders_airnow import CALIFORNIA, MONITORS, OTHER, build_params


class Place:
    """A data root, and AirNow as its runs reach it; AQS has PM2.5 up to 2023-01-08."""

    def __init__(self, root, services):
        self.dataset, self.services = RawArchiveDataset(path=str(root / "raw")), services
        self.summaries = build_summaries(8)

    def fetch(self, as_of="2023-01-10", **params):
        run, index = build_run(**CALIFORNIA, as_of=as_of), self.dataset.load()
        for reply in fetch_airnow(self.services, index, self.summaries, run, build_params(**params)):
            self.dataset.save(reply)

    def tables(self, as_of="2023-01-10", **changed):
        """``airnow_daily``, ``epa_forecasts`` and ``dropped_airnow``."""
        run = build_run(**{**CALIFORNIA, "as_of": as_of} | changed)
        return tidy_airnow(self.dataset.load(), MONITORS, run, build_params())

    def values(self, **changed):
        rows = self.tables(**changed)[0]
        return [(f"{day:%m-%d}", value) for day, value in zip(rows["date_local"], rows["value"], strict=True)]

    def stored(self):
        return [reply.name.partition("/nation-us/")[::2] for reply in self.dataset.load().replies()]


@pytest.fixture
def place(airnow, tmp_path):
    return Place(tmp_path, airnow.services(tmp_path))


def test_each_day_that_aqs_does_not_have_is_stored_as_it_came(airnow, place):
    airnow.put("2023-01-09", line(), line(parameter="OZONE-1HR"))
    airnow.put("2023-01-10", line(day="01/10/23"))
    airnow.files["2023/20230110/reportingarea.dat"] = lines(forecast())
    place.fetch()
    assert place.stored() == [
        ("airnow/daily", "2023/days_20230109-20230109_newest-20230109_asof-20230110.parquet"),
        ("airnow/daily", "2023/days_20230110-20230110_newest-20230110_asof-20230110.parquet"),
        ("airnow/forecasts", "2023/days_20230110-20230110_newest-20230110_asof-20230110.parquet"),
    ]
    rows = place.dataset.load().read(place.dataset.load().replies()[:1])
    assert rows["parameter"].tolist() == ["PM2.5-24hr", "OZONE-1HR"]
    assert set(rows["source"]) == {"airnow"}


def test_nothing_is_asked_unless_it_is_wanted(airnow, place):
    place.fetch(airnow=False)
    assert airnow.asked == []
    airnow.put("2023-01-09", line())
    place.fetch()
    run = build_run(**CALIFORNIA, as_of="2023-01-10")
    tables = tidy_airnow(place.dataset.load(), MONITORS, run, build_params(airnow=False))
    assert [len(table) for table in tables] == [0, 0, 0]


def test_each_day_is_stored_before_the_next_is_asked_for(airnow, place):
    airnow.put("2023-01-09", line())
    run = build_run(**CALIFORNIA, as_of="2023-01-10")
    replies = fetch_airnow(place.services, place.dataset.load(), place.summaries, run, build_params())
    next(replies)
    assert {path for _, path in airnow.asked} == {"2023/20230109/daily_data_v2.dat"}
    replies.close()


def test_the_same_run_again_asks_only_for_what_was_not_there(airnow, place):
    airnow.put("2023-01-09", line())
    airnow.files["2023/20230110/reportingarea.dat"] = lines(forecast())
    place.fetch()
    airnow.asked.clear()
    place.fetch()
    assert [path for _, path in airnow.asked] == [f"2023/20230110/daily_data{version}.dat" for version in ("_v2", "")]


def test_a_file_that_is_none_is_told_in_one_line_and_the_run_goes_on(airnow, place, caplog):
    airnow.put("2023-01-09", "<html>", "</html>")
    airnow.put("2023-01-10", line(day="01/10/23"))
    place.fetch()
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith("AirNow's file of the daily values of 2023-01-09")
    assert "\n" not in told
    assert place.values() == [("01-10", 12.4)]


@pytest.mark.parametrize("status", [503, 403])
def test_where_airnow_does_not_answer_or_refuses_to_what_is_stored_is_used(airnow, place, caplog, status):
    airnow.put("2023-01-09", line())
    place.fetch(as_of="2023-01-09")
    airnow.failing, airnow.failing_as = 1000, status
    place.fetch(as_of="2023-01-14")
    assert len(airnow.asked) < 20, "it is not asked for each day in turn"
    assert any("AirNow is used as it is stored." in record.getMessage() for record in caplog.records)
    assert place.values(as_of="2023-01-14") == [("01-09", 12.4)]


def test_where_airnow_cannot_be_reached_the_run_goes_on_without(airnow, place, caplog):
    place.services = replace(place.services, airnow_url="http://127.0.0.1:9/airnow")  # nobody listens there
    place.fetch()
    [told] = [
        record.getMessage()
        for record in caplog.records
        if record.levelname == "WARNING" and "stored" in record.getMessage()
    ]
    assert told.startswith("AirNow is used as it is stored. AirNow gave no answer for the daily values of 2023-01-09")
    assert place.values() == []


def test_an_address_that_is_none_is_refused_in_one_line(place):
    place.services = replace(place.services, airnow_url="files.airnowtech.org/airnow")
    with pytest.raises(SourceRefused, match="is no base URL"):
        place.fetch()


def test_bad_lines_are_told_counted_and_left_out(airnow, place, caplog):
    airnow.put(
        "2023-01-09",
        line(),
        "garbage",
        line(value="-999"),
        line(units="PPT"),
        line(aqsid="000010102", full="124000010102"),
    )
    place.fetch(as_of="2023-01-09")
    assert "AirNow's daily of 2023-01-09: 1 times a line of other fields" in caplog.text
    values, _, dropped = place.tables()
    assert values["value"].tolist() == [12.4]
    schemas.AirnowDaily.validate(values)
    schemas.DroppedAirnow.validate(dropped)
    assert dropped.to_numpy().tolist() == [
        ["daily values", "", BAD_LINE, 1],
        ["daily values", "PM2.5-24hr", airnow_values.ABROAD, 1],
        ["daily values", "PM2.5-24hr", airnow_values.UNIT, 1],
        ["daily values", "PM2.5-24hr", airnow_values.NO_VALUE, 1],
    ]


def test_a_day_whose_lines_are_all_for_others_gives_no_value(airnow, place):
    airnow.put("2023-01-09", line(aqsid="360050110"))
    place.fetch()
    assert place.values() == []


# A day is asked for again until it was fetched three days after it, or later.
@pytest.mark.parametrize(
    ("fetched", "as_of", "again"),
    [
        ([], "2023-01-09", True),
        (["2023-01-09"], "2023-01-09", False),
        (["2023-01-09"], "2023-01-10", True),
        (["2023-01-09", "2023-01-11"], "2023-01-12", True),
        (["2023-01-09", "2023-01-12"], "2023-01-13", False),
        (["2023-01-11"], "2023-03-01", True),
        (["2023-02-01"], "2023-01-10", False),
    ],
)
def test_a_day_is_asked_for_again_while_airnow_may_revise_it(fetched, as_of, again):
    day = date(2023, 1, 9)
    stored = [Reply("airnow/daily/nation-us/2023", "days", day, day, date.fromisoformat(at), day) for at in fetched]
    days = days_to_ask(stored, day, date.fromisoformat(as_of), build_params())
    assert (day in days) == again


def test_a_revised_day_takes_the_place_of_the_old_one_and_an_earlier_run_does_not_know_it(airnow, place):
    airnow.put("2023-01-09", line(value="10.0"))
    place.fetch(as_of="2023-01-10")
    airnow.put("2023-01-09", line(value="20.0"))
    place.fetch(as_of="2023-01-11")
    assert place.values(as_of="2023-01-11") == [("01-09", 20.0)]
    assert place.values(as_of="2023-01-10") == [("01-09", 10.0)]
    assert place.values(as_of="2023-01-09") == [("01-09", 10.0)], "fetched later, and nothing else is known of the day"
    assert place.values(as_of="2023-01-08") == []


def test_as_known_takes_the_last_file_by_then_else_the_first_after():
    def fetched(*days):
        day = date(2023, 1, 9)
        return [Reply("f", "days", day, day, date(2023, 1, number), day) for number in days]

    assert as_known(fetched(10, 12, 14), date(2023, 1, 13)) == fetched(12)
    assert as_known(fetched(14, 12), date(2023, 1, 11)) == fetched(12)
    assert as_known(fetched(12), date(2023, 1, 8)) == []


def days_of(*newest, **columns):
    """Summaries of sites whose newest day each is given; one year of days."""
    frames = [
        build_summaries(
            300,
            start=f"{pd.Timestamp(day) - pd.Timedelta(days=299):%Y-%m-%d}",
            site_id=f"06-037-{number:04d}",
            **columns,
        )
        for number, day in enumerate(newest)
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    ("summaries", "first"),
    [
        (days_of("2023-02-01"), "2023-02-02"),
        (days_of("2023-02-01", "2023-02-05", "2023-02-09"), "2023-02-06"),
        (days_of("2023-02-01", "2023-02-09"), "2023-02-02"),
        (days_of("2023-02-09", "2023-02-09", "2022-12-01"), "2023-02-10"),
        (days_of("2022-12-01"), "2023-01-31"),  # 30 days back
        (days_of("2021-12-31"), "2023-01-31"),  # closed
        (schemas.empty("DailySummaries"), "2023-01-31"),
        (pd.concat([days_of("2023-02-20"), days_of("2023-02-10", pollutant="ozone")]), "2023-02-11"),
        (pd.concat([days_of("2023-02-20"), days_of("2023-02-10", pollutant="temperature")]), "2023-02-21"),
        (days_of("2023-03-05"), "2023-03-02"),  # what is later than as_of does not count
    ],
)
def test_airnow_begins_where_half_of_the_sites_of_aqs_have_ended(summaries, first):
    run = build_run(**CALIFORNIA, as_of="2023-03-01")
    assert first_without_aqs(summaries, run, build_params()) == date.fromisoformat(first)


def forecasts_of(place, **changed):
    rows = place.tables(**changed)[1]
    schemas.EpaForecasts.validate(rows)
    return rows


def issue(airnow, day, *parts, folder=None):
    airnow.files[f"{folder or f'{pd.Timestamp(day):%Y/%Y%m%d}'}/reportingarea.dat"] = lines(*parts)


def test_forecasts_gather_by_the_day_of_their_issue(airnow, place):
    issue(airnow, "2023-01-09", forecast(), forecast(valid="01/11/23", aqi="", category="Good"))
    issue(airnow, "2023-01-10", forecast(aqi="70"), forecast(issued="01/10/23", valid="01/11/23"))
    place.fetch(as_of="2023-01-09")
    place.fetch(as_of="2023-01-10")
    rows = forecasts_of(place)
    columns = ["issued", "target_date", "lead_days", "aqi", "category"]
    assert rows[columns].astype(object).where(rows[columns].notna(), None).to_numpy().tolist() == [
        [pd.Timestamp("2023-01-09"), pd.Timestamp("2023-01-10"), 1, 70.0, "Moderate"],
        [pd.Timestamp("2023-01-09"), pd.Timestamp("2023-01-11"), 2, None, "Good"],
        [pd.Timestamp("2023-01-10"), pd.Timestamp("2023-01-11"), 1, 61.0, "Moderate"],
    ]
    # The run of the day before knows neither the later issue nor the correction of its own.
    before = forecasts_of(place, as_of="2023-01-09")
    assert before["issued"].tolist() == [pd.Timestamp("2023-01-09")] * 2
    assert before["aqi"].tolist()[0] == 61.0


def test_todays_file_tells_a_past_run_nothing_that_was_issued_later(airnow, place):
    later = forecast(issued="01/10/23", valid="01/11/23")
    issue(airnow, "", later, folder="today")
    place.fetch(as_of="2023-01-09")
    assert place.stored() == []
    issue(airnow, "", later, forecast(), folder="today")
    place.fetch(as_of="2023-01-09")
    assert forecasts_of(place)["issued"].tolist() == [pd.Timestamp("2023-01-09")]


def test_forecasts_for_others_are_counted_and_left_out(airnow, place):
    far, abroad = {"latitude": "40.7", "longitude": "-74.0", "state": "NY"}, {"state": "MX"}
    changes = [{"pollutant": "NO2"}, abroad, far, {}, {}, {"pollutant": "OZONE", "category": "", "aqi": "120"}]
    issue(airnow, "2023-01-10", *(forecast(**changed) for changed in changes))
    place.fetch()
    rows = forecasts_of(place)
    assert rows[["pollutant", "category"]].to_numpy().tolist() == [
        ["ozone", "Unhealthy for Sensitive Groups"],  # by its AQI
        ["pm25", "Moderate"],
    ]
    dropped = place.tables()[2]
    assert dropped[["parameter", "reason", "rows"]].to_numpy().tolist() == [
        ["NO2", airnow_values.OTHER_PARAMETER, 1],
        ["PM2.5", airnow_tables.FAR, 1],
        ["PM2.5", airnow_tables.ABROAD, 1],
        ["PM2.5", airnow_tables.AGAIN, 1],
    ]


def test_the_real_file_makes_forecasts_of_a_metro(airnow, place, shared_data):
    path = shared_data / "airnow/reportingarea.dat"
    if not path.is_file():
        pytest.skip("airnow/reportingarea.dat is not in ../shared/data")
    airnow.files["2024/20240109/reportingarea.dat"] = path.read_bytes()
    place.fetch(as_of="2024-01-09")
    rows = forecasts_of(place, as_of="2024-01-09")
    its = rows[(rows["reporting_area"] == "Central LA CO") & (rows["issued"] == "2024-01-09")]
    assert set(its["pollutant"]) == {"pm25", "ozone"}
    assert set(rows["state"]) == {"CA"}


def test_tables_are_the_same_whatever_the_order_of_the_lines(airnow, place):
    parts = [
        line(),
        line(aqsid="060374004", value="8"),
        line(parameter="OZONE-8HR", units="PPB", value="40", hours="8"),
    ]
    airnow.put("2023-01-09", *parts)
    place.fetch()
    before = place.tables()[0]
    assert before[["site_id", "pollutant"]].to_numpy().tolist() == [[SITE, "ozone"], [SITE, "pm25"], [OTHER, "pm25"]]
    airnow.put("2023-01-09", *reversed(parts))
    place.fetch(as_of="2023-01-11")
    assert_frame_equal(place.tables(as_of="2023-01-11")[0], before)


def test_airnow_is_not_for_other_air_than_epas():
    with pytest.raises(ValidationError, match="airnow=true is for source=aqs and source=airdata; source=sandbox is"):
        IngestionParams.model_validate(build_params().model_dump(), context={"run": build_run()})
    IngestionParams.model_validate(build_params().model_dump(), context={"run": build_run(**CALIFORNIA)})
