import json

import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.regression import report_regression
from builders import build_run
from builders_monitoring import build_matured, build_monitoring_params, origins


def varied(count=40, bias=0.0, **columns):
    """Matured forecasts with errors of -1 and 1 in turn, plus ``bias``; observed 10 and 20 in turn of two."""
    observed = np.tile([10.0, 10.0, 20.0, 20.0], count // 4)
    errors = np.tile([-1.0, 1.0], count // 2) + bias
    return build_matured(origins(count), observed=observed, mean=observed + errors).assign(**columns)


def report(matured, run=None, **regression):
    return report_regression(
        matured_forecasts=matured, run=run or build_run(), params=build_monitoring_params(regression=regression)
    )


def test_report_regression_gives_the_errors_of_each_lead():
    # Errors -1 + 3 and 1 + 3 in turn: mean 3, MAE 3, RMSE sqrt((4 + 16) / 2), and 3 over a mean of 15.
    _, document = report(varied(bias=3.0))
    assert document["pollutants"]["pm25"]["1"] == {
        "n": 40,
        "first_target": "2023-11-22",
        "rmse": pytest.approx(10**0.5),
        "mae": 3.0,
        "bias": 3.0,
        "nmb": 0.2,
        "left_out": "",
    }


def test_report_regression_agrees_with_evidently():
    _, document = report(varied(bias=3.0))
    [found] = [m["value"] for m in document["metrics"] if m["metric_name"].startswith("RMSE(")]
    assert found == pytest.approx(document["pollutants"]["pm25"]["1"]["rmse"])


def test_report_regression_shows_all_pollutants_on_one_page():
    matured = pd.concat([varied(), varied(20, pollutant="ozone")], ignore_index=True)
    page, document = report(matured, run=build_run(pollutants=("pm25", "ozone")), min_rows=20)
    assert len([m for m in document["metrics"] if m["metric_name"].startswith("RMSE(")]) == 2
    assert "Ozone (ppm), 1 day ahead: 20 forecasts (issued) for 2023-12-12 to 2023-12-31." in page
    assert len(page.encode()) < 10_000_000


@pytest.mark.parametrize(
    ("matured", "reason"),
    [
        (varied().iloc[:0], "no forecast has matured"),
        (varied().iloc[:29], "29 matured forecasts, 30 needed"),
        (build_matured(origins(40)), "all observations are equal"),
        (varied().assign(mean=10.0), "all forecasts are equal"),
        (varied().assign(mean=lambda rows: rows["observed"] + 0.1), "all errors are equal"),
    ],
)
def test_report_regression_says_why_it_cannot_show_forecasts(matured, reason):
    page, document = report(matured)
    assert document["pollutants"]["pm25"]["1"]["left_out"] == reason
    assert f"not shown, {reason}." in page


def test_report_regression_of_nothing_has_no_numbers():
    _, document = report(varied().iloc[:0])
    assert document["pollutants"]["pm25"]["1"]["rmse"] is None
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_report_regression_counts_all_rows_and_shows_a_sample():
    page, document = report(varied(), max_rows=35)
    assert document["pollutants"]["pm25"]["1"]["n"] == 40
    assert "a sample of 35 of which is shown" in page


def test_report_regression_shows_no_lead_beyond_the_horizon():
    _, document = report(varied(), run=build_run(horizon_days=2))
    assert list(document["pollutants"]["pm25"]) == ["1"]
