import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airwatch.domain.transforms import transform
from airwatch.forecasting import linear
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.linear import RidgeByLead, RidgeParams, row_products

IDENTITY, LOG = transform("identity"), transform("log1p")


def build_rows(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    names = ["value_last", "value_lag_01", "network_00"]
    return pd.DataFrame(rng.uniform(1, 20, size=(count, 3)), columns=names, dtype="float32")


def fit_ridge(features: pd.DataFrame, targets: np.ndarray, alpha: float = 1e-12, kind=IDENTITY) -> RidgeByLead:
    return RidgeByLead(kind, RidgeParams(alpha=alpha)).fit(features, targets)


NEW = pd.DataFrame({"value_last": [99.0], "value_lag_01": [3.0], "network_00": [4.0]}, dtype="float32")


def test_ridge_finds_the_line_of_each_lead(unpenalised):
    rows = build_rows()
    last, network = rows["value_last"].to_numpy(float), rows["network_00"].to_numpy(float)
    model = fit_ridge(rows, np.column_stack([2 * last + 1, 5 - network]))
    np.testing.assert_allclose(model.predict(NEW), [[199.0, 1.0]], atol=1e-4)


def test_beyond_what_it_forecast_in_the_training_a_ridge_is_believed_for_tomorrow_alone(unpenalised):
    rows = build_rows()
    last = rows["value_last"].to_numpy(float)[:, np.newaxis]
    model = fit_ridge(rows, np.repeat(last, 7, axis=1))
    # Of the lead 7 the highest 6 * 6 * 0.00005 = 0.18 % of the training are not believed either.
    np.testing.assert_allclose(model.predict(NEW)[0, :2], [99.0, last.max()], rtol=1e-4)
    np.testing.assert_allclose(model.predict(NEW)[0, 6], np.quantile(last, 0.9982), rtol=1e-4)
    np.testing.assert_allclose(model.predict(rows)[:, 6], np.minimum(last[:, 0], np.quantile(last, 0.9982)), rtol=1e-4)


def test_ridge_works_on_the_logarithm_of_concentrations(unpenalised):
    rows = build_rows()
    targets = LOG.forward(rows["value_last"].to_numpy(float))[:, np.newaxis] * 0.5
    np.testing.assert_allclose(fit_ridge(rows, targets, kind=LOG).predict(NEW), [[np.log(100) / 2]], atol=1e-5)


def test_ridge_finds_what_varies_with_the_season_and_the_place(unpenalised, build_features):
    rows = build_features(days=200)
    moved = rows["doy_sin"].to_numpy(float) * (rows["latitude"].to_numpy(float) - 34)  # at the second site alone
    predicted = fit_ridge(rows, moved[:, np.newaxis]).predict(rows)[:, 0]
    np.testing.assert_allclose(predicted, moved, atol=1e-3)


def one_column(count: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A column whose half is 1 and half 3, and a target of five times as much."""
    values = np.tile([1.0, 3.0], count // 2)
    return pd.DataFrame({"network_00": values}, dtype="float32"), 5 * values[:, np.newaxis]


@pytest.mark.parametrize("count", [40, 400])
def test_the_penalty_grows_with_the_rows_and_the_lead(unpenalised, count):
    # One standardised column: of the slope n / (n + alpha lead n) is left, for an alpha of one a half, then a third.
    rows, targets = one_column(count)
    model = fit_ridge(rows, np.repeat(targets, 2, axis=1), alpha=1.0)
    assert model.coefficients[0].tolist() == pytest.approx([5 / 2, 5 / 3])
    predicted = model.predict(pd.DataFrame({"network_00": [2.0, 3.0]}, dtype="float32"))
    np.testing.assert_allclose(predicted, [[10.0, 10.0], [12.5, 10 + 5 / 3]])


def test_few_rows_are_not_left_without_a_penalty(monkeypatch):
    monkeypatch.setattr(linear, "LEAST_PENALTY", 10.0)
    assert fit_ridge(*one_column(90), alpha=0.004).coefficients[0, 0] == pytest.approx(4.5)  # 90 / (90 + 10)


def test_a_heavy_penalty_leaves_the_mean_of_the_targets():
    rows = build_rows()
    targets = rows[["value_last"]].to_numpy(float)
    np.testing.assert_allclose(fit_ridge(rows, targets, 1e12).predict(rows), np.full((60, 1), targets.mean()))


def test_a_column_of_another_lead_s_day_takes_no_part(unpenalised, build_features):
    rows = build_features(days=100)
    second = rows["holiday_02"].to_numpy(float)
    model = fit_ridge(rows, np.column_stack([second, second, second]))
    of_lead = {name: model.terms.build(rows)[1].index(f"holiday_0{name}") for name in (1, 2, 3)}
    assert (model.coefficients[[of_lead[1], of_lead[2]], 2] == 0).all()
    assert (model.coefficients[[of_lead[1], of_lead[3]], 1] == 0).all()
    assert (model.coefficients[[of_lead[2], of_lead[3]], 0] == 0).all()
    assert model.coefficients[of_lead[2], 1] == pytest.approx(1.0, abs=1e-3)


def test_rows_without_a_target_are_left_out_of_that_lead_alone(unpenalised):
    rows = build_rows(80)
    twice = pd.concat([rows, rows], ignore_index=True)
    squares = twice.to_numpy(float)[:, :2] ** 2
    gappy = np.where((np.arange(160) < 80)[:, np.newaxis] | [False, True], squares, np.nan)
    first, second = fit_ridge(twice, gappy, alpha=0.5).predict(NEW)[0]
    # Half the rows have half the penalty: the same answer as from the one copy alone.
    assert first == pytest.approx(fit_ridge(rows, squares[:80], alpha=0.5).predict(NEW)[0, 0])
    assert second == fit_ridge(twice, squares, alpha=0.5).predict(NEW)[0, 1]


@pytest.mark.parametrize("rows_of_a_block", [7, 60, 61])
def test_normal_equations_summed_over_blocks_are_those_of_all_rows(unpenalised, monkeypatch, rows_of_a_block):
    rows = build_rows(61)
    targets = rows.to_numpy(float) ** 2
    whole = fit_ridge(rows, targets)
    monkeypatch.setattr(linear, "CHUNK_ROWS", rows_of_a_block)
    np.testing.assert_allclose(fit_ridge(rows, targets).coefficients, whole.coefficients, rtol=1e-9)


def test_a_product_over_rows_is_the_sum_over_terms():
    matrix = np.array([[1, 2], [3, 4]], dtype=np.float32)
    found = row_products(matrix, np.array([[10.0, 0.5], [100.0, 0.25]]), np.array([1000.0, 0.0]))
    assert found.tolist() == [[1210.0, 1.0], [1430.0, 2.5]]


@settings(max_examples=15)
@given(places=st.lists(st.integers(0, 99), min_size=1, max_size=12))
def test_a_product_has_the_same_bits_whatever_rows_are_beside_it(places):
    rng = np.random.default_rng(1)
    matrix, slopes = rng.normal(size=(100, 70)).astype(np.float32), rng.normal(size=(70, 7))
    together = row_products(matrix, slopes, slopes[0])
    assert np.array_equal(row_products(matrix[places], slopes, slopes[0]), together[places])


def test_a_column_that_is_never_known_or_never_changes_does_no_harm(unpenalised):
    rows = build_rows().assign(latitude=np.float32(34), never=np.float32(np.nan))
    model = fit_ridge(rows, rows[["value_last"]].to_numpy(float))
    np.testing.assert_allclose(model.predict(rows)[:, 0], rows["value_last"], atol=1e-4)


def test_targets_all_alike_are_what_ridge_predicts():
    np.testing.assert_allclose(fit_ridge(build_rows(), np.full((60, 2), 7.0)).predict(NEW), [[7.0, 7.0]])


def test_ridge_refuses_next_to_no_targets():
    with pytest.raises(TooFewTrainingRows, match="ridge has 29"):
        fit_ridge(build_rows(29), np.ones((29, 1)))
