import cloudpickle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airwatch.domain.transforms import transform
from airwatch.forecasting.candidates import CANDIDATES, build_candidate

LOG = transform("log1p")
BUDGETS = {
    "random_forest": {"n_estimators": 30, "sample_rows": 250, "max_depth": 5, "n_jobs": 1},
    "xgboost": {"n_estimators": 40, "learning_rate": 0.1, "max_depth": 3, "n_jobs": 1},
}
ROWS = 400


@pytest.fixture(scope="module")
def fitted(build_features, build_targets, build_gappy):
    """Every candidate fitted on the same rows, some of whose features and targets are missing."""
    features = build_features(days=ROWS // 2)
    targets = LOG.forward(build_targets(features))
    targets[np.random.default_rng(8).random(targets.shape) < 0.1] = np.nan
    gappy = build_gappy(features)
    models = {name: build_candidate(name, BUDGETS.get(name, {}), LOG, seed=20) for name in CANDIDATES}
    return {name: model.fit(gappy, targets) for name, model in models.items()}, gappy, targets


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_candidate_goes_by_its_name_and_always_gives_a_number(fitted, name):
    models, features, _ = fitted
    assert models[name].name == name
    predicted = models[name].predict(features)
    assert predicted.shape == (ROWS, 3)
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("name", CANDIDATES)
@settings(max_examples=12)
@given(places=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=40))
def test_a_prediction_is_the_same_to_the_bit_whatever_rows_are_beside_it(fitted, name, places):
    models, features, _ = fitted
    together = models[name].predict(features)
    assert np.array_equal(models[name].predict(features.iloc[places]), together[places])


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_same_data_and_seed_give_the_same_model(fitted, name):
    models, features, targets = fitted
    again = build_candidate(name, BUDGETS.get(name, {}), LOG, seed=20).fit(features, targets)
    assert np.array_equal(again.predict(features), models[name].predict(features))


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_fitted_candidate_pickles(fitted, name):
    models, features, _ = fitted
    restored = cloudpickle.loads(cloudpickle.dumps(models[name]))
    assert np.array_equal(restored.predict(features), models[name].predict(features))


@pytest.mark.parametrize("name", ["ridge", "random_forest", "xgboost"])
def test_a_model_beats_persistence_where_levels_have_time_to_fall_back(fitted, build_features, build_targets, name):
    models = fitted[0]
    new = build_features(days=ROWS // 2, seed=77)
    truth = LOG.forward(build_targets(new, seed=78))[:, 2]
    errors = {which: np.mean((models[which].predict(new)[:, 2] - truth) ** 2) for which in (name, "persistence")}
    assert errors[name] < 0.7 * errors["persistence"]


def test_an_unknown_candidate_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="Unknown candidate 'lasso': choose one of persistence, climatology, blend"):
        build_candidate("lasso", {}, LOG, seed=1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ridge", "ridge has no setting alfa: it takes alpha"),
        ("xgboost", "xgboost has no setting alfa: it takes n_estimators, learning_rate"),
        ("blend", "blend has no setting alfa: it takes no settings"),
        ("climatology", "climatology has no setting alfa: it takes no settings"),
    ],
)
def test_a_misspelt_setting_is_refused_with_those_there_are(name, message):
    with pytest.raises(ValueError, match=message):
        build_candidate(name, {"alfa": 1.0}, LOG, seed=1)
