import pytest
from pydantic import ValidationError

from builders import build_feature_params


def test_the_projects_own_parameters_are_valid():
    assert build_feature_params().policy.min_observation_percent == 75


@pytest.mark.parametrize(
    "change",
    [
        {"policy": {"min_observation_percent": 101}},
        {"policy": {"kept_events": ["Some Events"]}},
        {"policy": {"kept_events": []}},
        {"policy": {"incomplete_exceedances": ["oxygen"]}},
        {"forecastable": {"min_days": 366}},
        {"forecastable": {"min_day": 180}},
        {"sites": {"max_move_km": 0}},
    ],
)
def test_parameters_refuse_what_cannot_be(change):
    with pytest.raises(ValidationError):
        build_feature_params(**change)


def test_parameters_are_frozen():
    with pytest.raises(ValidationError):
        build_feature_params().forecastable.min_days = 1
