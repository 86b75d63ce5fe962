"""Without pages the numbers are the same, and Evidently, which takes seconds, is left alone."""

import numpy as np
import pytest

from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.regression import report_regression
from builders import build_days, build_run
from builders_changes import build_smoke
from builders_monitoring import build_matured, build_monitoring_params, origins

COLUMNS = ["value_lag_00", "value_mean_07"]


def of_drift(pages):
    """Five years of which the last 60 days read half too high."""
    values = np.random.default_rng(1).normal(20, 1, 1826)
    values[-60:] *= 1.5
    days = build_days(1826, start="2019-01-01").assign(value=values)
    rows = days.rename(columns={"date_local": "origin_date"})[["site_id", "pollutant", "origin_date"]]
    features = rows.assign(**{name: days["value"].astype("float32") for name in COLUMNS})
    params = build_monitoring_params(pages=pages, drift={"columns": COLUMNS, "min_rows": 20})
    page, document = report_drift(features, days, build_smoke(), build_run(), params)
    return page, document["pollutants"]["pm25"]["columns"]


def test_drift_is_measured_the_same_without_a_page():
    (page, found), (none, plain) = of_drift("all"), of_drift("none")
    assert (len(page) > 1000, none) == (True, "")
    for name in COLUMNS:
        assert plain[name]["distance"] == pytest.approx(found[name]["distance"], rel=1e-6)
        assert plain[name]["drifted"] is found[name]["drifted"] is True


def test_errors_are_measured_the_same_without_a_page():
    matured = build_matured(origins(40), observed=[9.0, 12.0] * 20, mean=[10.0, 11.0, 12.0, 13.0] * 10)
    pages = [report_regression(matured, build_run(), build_monitoring_params(pages=pages)) for pages in ("all", "none")]
    assert [len(page) > 1000 for page, _ in pages] == [True, False]
    assert pages[0][1]["pollutants"] == pages[1][1]["pollutants"]
