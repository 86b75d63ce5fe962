import numpy as np
import pandas as pd
import pytest

from airwatch.forecasting.design import (
    MissingFeatures,
    TooFewTrainingRows,
    climatology_of_targets,
    feature_columns,
    first_known,
    require_features,
    require_rows,
    transformed_matrix,
)
from airwatch.forecasting.transforms import transform


def test_the_key_is_not_a_feature():
    frame = pd.DataFrame(columns=["site_id", "pollutant", "origin_date", "value_last", "doy_sin"])
    assert feature_columns(frame) == ("value_last", "doy_sin")


def test_lacking_features_are_named():
    frame = pd.DataFrame(columns=["value_last"])
    with pytest.raises(MissingFeatures, match=r"lack 2 columns .*: value_mean_07, doy_sin"):
        require_features(frame, ["value_last", "value_mean_07", "doy_sin"])


def test_only_concentrations_are_transformed():
    frame = pd.DataFrame({"value_last": [np.e - 1], "spread_07": [np.e - 1]})
    matrix = transformed_matrix(frame, ["value_last", "spread_07"], transform("log1p"))
    np.testing.assert_allclose(matrix, [[1.0, np.e - 1]], rtol=1e-6)
    assert matrix.dtype == np.float32


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
