import numpy as np
import pandas as pd
import pytest

from airwatch.forecasting import boosting
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.design import TooFewTrainingRows

SMALL = BoostingParams(n_estimators=60, learning_rate=0.3, max_depth=2, min_child_weight=1, subsample=1.0)


def build_step(count: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """A target of 1 where value_last is below 10 and of 5 above it; at lead 2 the other way round."""
    value = np.linspace(0, 20, count, dtype=np.float32)
    first = np.where(value < 10, 1.0, 5.0)
    return pd.DataFrame({"value_last": value}), np.column_stack([first, 6.0 - first])


def test_boosting_learns_a_step_at_every_lead():
    features, targets = build_step()
    model = Boosting(SMALL, seed=1).fit(features, targets)
    new = pd.DataFrame({"value_last": [2.0, 18.0]}, dtype="float32")
    np.testing.assert_allclose(model.predict(new), [[1.0, 5.0], [5.0, 1.0]], atol=1e-3)


def test_rows_without_a_target_weigh_nothing_at_that_lead():
    features, targets = build_step()
    targets[:, 0] = 7.0
    targets[::2, 0] = np.nan
    predicted = Boosting(SMALL, seed=1).fit(features, targets).predict(features)
    # Taken for zeros, the missing half would pull this to 3.5.
    np.testing.assert_allclose(predicted[:, 0], 7.0, rtol=1e-6)
    np.testing.assert_allclose(predicted[:, 1], targets[:, 1], atol=1e-3)


def test_a_missing_feature_still_gives_a_number():
    features, targets = build_step()
    model = Boosting(SMALL, seed=1).fit(features, targets)
    assert np.isfinite(model.predict(pd.DataFrame({"value_last": [np.nan]}, dtype="float32"))).all()


def test_threads_do_not_change_a_prediction(monkeypatch):
    features, targets = build_step()
    model = Boosting(BoostingParams(n_estimators=20, n_jobs=2), seed=1).fit(features, targets)
    alone = model.predict(features)
    monkeypatch.setattr(boosting, "ROWS_WORTH_THREADS", 10)
    assert np.array_equal(model.predict(features), alone)


def test_no_row_keeps_its_two_dimensions():
    features, targets = build_step()
    assert Boosting(SMALL, seed=1).fit(features, targets).predict(features[:0]).shape == (0, 2)


def test_boosting_refuses_next_to_no_targets():
    features, targets = build_step()
    targets[10:, 0] = np.nan
    with pytest.raises(TooFewTrainingRows, match="xgboost has 10 observed targets at lead 1"):
        Boosting().fit(features, targets)
