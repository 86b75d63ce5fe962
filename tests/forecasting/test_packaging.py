import mlflow.pyfunc
import numpy as np
import pytest
from mlflow.models import infer_signature
from pandas.testing import assert_frame_equal

from airwatch.forecasting.design import MissingFeatures
from airwatch.forecasting.packaging import ForecasterPyfunc, as_model_input


@pytest.fixture
def forecaster(build_features, build_targets, build_forecaster):
    features = build_features(days=60)
    return build_forecaster(features, build_targets(features), "ridge")


def test_features_become_float64_and_keep_their_values(forecaster, build_features):
    features = build_features(days=5)
    model_input = as_model_input(features, forecaster.feature_names)
    assert (model_input.dtypes[list(forecaster.feature_names)] == "float64").all()
    assert_frame_equal(model_input.astype(features.dtypes.to_dict()), features, check_exact=True)


def test_a_lacking_feature_is_named(forecaster, build_features):
    with pytest.raises(MissingFeatures, match="spread_07"):
        as_model_input(build_features(days=5).drop(columns="spread_07"), forecaster.feature_names)


def test_the_model_stored_with_its_signature_forecasts_the_same_rows(forecaster, build_features, tmp_path):
    features = build_features(days=20, seed=12)
    features.loc[4, "value_mean_07"] = np.nan
    expected = forecaster.predict(features)
    model_input = as_model_input(features, forecaster.feature_names)
    mlflow.pyfunc.save_model(
        tmp_path / "model",
        python_model=ForecasterPyfunc(forecaster),
        signature=infer_signature(model_input, expected),
        pip_requirements=[],
    )
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert_frame_equal(loaded.predict(model_input), expected, check_exact=True)
