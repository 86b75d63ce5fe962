import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.forecasting.design import (
    MissingFeatures,
    TooFewTrainingRows,
    climatology_of_targets,
    column,
    feature_columns,
    feature_matrix,
    first_known,
    lead_of,
    model_columns,
    require_features,
    require_rows,
    transformed_matrix,
)


def test_the_key_is_not_a_feature():
    frame = pd.DataFrame(columns=["site_id", "pollutant", "origin_date", "value_last", "doy_sin"])
    assert feature_columns(frame) == ("value_last", "doy_sin")


def test_models_do_not_learn_from_what_only_baselines_and_scores_read():
    names = ["site_id", "value_last", "value_climatology_00", "value_climatology_07", "deviation_climatology", "level"]
    assert model_columns(pd.DataFrame(columns=names)) == ("value_last", "level")


@pytest.mark.parametrize(
    ("name", "lead"),
    [
        ("holiday_01", 1),
        ("fireworks_14", 14),
        ("value_lag_01", None),
        ("days_to_holiday", None),
        ("holiday_01*level", None),
    ],
)
def test_only_a_column_about_the_target_s_day_belongs_to_one_lead(name, lead):
    assert lead_of(name) == lead


def test_lacking_features_are_named():
    frame = pd.DataFrame(columns=["value_last"])
    with pytest.raises(MissingFeatures, match=r"lack 2 columns .*: value_mean_07, doy_sin"):
        require_features(frame, ["value_last", "value_mean_07", "doy_sin"])


def test_only_concentrations_are_transformed():
    frame = pd.DataFrame({"value_last": [np.e - 1], "spread_07": [np.e - 1]})
    matrix = transformed_matrix(frame, ["value_last", "spread_07"], transform("log1p"))
    np.testing.assert_allclose(matrix, [[1.0, np.e - 1]], rtol=1e-6)
    assert matrix.dtype == np.float32


def test_the_matrix_of_a_frame_is_its_own():
    frame = pd.DataFrame({"value_last": [1.0, 2.0]}, dtype="float32")
    matrix = feature_matrix(frame, ["value_last"])
    matrix[:] = 7.0
    assert frame["value_last"].tolist() == [1.0, 2.0]


def test_a_column_that_a_frame_does_not_have_is_unknown():
    frame = pd.DataFrame({"value_last": [1.0, 2.0]}, dtype="float32")
    np.testing.assert_array_equal(column(frame, "value_last"), [1.0, 2.0])
    np.testing.assert_array_equal(column(frame, "level"), [np.nan, np.nan])


def test_the_first_known_value_is_taken_elementwise():
    nan = np.nan
    chosen = first_known(np.array([1.0, nan, nan]), np.array([5.0, 2.0, nan]), np.array([6.0, 6.0, 3.0]))
    assert chosen.tolist() == [1.0, 2.0, 3.0]


def test_climatology_of_a_lead_without_its_column_is_missing():
    frame = pd.DataFrame({"value_climatology_01": [8.0]})
    np.testing.assert_array_equal(climatology_of_targets(frame, 2), [[8.0, np.nan]])


def test_thirty_observed_targets_are_enough_and_one_less_is_not():
    targets = np.ones((40, 2))
    targets[30:, 1] = np.nan
    require_rows("ridge", targets)
    targets[0, 1] = np.nan
    with pytest.raises(TooFewTrainingRows, match="ridge has 29 observed targets at lead 2 and needs 30"):
        require_rows("ridge", targets)
