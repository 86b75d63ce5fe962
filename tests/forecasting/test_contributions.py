from dataclasses import replace
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.pollutants import CRITERIA
from airwatch.domain.transforms import transform
from airwatch.forecasting.baselines import Blend, Climatology, Persistence
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.contributions import GROUPS, Contributions, contributions
from airwatch.forecasting.forest import Forest, ForestParams
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.stacking import Stack
from builders import build_feature_params

LOG, IDENTITY = transform("log1p"), transform("identity")
WORDS = build_feature_params().features.groups(("pm25",), 3)
FOREST = ForestParams(n_estimators=4, sample_rows=0)
BOOSTING = BoostingParams(n_estimators=12, min_child_weight=5.0)


@pytest.fixture(scope="module")
def features(build_features):
    return build_features(days=100)


@pytest.fixture(scope="module")
def targets_t(features, build_targets):
    return LOG.forward(build_targets(features))


@pytest.fixture(scope="module")
def models(features, targets_t):
    members = [RidgeByLead(LOG), Forest(FOREST), Boosting(LOG, BOOSTING)]
    weights = np.array([[0.5, 0.2, 0.0], [0.2, 0.3, 1.0], [0.3, 0.5, 0.0]])
    candidates = [*members, Persistence(LOG), Climatology(LOG), Blend(LOG), Stack(members, weights)]
    return {model.name: model.fit(features, targets_t) for model in candidates}


def apart(found):
    """What each group adds, by its name [n, H]."""
    return {name: found.by_group[:, place] for place, name in enumerate(GROUPS)}


def moved(found):
    """The groups that add anything to any row."""
    return {name for name, added in apart(found).items() if np.abs(added).max() > 1e-12}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("name", ["ridge", "random_forest", "xgboost", "persistence", "climatology", "blend", "stack"])
def test_base_and_contributions_add_up_to_the_prediction(models, features, name, gaps):
    rows = features.iloc[40:60]
    if gaps:
        rows = rows.assign(value_lag_00=np.nan, spread_07=np.nan, value_climatology_02=np.nan)
    found = contributions(models[name], rows, WORDS)
    np.testing.assert_allclose(found.base + found.by_group.sum(axis=1), models[name].predict(rows), atol=2e-6)


@pytest.mark.parametrize("name", ["ridge", "random_forest", "xgboost", "persistence", "blend", "stack"])
def test_no_row_has_no_contribution(models, features, name):
    assert contributions(models[name], features.iloc[:0], WORDS).by_group.shape == (0, len(GROUPS), 3)


def test_the_base_of_a_ridge_is_its_mean_prediction_over_the_training(models, features):
    unlimited = replace(models["ridge"], highest=np.full(3, np.inf))
    found = contributions(unlimited, features.iloc[:1], WORDS)
    np.testing.assert_allclose(found.base, unlimited.predict(features).mean(axis=0), atol=1e-6)


def test_what_is_not_believed_of_a_ridge_is_taken_from_all_groups_alike(models, features):
    ridge, rows = models["ridge"], features.iloc[40:41].assign(value_lag_00=900.0, value_last=900.0)
    whole = contributions(replace(ridge, highest=np.full(3, np.inf)), rows, WORDS)
    found = contributions(ridge, rows, WORDS)
    assert (found.base + whole.by_group.sum(axis=1) > ridge.highest)[0, 1]
    np.testing.assert_allclose((found.base + found.by_group.sum(axis=1))[0, 1], ridge.highest[1])
    share = (ridge.highest - found.base)[1] / whole.by_group[0, :, 1].sum()
    np.testing.assert_allclose(found.by_group[0, :, 1], share * whole.by_group[0, :, 1])
    np.testing.assert_array_equal(found.by_group[0, :, 0], whole.by_group[0, :, 0])  # tomorrow is not limited


def test_the_base_of_trees_on_a_ridge_is_their_mean_prediction_over_the_training(models, features):
    # But for the rows that each tree was not grown on.
    found = contributions(models["xgboost"], features.iloc[:1], WORDS)
    np.testing.assert_allclose(found.base, models["xgboost"].predict(features).mean(axis=0), atol=1e-3)


def test_what_a_row_of_average_terms_gets_from_a_ridge_is_nothing(models, features):
    ridge = models["ridge"]
    terms, names = ridge.terms.build(features)
    centre = dict(zip(names, terms.mean(axis=0), strict=True))
    # A week's mean above its average, all else as it is: the difference is coefficient times distance.
    higher = features.iloc[[10]].assign(value_mean_07=np.float32(np.exp(3.0) - 1.0))
    slopes = ridge.coefficients[names.index("value_mean_07")]
    gain = contributions(ridge, higher, {**WORDS, "value_lag_02": "data"}).by_group[0, GROUPS.index("recent level")]
    np.testing.assert_allclose(gain, slopes * (3.0 - centre["value_mean_07"]), rtol=1e-4)


@pytest.mark.parametrize(
    ("column", "group"),
    [("value_mean_07", "recent level"), ("spread_07", "variability"), ("doy_sin", "season")],
)
def test_a_column_moves_its_own_group_of_a_ridge(models, features, column, group):
    # The products of the newest value with the season belong to the newest value, so its excess is taken off.
    rows = features.iloc[[10, 150]]
    changed = rows.assign(**{column: rows[column] + 1})
    before, after = (contributions(models["ridge"], each, WORDS).by_group for each in (rows, changed))
    differ = {GROUPS[place] for place in np.flatnonzero(np.abs(after - before).max(axis=(0, 2)) > 1e-9)}
    assert group in differ
    assert differ <= {group, "yesterday"}


def test_a_product_belongs_to_the_group_of_its_first_factor(models, features):
    # doy_sin*latitude is of the season, excess*latitude of the newest value, and neither of the place.
    north = features.assign(latitude=features["latitude"] + 1)
    unlimited = replace(models["ridge"], highest=np.full(3, np.inf))
    before, after = (contributions(unlimited, each, WORDS) for each in (features, north))
    differ = {name for name, added in apart(after).items() if np.abs(added - apart(before)[name]).max() > 1e-9}
    assert differ == {"place", "season", "yesterday"}


def test_of_a_forest_that_splits_once_the_split_s_group_has_it_all(features):
    # 20 where the sine is positive, 10 elsewhere; every other column is told no better.
    sunny = features["doy_sin"].to_numpy() > 0.3
    targets = np.where(sunny[:, None], [20.0, 200.0], [10.0, 100.0])
    once = ForestParams(n_estimators=3, max_depth=1, max_features=1.0, sample_rows=0)
    forest = Forest(once).fit(features.assign(value_lag_00=1.0, value_last=1.0), targets)
    found = contributions(forest, features, WORDS)
    assert moved(found) == {"season"}
    np.testing.assert_allclose(found.by_group[sunny, GROUPS.index("season")][0], [20.0, 200.0] - found.base)


def test_on_the_path_through_a_tree_each_split_takes_the_step_it_makes():
    # 0 where the first column is low; where it is high 10 or 20 by the second. On the way to 20 the first split leads
    # from the mean, 7.5, to 15, and the second to 20; on the way to 0 the second column is never asked.
    high, late = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (500, 1)).T
    corners = pd.DataFrame({"spread_07": high, "doy_sin": late})
    params = ForestParams(n_estimators=20, max_depth=2, max_features=1.0, sample_rows=0)
    forest = Forest(params).fit(corners, (high * (10 + 10 * late))[:, None])
    found = apart(contributions(forest, corners.iloc[[3, 0]], WORDS))
    assert found["variability"][:, 0] == pytest.approx([7.5, -7.5], abs=0.2)
    assert found["season"][:, 0] == pytest.approx([5.0, 0.0], abs=0.2)
    assert found["season"][1, 0] == 0.0


def test_the_shapley_values_of_trees_share_an_interaction():
    # Trees on a ridge that knows nothing: 1 where both columns are 1, else 0, all four corners alike. By Shapley the
    # corner where both are 1 is 3/4 above the mean of 1/4, and either column has half of it.
    high, late = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (100, 1)).T
    corners = pd.DataFrame({"spread_07": high, "doy_sin": late})
    params = BoostingParams(
        n_estimators=60, learning_rate=0.5, max_depth=2, subsample=1.0, colsample_bytree=1.0, min_child_weight=0.0,
        reg_lambda=0.0, alpha=1e9,
    )  # fmt: skip
    days = pd.date_range("2020-01-01", periods=len(corners))
    known = corners.assign(site_id="06-037-1103", origin_date=days)
    found = contributions(Boosting(IDENTITY, params).fit(known, (high * late)[:, None]), corners.iloc[[3, 0]], WORDS)
    assert found.base == pytest.approx([0.25], abs=1e-3)
    assert apart(found)["variability"][:, 0] == pytest.approx([0.375, -0.125], abs=1e-3)
    assert apart(found)["season"][:, 0] == pytest.approx([0.375, -0.125], abs=1e-3)


def test_a_column_that_never_varies_moves_nothing(features, targets_t):
    flat = features.assign(doy_sin=0.0, latitude=34.0)
    for model in (RidgeByLead(LOG), Forest(FOREST), Boosting(LOG, BOOSTING)):
        assert not moved(contributions(model.fit(flat, targets_t), flat, WORDS)) & {"season", "place"}


def test_persistence_is_all_yesterday_and_climatology_all_usual(models, features):
    assert moved(contributions(models["persistence"], features, WORDS)) == {"yesterday"}
    assert moved(contributions(models["climatology"], features, WORDS)) == {"usual level"}


def test_where_the_climatology_is_unknown_its_stand_in_is_the_newest_value(models, features):
    unknown = features.assign(**{f"value_climatology_{lead:02d}": np.nan for lead in (1, 2, 3)})
    assert moved(contributions(models["climatology"], unknown, WORDS)) == {"yesterday"}


def test_a_blend_goes_from_the_median_to_the_climatology_and_on_to_the_newest_value(features):
    blend = Blend(IDENTITY, medians=np.array([10.0]), shares=np.array([0.25]))
    rows = features.iloc[[0]].assign(value_climatology_01=12.0, value_lag_00=20.0)
    found = contributions(blend, rows, WORDS)
    assert found.base.tolist() == [10.0]
    assert apart(found)["usual level"].tolist() == [[2.0]]  # 10 to 12
    assert apart(found)["yesterday"].tolist() == [[2.0]]  # a quarter of the way from 12 to 20


def test_a_stack_weighs_its_members_lead_by_lead(models, features):
    rows = features.iloc[:5]
    ridge, forest, boosting = (
        contributions(models[name], rows, WORDS) for name in ("ridge", "random_forest", "xgboost")
    )
    stack = contributions(models["stack"], rows, WORDS)
    expected = 0.5 * ridge.by_group[..., 0] + 0.2 * forest.by_group[..., 0] + 0.3 * boosting.by_group[..., 0]
    np.testing.assert_allclose(stack.by_group[..., 0], expected)
    np.testing.assert_allclose(stack.by_group[..., 2], forest.by_group[..., 2])
    np.testing.assert_allclose(stack.base[2], forest.base[2])


def test_a_model_without_reasons_is_named():
    with pytest.raises(TypeError, match="A dict gives no reasons"):
        contributions({}, pd.DataFrame(), WORDS)


def of(base, *added):
    """Contributions of one row at one lead: the first groups add so much, the others nothing."""
    by_group = np.zeros((1, len(GROUPS), 1))
    by_group[0, : len(added), 0] = added
    return Contributions(np.array([base]), by_group)


def test_in_the_aqs_unit_groups_share_the_distance_as_in_the_logarithm():
    # 1 + c is 10, doubled twice and halved once: 20, so c goes from 9 to 19. Of these 10 the first group has
    # log 4 / log 2, twice, and the second takes them off once.
    usual, moves = of(log(10), log(4), -log(2)).in_aqs_unit(LOG)
    assert usual == pytest.approx([9.0])
    assert moves[0, :3, 0] == pytest.approx([20.0, -10.0, 0.0])


def test_groups_that_cancel_each_other_still_show_in_the_aqs_unit():
    # Around 1 + c = 10 a step of 0.1 in the logarithm is 1.
    _, moves = of(log(10), 0.1, -0.1).in_aqs_unit(LOG)
    assert moves[0, :2, 0] == pytest.approx([1.0, -1.0], rel=1e-3)


@given(st.floats(-1, 5), st.lists(st.floats(-2, 2), min_size=1, max_size=13))
def test_in_the_aqs_unit_usual_and_contributions_add_up_to_the_inverse_of_the_prediction(base, added):
    usual, moves = of(base, *added).in_aqs_unit(LOG)
    assert usual[0] + moves.sum() == pytest.approx(LOG.inverse(np.array([base + sum(added)]))[0], rel=1e-4, abs=1e-4)


def test_every_feature_of_the_table_has_a_group_and_every_group_a_feature():
    groups = build_feature_params().features.groups(CRITERIA, 7)
    assert set(groups.values()) == set(GROUPS)
