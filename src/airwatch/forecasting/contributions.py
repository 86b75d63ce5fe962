"""What a prediction is made of: how far each group of features moves it from the mean over the training.

A ridge's coefficient times the feature's distance from its mean; a boosted tree's Shapley value (Lundberg 2018,
arXiv 1802.03888); in a forest, for which scikit-learn has none, the steps of the mean along the path through each
tree (Saabas 2014). Base and contributions add up to the prediction; what a ridge is not believed beyond its training is
taken from all groups alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.baselines import Baseline, Persistence
from airwatch.forecasting.boosting import Boosting
from airwatch.forecasting.candidates import PointModel
from airwatch.forecasting.design import climatology_of_targets, feature_matrix, first_known
from airwatch.forecasting.forest import Forest
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.stacking import Stack
from airwatch.forecasting.terms import EXCESS

YESTERDAY, USUAL_LEVEL = "yesterday", "usual level"
GROUPS = (
    YESTERDAY,
    "recent level",
    USUAL_LEVEL,
    "season",
    "calendar",
    "neighbours",
    "upwind",
    "region",
    "weather",
    "other pollutants",
    "variability",
    "data",
    "place",
)
SHORTEST_STEP = 1e-6  # of the working unit; the slope of a shorter secant is rounding

Groups = Mapping[str, str]  # of each feature column the one of GROUPS it belongs to, as FeatureSpec.groups tells


@dataclass(frozen=True, slots=True)
class Contributions:
    """What the predictions of some rows are made of, in the working unit.

    Attributes:
        base: The mean prediction over the training, before any limit [H].
        by_group: What each of ``GROUPS`` adds to it [n, 13, H].
    """

    base: FloatArray
    by_group: FloatArray

    def in_aqs_unit(self, transform: Transform) -> tuple[FloatArray, FloatArray]:
        """The inverse of the base [H], and what each group adds to it [n, 13, H].

        Together they are the inverse of the prediction. A group's share of the distance is its share in the working
        unit: the Aumann-Shapley value, for all groups act through one sum.
        """
        usual = transform.inverse(self.base)
        moved = self.by_group.sum(axis=1)
        step = np.where(np.abs(moved) < SHORTEST_STEP, SHORTEST_STEP, moved)
        slope = (transform.inverse(self.base + step) - usual) / step
        return usual, self.by_group * slope[:, np.newaxis]


@singledispatch
def contributions(model: PointModel, features: pd.DataFrame, groups: Groups) -> Contributions:
    """What the predictions of a model for rows of the feature table are made of.

    Raises:
        TypeError: Nothing here knows such a model.
    """
    raise TypeError(
        f"A {type(model).__name__} gives no reasons yet: register it in airwatch.forecasting.contributions."
    )


@contributions.register
def _of_baseline(model: Baseline, features: pd.DataFrame, groups: Groups) -> Contributions:
    """From the median to the climatology of the target day, and from there to the prediction by the newest value."""
    predicted = model.predict(features)
    climatology = model.transform.forward(climatology_of_targets(features, predicted.shape[1]))
    return _in_two_steps(model.medians, first_known(climatology, model.medians), predicted)


@contributions.register
def _of_persistence(model: Persistence, features: pd.DataFrame, groups: Groups) -> Contributions:
    """All of it is the newest value."""
    return _in_two_steps(model.medians, model.medians, model.predict(features))


@contributions.register
def _of_ridge(model: RidgeByLead, features: pd.DataFrame, groups: Groups) -> Contributions:
    """Coefficient times distance from the mean; a product belongs to the group of its first factor."""
    assert model.terms is not None
    matrix, names = model.terms.build(features)
    place = _places([name.partition("*")[0] for name in names], {**groups, EXCESS: YESTERDAY})
    by_group = np.zeros((len(matrix), len(GROUPS), len(model.intercepts)))
    for term, group, centre, slopes in zip(matrix.T, place, model.centre, model.coefficients, strict=True):
        by_group[:, group] += (term - centre)[:, np.newaxis] * slopes
    base = model.intercepts + model.centre @ model.coefficients
    moved = by_group.sum(axis=1)
    believed = model.limited(base + moved) - base  # what is cut off is taken from all groups alike
    share = np.where(moved > believed, believed / np.where(moved > believed, moved, 1.0), 1.0)
    return Contributions(base, by_group * share[:, np.newaxis])


@contributions.register
def _of_boosting(model: Boosting, features: pd.DataFrame, groups: Groups) -> Contributions:
    """The ridge's, and the Shapley values of the trees on what it left over."""
    import xgboost

    assert model.ridge is not None
    ridge = contributions(model.ridge, features, groups)
    if features.empty:
        return ridge
    matrix, place = xgboost.DMatrix(feature_matrix(features, model.columns), nthread=1), _places(model.columns, groups)
    shapley = np.stack([booster.predict(matrix, pred_contribs=True) for booster in model.boosters], axis=2)
    by_group = ridge.by_group.copy()
    for feature, group in enumerate(place):
        by_group[:, group] += shapley[:, feature]
    return Contributions(ridge.base + shapley[0, -1], by_group)  # the trees' base, the last, is the same in every row


@contributions.register
def _of_forest(model: Forest, features: pd.DataFrame, groups: Groups) -> Contributions:
    """The mean over the trees of the steps along their paths."""
    matrix, place = feature_matrix(features, model.columns), _places(model.columns, groups)
    trees = [grown.tree_ for grown in model.trees.estimators_]
    by_group = np.zeros((len(matrix), len(GROUPS), model.trees.n_outputs_))
    for tree in trees:
        by_group += _steps_to_nodes(tree, place)[tree.apply(matrix)] / len(trees)
    return Contributions(np.mean([tree.value[0, :, 0] for tree in trees], axis=0), by_group)


@contributions.register
def _of_stack(model: Stack, features: pd.DataFrame, groups: Groups) -> Contributions:
    """The weighted mean of the members'."""
    members = [contributions(member, features, groups) for member in model.members]
    weighed = list(zip(model.weights, members, strict=True))
    base = np.sum([weight * member.base for weight, member in weighed], axis=0)
    return Contributions(base, np.sum([weight * member.by_group for weight, member in weighed], axis=0))


def _in_two_steps(base: FloatArray, usual: FloatArray, predicted: FloatArray) -> Contributions:
    """By the usual level first, then by the newest value."""
    by_group = np.zeros((len(predicted), len(GROUPS), len(base)))
    by_group[:, GROUPS.index(USUAL_LEVEL)] = usual - base
    by_group[:, GROUPS.index(YESTERDAY)] = predicted - usual
    return Contributions(base, by_group)


def _places(names: Sequence[str], groups: Groups) -> NDArray[np.intp]:
    """The place in ``GROUPS`` of each feature."""
    return np.array([GROUPS.index(groups[name]) for name in names], dtype=np.intp)


def _steps_to_nodes(tree: Any, place: NDArray[np.intp]) -> FloatArray:
    """What each group has added on the way from the root of a scikit-learn tree to each node [nodes, 13, H].

    The mean of a node less that of its parent is due to the feature that the parent splits on.
    """
    added = np.zeros((tree.node_count, len(GROUPS), tree.value.shape[1]))
    for node in np.flatnonzero(tree.children_left >= 0):  # parents are numbered before their children
        for child in (tree.children_left[node], tree.children_right[node]):
            added[child] = added[node]
            added[child, place[tree.feature[node]]] += tree.value[child, :, 0] - tree.value[node, :, 0]
    return added
