import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airwatch.forecasting.ranks import RecencyParams
from airwatch.forecasting.ratios import RecentSums

NAN = np.nan


def days(*numbers: int) -> np.ndarray:
    """Days of January 2023."""
    return np.array([f"2023-01-{number:02d}" for number in numbers], dtype="datetime64[D]")


def sums(origins: np.ndarray, observed: list[list[float]], means: list[list[float]]) -> RecentSums:
    return RecentSums.count(origins, np.array(observed), np.array(means))


def ratio(found: RecentSums, origin: int, **recency: int) -> list[float]:
    """The ratio of each lead as of a day of January."""
    params = RecencyParams(**{"days": 3, "prior_days": 2, "prior_count": 4} | recency)
    return found.ratio_at(days(origin), params)[0].tolist()


def test_the_mean_moves_by_what_was_observed_beside_what_was_forecast():
    found = sums(days(1, 1, 2, 2), [[20.0], [10.0], [12.0], [18.0]], [[10.0], [10.0], [10.0], [10.0]])
    # 60 where 40 was forecast, at 2 / (2 + 2) of the days and 4 / (4 + 4) of the forecasts.
    assert ratio(found, 3) == pytest.approx([1 + 0.25 * 0.5])


def test_the_sums_count_and_not_each_day_s_own_ratio():
    smoke, calm = [[100.0], [1.0]], [[50.0], [2.0]]
    # 101 where 52 was forecast; the mean of 2 and 0.5 would be 1.25.
    assert ratio(sums(days(1, 1), smoke, calm), 2) == pytest.approx([1 + 1 / 3 * 1 / 3 * (101 / 52 - 1)])


@pytest.mark.parametrize(("origin", "seen"), [(1, 0), (2, 1), (3, 1), (4, 1), (5, 0)])
def test_a_day_counts_from_itself_for_as_many_days_as_the_window_has(origin, seen):
    found = sums(days(1), [[20.0]], [[10.0]])  # observed on the second
    assert ratio(found, origin) == pytest.approx([1 + seen * 1 / 3 * 1 / 5])


def test_each_lead_has_its_own_ratio():
    found = sums(days(1), [[20.0, 5.0]], [[10.0, 10.0]])  # on the second and on the third
    assert ratio(found, 3) == pytest.approx([1 + 1 / 15, 1 - 0.5 / 15])


@pytest.mark.parametrize(("observed", "expected"), [(900.0, 2.0), (0.0, 0.5), (-3.0, 0.5)])
def test_an_instrument_or_a_fire_moves_the_mean_by_no_more_than_half_or_twice(observed, expected):
    found = sums(days(1), [[observed]], [[10.0]])
    assert ratio(found, 2) == pytest.approx([1 + 1 / 15 * (expected - 1)])


def test_a_negative_observation_counts_as_the_zero_that_was_forecast_for_it():
    found = sums(days(1, 1), [[-5.0], [12.0]], [[0.0], [12.0]])
    assert ratio(found, 2) == pytest.approx([1.0])


@pytest.mark.parametrize(
    "found",
    [
        sums(days(9), [[20.0]], [[10.0]]),
        sums(days(1), [[NAN]], [[10.0]]),
        sums(days(1), [[20.0]], [[0.0]]),
        RecentSums.count(days(), np.empty((0, 1)), np.empty((0, 1))),
    ],
    ids=["later", "not observed", "none forecast", "no forecasts"],
)
def test_where_nothing_is_known_the_mean_is_what_it_says(found):
    assert ratio(found, 3) == [1.0]


def test_no_origin_has_no_ratio():
    assert sums(days(1), [[20.0, 1.0]], [[10.0, 1.0]]).ratio_at(days(), RecencyParams()).shape == (0, 2)


origins = arrays(int, 30, elements=st.integers(1, 20))
concentrations = arrays(float, (30, 2), elements=st.floats(-9, 500) | st.just(NAN))


@given(numbers=origins, observed=concentrations, asked=st.lists(st.integers(1, 25), min_size=1), seed=st.integers(0, 9))
def test_an_origin_alone_has_the_ratio_it_has_among_many_to_the_bit(numbers, observed, asked, seed):
    means = np.random.default_rng(seed).uniform(0, 100, (30, 2))
    params = RecencyParams(5, 2, 4)
    many = RecentSums.count(days(*numbers), observed, means).ratio_at(days(*asked), params)
    for row, day in enumerate(asked):
        # What was issued later is not even there, and the rest is turned round.
        known = np.flatnonzero(numbers <= day)[::-1]
        alone = RecentSums.count(days(*numbers[known]), observed[known], means[known])
        assert np.array_equal(many[row], alone.ratio_at(days(day), params)[0])


@given(numbers=origins, observed=concentrations, day=st.integers(1, 25))
def test_what_is_observed_after_an_origin_changes_nothing(numbers, observed, day):
    later = numbers[:, np.newaxis] + np.arange(1, 3) > day
    other, means = np.where(later, observed * 3 + 1, observed), np.full((30, 2), 7.0)
    now, then = (RecentSums.count(days(*numbers), each, means) for each in (observed, other))
    assert np.array_equal(*(each.ratio_at(days(day), RecencyParams(5, 2, 4)) for each in (now, then)))
