"""Replies of AQS become typed frames, or are refused by the name of the field that is wrong."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from airwatch.sources.aqs_reply import DAILY_DATA, MONITORS, SLICE, UnknownShape, read_reply, to_frame

MONITOR = {"state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101",
           "poc": 3, "latitude": 34.06659, "longitude": -118.22688}  # fmt: skip


def frame(body, service=DAILY_DATA):
    return to_frame(read_reply(json.dumps(body).encode()), service)


@pytest.mark.parametrize(
    ("path", "service", "rows", "fields"),
    [
        ("bycbsa/aqs/dailyData/byCBSA-18c785.json", DAILY_DATA, 4, 32),
        ("byco/aqs/dailyData/byCounty-0cf2da.json", DAILY_DATA, 750, 32),
        ("bysite/aqs/dailyData/bySite-b261b2.json", DAILY_DATA, 4, 32),
        ("bycbsa/aqs/monitors/byCBSA-f0a9d7.json", MONITORS, 2, 41),
        ("byco/aqs/monitors/byCounty-5d5d06.json", MONITORS, 16, 41),
    ],
)
def test_recorded_replies_parse(shared_data, path, service, rows, fields):
    body = json.loads((shared_data / "recorded" / path).read_text())
    table = frame(body, service)
    assert table.shape == (rows, fields)
    assert set(table.columns) == set(body["Data"][0])


def test_a_recorded_row_keeps_each_value(shared_data):
    text = (shared_data / "recorded/bycbsa/aqs/dailyData/byCBSA-18c785.json").read_text()
    body = json.loads(text)
    body["Data"] = body["Data"][2:3]
    (expected,) = body["Data"]
    days = {name: pd.Timestamp(expected[name]) for name in ("date_local", "date_of_last_change")}
    assert frame(body).to_dict("records") == [expected | days]


def test_types_are_those_of_the_fields(envelope, daily_row):
    types = frame(envelope([daily_row()])).dtypes.astype(str)
    assert types[["state_code", "pollutant_standard", "method_code", "cbsa"]].tolist() == ["str"] * 4
    assert types["poc"] == "int64"
    assert types[["arithmetic_mean", "latitude", "observation_count", "aqi"]].tolist() == ["float64"] * 4
    assert types[["date_local", "date_of_last_change"]].tolist() == ["datetime64[us]"] * 2


def test_an_empty_reply_has_the_types_of_a_full_one(envelope, daily_row):
    empty = frame(envelope([], status="No data matched your selection"))
    assert len(empty) == 0
    assert empty.dtypes.equals(frame(envelope([daily_row()])).dtypes)


def test_a_reply_of_nulls_has_the_types_of_a_full_one(envelope, daily_row):
    nulls = dict.fromkeys(["pollutant_standard", "aqi", "arithmetic_mean", "date_of_last_change", "city"])
    table = frame(envelope([daily_row(**nulls)]))
    assert table[list(nulls)].isna().all(axis=None)
    assert table.dtypes.equals(frame(envelope([daily_row()])).dtypes)


def test_codes_keep_their_zeros(envelope, daily_row):
    row = frame(envelope([daily_row(state_code="06", site_number="0002", method_code="000")])).iloc[0]
    assert (row["state_code"], row["site_number"], row["method_code"]) == ("06", "0002", "000")


def test_numbers_given_as_text_or_null_are_numbers(envelope, daily_row):
    rows = [daily_row(arithmetic_mean=value, poc="3") for value in ("9.10", None, 7, 0.5)]
    table = frame(envelope(rows))
    assert table["arithmetic_mean"].fillna(-1).tolist() == [9.1, -1, 7, 0.5]
    assert table["poc"].tolist() == [3] * 4


def test_a_reply_of_many_slices_is_one_table(envelope, daily_row):
    days = pd.date_range("2017-01-01", periods=2 * SLICE + 1)
    rows = [daily_row(date_local=str(day.date()), city=f"City {day.month}", aqi=day.day) for day in days]
    table = frame(envelope(rows[::-1]))
    assert table["date_local"].tolist() == days.tolist()
    assert table["city"].tolist() == [f"City {day.month}" for day in days]
    assert table["aqi"].tolist() == [float(day.day) for day in days]
    with pytest.raises(UnknownShape, match=r"lacks the field poc$"):
        frame(envelope([*rows, daily_row(without="poc")]))


def test_negative_values_are_kept(envelope, daily_row):
    assert frame(envelope([daily_row(arithmetic_mean=-0.4)]))["arithmetic_mean"].tolist() == [-0.4]


def test_a_day_with_a_time_is_its_midnight(envelope, daily_row):
    row = daily_row(date_of_last_change="2024-05-22 16:45:01")
    assert frame(envelope([row]))["date_of_last_change"].tolist() == [pd.Timestamp("2024-05-22")]


def test_fields_that_are_not_known_are_left_out(envelope, daily_row):
    row = daily_row(new_field="x", nested={"key": "value"})
    assert frame(envelope([row])).columns.tolist() == list(DAILY_DATA.fields)


@pytest.mark.parametrize("field", sorted(set(DAILY_DATA.fields) - DAILY_DATA.optional))
def test_a_row_that_lacks_a_field_is_refused_by_its_name(envelope, daily_row, field):
    with pytest.raises(UnknownShape, match=f"lacks the field {field}$"):
        frame(envelope([daily_row(), daily_row(without=field)]))


@pytest.mark.parametrize("field", sorted(DAILY_DATA.optional))
def test_a_field_that_only_describes_may_be_missing(envelope, daily_row, field):
    assert frame(envelope([daily_row(without=field)]))[field].isna().all()


def test_the_value_its_unit_and_its_revision_are_not_optional():
    assert not DAILY_DATA.optional & {
        "arithmetic_mean", "first_max_value", "units_of_measure", "date_of_last_change", "cbsa_code"
    }  # fmt: skip


@pytest.mark.parametrize("field", ["state_code", "site_number", "parameter_code", "poc", "date_local"])
def test_a_row_that_nobody_can_place_is_refused(envelope, daily_row, field):
    with pytest.raises(UnknownShape, match=f"the field {field} is empty"):
        frame(envelope([daily_row(**{field: None})]))


@pytest.mark.parametrize(
    ("field", "value", "meaning"),
    [
        ("arithmetic_mean", "high", "number"),
        ("latitude", [1], "number"),
        ("poc", 1.5, "whole number"),
        ("poc", "one", "whole number"),
        ("date_local", "01/31/2020", "date"),
        ("date_local", "2020-02-30", "date"),
        ("date_local", 20200131, "date"),
        ("state_code", 6, "text"),
    ],
)
def test_a_field_of_another_kind_is_refused_by_its_name(envelope, daily_row, field, value, meaning):
    with pytest.raises(UnknownShape, match=f"the field {field} does not hold a {meaning}"):
        frame(envelope([daily_row(**{field: value})]))


@pytest.mark.parametrize("data", [None, {"rows": []}, "rows", 7, ["row"], [1, 2], [None], [[]]])
def test_data_that_is_no_list_of_rows_is_refused(envelope, data):
    with pytest.raises(UnknownShape):
        frame(envelope(data))


@pytest.mark.parametrize("body", [[], "text", 7, None, {}, {"Header": {}}, {"Header": []}, {"Header": ["Success"]}])
def test_a_reply_without_a_header_has_no_status(body):
    assert read_reply(json.dumps(body).encode()).status == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"Header": [{"status": "Success"}], "Data": [{"state_code": "0',
        b'{"Data": [{"poc": 01}]}',
        b'{"Data": [{"poc": 1 "aqi": 2}]}',
        b"[1, 2",
        b'{"Data": 7,',
    ],
)
def test_a_reply_that_is_cut_or_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"truncated|malformed"):
        read_reply(body)


@pytest.mark.parametrize(("error", "told"), [(["a", "b"], "a; b"), ("a", "a"), ([], "")])
def test_the_reasons_of_a_refusal_are_read(envelope, error, told):
    assert read_reply(json.dumps(envelope(status="Failed", error=error)).encode()).errors == told


def test_rows_are_sorted_by_the_key_whatever_the_order_of_the_reply(envelope, daily_row):
    rows = [
        daily_row(date_local="2020-02-01"),
        daily_row(poc=3),
        daily_row(pollutant_standard=None, sample_duration_code="1"),
        daily_row(),
    ]
    table = frame(envelope(rows))
    assert table[["poc", "sample_duration_code"]].to_numpy().tolist() == [
        [1, "1"],
        [1, "7"],
        [1, "7"],
        [3, "7"],
    ]
    pd.testing.assert_frame_equal(table, frame(envelope(rows[::-1])))


def test_a_monitor_needs_only_its_ids_and_place(envelope):
    table = frame(envelope([MONITOR]), MONITORS)
    assert table.shape == (1, 41)
    assert table.loc[0, ["state_code", "poc", "latitude"]].tolist() == ["06", 3, 34.06659]
    assert table[["naaqs_primary_monitor", "close_date", "elevation"]].isna().all(axis=None)


@pytest.mark.parametrize("field", sorted(MONITOR))
def test_a_monitor_that_lacks_its_ids_or_place_is_refused(envelope, field):
    with pytest.raises(UnknownShape, match=f"lacks the field {field}$"):
        frame(envelope([{name: value for name, value in MONITOR.items() if name != field}]), MONITORS)
