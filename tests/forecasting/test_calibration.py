import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.transforms import transform
from airwatch.forecasting.calibration import QUANTILE_LEVELS, ResidualDistribution
from airwatch.forecasting.ranks import Levels

IDENTITY, LOG = transform("identity"), transform("log1p")
EVEN = np.linspace(-1.0, 1.0, 201)[:, np.newaxis]  # its quantile at level p is 2 p - 1
ONE = np.ones((1, 1))
PLAIN = Levels.unbent(1, 1)
ANY = 1e9  # a highest concentration that is never reached


def levels_of(*shares: float) -> Levels:
    """One row and lead whose eight levels are worth such shares."""
    return Levels(np.append(0.0, np.cumsum(shares))[np.newaxis, np.newaxis], np.zeros(1, dtype=np.intp))


WIDE = levels_of(0.1, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1)  # twice as much as they say in the outer levels


def mean_of(distribution, prediction, kind=IDENTITY, spread=1.0, highest=ANY):
    return distribution.mean(prediction * ONE, spread * ONE, kind, highest)[0, 0]


def test_quantiles_are_those_of_the_residuals():
    found = ResidualDistribution.fit(EVEN).quantiles(PLAIN)
    np.testing.assert_allclose(found, [[[-0.9, -0.8, -0.5, 0.0, 0.5, 0.8, 0.9]]], atol=1e-12)


def test_where_recent_errors_were_larger_the_quantiles_lie_further_apart():
    # A chance of 5 % is now the level 0.025, of 10 % 0.05, and of 25 % half way from 0.10 to 0.25.
    found = ResidualDistribution.fit(EVEN).quantiles(WIDE)
    np.testing.assert_allclose(found, [[[-0.95, -0.9, -0.65, 0.0, 0.65, 0.9, 0.95]]], atol=1e-12)


def test_each_row_has_the_levels_of_its_origin():
    both = Levels(np.concatenate([PLAIN.cumulative, WIDE.cumulative]), np.array([1, 0, 1]))
    found = ResidualDistribution.fit(EVEN).quantiles(both)
    np.testing.assert_allclose(found[:, 0, 0], [-0.95, -0.9, -0.95], atol=1e-12)


@pytest.mark.parametrize(
    ("residual", "level"), [(-2.0, 0.0), (-1.0, 0.0), (-0.5, 0.25), (0.0, 0.5), (0.802, 0.901), (1.0, 1.0), (9.0, 1.0)]
)
def test_the_level_of_a_residual_is_the_share_of_residuals_below_it(residual, level):
    distribution = ResidualDistribution.fit(EVEN)
    assert distribution.level_of(residual * ONE)[0, 0] == pytest.approx(level, abs=1e-12)
    assert distribution.chance_of_at_least(residual * ONE, PLAIN)[0, 0] == pytest.approx(1 - level, abs=1e-12)


def test_the_chance_follows_recent_errors():
    # 0.95 is the level 0.975, worth 0.95 where the outer levels count twice; 0.25 and below are worth 0.3.
    distribution = ResidualDistribution.fit(EVEN)
    assert distribution.chance_of_at_least(0.95 * ONE, WIDE)[0, 0] == pytest.approx(0.05)
    assert distribution.chance_of_at_least(-0.5 * ONE, WIDE)[0, 0] == pytest.approx(0.7)


def test_the_mean_is_taken_over_the_residuals_in_the_concentration_s_unit():
    # The mean of (1 + c) exp(r) - 1 over r even on [-1, 1] is (1 + c) sinh(1) - 1.
    assert mean_of(ResidualDistribution.fit(EVEN), np.log(10.0), LOG) == pytest.approx(10 * np.sinh(1) - 1, rel=1e-4)


def test_the_mean_of_twice_the_spread_is_that_of_residuals_twice_as_large():
    # Over r even on [-2, 2]: (1 + c) sinh(2) / 2 - 1.
    found = mean_of(ResidualDistribution.fit(EVEN), np.log(10.0), LOG, spread=2.0)
    assert found == pytest.approx(5 * np.sinh(2) - 1, rel=1e-3)


def test_the_mean_is_that_over_the_cells_which_a_plain_loop_finds():
    rng = np.random.default_rng(3)
    distribution = ResidualDistribution.fit(rng.normal(size=(500, 2)))
    predictions, spread = rng.normal(2, 1, (4, 2)), rng.uniform(0.5, 2, (4, 2))
    found = distribution.mean(predictions, spread, LOG, ANY)
    for row, lead in np.ndindex(4, 2):
        values = LOG.inverse(predictions[row, lead] + spread[row, lead] * distribution.cells[lead])
        assert found[row, lead] == pytest.approx(np.mean(np.maximum(values, 0)), rel=1e-12)


def test_the_mean_counts_what_falls_below_zero_as_zero():
    # Half of the residuals give 0, the other half an even spread over [0, 1].
    assert mean_of(ResidualDistribution.fit(EVEN), 0.0) == pytest.approx(0.25, rel=1e-3)


def test_no_part_of_the_mean_is_higher_than_the_highest():
    # 9 to 10 as it comes, 10 where it would be 10 to 11: 9.5 and 10 by halves.
    assert mean_of(ResidualDistribution.fit(EVEN), 10.0, highest=10.0) == pytest.approx(9.75, rel=1e-3)


def test_residuals_all_alike_give_a_certain_answer():
    distribution = ResidualDistribution.fit(np.full((150, 1), np.log(2.0)))
    assert mean_of(distribution, np.log(3.0), LOG) == pytest.approx(5.0)  # 3 times 2, less 1
    assert distribution.chance_of_at_least(np.array([[np.log(1.999)]]), PLAIN)[0, 0] == 1.0
    assert distribution.chance_of_at_least(np.array([[np.log(2.001)]]), PLAIN)[0, 0] == 0.0


def test_residuals_that_just_reach_the_threshold_count():
    distribution = ResidualDistribution.fit(np.repeat([[0.0], [1.0]], 100, axis=0))
    assert distribution.chance_of_at_least(ONE, PLAIN)[0, 0] == pytest.approx(0.5, abs=0.01)


def test_each_lead_has_its_own_residuals():
    distribution = ResidualDistribution.fit(np.hstack([EVEN, 4 * EVEN]))
    np.testing.assert_allclose(distribution.quantiles(Levels.unbent(1, 2))[0, :, -1], [0.9, 3.6])
    np.testing.assert_allclose(distribution.level_of(np.array([[0.5, 2.0]])), [[0.75, 0.75]])
    assert distribution.horizon == 2


def test_a_lead_with_too_few_residuals_borrows_those_of_all_leads():
    few = np.full_like(EVEN, np.nan)
    few[:99] = 100.0
    residuals = np.hstack([EVEN, few])
    borrowing = ResidualDistribution.fit(residuals, min_residuals=100)
    # 201 even ones and 99 of 100 together: 67 % lie below 1, so the median is still among the even ones.
    assert borrowing.grid[1, 100] < 1.0
    assert borrowing.counts.tolist() == [201, 99]
    assert ResidualDistribution.fit(residuals, min_residuals=99).grid[1, 100] == 100.0


def test_centred_residuals_keep_their_spread_and_lose_their_mean():
    distribution = ResidualDistribution.fit(EVEN + 3.0, centred=True)
    np.testing.assert_allclose(distribution.quantiles(PLAIN)[0, 0, [0, 3, 6]], [-0.9, 0.0, 0.9], atol=1e-12)
    assert mean_of(distribution, 10.0) == pytest.approx(10.0)


def test_no_residual_at_all_is_refused():
    with pytest.raises(ValueError, match="No out-of-sample residual"):
        ResidualDistribution.fit(np.full((5, 2), np.nan))


def test_four_fifths_of_new_days_fall_into_the_80_percent_interval():
    rng = np.random.default_rng(6)
    distribution = ResidualDistribution.fit(rng.normal(size=(4000, 1)))
    level = distribution.level_of(rng.normal(size=(4000, 1)))
    # The standard error of such a share is 0.6 %, and that of the calibration about the same.
    assert np.mean((level >= 0.1) & (level <= 0.9)) == pytest.approx(0.8, abs=0.03)


samples = st.lists(st.floats(-4, 4), min_size=1, max_size=60)
worths = st.lists(st.floats(0.01, 1), min_size=8, max_size=8).map(lambda found: levels_of(*(found / np.sum(found))))


@given(residuals=samples, levels=worths)
def test_quantiles_never_cross_and_lie_between_the_extremes(residuals, levels):
    found = ResidualDistribution.fit(np.array(residuals)[:, np.newaxis]).quantiles(levels)[0, 0]
    assert (np.diff(found) >= 0).all()
    assert found[0] >= min(residuals) - 1e-12
    assert found[-1] <= max(residuals) + 1e-12


@given(residuals=samples, levels=worths, residual=st.floats(-5, 5), step=st.floats(0, 5))
def test_more_is_never_more_likely(residuals, levels, residual, step):
    distribution = ResidualDistribution.fit(np.array(residuals)[:, np.newaxis])
    low, high = (distribution.chance_of_at_least(r * ONE, levels)[0, 0] for r in (residual, residual + step))
    assert 1.0 >= low >= high - 1e-12 >= -1e-12


@given(levels=worths, place=st.integers(0, 6))
def test_the_chance_of_reaching_a_quantile_is_what_its_level_leaves(levels, place):
    distribution = ResidualDistribution.fit(EVEN)
    quantile = distribution.quantiles(levels)[0, 0, place]
    chance = distribution.chance_of_at_least(quantile * ONE, levels)[0, 0]
    assert chance == pytest.approx(1 - QUANTILE_LEVELS[place], abs=1e-9)


@given(predicted=st.floats(-1, 5), spread=st.floats(0.01, 3), residuals=samples)
def test_the_mean_lies_between_nothing_and_the_highest(predicted, spread, residuals):
    distribution = ResidualDistribution.fit(np.array(residuals)[:, np.newaxis])
    assert -1e-9 <= mean_of(distribution, predicted, LOG, spread, highest=50.0) <= 50.0 * (1 + 1e-9)
