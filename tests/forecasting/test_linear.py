import numpy as np
import pandas as pd
import pytest

from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.linear import RidgeByLead, RidgeParams
from airwatch.forecasting.transforms import transform

IDENTITY, LOG = transform("identity"), transform("log1p")


def build_rows(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    names = ["value_last", "value_climatology_00", "doy_sin"]
    return pd.DataFrame(rng.uniform(1, 20, size=(count, 3)), columns=names, dtype="float32")


def fit_line(features: pd.DataFrame, targets: np.ndarray, alpha: float = 1e-9) -> RidgeByLead:
    return RidgeByLead(IDENTITY, RidgeParams(alpha=alpha)).fit(features, targets)


def test_ridge_finds_the_line_of_each_lead():
    rows = build_rows()
    last, season = rows["value_last"].to_numpy(float), rows["doy_sin"].to_numpy(float)
    model = fit_line(rows, np.column_stack([2 * last + 1, 5 - season]))
    new = pd.DataFrame({"value_last": [10.0], "value_climatology_00": [3.0], "doy_sin": [4.0]}, dtype="float32")
    np.testing.assert_allclose(model.predict(new), [[21.0, 1.0]], atol=1e-4)


def test_ridge_works_on_the_logarithm_of_concentrations():
    rows = build_rows()
    targets = LOG.forward(rows["value_last"].to_numpy(float))[:, np.newaxis] * 0.5
    model = RidgeByLead(LOG, RidgeParams(alpha=1e-9)).fit(rows, targets)
    new = pd.DataFrame({"value_last": [99.0], "value_climatology_00": [3.0], "doy_sin": [4.0]}, dtype="float32")
    np.testing.assert_allclose(model.predict(new), [[np.log(100) / 2]], atol=1e-4)


def test_a_heavy_penalty_leaves_the_mean_of_the_targets():
    rows = build_rows()
    targets = rows[["value_last"]].to_numpy(float)
    model = fit_line(rows, targets, alpha=1e12)
    np.testing.assert_allclose(model.predict(rows), np.full((60, 1), targets.mean()), rtol=1e-6)


def test_rows_without_a_target_are_left_out_of_that_lead_alone():
    rows = build_rows(80)
    targets = np.column_stack([rows["value_last"] ** 2, rows["doy_sin"]]).astype(float)
    gappy = targets.copy()
    gappy[40:, 0] = np.nan
    first, second = fit_line(rows, gappy).predict(rows).T
    # The scaling is learned on all rows, so only an unpenalised fit is the same as that on half of them.
    np.testing.assert_allclose(first, fit_line(rows[:40], targets[:40]).predict(rows)[:, 0], rtol=1e-4)
    np.testing.assert_array_equal(second, fit_line(rows, targets).predict(rows)[:, 1])


def test_a_missing_concentration_takes_the_rows_own_level():
    rows = build_rows()
    rows["value_mean_07"] = rows["value_last"] * 0.9
    model = fit_line(rows, rows[["value_mean_07"]].to_numpy(float))
    missing, filled = (
        rows.assign(value_mean_07=np.float32(np.nan)),
        rows.assign(value_mean_07=rows["value_last"]),
    )
    np.testing.assert_array_equal(model.predict(missing), model.predict(filled))


def test_a_row_without_a_newest_value_takes_the_climatology_of_its_day():
    rows = build_rows()
    model = fit_line(rows, rows[["value_last"]].to_numpy(float))
    missing = rows.assign(value_last=np.float32(np.nan))
    filled = rows.assign(value_last=rows["value_climatology_00"])
    np.testing.assert_array_equal(model.predict(missing), model.predict(filled))


def test_another_missing_feature_takes_its_training_median():
    rows = build_rows(61)
    model = fit_line(rows, rows[["doy_sin"]].to_numpy(float))
    missing = rows.assign(doy_sin=np.float32(np.nan))
    filled = rows.assign(doy_sin=rows["doy_sin"].median().astype(np.float32))
    np.testing.assert_array_equal(model.predict(missing), model.predict(filled))


def test_a_column_that_is_never_known_or_never_changes_does_no_harm():
    rows = build_rows().assign(latitude=np.float32(34), never=np.float32(np.nan))
    model = fit_line(rows, rows[["value_last"]].to_numpy(float))
    np.testing.assert_allclose(model.predict(rows)[:, 0], rows["value_last"], atol=1e-4)


def test_ridge_refuses_next_to_no_targets():
    with pytest.raises(TooFewTrainingRows, match="ridge has 29"):
        fit_line(build_rows(29), np.ones((29, 1)))
