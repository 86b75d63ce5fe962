import json

import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.distances import distance
from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.page import titled
from builders import SITE, build_days, build_run
from builders_changes import build_smoke
from builders_monitoring import build_monitoring_params

COLUMNS = ["value_lag_00", "value_mean_07"]


def seasonal(factor=1.0, pollutant="pm25"):
    """Five years of a strong season; the last 60 days times ``factor``."""
    days = build_days(1826, start="2019-01-01", pollutant=pollutant)
    number = np.arange(1826)
    noise = np.random.default_rng(1).normal(0, 1, 1826)
    values = 20 + 10 * np.cos(2 * np.pi * number / 365.25) + noise
    values[-60:] *= factor
    return days.assign(value=values)


def report(days, run=None, smoke=None, **columns):
    rows = days.rename(columns={"date_local": "origin_date"})[["site_id", "pollutant", "origin_date"]]
    given = {name: days["value"].astype(np.float32) for name in COLUMNS} | columns
    params = build_monitoring_params(drift={"columns": COLUMNS, "min_rows": 20})
    return report_drift(
        features=rows.assign(**given),
        daily_observations=days,
        smoke_days=build_smoke() if smoke is None else smoke,
        run=run or build_run(),
        params=params,
    )


def test_report_drift_does_not_take_a_season_for_drift():
    _, document = report(seasonal())
    assert document["pollutants"]["pm25"]["share_drifted"] == 0.0


def test_report_drift_finds_an_instrument_that_reads_half_too_high():
    _, document = report(seasonal(factor=1.5))
    its = document["pollutants"]["pm25"]
    assert its["share_drifted"] == 1.0
    assert its["columns"]["value_lag_00"]["distance"] > document["threshold"]


def test_report_drift_measures_as_evidently_does():
    days = seasonal(factor=1.2)
    _, document = report(days)
    back = [round(365.25 * year) for year in range(1, 5)]
    number = np.arange(1826)
    then = np.any([(number >= 1826 - 60 - b - 7) & (number < 1826 - b + 7) for b in back], axis=0)
    current, reference = days["value"].iloc[-60:], days["value"][then & (number < 1826 - 60)]
    found = document["pollutants"]["pm25"]["columns"]["value_lag_00"]["distance"]
    assert found == pytest.approx(distance(current, reference), rel=1e-6)


def test_report_drift_leaves_smoke_out_and_says_how_much():
    last = pd.date_range(end="2023-12-31", periods=40, freq="D")
    smoke = build_smoke(SITE, *(f"{day:%Y-%m-%d}" for day in last))
    days = seasonal()
    smoky = days.assign(value=days["value"].where(~days["date_local"].isin(last), 10 * days["value"]))
    page, document = report(smoky, smoke=smoke)
    its = document["pollutants"]["pm25"]
    assert (its["share_drifted"], its["rows"]["current"], its["smoky_rows"]) == (
        0.0,
        20,
        {"current": 40, "reference": 0},
    )
    assert "for smoke 40 and 0 more are left out." in page


def test_what_an_earlier_year_did_another_may_do():
    # One of the four earlier years was as far from the others as this one is from all of them.
    days = seasonal(factor=1.5)
    wild = (days["date_local"] > "2021-10-20") & (days["date_local"] < "2022-01-10")
    assert report(days)[1]["pollutants"]["pm25"]["share_drifted"] == 1.0
    _, document = report(days.assign(value=days["value"].where(~wild, 1.6 * days["value"])))
    its = document["pollutants"]["pm25"]
    assert its["share_drifted"] == 0.0
    assert its["columns"]["value_lag_00"]["limit"] > document["threshold"]


def test_report_drift_names_what_it_left_out_and_compares_the_rest():
    page, document = report(seasonal(), value_mean_07=np.float32("nan"))
    its = document["pollutants"]["pm25"]
    assert (list(its["columns"]), list(its["left_out"])) == (["value_lag_00"], ["value_mean_07"])
    assert "PM2.5 value_mean_07: left out, 0 values now" in page


def test_report_drift_keeps_pollutants_apart():
    days = pd.concat([seasonal(), seasonal(factor=1.5, pollutant="ozone").iloc[5:]], ignore_index=True)
    _, document = report(days, run=build_run(pollutants=("pm25", "ozone")))
    shares = {name: its["share_drifted"] for name, its in document["pollutants"].items()}
    assert shares == {"pm25": 0.0, "ozone": 1.0}


def test_report_drift_of_a_pollutant_without_data_does_not_stop_the_others():
    page, document = report(seasonal(), run=build_run(pollutants=("pm25", "ozone")))
    assert document["pollutants"]["ozone"] | {"left_out": {}} == {
        "reason_not": "no observation",
        "first_day": None,
        "last_day": None,
        "sites": 0,
        "rows": {"current": 0, "reference": 0},
        "smoky_rows": {"current": 0, "reference": 0},
        "sampled": False,
        "columns": {},
        "left_out": {},
        "share_drifted": None,
    }
    assert "Ozone: not compared, no observation." in page


@pytest.mark.parametrize("days", [seasonal().iloc[:0], seasonal().iloc[-90:]])
def test_report_drift_with_nothing_to_compare_is_a_page_that_says_so(days):
    page, document = report(days)
    assert "PM2.5: not compared" in page
    assert document["pollutants"]["pm25"]["share_drifted"] is None


def test_report_drift_is_a_page_under_ten_megabytes_and_strict_json():
    page, document = report(seasonal())
    assert 1_000_000 < len(page.encode()) < 10_000_000
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_report_drift_marks_the_sandbox():
    page, _ = report(seasonal().iloc[:0])
    assert f"<h1>{titled('Features against the same weeks of earlier years', build_run())}</h1>" in page
    assert "(sandbox: simulated data)" in page
