import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.transforms import transform

LOG = transform("log1p")
concentrations = st.floats(-50, 2000)


@pytest.mark.parametrize(
    ("concentration", "expected"),
    [(0.0, 0.0), (math.e - 1, 1.0), (99.0, math.log(100)), (-(math.e - 1), -1.0)],
)
def test_log1p_is_the_logarithm_of_one_more_mirrored_below_zero(concentration, expected):
    assert LOG.forward(np.array([concentration]))[0] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("name", ["log1p", "identity"])
@given(x=concentrations)
def test_inverse_undoes_forward(name, x):
    kind = transform(name)
    assert kind.inverse(kind.forward(np.array([x])))[0] == pytest.approx(x, rel=1e-12, abs=1e-12)


@given(x=concentrations, y=concentrations)
def test_log1p_never_turns_two_concentrations_round(x, y):
    low, high = LOG.forward(np.array(sorted([x, y])))
    assert low <= high


def test_a_missing_concentration_stays_missing():
    assert np.isnan(LOG.forward(np.array([np.nan]))).all()
    assert np.isnan(LOG.inverse(np.array([np.nan]))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_log1p_takes_numbers_of_any_kind(dtype):
    assert LOG.forward(np.array([0, 1, -3], dtype=dtype)) == pytest.approx([0, math.log(2), -math.log(4)], rel=1e-6)


def test_log1p_of_infinity_is_infinity():
    assert LOG.forward(np.array([np.inf, np.nan, -np.inf])) == pytest.approx([np.inf, np.nan, -np.inf], nan_ok=True)


def test_log1p_gives_the_same_bits_for_strided_and_packed_values():
    table = np.random.default_rng(1).gamma(2.0, 8.0, size=(257, 7)).astype(np.float32)
    assert np.array_equal(LOG.forward(table[:, 3]), LOG.forward(table)[:, 3])


def test_an_unknown_transform_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="Unknown transform 'sqrt': choose one of log1p, identity"):
        transform("sqrt")
