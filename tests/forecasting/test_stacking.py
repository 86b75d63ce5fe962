from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airwatch.forecasting.stacking import Stack, stack_weights

TWO_YEARS = 730
ODD, EVEN = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])  # they do not go together


def weigh(*members: np.ndarray, days: int = TWO_YEARS) -> list[float]:
    """The weights of members with such errors at one lead."""
    errors = {str(number): each[:, np.newaxis] for number, each in enumerate(members)}
    return stack_weights(errors, days, horizon=1)[:, 0].tolist()


@pytest.mark.parametrize(
    ("second", "weights"),
    [
        (2 * EVEN, [0.8, 0.2]),  # by the inverse of the squares, 1 and 1 / 4
        (EVEN, [0.5, 0.5]),
        (-ODD, [0.5, 0.5]),  # the mean of both never errs
        (-3 * ODD, [0.75, 0.25]),
        (2 * ODD, [1.0, 0.0]),  # errs where the first does, and more: less than nothing would be best
        (ODD / 2, [0.0, 1.0]),
    ],
)
def test_two_members_count_so_that_their_mean_errs_least(second, weights):
    assert weigh(ODD, second) == pytest.approx(weights, abs=1e-4)


@pytest.mark.parametrize(("days", "weights"), [(729, [0.5, 0.5]), (730, [0.8, 0.2])])
def test_on_fewer_than_two_years_all_members_count_the_same(days, weights):
    assert weigh(ODD, 2 * EVEN, days=days) == pytest.approx(weights, abs=1e-4)


def test_each_lead_has_its_own_weights():
    first, second = np.column_stack([ODD, 2 * ODD]), np.column_stack([2 * EVEN, EVEN])
    weights = stack_weights({"ridge": first, "xgboost": second}, TWO_YEARS, horizon=2)
    np.testing.assert_allclose(weights, [[0.8, 0.2], [0.2, 0.8]], atol=1e-4)


def test_a_day_that_was_not_observed_does_not_count():
    gone = np.append(ODD, np.nan), np.append(2 * EVEN, np.nan)
    assert weigh(*gone) == weigh(ODD, 2 * EVEN)


def test_members_of_a_lead_that_was_never_observed_count_the_same():
    assert weigh(np.full(4, np.nan), np.full(4, np.nan)) == [0.5, 0.5]


def test_members_that_never_err_count_the_same():
    assert weigh(np.zeros(4), np.zeros(4)) == [0.5, 0.5]


@given(tenths=arrays(int, (12, 3), elements=st.integers(-40, 40)))
def test_weights_sum_to_one_and_the_stack_errs_no_more_than_its_best_member(tenths):
    errors = tenths / 10
    weights = np.array(weigh(*errors.T))
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    best = np.square(errors).mean(axis=0).min()
    assert np.square(errors @ weights).mean() <= best + 1e-4 * np.square(errors).mean()


@dataclass
class Constant:
    """Predicts the same always, and counts how often it was fitted."""

    values: tuple[float, ...]
    fits: list[int] = field(default_factory=list)
    name: str = "constant"
    predicts_mean: bool = False

    def fit(self, features, targets_t):
        self.fits.append(len(features))
        return self

    def predict(self, features):
        return np.tile(self.values, (len(features), 1))


ROWS = pd.DataFrame({"value_last": [1.0, 2.0]})


def test_the_stack_is_the_weighted_mean_of_its_members_at_each_lead():
    stack = Stack([Constant((10.0, 10.0)), Constant((20.0, 30.0))], np.array([[0.8, 0.5], [0.2, 0.5]]))
    assert stack.predict(ROWS).tolist() == [[12.0, 20.0]] * 2
    assert stack.predict(ROWS[:0]).shape == (0, 2)


def test_fitting_the_stack_fits_its_members():
    members = [Constant((1.0,)), Constant((2.0,))]
    Stack(members, np.array([[0.5], [0.5]])).fit(ROWS, np.ones((2, 1)))
    assert [member.fits for member in members] == [[2], [2]]
