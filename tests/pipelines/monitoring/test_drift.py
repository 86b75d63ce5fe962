import json

import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.page import titled
from builders import build_days, build_run
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


def report(days, run=None, **columns):
    rows = days.rename(columns={"date_local": "origin_date"})[["site_id", "pollutant", "origin_date"]]
    given = {name: days["value"].astype(np.float32) for name in COLUMNS} | columns
    params = build_monitoring_params(drift={"columns": COLUMNS, "min_rows": 20})
    return report_drift(features=rows.assign(**given), daily_observations=days, run=run or build_run(), params=params)


def test_report_drift_does_not_take_a_season_for_drift():
    _, document = report(seasonal())
    assert document["pollutants"]["pm25"]["share_drifted"] == 0.0


def test_report_drift_finds_an_instrument_that_reads_half_too_high():
    _, document = report(seasonal(factor=1.5))
    its = document["pollutants"]["pm25"]
    assert its["share_drifted"] == 1.0
    assert its["columns"]["value_lag_00"]["distance"] > document["threshold"]


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
