import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.forecasting import boosting
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.forest import Forest, ForestParams
from airwatch.forecasting.linear import RidgeByLead, RidgeParams

IDENTITY = transform("identity")
SITE = "06-037-1103"
GREEDY = {
    "learning_rate": 0.3,
    "max_depth": 2,
    "min_child_weight": 1,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 0.0,
}
SMALL = BoostingParams(n_estimators=240, **GREEDY)  # 60 rounds at lead 2


def build_step(count: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """A target of 1 where value_last is below 10 and of 5 above it; at lead 2 the other way round."""
    value = np.linspace(0, 20, count, dtype=np.float32)
    first = np.where(value < 10, 1.0, 5.0)
    return pd.DataFrame({"value_last": value}), np.column_stack([first, 6.0 - first])


def build_line(count: int = 1000) -> tuple[pd.DataFrame, np.ndarray]:
    """A target of one more than twice value_last, which lies between 0 and 20."""
    value = np.linspace(0, 20, count, dtype=np.float32)
    return pd.DataFrame({"value_last": value}), 2.0 * value.astype(float)[:, np.newaxis] + 1.0


def fit(features: pd.DataFrame, targets: np.ndarray, params: BoostingParams = SMALL) -> Boosting:
    days = pd.date_range("2020-01-01", periods=len(features))
    return Boosting(IDENTITY, params, seed=1).fit(features.assign(site_id=SITE, origin_date=days), targets)


def test_the_trees_learn_a_step_that_no_line_can_at_every_lead():
    features, targets = build_step()
    new = pd.DataFrame({"value_last": [8.0, 12.0]}, dtype="float32")
    ridge = RidgeByLead(IDENTITY).fit(features, targets).predict(new)
    assert np.abs(ridge - [[1.0, 5.0], [5.0, 1.0]]).min() > 1.0
    np.testing.assert_allclose(fit(features, targets).predict(new), [[1.0, 5.0], [5.0, 1.0]], atol=0.1)


def test_in_smoke_beyond_the_training_the_ridge_carries_the_level_and_trees_alone_fall_short(unpenalised):
    features, targets = build_line()
    smoke = pd.DataFrame({"value_last": [200.0]}, dtype="float32")
    assert fit(features, targets).predict(smoke)[0, 0] == pytest.approx(401.0, rel=0.02)
    forest = Forest(ForestParams(n_estimators=5), seed=1).fit(features, targets)
    assert forest.predict(smoke)[0, 0] <= 41.0 + 1e-6


def test_the_prediction_is_the_ridge_s_and_the_trees_on_what_it_leaves():
    features, targets = build_step()
    model = fit(features, targets)
    ridge = RidgeByLead(IDENTITY, RidgeParams(SMALL.alpha)).fit(features, targets).predict(features)
    trees = [booster.inplace_predict(features.to_numpy()) for booster in model.boosters]
    np.testing.assert_array_equal(model.predict(features), ridge + np.column_stack(trees).astype(float))


@pytest.mark.parametrize(("rounds", "by_lead"), [(9, [9, 2, 1]), (160, [160, 40, 17]), (3, [3, 1, 1])])
def test_each_lead_has_its_own_trees_and_the_fewer_the_further_ahead(rounds, by_lead):
    features, targets = build_step()
    model = fit(features, targets[:, [0, 1, 0]], BoostingParams(n_estimators=rounds, max_depth=1))
    assert [booster.num_boosted_rounds() for booster in model.boosters] == by_lead


def test_the_trees_see_every_column_that_models_learn_from(build_features, build_targets):
    features = build_features(days=50)
    model = fit(features, build_targets(features), BoostingParams(n_estimators=2))
    assert model.columns == tuple(n for n in features.columns[3:] if not n.startswith("value_climatology"))


def test_rows_without_a_target_weigh_nothing_at_that_lead():
    features, targets = build_step()
    gappy = targets.copy()
    gappy[::2, 0] = np.nan
    model = fit(features, gappy)
    new = pd.DataFrame({"value_last": [8.0, 12.0]}, dtype="float32")
    # Taken for days without a residual, the missing half would leave half of the step to be seen.
    np.testing.assert_allclose(model.predict(new)[:, 0], [1.0, 5.0], atol=0.1)
    np.testing.assert_array_equal(model.predict(features)[:, 1], fit(features, targets).predict(features)[:, 1])


def test_a_row_without_any_target_changes_nothing():
    features, targets = build_step()
    rows = pd.concat([features, pd.DataFrame({"value_last": [900.0]}, dtype="float32")], ignore_index=True)
    longer = fit(rows, np.vstack([targets, [np.nan, np.nan]]))
    np.testing.assert_array_equal(longer.predict(features), fit(features, targets).predict(features))


def test_a_missing_feature_still_gives_a_number():
    features, targets = build_step()
    assert np.isfinite(fit(features, targets).predict(features.assign(value_last=np.float32(np.nan)))).all()


def test_threads_do_not_change_a_prediction(monkeypatch):
    features, targets = build_step()
    model = fit(features, targets, BoostingParams(n_estimators=20, n_jobs=2))
    alone = model.predict(features)
    monkeypatch.setattr(boosting, "ROWS_WORTH_THREADS", 10)
    assert np.array_equal(model.predict(features), alone)


def test_no_row_keeps_its_two_dimensions():
    features, targets = build_step()
    assert fit(features, targets).predict(features[:0]).shape == (0, 2)


def test_boosting_refuses_next_to_no_targets():
    features, targets = build_step()
    targets[10:, 0] = np.nan
    with pytest.raises(TooFewTrainingRows, match="xgboost has 10 observed targets at lead 1"):
        fit(features, targets)
