"""The table of scores, worked by hand, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest

from airwatch.scores import QUANTILES
from benchmarks.skill.evaluate import BadForecasts, comparison_table, judge, skill_table

SPREAD = {"q05": -8.0, "q10": -4.0, "q25": -1.0, "q50": 0.0, "q75": 1.0, "q90": 4.0, "q95": 8.0}


def rows_to_score(observed, persistence=None, dates=None, lead=1):
    """One site, a day each."""
    dates = pd.date_range("2020-01-01", periods=len(observed)) if dates is None else pd.to_datetime(dates)
    return pd.DataFrame(
        {
            "site_id": "06-037-0004",
            "origin_date": dates,
            "lead_days": lead,
            "observed": observed,
            "persistence": observed if persistence is None else persistence,
        }
    )


def said(rows, mean, chance=0.0, warning=False):
    """A mean, quantiles around it at the distances of ``SPREAD``, and chances."""
    mean = np.asarray(mean, dtype=float)
    keys = rows[["site_id", "origin_date", "lead_days"]]
    quantiles = {name: mean + SPREAD[name] for name in QUANTILES}
    chances = {"p_aqi_above_50": chance, "p_aqi_above_100": chance}
    return keys.assign(mean=mean, **quantiles, **chances, warning_100=warning)


def scores_of(rows, forecast, year="all"):
    table = skill_table(judge("pm25", rows, {"one": forecast}))
    return table[table["year"] == year].iloc[0]


def test_errors_intervals_and_bias_of_four_days():
    rows = rows_to_score([10.0, 10.5, 14.0, 25.5], persistence=[12.0, 10.0, 10.0, 14.0])
    scores = scores_of(rows, said(rows, [10.0] * 4))
    # Errors 0, 0.5, 4 and 15.5 squared are 0, 0.25, 16 and 240.25, together 256.5.
    assert scores["rmse"] == pytest.approx(math.sqrt(256.5 / 4))
    assert scores["bias"] == pytest.approx((40.0 - 60.0) / 60.0)
    # 10 ± 1 holds two, ± 4 three (its end among them), ± 8 three.
    assert scores[["coverage_50", "coverage_80", "coverage_90"]].tolist() == [0.5, 0.75, 0.75]
    assert scores["width_80"] == 8.0
    # Of persistence: 2² + 0.5² + 4² + 11.5² = 152.5.
    assert scores["skill_persistence"] == pytest.approx(1.0 - 256.5 / 152.5)
    assert scores[["n", "sites", "origins"]].tolist() == [4, 1, 4]


def test_crps_is_twice_the_mean_pinball_loss_of_seven_quantiles():
    rows = rows_to_score([10.0])
    # Below the median the quantile lies 8, 4 and 1 short, at 5, 10 and 25 %: 0.4 + 0.4 + 0.25, and above as much.
    assert scores_of(rows, said(rows, [10.0]))["crps"] == pytest.approx(2.0 * 2.1 / 7.0)


def test_the_worst_tenth_is_that_of_a_lead_over_all_years():
    days = [*pd.date_range("2020-01-01", periods=10), *pd.date_range("2021-01-01", periods=10)]
    rows = rows_to_score([*[1.0] * 8, 30.0, 40.0, *[1.0] * 10], dates=days)
    table = skill_table(judge("pm25", rows, {"one": said(rows, [*[1.0] * 8, 30.0, 1.0, *[1.0] * 10])}))
    by_year = table.set_index("year")["coverage_80_worst_tenth"]
    assert by_year["all"] == 0.5
    assert by_year["2020"] == 0.5
    assert math.isnan(by_year["2021"])


def test_each_year_is_that_of_the_origin():
    rows = rows_to_score([10.0, 20.0], dates=["2020-12-31", "2021-01-01"])
    forecast = said(rows, [10.0, 10.0])
    assert scores_of(rows, forecast, "2020")["rmse"] == 0.0
    assert scores_of(rows, forecast, "2021")["rmse"] == 10.0


def test_a_brier_skill_is_against_the_share_of_the_same_days():
    # Above 9.0 is AQI above 50: one day of four. The share alone: (3 · 0.25² + 0.75²) / 4 = 0.1875.
    rows = rows_to_score([5.0, 6.0, 9.0, 9.1])
    forecast = said(rows, [5.0] * 4, chance=[0.0, 0.0, 0.5, 0.5])
    scores = scores_of(rows, forecast)
    assert scores["above_50"] == 1
    assert scores["brier_skill_50"] == pytest.approx(1.0 - (0.25 + 0.25) / 4 / 0.1875)
    assert math.isnan(scores["brier_skill_100"])


def test_csi_is_of_the_warnings_and_beside_it_of_the_mean():
    # Above 35.4 is AQI above 100: the last two days. Warned are the first and the third: a hit, a miss, a false alarm.
    rows = rows_to_score([20.0, 35.4, 35.5, 60.0])
    scores = scores_of(rows, said(rows, [10.0, 10.0, 10.0, 50.0], warning=[True, False, True, False]))
    assert scores["csi_100"] == pytest.approx(1 / 3)
    assert scores["csi_100_mean"] == pytest.approx(1 / 2)


def test_all_methods_are_scored_on_the_rows_that_each_has_forecast():
    rows = rows_to_score([10.0] * 100)
    whole, lacking = said(rows, [10.0] * 99 + [60.0]), said(rows, [10.0] * 100).iloc[:99]
    judged = judge("pm25", rows, {"whole": whole, "lacking": lacking})
    assert judged.shares == {"whole": 1.0, "lacking": 0.99}
    assert skill_table(judged)["n"].tolist() == [99, 99, 99, 99]
    assert (skill_table(judged)["rmse"] == 0.0).all()


def test_forecasts_in_another_order_score_the_same():
    rows = rows_to_score([10.0, 20.0, 40.0])
    forecast = said(rows, [11.0, 19.0, 30.0])
    pd.testing.assert_series_equal(scores_of(rows, forecast), scores_of(rows, forecast.iloc[::-1]))


def test_a_method_that_leaves_out_more_than_two_percent_is_refused():
    rows = rows_to_score([10.0] * 100)
    with pytest.raises(BadForecasts, match=r"peer forecasts 97\.0% of the rows to score; 98% are asked for"):
        judge("pm25", rows, {"peer": said(rows, [10.0] * 100).iloc[:97]})


def test_a_row_that_is_forecast_twice_is_refused():
    rows = rows_to_score([10.0])
    twice = pd.concat([said(rows, [10.0])] * 2)
    with pytest.raises(BadForecasts, match="peer forecasts a site, origin and lead more than once"):
        judge("pm25", rows, {"peer": twice})


def test_quantiles_that_cross_are_refused():
    rows = rows_to_score([10.0])
    with pytest.raises(BadForecasts, match="The quantiles of peer cross"):
        judge("pm25", rows, {"peer": said(rows, [10.0]).assign(q10=30.0)})


def test_the_champion_is_compared_with_each_other_by_both_losses():
    rng = np.random.default_rng(20)
    truth = rng.gamma(4.0, 2.0, 400)
    rows = rows_to_score(truth)
    near, far = said(rows, truth + rng.normal(0.0, 1.0, 400)), said(rows, truth + rng.normal(0.0, 2.0, 400))
    table = comparison_table(judge("pm25", rows, {"airwatch": near, "peer": far}), "airwatch").set_index("loss")
    assert table["against"].tolist() == ["peer", "peer"]
    assert table.loc["squared_error", "change"] == pytest.approx(-0.75, abs=0.06)  # 1² beside 2²
    assert (table["statistic"] < 0.0).all()
    assert (table["p_value"] < 0.001).all()
