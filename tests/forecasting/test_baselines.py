import numpy as np
import pandas as pd
import pytest

from airwatch.forecasting.baselines import Climatology, Persistence, training_medians
from airwatch.forecasting.transforms import transform

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
