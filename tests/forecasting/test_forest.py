import numpy as np
import pandas as pd
import pytest

from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.forest import Forest, ForestParams

SMALL = {"n_estimators": 8, "max_depth": 4, "max_features": 1.0}


def build_step(count: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """A target of 1 where value_last is below 10 and of 5 above it; at lead 2 the other way round."""
    value = np.linspace(0, 20, count, dtype=np.float32)
    first = np.where(value < 10, 1.0, 5.0)
    return pd.DataFrame({"value_last": value}), np.column_stack([first, 6.0 - first])


def test_the_forest_learns_a_step_at_every_lead():
    features, targets = build_step()
    model = Forest(ForestParams(**SMALL), seed=1).fit(features, targets)
    new = pd.DataFrame({"value_last": [2.0, 18.0]}, dtype="float32")
    np.testing.assert_allclose(model.predict(new), [[1.0, 5.0], [5.0, 1.0]], atol=1e-9)


def test_rows_with_a_missing_target_are_not_learned_from():
    features, targets = build_step()
    targets[::2, 0] = 1000.0
    targets[::2, 1] = np.nan
    predicted = Forest(ForestParams(**SMALL), seed=1).fit(features, targets).predict(features)
    assert predicted.max() <= 5.0 + 1e-9


def test_a_missing_feature_still_gives_a_number():
    features, targets = build_step()
    model = Forest(ForestParams(**SMALL), seed=1).fit(features.assign(never=np.float32(np.nan)), targets)
    unknown = pd.DataFrame({"value_last": [np.nan], "never": [np.nan]}, dtype="float32")
    assert np.isfinite(model.predict(unknown)).all()


def test_the_sample_has_the_size_asked_for_and_follows_the_seed():
    features, targets = build_step(400)
    noisy = targets + np.random.default_rng(2).standard_normal(targets.shape)
    params = ForestParams(**SMALL, sample_rows=100)
    first, again, other = (Forest(params, seed=s).fit(features, noisy) for s in (1, 1, 2))
    assert first.trees.estimators_[0].tree_.weighted_n_node_samples[0] == 100
    assert np.array_equal(first.predict(features), again.predict(features))
    assert not np.array_equal(first.predict(features), other.predict(features))


def test_threads_fit_the_same_trees_and_one_adds_them_up():
    features, targets = build_step()
    noisy = targets + np.random.default_rng(2).standard_normal(targets.shape)
    one, two = (Forest(ForestParams(**SMALL, n_jobs=jobs), seed=1).fit(features, noisy) for jobs in (1, 2))
    assert np.array_equal(one.predict(features), two.predict(features))
    # Threads that finish in another order change the last bit, seldom enough to hide from the line above.
    assert two.trees.n_jobs == 1


def test_one_lead_and_no_row_keep_their_two_dimensions():
    features, targets = build_step()
    model = Forest(ForestParams(**SMALL), seed=1).fit(features, targets[:, :1])
    assert model.predict(features).shape == (200, 1)
    assert model.predict(features[:0]).shape == (0, 1)


def test_the_forest_refuses_next_to_no_complete_row():
    features, targets = build_step()
    targets[29:, 1] = np.nan
    with pytest.raises(TooFewTrainingRows, match="random_forest has 29"):
        Forest().fit(features, targets)
