"""What the simple peers expect, and the distribution around it, worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from benchmarks.skill.history import Rows
from benchmarks.skill.references import Blend, Climatology, Persistence, usual_values
from benchmarks.skill.ridge import RidgeOnLags, carried_forward, recent_columns, trailing_mean
from benchmarks.skill.spread import Spread, best_cuts, exceeded
from benchmarks.skill.units import Unit
from builders_skill import SITES, history_of, observed

NAN = math.nan
LOG, PLAIN = Unit(logarithm=True), Unit(logarithm=False)


def row_of(site, day):
    return Rows(np.array([site]), np.array([day]))


def test_a_history_takes_small_negative_readings_for_zero_and_knows_what_is_missing():
    values = history_of(observed([-0.5, NAN, 3.0])).values
    assert_allclose(values, [[0.0, NAN, 3.0]])


def test_a_history_until_a_day_holds_no_later_one():
    assert history_of(observed([1.0, 2.0, 3.0])).until(pd.Timestamp("2019-01-02")).values.tolist() == [[1.0, 2.0]]


def test_targets_are_the_days_after_the_origin():
    history = history_of(observed([1.0, 2.0, NAN, 4.0]))
    assert_allclose(row_of(0, 1).targets(history), [[NAN, 4.0]])
    assert_allclose(row_of(0, 3).targets(history), [[NAN, NAN]])


def test_persistence_repeats_the_value_of_the_origin():
    history = history_of(observed([1.0, 7.0, 9.0]))
    assert_allclose(Persistence(PLAIN).expect(history, row_of(0, 1)), [[7.0, 7.0]])


def two_years(first, second):
    """A year at one level, then a year at another: 365 and 366 days."""
    return observed([first] * 365 + [second] * 366)


def test_climatology_is_the_mean_of_the_same_days_in_every_year_before():
    history = history_of(two_years(4.0, 8.0), horizon=2)
    last = history.values.shape[1] - 1  # 31 December 2020: the windows of 2019 and 2020 hold 31 days of each
    assert_allclose(Climatology(PLAIN).expect(history, row_of(0, last - 60)), [[4.0, 4.0]])
    later = history_of(observed([4.0] * 365 + [8.0] * 366 + [NAN] * 200 + [1.0]), horizon=2)
    assert_allclose(Climatology(PLAIN).expect(later, row_of(0, 931)), [[6.0, 6.0]])


def test_climatology_of_a_site_without_years_is_that_of_its_state_then_of_all():
    old = observed([4.0] * 400, site="06-037-0001")
    elsewhere = observed([10.0] * 400, site="41-051-0003")
    young = observed([99.0] * 2, "2020-02-03", site="06-037-0002")  # the 399th day
    stranger = observed([99.0] * 2, "2020-02-03", site="36-061-0010")
    usual = usual_values(history_of(old, elsewhere, young, stranger))
    # Sorted: 06-037-0001, 06-037-0002, 36-061-0010, 41-051-0003. Of all: (4 + 4 + 10) / 3, the young site included.
    assert_allclose(usual[:, 399], [4.0, 4.0, 6.0, 10.0])


def test_climatology_is_the_value_of_the_origin_before_the_first_year_is_over():
    history = history_of(observed([3.0, 5.0, 9.0]))
    assert_allclose(Climatology(PLAIN).expect(history, row_of(0, 1)), [[5.0, 5.0]])


def test_the_blend_weighs_persistence_by_least_squares():
    # A year at 10 makes 10 usual. Then 30, 20, 15 on three days, each half as far from usual as the day before:
    # one day ahead the weight is (20·10 + 10·5) / (20² + 10²) = 0.5; two days ahead 20·5 / 20² = 0.25.
    values = [10.0] * 366 + [NAN] * 20 + [30.0, 20.0, 15.0]
    blend = Blend(PLAIN)
    blend.fit(history_of(observed(values)))
    assert_allclose(blend.weights, [0.5, 0.25])
    assert_allclose(blend.expect(history_of(observed(values)), row_of(0, 386)), [[20.0, 15.0]])


def test_a_trailing_mean_takes_what_was_observed():
    assert_allclose(trailing_mean(np.array([[NAN, 2.0, NAN, 6.0, 1.0]]), 3), [[NAN, 2.0, 2.0, 4.0, 3.5]])


def test_a_missing_day_is_the_last_value_while_it_is_young_enough():
    assert_allclose(carried_forward(np.array([[NAN, 2.0, NAN, NAN, 5.0]]), 1), [[NAN, 2.0, 2.0, NAN, 5.0]])


def test_a_lag_that_nothing_fills_is_the_mean_of_four_weeks():
    columns = recent_columns(history_of(observed([3.0, NAN, 6.0])), row_of(0, 2), PLAIN)[0]
    assert_allclose(columns[:14], [6.0, 3.0, 3.0, *[4.5] * 11])
    assert_allclose(columns[14:], [4.5] * 4)


def test_the_ridge_learns_that_a_deviation_halves_each_day():
    rng = np.random.default_rng(20)
    values = 50.0 + np.zeros(800)
    for day in range(1, 800):
        values[day] = 50.0 + 0.5 * (values[day - 1] - 50.0) + rng.normal()
    history = history_of(observed(values))
    ridge = RidgeOnLags(PLAIN)
    ridge.fit(history)
    rows = Rows.observed(history, pd.Timestamp("2020-01-01"))
    expected = 50.0 + (rows.at(history.values)[:, None] - 50.0) * [0.5, 0.25]
    assert np.abs(ridge.expect(history, rows) - expected).mean() < 0.25  # the noise of a day is 1


def spread_of(*residuals, unit=PLAIN):
    """From residuals at one lead, around an expectation of 20."""
    expected = np.full((len(residuals), 1), 20.0)
    return Spread.fit(unit, expected, unit.inverse(expected + np.array(residuals)[:, None]))


def test_quantiles_are_those_of_the_residuals_around_what_is_expected():
    spread = spread_of(*np.arange(-10.0, 11.0))  # evenly from -10 to 10: the 5 % quantile is -9, the 95 % one 9
    assert_allclose(spread.quantiles(np.array([[50.0]])), [[[41.0, 42.0, 45.0, 50.0, 55.0, 58.0, 59.0]]])


def test_quantiles_are_never_negative():
    assert (spread_of(*np.arange(-10.0, 11.0)).quantiles(np.array([[5.0]])) >= 0.0).all()


def test_the_mean_of_logarithms_is_smeared_over_the_residuals():
    # Residuals evenly from 0 to log 2: the mean of (1 + 9) e^r - 1 is 10 / log 2 - 1.
    spread = spread_of(*np.linspace(0.0, math.log(2.0), 101), unit=LOG)
    assert_allclose(spread.mean(np.array([[math.log(10.0)]])), [[10.0 / math.log(2.0) - 1.0]], rtol=1e-4)


def test_a_chance_lies_on_straight_lines_between_the_residuals_and_is_sure_beyond_them():
    spread = spread_of(*np.arange(-10.0, 11.0))
    expected = np.array([[50.0], [35.0], [48.0]])
    assert_allclose(spread.chance_above(expected, 45.0), [[0.75], [0.0], [0.65]])


def test_warnings_are_cut_where_they_would_have_hit_best():
    chances = np.array([[0.1], [0.3], [0.5], [0.7]])
    events = np.array([[0.0], [1.0], [0.0], [1.0]])
    # From 0.3: two hits, one false alarm, 2/3; from 0.7: one hit and a miss, 1/2; from 0.1: 2/4.
    assert 0.1 < best_cuts(chances, events)[0] <= 0.3


def test_a_day_that_was_not_observed_decides_no_cut():
    chances, events = np.array([[0.1], [0.9], [0.9]]), np.array([[1.0], [NAN], [NAN]])
    assert best_cuts(chances, events)[0] <= 0.1


def test_a_target_exceeds_from_the_breakpoint_on():
    assert_allclose(exceeded(np.array([[35.4, 35.5, NAN]]), 35.5), [[0.0, 1.0, NAN]])


def test_sites_keep_their_rows_in_the_grid():
    history = history_of(observed([1.0], site=SITES[2]), observed([2.0], site=SITES[0]))
    assert history.sites["site_id"].tolist() == [SITES[0], SITES[2]]
    assert history.values[:, 0].tolist() == [2.0, 1.0]


def test_the_blend_trusts_persistence_alone_where_nothing_is_usual():
    blend = Blend(PLAIN)
    blend.fit(history_of(observed([3.0, 5.0, 9.0])))
    assert blend.weights == pytest.approx([1.0, 1.0])
