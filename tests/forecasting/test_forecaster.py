from dataclasses import replace

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.domain.transforms import transform
from airwatch.forecasting.calibrated import FORECAST_COLUMNS
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.candidates import CANDIDATES
from airwatch.forecasting.design import MissingFeatures
from airwatch.forecasting.forecaster import RecentErrors, observed_after
from airwatch.forecasting.ranks import RecentRanks
from airwatch.forecasting.ratios import RecentSums

LOG = transform("log1p")
ROWS = 120
UNTIL = pd.Timestamp("2020-12-31")


@pytest.fixture(scope="module")
def features(build_features):
    return build_features(days=ROWS // 2)


@pytest.fixture(scope="module")
def targets(features, build_targets):
    return build_targets(features)


@pytest.fixture(scope="module")
def forecasters(features, targets, build_forecaster):
    return {name: build_forecaster(features, targets, name) for name in CANDIDATES}


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


@pytest.mark.parametrize(("age", "name"), [(0.0, "persistence"), (7.0, "persistence"), (8.0, "climatology")])
def test_a_row_whose_newest_value_is_too_old_is_left_to_climatology(forecasters, features, age, name):
    row = features.iloc[[3]].assign(days_since_last=np.float32(age))
    assert forecasters["persistence"].predict(row)["model_name"].tolist() == [name] * 3


@pytest.mark.parametrize(("missing", "name"), [(21 / 28, "persistence"), (22 / 28, "climatology")])
def test_a_row_with_fewer_than_seven_of_28_days_observed_is_left_to_climatology(forecasters, features, missing, name):
    row = features.iloc[[3]].assign(missing_28=np.float32(missing))
    assert forecasters["persistence"].predict(row)["model_name"].tolist() == [name] * 3


def test_the_fallback_forecasts_the_climatology_within_its_own_interval(forecasters, features):
    forecaster = forecasters["persistence"]
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
@settings(max_examples=6)
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


def test_a_least_squares_model_is_centred_and_a_baseline_is_not(forecasters, features, targets, build_forecaster):
    off = {name: forecasters[name].main.residuals.cells.mean(axis=1) for name in ("persistence", "ridge")}
    np.testing.assert_allclose(off["ridge"], 0.0, atol=0.01)
    # The mean of 300 draws is off by some hundredths of their deviation.
    assert np.abs(off["persistence"]).max() > 0.02


def test_no_forecast_exceeds_twice_the_highest_of_the_training(forecasters, features, targets):
    smoke = features.iloc[[5]].assign(value_lag_00=np.float32(1e5), value_last=np.float32(1e5))
    highest = 2 * targets.max()
    forecasts = forecasters["persistence"].predict(smoke)
    np.testing.assert_allclose(forecasts[["mean", "q50", "q95"]], highest)
    assert forecasters["persistence"].fallback.highest == highest


def table_of(*sites, days=12, start="2020-12-31"):
    """Rows of the feature table whose own value is the number of the day, more by 100 at each further site."""
    origins = pd.date_range(start, periods=days, freq="D")
    frames = [
        pd.DataFrame({"site_id": site, "origin_date": origins, "value_lag_00": np.arange(days) + 100.0 * number})
        for number, site in enumerate(sites)
    ]
    return pd.concat(frames, ignore_index=True)


def test_what_was_observed_after_an_origin_is_the_own_value_of_the_days_after_it():
    table = table_of("a", "b", days=4)
    found = observed_after(table.iloc[[6, 0, 3]], table, horizon=2)
    np.testing.assert_array_equal(found, [[103, np.nan], [1, 2], [np.nan, np.nan]])


def test_a_day_that_is_not_in_the_table_or_has_no_value_was_not_observed():
    table = table_of("a", days=4)
    table.loc[1, "value_lag_00"] = np.nan
    np.testing.assert_array_equal(observed_after(table.iloc[[0]], table.drop(index=2), 3), [[np.nan, np.nan, 3]])
    assert observed_after(table[:0], table, 3).shape == (0, 3)


@pytest.fixture
def weeks(build_features):
    """Ten days to the last of the training and twenty after it at two sites."""
    rows = build_features(days=30)
    return rows.assign(origin_date=rows["origin_date"] + (pd.Timestamp("2020-12-22") - rows["origin_date"].min()))


def test_errors_are_of_origins_that_the_training_did_not_know_beyond(forecasters, weeks):
    ranks = forecasters["ridge"].recent_errors(weeks).ranks
    # From 31 December, the last day of the training, to 20 January: at lead 1 each of the 20 days after it, two sites.
    assert ranks.first == np.datetime64("2020-12-31")
    assert ranks.counts.sum(axis=2)[:23, 0].tolist() == [0] + [2] * 20 + [0, 0]
    assert ranks.counts.sum(axis=(0, 2)).tolist() == [40, 38, 36]


def test_ranks_leave_out_what_was_left_to_climatology(forecasters, weeks):
    old = weeks.assign(days_since_last=np.where(weeks["site_id"] == "06-037-0000", 99.0, 0.0).astype("float32"))
    assert forecasters["ridge"].recent_errors(old).ranks.counts.sum(axis=(0, 2)).tolist() == [20, 19, 18]


def test_ranks_of_days_within_the_training_alone_are_none(forecasters, weeks):
    early = weeks[weeks["origin_date"] < UNTIL]
    recent = forecasters["ridge"].recent_errors(early)
    assert recent.ranks.counts.sum() == 0
    assert_frame_equal(forecasters["ridge"].predict(weeks, recent), forecasters["ridge"].predict(weeks))


def test_a_rank_is_the_level_at_which_the_observation_fell(forecasters, weeks):
    # Where persistence forecasts 10 and 1000 is observed on each later day, all fall into the top.
    flat = weeks.assign(value_lag_00=np.float32(10.0)).astype({"value_lag_00": "float32"})
    later = flat["origin_date"] > UNTIL
    flat.loc[later, "value_lag_00"] = np.float32(1000.0)
    first = forecasters["persistence"].recent_errors(flat[flat["origin_date"] <= "2021-01-01"])
    assert first.ranks.counts[1, 0].tolist() == [0, 0, 0, 0, 0, 0, 0, 2]
    assert (first.sums.observed[1, 0], first.sums.forecast[1, 0]) == (2 * 1000e6, 2 * 10e6)


def test_recent_errors_bend_the_forecasts_of_the_model_and_leave_the_fallback_s(forecasters, weeks):
    forecaster = forecasters["ridge"]
    origins, ones = weeks["origin_date"].to_numpy(), np.ones((len(weeks), 3))
    high = RecentErrors(RecentRanks.count(origins, 0.97 * ones), RecentSums.count(origins, 12.0 * ones, 10.0 * ones))
    rows = weeks[weeks["origin_date"] == "2021-01-15"]
    rows = rows.assign(days_since_last=np.array([0.0, 99.0], dtype="float32"))
    bent, plain = forecaster.predict(rows, high), forecaster.predict(rows)
    own = plain["model_name"] == "ridge"
    assert (bent[["mean", "q50"]] > plain[["mean", "q50"]])[own].all(axis=None)
    assert_frame_equal(bent[~own], plain[~own])


@pytest.mark.parametrize("name", ["persistence", "ridge", "xgboost"])
@settings(max_examples=6)
@given(place=st.integers(10, 29))
def test_an_origin_alone_is_forecast_as_among_many_and_as_if_the_days_after_it_were_not_there(
    forecasters, build_features, name, place
):
    forecaster, rows = forecasters[name], build_features(days=30)
    weeks = rows.assign(origin_date=rows["origin_date"] + (pd.Timestamp("2020-12-22") - rows["origin_date"].min()))
    origin = pd.Timestamp("2020-12-22") + pd.Timedelta(days=place)
    many = forecaster.predict(weeks, forecaster.recent_errors(weeks))
    known = weeks[(weeks["origin_date"] <= origin) & (weeks["origin_date"] >= forecaster.history_from(origin))]
    alone = forecaster.predict(known[known["origin_date"] == origin], forecaster.recent_errors(known))
    assert_frame_equal(alone, many[many["origin_date"] == origin].reset_index(drop=True), check_exact=True)


def test_history_begins_with_the_first_origin_whose_forecasts_were_observed_within_the_window(forecasters):
    # Ten days to 20 January begin with the 11th, forecast three days ahead on the 8th.
    assert forecasters["ridge"].history_from(pd.Timestamp("2021-01-20")) == pd.Timestamp("2021-01-08")
