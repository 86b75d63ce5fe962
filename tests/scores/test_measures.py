import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch import scores

NAN = np.nan
# Errors 1, -2 and 3; observations sum to 30.
FORECAST, OBSERVED = [11.0, 8.0, 13.0], [10.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (scores.rmse, np.sqrt(14 / 3)),
        (scores.mae, 2.0),
        (scores.mean_bias, 2 / 3),
        (scores.nmb, 2 / 30),
        (scores.nme, 6 / 30),
    ],
)
def test_scores_of_the_mean(score, expected):
    assert score(FORECAST, OBSERVED) == pytest.approx(expected)


def test_correlation_of_values_that_rise_together_and_apart():
    # Deviations (-1, 0, 1) and (-1, 1, 0): 1 / sqrt(2 * 2).
    assert scores.correlation([1, 2, 3], [4, 6, 5]) == pytest.approx(0.5)
    assert scores.correlation([1, 2, 3], [6, 4, 2]) == pytest.approx(-1.0)
    assert np.isnan(scores.correlation(FORECAST, OBSERVED))


def test_skill_is_one_less_the_ratio_of_mean_squared_errors():
    # Squared errors 1, 4, 9 against 4, 4, 20.
    reference = [12.0, 12.0, 10.0 + np.sqrt(20)]
    assert scores.mse_skill(FORECAST, OBSERVED, reference) == pytest.approx(1 - 14 / 28)


def test_skill_counts_only_the_rows_where_the_reference_exists():
    assert scores.mse_skill(FORECAST, OBSERVED, [12.0, NAN, NAN]) == pytest.approx(1 - 1 / 4)


@pytest.mark.parametrize(("observed", "loss"), [(12.0, 0.9 * 2), (10.0, 0.0), (7.0, 0.1 * 3)])
def test_pinball_loss_weighs_the_two_sides_by_the_level(observed, loss):
    assert scores.pinball_loss(10.0, observed, 0.9) == pytest.approx(loss)


def test_crps_is_twice_the_mean_pinball_loss_over_the_seven_quantiles():
    # Observed 11, quantiles 7 to 13: .05*4 + .10*3 + .25*2 + .50*1 + 0 + .10*1 + .05*2 = 1.7.
    assert scores.crps([[7, 8, 9, 10, 11, 12, 13]], [11.0]) == pytest.approx(2 * 1.7 / 7)


def test_crps_of_a_certain_forecast_is_its_absolute_error():
    # Levels sum to 3.5, so 2 / 7 * 3.5 * error.
    assert scores.crps([[4.0] * 7, [4.0] * 7], [6.0, 4.0]) == pytest.approx(1.0)


def test_an_interval_holds_its_ends():
    assert scores.coverage([1, 1, 1, 1], [3, 3, 3, 3], [1.0, 3.0, 0.99, 3.01]) == 0.5


def test_sharpness_is_the_mean_width():
    assert scores.sharpness([1.0, 2.0], [2.0, 5.0]) == 2.0


@pytest.mark.parametrize("score", [scores.rmse, scores.mae, scores.mean_bias, scores.nmb, scores.correlation])
def test_a_pair_with_a_missing_member_is_left_out(score):
    assert score([1.0, 3.0, 5.0, NAN], [2.0, 2.0, NAN, 7.0]) == pytest.approx(
        score([1.0, 3.0], [2.0, 2.0]), nan_ok=True
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "score", [scores.rmse, scores.correlation, scores.agreement, scores.fractional_bias, scores.pod, scores.brier_skill]
)
def test_a_score_of_nothing_is_missing_without_a_warning(score):
    nothing: list[float] = []
    assert np.isnan(score(nothing, nothing))


tenths = st.integers(-50, 5000)


@given(st.lists(st.tuples(tenths, tenths), min_size=1, max_size=30))
def test_a_forecast_has_no_skill_against_itself_and_never_less_rmse_than_mae(pairs):
    forecast, observed = np.array(pairs).T / 10
    assert scores.rmse(forecast, observed) >= scores.mae(forecast, observed) * (1 - 1e-12)
    assert scores.mse_skill(forecast, observed, forecast) == 0.0 or (forecast == observed).all()


def test_agreement_is_of_errors_beside_the_distances_from_the_observed_mean():
    # Errors -3, -4, -2: 29. Distances from 5: 4 + 1, 3 + 1, 2 + 0: 25 + 16 + 4.
    assert scores.agreement([1, 2, 3], [4, 6, 5]) == pytest.approx(1 - 29 / 45)
    assert scores.agreement([4, 6, 5], [4, 6, 5]) == 1.0


def test_fractional_scores_take_each_error_beside_the_mean_of_its_pair():
    # 2 beside 2, and -2 beside 2.
    pair = [3.0, 1.0], [1.0, 3.0]
    assert (scores.fractional_bias(*pair), scores.fractional_error(*pair)) == (0.0, 1.0)


def test_fractional_scores_leave_out_a_pair_below_nothing():
    assert scores.fractional_bias([3.0, -1.0, 0.0], [1.0, 0.5, 0.0]) == 1.0


def test_crps_of_rows_is_missing_where_a_member_is_and_the_mean_leaves_that_out():
    quantiles = [[7, 8, 9, 10, 11, 12, 13], [4.0] * 7, [4.0] * 6 + [NAN]]
    observed = [11.0, 6.0, 6.0]
    assert scores.crps_rows(quantiles, observed) == pytest.approx([2 * 1.7 / 7, 2.0, NAN], nan_ok=True)
    assert scores.crps(quantiles, observed) == pytest.approx((2 * 1.7 / 7 + 2.0) / 2)


def test_the_worst_tenth_begins_at_the_90th_percentile_of_what_is_known():
    # 0 to 10: the 90th percentile is 9.
    assert np.flatnonzero(scores.worst_tenth([NAN, *range(11)])).tolist() == [10, 11]


def test_the_worst_tenth_of_nothing_known_is_nothing():
    assert scores.worst_tenth([NAN, NAN]).tolist() == [False, False]
    assert scores.worst_tenth([]).tolist() == []
