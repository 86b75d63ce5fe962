import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.transforms import transform

IDENTITY, LOG = transform("identity"), transform("log1p")
EVEN = np.linspace(-1.0, 1.0, 201)[:, np.newaxis]  # its quantile at level p is 2 p - 1


def test_quantiles_are_the_prediction_plus_the_residuals_quantiles():
    quantiles = ResidualDistribution.fit(EVEN).quantiles(np.array([[10.0]]), IDENTITY)
    np.testing.assert_allclose(quantiles, [[[9.1, 9.2, 9.5, 10.0, 10.5, 10.8, 10.9]]], rtol=1e-12)


def test_quantiles_are_never_negative():
    quantiles = ResidualDistribution.fit(EVEN).quantiles(np.array([[0.5]]), IDENTITY)
    np.testing.assert_allclose(quantiles, [[[0.0, 0.0, 0.0, 0.5, 1.0, 1.3, 1.4]]], rtol=1e-12)


@pytest.mark.parametrize(
    ("threshold", "chance"), [(8.0, 1.0), (9.0, 1.0), (9.5, 0.75), (10.0, 0.5), (10.802, 0.099), (11.1, 0.0)]
)
def test_the_chance_is_the_share_of_residuals_that_reach_the_threshold(threshold, chance):
    chances = ResidualDistribution.fit(EVEN).chance_of_at_least(np.array([[10.0]]), IDENTITY, threshold)
    assert chances[0, 0] == pytest.approx(chance, abs=1e-12)


def test_the_mean_is_taken_over_the_residuals_in_the_concentrations_unit():
    # The mean of (1 + c) exp(r) - 1 over r even on [-1, 1] is (1 + c) sinh(1) - 1.
    mean = ResidualDistribution.fit(EVEN).mean(np.array([[np.log(10.0)]]), LOG)
    assert mean[0, 0] == pytest.approx(10 * np.sinh(1) - 1, rel=1e-4)


def test_the_mean_counts_what_falls_below_zero_as_zero():
    # Half of the residuals give 0, the other half an even spread over [0, 1].
    mean = ResidualDistribution.fit(EVEN).mean(np.array([[0.0]]), IDENTITY)
    assert mean[0, 0] == pytest.approx(0.25, rel=1e-3)


def test_residuals_all_alike_give_a_certain_answer():
    distribution = ResidualDistribution.fit(np.full((150, 1), np.log(2.0)))
    prediction = np.array([[np.log(3.0)]])  # 3 times 2, less 1: 5
    assert distribution.mean(prediction, LOG)[0, 0] == pytest.approx(5.0)
    assert distribution.chance_of_at_least(prediction, LOG, 4.999)[0, 0] == 1.0
    assert distribution.chance_of_at_least(prediction, LOG, 5.001)[0, 0] == 0.0


def test_residuals_that_just_reach_the_threshold_count():
    distribution = ResidualDistribution.fit(np.repeat([[0.0], [1.0]], 100, axis=0))
    chances = distribution.chance_of_at_least(np.array([[10.0]]), IDENTITY, 11.0)
    assert chances[0, 0] == pytest.approx(0.5, abs=0.01)


def test_each_lead_has_its_own_residuals():
    distribution = ResidualDistribution.fit(np.hstack([EVEN, 4 * EVEN]))
    quantiles = distribution.quantiles(np.array([[10.0, 10.0]]), IDENTITY)
    np.testing.assert_allclose(quantiles[0, :, -1], [10.9, 13.6])
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
    quantiles = ResidualDistribution.fit(EVEN + 3.0, centred=True).quantiles(np.array([[10.0]]), IDENTITY)
    np.testing.assert_allclose(quantiles[0, 0, [0, 3, 6]], [9.1, 10.0, 10.9])


def test_no_residual_at_all_is_refused():
    with pytest.raises(ValueError, match="No out-of-sample residual"):
        ResidualDistribution.fit(np.full((5, 2), np.nan))


def test_four_fifths_of_new_days_fall_into_the_80_percent_interval():
    rng = np.random.default_rng(6)
    distribution = ResidualDistribution.fit(rng.normal(0, 0.5, size=(4000, 1)))
    predictions = rng.normal(2.0, 0.5, size=(4000, 1))
    happened = LOG.inverse(predictions + rng.normal(0, 0.5, size=(4000, 1)))[:, 0]
    quantiles = distribution.quantiles(predictions, LOG)[:, 0]
    inside = np.mean((happened >= quantiles[:, 1]) & (happened <= quantiles[:, 5]))
    # The standard error of such a share is 0.6 %, and that of the calibration about the same.
    assert inside == pytest.approx(0.8, abs=0.03)


predictions = st.floats(-3, 7)
samples = st.lists(st.floats(-4, 4), min_size=1, max_size=60)


@given(prediction=predictions, residuals=samples)
def test_quantiles_never_cross_and_lie_between_the_extremes(prediction, residuals):
    distribution = ResidualDistribution.fit(np.array(residuals)[:, np.newaxis])
    quantiles = distribution.quantiles(np.array([[prediction]]), LOG)[0, 0]
    assert (np.diff(quantiles) >= 0).all()
    assert quantiles[0] >= 0
    highest = max(LOG.inverse(np.array([prediction + max(residuals)]))[0], 0.0)
    assert quantiles[-1] <= highest * (1 + 1e-9) + 1e-9


@given(prediction=predictions, residuals=samples, threshold=st.floats(0, 300), step=st.floats(0, 100))
def test_a_higher_threshold_is_never_more_likely(prediction, residuals, threshold, step):
    distribution = ResidualDistribution.fit(np.array(residuals)[:, np.newaxis])
    low, high = (
        distribution.chance_of_at_least(np.array([[prediction]]), LOG, level)[0, 0]
        for level in (threshold, threshold + step)
    )
    assert 1.0 >= low >= high - 1e-12 >= -1e-12


@given(prediction=st.floats(3, 6), place=st.integers(0, 6))
def test_the_chance_of_reaching_a_quantile_is_what_its_level_leaves(prediction, place):
    distribution = ResidualDistribution.fit(EVEN)
    quantile = distribution.quantiles(np.array([[prediction]]), LOG)[0, 0, place]
    level = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)[place]
    chance = distribution.chance_of_at_least(np.array([[prediction]]), LOG, quantile)[0, 0]
    assert chance == pytest.approx(1 - level, abs=1e-9)
