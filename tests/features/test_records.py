import numpy as np
import pandas as pd
import pytest

from airwatch.features.records import EPOCH, collect, days_since_epoch
from builders import build_days

LAST = pd.Timestamp("2023-01-03")


def collected(*frames, names=("pm25", "ozone"), last=LAST, threads=1):
    """By parameter, what was kept as (site id, day of January, value)."""
    collector = collect(frames, names, last, threads)
    ids = list(collector.sites)
    first = int((np.datetime64("2023-01-01") - EPOCH).astype(int)) - 1
    return {
        name: [
            (ids[site], int(day) - first, float(value))
            for kept in parts
            for site, day, value in zip(*columns(kept), strict=True)
        ]
        for name, parts in collector.records.items()
    }


def columns(kept):
    return kept.site, kept.day, kept.value


def test_observations_are_kept_by_parameter_in_the_order_in_which_they_come():
    ozone = build_days(1, site="06-037-0002", pollutant="ozone", values=0.5)
    mixed = pd.concat([build_days(2, site="06-037-0009"), ozone, build_days(1, site="06-037-0002", values=7)])
    assert collected(mixed) == {
        "pm25": [("06-037-0009", 1, 1.0), ("06-037-0009", 2, 2.0), ("06-037-0002", 1, 7.0)],
        "ozone": [("06-037-0002", 1, 0.5)],
    }


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_threads_keep_the_same(threads):
    random = np.random.default_rng(3)
    days = pd.concat([build_days(9, site=f"06-037-000{n}", pollutant=p) for n in (3, 1, 2) for p in ("ozone", "pm25")])
    days["value"] = days["value"].where(random.random(len(days)) > 0.2)
    for frame in (days, days.iloc[random.permutation(len(days))]):
        assert collected(frame, last=pd.Timestamp("2023-01-07"), threads=threads) == collected(
            frame, last=pd.Timestamp("2023-01-07")
        )


def test_a_site_is_the_same_in_every_frame():
    frames = [build_days(1, site=site) for site in ("b", "a")]
    later = build_days(1, start="2023-01-02", site="a", values=5)
    assert collected(*frames, later)["pm25"] == [("b", 1, 1.0), ("a", 1, 1.0), ("a", 2, 5.0)]


def test_parameters_that_are_not_wanted_days_after_the_last_and_missing_values_are_left_out():
    days = build_days(5, values=[1, np.nan, 3, 4, 5])
    radon = build_days(2, pollutant="radon", site="06-037-0001")
    assert collected(pd.concat([radon, days])) == {"pm25": [("06-037-1103", 1, 1.0), ("06-037-1103", 3, 3.0)]}


@pytest.mark.parametrize(
    "days",
    [
        build_days(0),
        build_days(3, start="2023-01-04"),
        build_days(3, values=np.nan),
    ],
    ids=["no row", "all after the last day", "all missing"],
)
def test_a_parameter_of_which_nothing_is_kept_is_none(days):
    assert collected(days) == {}


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_texts_may_be_of_any_kind(dtype):
    days = pd.concat([build_days(1, site="06-037-0002"), build_days(1, site="06-037-0001", pollutant="ozone")])
    typed = days.astype({"site_id": dtype, "pollutant": dtype})
    assert collected(typed) == collected(days)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_days_are_counted_from_1970(unit):
    dates = pd.Series(pd.to_datetime(["1969-12-31", "1970-01-02", "2023-01-01"]).as_unit(unit))
    assert days_since_epoch(dates).tolist() == [-1, 1, 19_358]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_day_lasts_to_its_last_tick(unit):
    tick = pd.Timedelta(1, unit)
    dates = [pd.Timestamp(text).as_unit(unit) for text in ("1850-03-01", "1970-01-01", "2026-11-22", "2200-01-01")]
    days = days_since_epoch(pd.Series([*dates, *(date - tick for date in dates)]))
    assert (days[: len(dates)] - days[len(dates) :]).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("dtype", ["category", "str", "object"])
@pytest.mark.parametrize("column", ["site_id", "pollutant"])
def test_a_row_without_its_site_or_parameter_is_nobody_s(column, dtype):
    rows = build_days(3)
    rows[column] = rows[column].astype(object).where([True, False, True], None).astype(dtype)
    assert collected(rows) == {"pm25": [("06-037-1103", 1, 1.0), ("06-037-1103", 3, 3.0)]}
