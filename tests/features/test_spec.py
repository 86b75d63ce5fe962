import pytest
from pydantic import ValidationError

from builders import build_feature_params

SPEC = build_feature_params().features


def test_columns_are_named_once():
    names = SPEC.columns(("pm25", "ozone"), 14)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("horizon_days", [1, 7, 14])
def test_columns_hold_a_climatology_for_the_origin_and_each_lead(horizon_days):
    found = [name for name in SPEC.columns(("pm25",), horizon_days) if name.startswith("value_climatology_")]
    assert found == [f"value_climatology_{lead:02d}" for lead in range(horizon_days + 1)]


def test_reach_is_that_of_the_climatology():
    # Four years are 1461 days, and half a window of 31 days more.
    assert SPEC.reach_days == 1_461 + 15


@pytest.mark.parametrize(
    "change",
    [
        {"lag_days": 1},
        {"mean_days": []},
        {"climatology": {"years": 4, "half_width_days": 61, "min_count": 1}},
        {"lags": 3},
    ],
)
def test_features_refuse_what_cannot_be(change):
    with pytest.raises(ValidationError):
        build_feature_params(features=change)
