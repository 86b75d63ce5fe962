from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airwatch.domain.transforms import transform
from airwatch.forecasting.baselines import Persistence
from airwatch.forecasting.calibrated import FORECAST_COLUMNS, QUANTILE_COLUMNS, CalibratedModel
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.ranks import EDGES, Levels

LOG, IDENTITY = transform("log1p"), transform("identity")
EVEN = np.linspace(-1.0, 1.0, 201)[:, np.newaxis]  # its quantile at level p is 2 p - 1


@dataclass
class Line:
    """Predicts the newest value in the working unit at every lead, as least squares do: no mean."""

    kind: object
    leads: int = 1
    name: str = "line"
    predicts_mean: bool = False

    def predict(self, features):
        return np.repeat(self.kind.forward(features[["value_last"]].to_numpy(float)), self.leads, axis=1)


@dataclass
class Wide:
    """A spread of so much at every row."""

    size: float

    def predict(self, features):
        return np.full((len(features), 1), self.size)


def rows(*values: float) -> pd.DataFrame:
    origins = pd.date_range("2023-01-01", periods=len(values), freq="D")
    keys = pd.DataFrame({"site_id": "06-037-0001", "pollutant": "pm25", "origin_date": origins})
    return keys.assign(value_last=np.array(values), value_lag_00=np.array(values))


def calibrated(model=None, spread=None, kind=IDENTITY, residuals=EVEN, highest=1e9) -> CalibratedModel:
    return CalibratedModel(model or Line(kind), spread, ResidualDistribution.fit(residuals), kind, highest)


def quantiles(forecasts: pd.DataFrame) -> np.ndarray:
    return forecasts[list(QUANTILE_COLUMNS)].to_numpy()


def test_the_quantiles_are_the_prediction_and_so_many_spreads_as_the_residuals_had():
    table = calibrated(spread=Wide(4.0)).forecast(rows(10.0), "pm25")
    np.testing.assert_allclose(quantiles(table), [[6.4, 6.8, 8.0, 10.0, 12.0, 13.2, 13.6]])
    assert table["mean"].tolist() == pytest.approx([10.0])


def test_without_a_spread_residuals_are_in_the_working_unit():
    table = calibrated(kind=LOG).forecast(rows(10.0), "pm25")
    np.testing.assert_allclose(quantiles(table)[0, [0, 3, 6]], 11.0 * np.exp([-0.9, 0.0, 0.9]) - 1.0)


def test_quantiles_are_never_negative():
    np.testing.assert_allclose(quantiles(calibrated().forecast(rows(0.5), "pm25")), [[0, 0, 0, 0.5, 1.0, 1.3, 1.4]])


def test_nothing_is_forecast_above_the_highest():
    table = calibrated(highest=10.0).forecast(rows(10.0), "pm25")
    np.testing.assert_allclose(quantiles(table), [[9.1, 9.2, 9.5, 10.0, 10.0, 10.0, 10.0]])
    assert table["mean"].tolist() == pytest.approx([9.75], rel=1e-3)  # 9.5 and 10 by halves
    persistent = calibrated(Persistence(IDENTITY).fit(rows(1.0), np.ones((1, 1))), highest=10.0)
    assert persistent.forecast(rows(40.0), "pm25")["mean"].tolist() == [10.0]


def test_a_prediction_that_is_a_mean_stays_one_and_another_takes_it_from_the_residuals():
    shifted = EVEN + 1.0
    persistent = calibrated(Persistence(IDENTITY).fit(rows(1.0), np.ones((1, 1))), residuals=shifted)
    means = [model.forecast(rows(40.0), "pm25")["mean"][0] for model in (persistent, calibrated(residuals=shifted))]
    assert means == pytest.approx([40.0, 41.0])


def test_chances_are_those_of_reaching_the_breakpoints_of_2024():
    chances = calibrated(spread=Wide(10.0)).forecast(rows(40.0), "pm25").filter(like="p_aqi").to_numpy()[0]
    # Even on 30 to 50: all above 9.0, (50 - 35.5) / 20 above 35.4, none above 55.4.
    assert chances.tolist() == pytest.approx([1.0, 0.725, 0.0])


def test_recent_errors_move_quantiles_and_chances_by_their_levels_and_the_mean_by_its_ratio():
    # All of the distribution that is left is its upper half: even on 40 to 50.
    upper = Levels(np.array([[[0, 0, 0, 0, 0, 0.5, 0.8, 0.9, 1.0]]]), np.zeros(1, dtype=np.intp))
    table = calibrated(spread=Wide(10.0)).forecast(rows(40.0), "pm25", upper, np.array([[1.1]]))
    np.testing.assert_allclose(quantiles(table)[0], [40.5, 41.0, 42.5, 45.0, 47.5, 49.0, 49.5])
    assert table["mean"].tolist() == pytest.approx([44.0])
    assert table["p_aqi_above_100"].tolist() == [1.0]


def test_no_ratio_takes_the_mean_above_the_highest():
    table = calibrated(highest=50.0).forecast(rows(40.0), "pm25", None, np.array([[2.0]]))
    assert table["mean"].tolist() == [50.0]


def test_a_replay_says_where_in_its_forecast_each_observation_fell_and_what_the_mean_was():
    model = calibrated(Line(IDENTITY, leads=2), Wide(4.0), residuals=np.hstack([EVEN, 2 * EVEN]))
    levels, means = model.replay(rows(10.0, 20.0), np.array([[12.0, 12.0], [np.nan, 10.0]]))
    # Two above at a spread of four is half a residual: of the one lead's 75 %, of the other's 62.5 %.
    np.testing.assert_allclose(levels, [[0.75, 0.625], [np.nan, 0.0]])
    np.testing.assert_allclose(means, [[10.0, 10.0], [20.0, 20.0]], rtol=1e-3)


def test_mean_aqi_and_category_are_those_of_the_newest_table():
    table = calibrated(residuals=np.zeros((200, 1))).forecast(rows(40.0), "pm25")
    # 2024 table: 35.5 to 55.4 is 101 to 150; 101 + 4.5 * 49 / 19.9 = 112.08.
    assert table["mean"][0] == pytest.approx(40.0)
    assert table[["aqi", "category"]].to_numpy().tolist() == [[112, "Unhealthy for Sensitive Groups"]]


def test_each_row_is_forecast_at_each_lead_in_the_order_of_the_keys():
    model = calibrated(Line(IDENTITY, leads=2), residuals=np.hstack([EVEN, EVEN]))
    table = model.forecast(rows(10.0, 20.0)[::-1], "pm25")
    assert tuple(table.columns) == FORECAST_COLUMNS
    assert table["target_date"].dt.strftime("%m-%d").tolist() == ["01-02", "01-03", "01-03", "01-04"]
    assert table[["lead_days", "q50"]].to_numpy().tolist() == [[1, 10], [2, 10], [1, 20], [2, 20]]


worths = arrays(float, (2, 8), elements=st.floats(0.01, 1))


@settings(max_examples=60)
@given(
    values=st.lists(st.floats(-5, 400), min_size=2, max_size=2),
    residuals=st.lists(st.floats(-6, 6), min_size=1, max_size=40),
    size=st.floats(0.001, 3),
    shares=worths,
)
def test_whatever_the_errors_were_the_forecast_is_a_distribution(values, residuals, size, shares):
    shares = shares / shares.sum(axis=1, keepdims=True)
    cumulative = np.minimum(np.concatenate([np.zeros((2, 1)), np.cumsum(shares, axis=1)], axis=1), 1.0)
    cumulative[:, -1] = 1.0
    levels = Levels(cumulative[:, np.newaxis], np.arange(2))
    model = calibrated(spread=Wide(size), kind=LOG, residuals=np.array(residuals)[:, np.newaxis], highest=800.0)
    table = model.forecast(rows(*values), "pm25", levels)
    assert (np.diff(quantiles(table), axis=1) >= 0).all()
    assert table[["mean", *QUANTILE_COLUMNS]].min(axis=None) >= 0
    assert table[["mean", *QUANTILE_COLUMNS]].max(axis=None) <= 800 * (1 + 1e-12)
    chances = table.filter(like="p_aqi").to_numpy()
    assert (np.diff(chances, axis=1) <= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


def test_levels_worth_what_they_say_change_nothing():
    model, given = calibrated(spread=Wide(4.0), kind=LOG), rows(10.0, 20.0)
    same = Levels(np.tile(EDGES, (1, 1, 1)), np.zeros(2, dtype=np.intp))
    pd.testing.assert_frame_equal(model.forecast(given, "pm25", same), model.forecast(given, "pm25"), check_exact=True)
