import math

import numpy as np
import pandas as pd
import pytest

from airwatch.scores import diebold_mariano

NAN = np.nan
ZERO = np.zeros(4)


def two_sided_t3(t):
    """The p-value of Student's t with three degrees of freedom, in closed form."""
    return 1 - 2 / math.pi * (math.atan(t / math.sqrt(3)) + t / math.sqrt(3) / (1 + t**2 / 3))


def test_without_lags_it_is_the_t_test_of_the_daily_differences():
    # 1, 3, 2, 6: mean 3, squares of deviations sum to 14, so the standard error is sqrt(14 / 3 / 4).
    found = diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=0)
    statistic = 3 / math.sqrt(14 / 12)
    assert found[:3] == pytest.approx((statistic, two_sided_t3(statistic), 4))
    assert found.mean_difference == 3.0


def test_neighbouring_days_lend_and_take_variance():
    # Deviations -2, 0, -1, 3: squares 14, products of neighbours 0 + 0 - 3, weighing 2 * (1 - 1/2).
    # Variance of the mean (14 - 3) / 16; factor 1 - (4 + 3) / 16. Freedom min(3, 1.5 * 4 / 2).
    found = diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=1)
    statistic = 3 / math.sqrt((11 / 16) / (9 / 16))
    assert found[:2] == pytest.approx((statistic, two_sided_t3(statistic)))


def test_days_on_either_side_of_a_gap_are_no_neighbours():
    # Days 0, 1, 3: deviations -2, -1, 3, one pair of neighbours with product 2: (14 + 2) / 9 over 1 - (3 + 1) / 9.
    found = diebold_mariano([1, 2, 6], [0, 0, 0], [0, 1, 3], lags=1)
    statistic = 3 / math.sqrt((16 / 9) / (5 / 9))
    # Two degrees of freedom, min(2, 1.5 * 3 / 2): p is 1 - t / sqrt(2 + t²).
    assert found[:2] == pytest.approx((statistic, 1 - statistic / math.sqrt(2 + statistic**2)))


def test_the_default_bandwidth_is_1_3_times_the_root_of_the_days():
    # 100 days: a bandwidth of 13, which is 12 lags.
    loss = np.random.default_rng(1).normal(size=100)
    assert diebold_mariano(loss, 0 * loss, range(100)) == diebold_mariano(loss, 0 * loss, range(100), lags=12)
    assert diebold_mariano(loss, 0 * loss, range(100)) != diebold_mariano(loss, 0 * loss, range(100), lags=13)


def test_sites_of_one_day_count_as_one():
    loss, days = np.random.default_rng(2).normal(size=50), np.arange(50)
    once = diebold_mariano(loss, 0 * loss, days)
    spread = np.array([loss - 1, loss + 1]).ravel()
    assert diebold_mariano(spread, 0 * spread, np.tile(days, 2)) == pytest.approx(once)


def test_the_order_of_rows_and_the_kind_of_days_do_not_matter():
    loss = np.random.default_rng(3).normal(size=50)
    dates = pd.Series(pd.date_range("2021-01-01", periods=50))
    once = diebold_mariano(loss, 0 * loss, np.arange(50))
    assert diebold_mariano(loss[::-1], 0 * loss, dates[::-1]) == pytest.approx(once)


def test_the_two_forecasts_change_places_with_the_sign():
    first, second = np.random.default_rng(4).normal(size=(2, 50))
    there, back = diebold_mariano(first, second, range(50)), diebold_mariano(second, first, range(50))
    assert (there.statistic, there.p_value) == pytest.approx((-back.statistic, back.p_value))


def test_a_row_with_a_missing_loss_is_left_out():
    found = diebold_mariano([1, 3, NAN, 2, 6], [0, 0, 0, 0, 0], [0, 1, 1, 2, 3], lags=0)
    assert found == diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=0)


@pytest.mark.parametrize("loss", [[], [NAN, NAN], [1.0], [1.0, 2.0]])
def test_fewer_than_two_days_show_nothing(loss):
    found = diebold_mariano(loss, np.zeros(len(loss)), np.zeros(len(loss)))
    assert math.isnan(found.statistic)
    assert math.isnan(found.p_value)
    assert found.days <= 1


def test_equal_losses_are_no_difference_and_one_that_never_varies_is_certain():
    assert diebold_mariano([1, 2, 3], [1, 2, 3], range(3))[:4] == (0.0, 1.0, 3, 0.0)
    assert diebold_mariano([1, 2, 3], [2, 3, 4], range(3))[:4] == (-math.inf, 0.0, 3, -1.0)


def test_the_interval_is_student_s_around_the_mean():
    # Mean 3, standard error sqrt(14 / 12); 95 % of Student's t with three degrees of freedom lie within 3.18245.
    low, high = diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=0).interval(0.95)
    reach = 3.18245 * math.sqrt(14 / 12)
    assert (low, high) == pytest.approx((3 - reach, 3 + reach), abs=1e-4)


def test_the_interval_holds_zero_where_the_p_value_is_above_what_it_leaves():
    found = diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=0)
    assert found.interval(1 - found.p_value)[0] == pytest.approx(0.0)


def test_the_interval_of_a_certain_difference_is_a_point_and_of_nothing_unknown():
    assert diebold_mariano([1, 2, 3], [2, 3, 4], range(3)).interval(0.95) == (-1.0, -1.0)
    assert all(math.isnan(end) for end in diebold_mariano([1.0], [2.0], [0]).interval(0.95))


def test_more_lags_than_days_are_as_many_as_there_are():
    assert diebold_mariano([1, 3, 2, 6], ZERO, range(4), lags=6) == diebold_mariano(
        [1, 3, 2, 6], ZERO, range(4), lags=3
    )


def test_losses_of_other_rows_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\) and \(2,\).*same rows"):
        diebold_mariano([1, 2], [1, 2, 3], [0, 1])


def test_negative_lags_are_refused():
    with pytest.raises(ValueError, match="lags is -1"):
        diebold_mariano([1, 2], [1, 2], [0, 1], lags=-1)


def share_found(draw, tests=600, days=365):
    """How often p is below 0.05 on days whose true difference is what ``draw`` gives."""
    rng = np.random.default_rng(5)
    nothing = np.zeros(days)
    return np.mean([diebold_mariano(draw(rng, days), nothing, range(days)).p_value < 0.05 for _ in range(tests)])


def week_long(rng, days):
    """Differences that share six of seven daily shocks with the day before, as errors at lead 7 do."""
    return np.convolve(rng.normal(size=days + 6), np.ones(7), mode="valid")


@pytest.mark.parametrize("draw", [lambda rng, days: rng.normal(size=days), week_long])
def test_where_there_is_no_difference_one_is_found_about_one_time_in_twenty(draw):
    # 600 tests: 5 % give or take 1.8 %, and up to 1.5 % more where errors last a week.
    assert share_found(draw) == pytest.approx(0.05, abs=0.033)


def test_a_difference_of_a_quarter_of_the_daily_spread_is_found_in_a_year():
    # The mean of 365 days is known to 1 / 19 of the spread.
    assert share_found(lambda rng, days: rng.normal(0.25, 1, size=days), tests=100) > 0.95
