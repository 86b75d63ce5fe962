import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.forecasting.baselines import Blend, Climatology, Persistence, training_medians

IDENTITY, LOG = transform("identity"), transform("log1p")
NAN = np.nan


def build_row(**values: float) -> pd.DataFrame:
    known = {"value_lag_00": NAN, "value_last": NAN, "value_climatology_01": NAN, "value_climatology_02": NAN}
    return pd.DataFrame({name: [value] for name, value in (known | values).items()}, dtype="float32")


TRAINING = np.array([[1.0, 4.0], [2.0, 5.0], [3.0, NAN]])  # medians 2 and 4.5


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value_lag_00": 7.0, "value_last": 6.0, "value_climatology_01": 8.0}, [7.0, 7.0]),
        ({"value_last": 6.0, "value_climatology_01": 8.0}, [6.0, 6.0]),
        ({"value_climatology_01": 8.0, "value_climatology_02": 9.0}, [8.0, 9.0]),
        ({}, [2.0, 4.5]),
    ],
)
def test_persistence_takes_today_then_the_newest_value_then_climatology_then_the_training_median(row, expected):
    model = Persistence(IDENTITY).fit(build_row(), TRAINING)
    assert model.predict(build_row(**row)).tolist() == [expected]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value_lag_00": 7.0, "value_climatology_01": 8.0, "value_climatology_02": 9.0}, [8.0, 9.0]),
        ({"value_last": 6.0, "value_climatology_02": 9.0}, [6.0, 9.0]),
        ({}, [2.0, 4.5]),
    ],
)
def test_climatology_takes_the_target_day_then_the_newest_value_then_the_training_median(row, expected):
    model = Climatology(IDENTITY).fit(build_row(), TRAINING)
    assert model.predict(build_row(**row)).tolist() == [expected]


def test_baselines_answer_in_the_transformed_unit():
    model = Persistence(LOG).fit(build_row(), LOG.forward(TRAINING))
    np.testing.assert_allclose(model.predict(build_row(value_lag_00=99.0)), np.log([[100.0, 100.0]]))


def test_a_lead_never_observed_takes_the_median_of_all_leads():
    assert training_medians(np.array([[1.0, NAN], [5.0, NAN]])).tolist() == [3.0, 3.0]
    assert training_medians(np.full((2, 2), NAN)).tolist() == [0.0, 0.0]


def build_rows(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """Today and the climatology of the next two days."""
    names = ["value_lag_00", "value_climatology_01", "value_climatology_02"]
    return pd.DataFrame(rows, columns=names, dtype="float32")


def blend(targets: list[list[float]], kind=IDENTITY) -> Blend:
    """Fitted on two days: one 10 above the usual 10, and one 5 below it."""
    rows = build_rows((20, 10, 10), (5, 10, 10))
    return Blend(kind).fit(rows, kind.forward(np.array(targets)))


@pytest.mark.parametrize(
    ("targets", "shares"),
    [
        ([[14.0, 13.0], [8.0, 10.0]], [0.4, 0.24]),  # (10 * 4 + 5 * 2) / 125 and (10 * 3 + 5 * 0) / 125
        ([[30.0, 0.0], [0.0, 20.0]], [1.0, 0.0]),  # beyond today, and away from it
        ([[14.0, NAN], [NAN, NAN]], [0.4, 0.0]),
    ],
)
def test_the_blend_s_share_of_persistence_is_that_of_least_squares_within_zero_and_one(targets, shares):
    assert blend(targets).shares.tolist() == pytest.approx(shares)


def test_the_blend_is_mixed_in_the_concentration_s_unit_whatever_the_working_unit():
    model = blend([[14.0, 13.0], [8.0, 10.0]], LOG)
    assert model.shares.tolist() == pytest.approx([0.4, 0.24])
    # 40 % of the way from 10 to 60, and 24 % of that from 35 to 60.
    predicted = LOG.inverse(model.predict(build_rows((60, 10, 35))))
    np.testing.assert_allclose(predicted, [[30.0, 41.0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value_last": 20.0, "value_climatology_01": 10.0, "value_climatology_02": 10.0}, [14.0, 12.4]),
        ({"value_lag_00": 20.0, "value_climatology_02": 10.0}, [20.0, 12.4]),
        ({"value_climatology_01": 8.0, "value_climatology_02": 9.0}, [8.0, 9.0]),
        ({}, [11.0, 11.5]),
    ],
)
def test_where_one_part_of_the_blend_is_unknown_the_other_stands_then_the_training_median(row, expected):
    model = blend([[14.0, 13.0], [8.0, 10.0]])
    np.testing.assert_allclose(model.predict(build_row(**row)), [expected], rtol=1e-6)
