from dataclasses import replace

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.forecasting.baselines import Persistence
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.candidates import CANDIDATES, build_candidate
from airwatch.forecasting.design import MissingFeatures
from airwatch.forecasting.forecaster import (
    FORECAST_COLUMNS,
    CalibratedModel,
    TrainingSet,
    fit_forecaster,
    out_of_sample_residuals,
)
from airwatch.forecasting.transforms import transform

LOG, IDENTITY = transform("log1p"), transform("identity")
ROWS = 120
BUDGETS = {"random_forest": {"n_estimators": 5}, "xgboost": {"n_estimators": 5}}


def train(features: pd.DataFrame, targets: np.ndarray, name: str = "persistence", kind=LOG):
    rng = np.random.default_rng(9)
    residuals = rng.normal(0.0, 0.3, size=(300, targets.shape[1]))
    training = TrainingSet(features, targets, train_until=pd.Timestamp("2020-12-31"))
    candidate = build_candidate(name, BUDGETS.get(name, {}), kind, seed=20)
    return fit_forecaster(candidate, training, kind, residuals, 2.0 * residuals, recent_days=7)


@pytest.fixture(scope="module")
def features(build_features):
    return build_features(days=ROWS // 2)


@pytest.fixture(scope="module")
def targets(features, build_targets):
    return build_targets(features)


@pytest.fixture(scope="module")
def forecasters(features, targets):
    return {name: train(features, targets, name) for name in CANDIDATES}


def test_each_row_is_forecast_at_each_lead_in_the_order_of_the_keys(forecasters, features):
    forecasts = forecasters["ridge"].predict(features.iloc[[61, 5]])
    assert tuple(forecasts.columns) == FORECAST_COLUMNS
    assert forecasts["site_id"].tolist() == ["06-037-0000"] * 3 + ["06-037-0001"] * 3
    assert forecasts["lead_days"].tolist() == [1, 2, 3, 1, 2, 3]
    # Row 5 is the sixth day of 2020 at the first site, row 61 the second day at the second.
    assert forecasts["target_date"].dt.strftime("%m-%d").tolist() == [
        "01-07",
        "01-08",
        "01-09",
        "01-03",
        "01-04",
        "01-05",
    ]


@pytest.mark.parametrize("unit", ["us", "ns", "s"])
def test_the_forecast_table_has_the_types_of_its_contract(forecasters, features, unit):
    types = forecasters["ridge"].predict(features.astype({"origin_date": f"datetime64[{unit}]"})).dtypes
    assert (types[["origin_date", "target_date"]] == "datetime64[us]").all()
    assert (types[["lead_days", "aqi"]] == "int64").all()
    assert (types[["mean", "q05", "q95", "p_aqi_above_50", "p_aqi_above_150"]] == "float64").all()
    assert (types[["site_id", "pollutant", "category", "model_name"]] == "str").all()


def test_mean_aqi_and_category_of_a_persistent_40_micrograms(features, targets):
    forecaster = train(features, targets)
    forecasts = forecaster.predict(features.iloc[[0]].assign(value_lag_00=np.float32(40.0)))
    assert forecasts["mean"].tolist() == pytest.approx([40.0] * 3)
    # 2024 table: 35.5 to 55.4 is 101 to 150; 101 + 4.5 * 49 / 19.9 = 112.08.
    assert forecasts["aqi"].tolist() == [112] * 3
    assert forecasts["category"].tolist() == ["Unhealthy for Sensitive Groups"] * 3


def test_chances_are_those_of_reaching_the_breakpoints_of_2024(features, targets):
    even = np.linspace(-10.0, 10.0, 201)[:, np.newaxis]
    model = Persistence(IDENTITY).fit(features, targets[:, :1])
    calibrated = CalibratedModel.from_residuals(model, even, IDENTITY)
    row = features.iloc[[0]].assign(value_lag_00=np.float32(40.0))
    chances = calibrated.forecast(row, "pm25").filter(like="p_aqi").to_numpy()[0]
    # Even on 30 to 50: all above 9.0, (50 - 35.5) / 20 above 35.4, none above 55.4.
    assert chances.tolist() == pytest.approx([1.0, 0.725, 0.0])


def test_a_least_squares_model_is_centred_and_a_baseline_is_not(forecasters):
    shifted = np.linspace(0.0, 1.0, 201)[:, np.newaxis]
    medians = {
        name: CalibratedModel.from_residuals(forecasters[name].main.model, shifted, LOG).residuals.grid[0, 100]
        for name in ("persistence", "ridge")
    }
    assert medians == pytest.approx({"persistence": 0.5, "ridge": 0.0}, abs=1e-12)


@pytest.mark.parametrize(("age", "name"), [(0.0, "persistence"), (7.0, "persistence"), (8.0, "climatology")])
def test_a_row_whose_newest_value_is_too_old_is_left_to_climatology(features, targets, age, name):
    row = features.iloc[[3]].assign(days_since_last=np.float32(age))
    assert train(features, targets).predict(row)["model_name"].tolist() == [name] * 3


@pytest.mark.parametrize(("missing", "name"), [(21 / 28, "persistence"), (22 / 28, "climatology")])
def test_a_row_with_fewer_than_seven_of_28_days_observed_is_left_to_climatology(features, targets, missing, name):
    row = features.iloc[[3]].assign(missing_28=np.float32(missing))
    assert train(features, targets).predict(row)["model_name"].tolist() == [name] * 3


def test_the_fallback_forecasts_the_climatology_within_its_own_interval(features, targets):
    forecaster = train(features, targets)
    row = features.iloc[[3]].assign(days_since_last=np.float32(np.nan))
    forecasts = forecaster.predict(row)
    assert forecasts["mean"].tolist() == pytest.approx([9.5, 10.0, 10.5])  # 9 + lead / 2
    width = LOG.forward(forecasts["q90"].to_numpy()) - LOG.forward(forecasts["q10"].to_numpy())
    own = forecaster.fallback.residuals.grid
    np.testing.assert_allclose(width, own[:, 180] - own[:, 20])


def test_fresh_and_old_rows_come_back_sorted_together(forecasters, features):
    mixed = features.assign(days_since_last=np.where(np.arange(ROWS) % 3, 0.0, 99.0).astype("float32"))
    forecasts = forecasters["ridge"].predict(mixed)
    keys = forecasts[["site_id", "origin_date", "target_date"]]
    assert_frame_equal(keys, keys.sort_values(list(keys.columns), ignore_index=True))
    assert forecasts["model_name"].value_counts().to_dict() == {"ridge": 240, "climatology": 120}


@pytest.mark.parametrize("name", CANDIDATES)
@settings(max_examples=15)
@given(places=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=12, unique=True).map(sorted))
def test_a_row_is_forecast_the_same_to_the_bit_whatever_rows_are_beside_it(forecasters, features, name, places):
    mixed = features.assign(days_since_last=np.where(np.arange(ROWS) % 4, 0.0, 99.0).astype("float32"))
    together = forecasters[name].predict(mixed)
    wanted = together.iloc[[3 * place + lead for place in places for lead in range(3)]]
    alone = forecasters[name].predict(mixed.iloc[places])
    assert_frame_equal(alone, wanted.reset_index(drop=True), check_exact=True)


def test_a_frame_that_lacks_features_is_refused_by_their_names(forecasters, features):
    with pytest.raises(MissingFeatures, match="value_mean_07, doy_sin"):
        forecasters["ridge"].predict(features.drop(columns=["value_mean_07", "doy_sin"]))


def test_features_in_another_order_or_beside_others_change_nothing(forecasters, features):
    other = features[features.columns[::-1]].assign(value_new=np.float32(1))
    assert_frame_equal(forecasters["ridge"].predict(other), forecasters["ridge"].predict(features))


def test_another_pollutant_is_refused(forecasters, features):
    with pytest.raises(ValueError, match="forecasts pm25; it was given rows of ozone"):
        forecasters["ridge"].predict(features.assign(pollutant="ozone"))


@pytest.mark.parametrize("name", CANDIDATES)
def test_no_rows_give_an_empty_table_of_the_same_types(forecasters, features, name):
    empty = forecasters[name].predict(features[:0])
    full = forecasters[name].predict(features[:1])
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_the_forecaster_knows_what_it_was_trained_on(forecasters, features):
    forecaster = forecasters["xgboost"]
    assert forecaster.training_window == (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-29"))
    assert forecaster.feature_names == tuple(features.columns[3:])
    assert (forecaster.horizon, forecaster.model_name, forecaster.pollutant) == (3, "xgboost", "pm25")


def test_an_origin_before_the_end_of_training_is_known_beyond(forecasters):
    origins = pd.Series(pd.to_datetime(["2020-12-30", "2020-12-31", "2021-01-01"]))
    assert forecasters["ridge"].knows_beyond(origins).tolist() == [True, False, False]


def test_residuals_are_observed_minus_predicted_in_the_transformed_unit(features, targets):
    model = Persistence(LOG).fit(features, LOG.forward(targets))
    row = features.iloc[[0]].assign(value_lag_00=np.float32(9.0))
    residuals = out_of_sample_residuals(model, row, np.array([[99.0, 9.0, np.nan]]), LOG)
    np.testing.assert_allclose(residuals, [[np.log(10.0), 0.0, np.nan]], atol=1e-12)


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_forecaster_pickles(forecasters, features, name):
    restored = cloudpickle.loads(cloudpickle.dumps(forecasters[name]))
    assert_frame_equal(restored.predict(features), forecasters[name].predict(features), check_exact=True)


def test_quantiles_widen_with_the_residuals(forecasters, features):
    forecaster = forecasters["ridge"]
    wide = ResidualDistribution.fit(np.random.default_rng(1).normal(0, 2.0, size=(300, 3)))
    wider = replace(forecaster, main=replace(forecaster.main, residuals=wide)).predict(features)
    narrow = forecaster.predict(features)
    assert ((wider["q95"] - wider["q05"]) > (narrow["q95"] - narrow["q05"])).all()
