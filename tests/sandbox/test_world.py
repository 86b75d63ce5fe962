"""A day of the sandbox depends on the seed and the day, and on nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import airwatch
from airwatch.sandbox import SANDBOX_CBSA, World
from airwatch.sandbox.rows import FIELDS

CODES = ["88101", "44201", "62101"]
WORLD = World(20)
WHOLE = WORLD.daily(CODES, date(2019, 1, 1), date(2021, 12, 31))
DIGEST = """
import hashlib, sys
from datetime import date
from airwatch.sandbox import World
rows = World(20).daily(["88101", "44201", "62101"], date(2020, 12, 20), date(2021, 1, 10))
sys.stdout.write(hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest())
"""


def between(rows, first, last):
    return rows[rows["date_local"].between(first.isoformat(), last.isoformat())].reset_index(drop=True)


@settings(max_examples=25)
@given(st.dates(date(2019, 1, 1), date(2021, 12, 1)), st.integers(0, 40), st.sampled_from(CODES))
def test_the_rows_of_a_day_do_not_depend_on_the_span_asked_for(first, days, code):
    last = min(first + timedelta(days=days), date(2021, 12, 31))
    asked = World(20).daily([code], first, last)
    expected = between(WHOLE[WHOLE["parameter_code"] == code], first, last)
    assert_frame_equal(asked, expected, check_dtype=False)


def test_the_rows_do_not_depend_on_what_was_asked_before():
    day = date(2020, 7, 1)
    busy = World(20)
    for year in (2030, 1995, 2021, 2019):
        busy.daily(["44201"], date(year, 1, 1), date(year, 12, 31))
    assert_frame_equal(busy.daily(["44201"], day, day), World(20).daily(["44201"], day, day))


def test_another_process_with_another_hash_seed_makes_the_same_rows():
    rows = WORLD.daily(CODES, date(2020, 12, 20), date(2021, 1, 10))
    here = hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
    source = os.path.dirname(os.path.dirname(airwatch.__file__))  # noqa: PTH120
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": source}
    there = subprocess.run([sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True)
    assert there.stdout == here


def test_another_seed_is_another_world():
    day = date(2020, 7, 1)
    mine, other = (World(seed).daily(["44201"], day, day)["arithmetic_mean"] for seed in (20, 21))
    assert not np.array_equal(mine.to_numpy()[:20], other.to_numpy()[:20])


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed is -1"):
        World(-1)


@pytest.mark.parametrize("code", ["88101", "44201"])
def test_new_years_day_follows_from_new_years_eve_as_any_day_from_the_one_before(code):
    # The log of the network's mean on 1 January against 31 December, over 60 years, and on 16 against 15 January.
    years = [WORLD.readings(code, year) for year in range(2000, 2061)]
    logs = [np.log(r.daily[:, :20].mean(axis=1)) for r in years]
    across = np.corrcoef([x[-1] for x in logs[:-1]], [x[0] for x in logs[1:]])[0, 1]
    within = np.corrcoef([x[14] for x in logs], [x[15] for x in logs])[0, 1]
    assert across > 0.3
    assert across == pytest.approx(within, abs=0.35)  # a correlation of 60 pairs is uncertain by 0.1 to 0.15


@pytest.mark.parametrize(
    ("day", "has_rows"), [("1989-12-31", False), ("1990-01-01", True), ("2100-12-31", True), ("2101-01-01", False)]
)
def test_every_day_from_1990_to_2100_has_rows_and_no_other(day, has_rows):
    rows = WORLD.daily(["44201"], date.fromisoformat(day), date.fromisoformat(day))
    assert (len(rows) > 0) == has_rows
    assert list(rows.columns) == list(FIELDS)


def test_february_29_is_a_day():
    rows = WORLD.daily(["44201"], date(2024, 2, 28), date(2024, 3, 1))
    assert sorted(set(rows["date_local"])) == ["2024-02-28", "2024-02-29", "2024-03-01"]


def test_the_window_of_last_change_selects_rows_and_leaves_them_as_they_are():
    year = date(2020, 1, 1), date(2020, 12, 31)
    everything = WORLD.daily(["44201"], *year)
    changed = WORLD.daily(["44201"], *year, changed=(date(2020, 9, 1), date(2020, 9, 30)))
    expected = everything[everything["date_of_last_change"].between("2020-09-01", "2020-09-30")]
    assert_frame_equal(changed, expected.reset_index(drop=True), check_dtype=False)
    assert (changed["date_local"] < "2020-07-01").any()
    assert len(changed) < len(everything) / 4


def test_an_unmeasured_code_has_no_rows_and_does_not_disturb_the_others():
    span = date(2020, 1, 1), date(2020, 1, 3)
    assert len(WORLD.daily(["99999"], *span)) == 0
    assert_frame_equal(WORLD.daily(["99999", "44201"], *span), WORLD.daily(["44201"], *span))


def test_where_chooses_sites():
    day = date(2020, 7, 1)
    rows = WORLD.daily(["44201"], day, day, where=lambda site: site.cbsa == SANDBOX_CBSA)
    assert set(rows["cbsa_code"]) == {SANDBOX_CBSA}
    assert {m.site.county for m in WORLD.monitors(["44201"], where=lambda site: site.county == "005")} == {"005"}


def test_tomorrows_pm25_is_forecast_better_than_by_persistence_from_yesterday_and_the_season():
    # Least squares on the log of today and of the season, fitted on three years, against persistence on the next three.
    block = WORLD.daily(
        ["88101"], date(2014, 1, 1), date(2019, 12, 31), where=lambda s: s.name == "Sandbox Mesa Centre"
    )
    block = block[(block["pollutant_standard"] == "PM25 24-hour 2024") & (block["event_type"] != "Events Excluded")]
    days = pd.Series(block["arithmetic_mean"].to_numpy(float), pd.to_datetime(block["date_local"])).asfreq("D")
    angle = 2 * np.pi * days.index.dayofyear.to_numpy() / 365.25
    log = np.log(days.clip(lower=0.5))
    table = pd.DataFrame({"one": 1.0, "today": log, "week": log.rolling(7, min_periods=3).mean()})
    table[["sin", "cos", "sin2", "cos2"]] = np.column_stack(
        [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]
    )
    table["tomorrow"], table["observed"], table["persistence"] = log.shift(-1), days.shift(-1), days
    table = table.dropna()
    train, test = table[table.index < "2017"], table[table.index >= "2017"]
    inputs = ["one", "today", "week", "sin", "cos", "sin2", "cos2"]
    weights, *_ = np.linalg.lstsq(train[inputs], train["tomorrow"], rcond=None)
    spread = (train["tomorrow"] - train[inputs] @ weights).var()
    forecast = np.exp(test[inputs] @ weights + spread / 2)
    skill = 1 - ((forecast - test["observed"]) ** 2).sum() / ((test["persistence"] - test["observed"]) ** 2).sum()
    assert 0.05 < skill < 0.4
