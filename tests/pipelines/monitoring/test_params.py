import pytest
from pydantic import ValidationError

from builders_monitoring import build_monitoring_params


@pytest.mark.parametrize(("pollutant", "limit"), [("ozone", 0.15), ("co", 0.30)])
def test_bias_limit_of_a_pollutant_that_is_not_named_is_that_of_the_others(pollutant, limit):
    assert build_monitoring_params().decision.bias_limit(pollutant) == limit


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"decision": {"max_bias": {"pm25": 0.3}}}, "'other' is missing"),
        ({"decision": {"max_bias": {"pm2.5": 0.3, "other": 0.3}}}, "'pm2.5' is not a pollutant"),
        ({"drift": {"treshold": 0.3}}, "drift.treshold"),
        ({"drift": {"columns": []}}, "drift.columns"),
        ({"hindcast_origins": 0}, "hindcast_origins"),
    ],
)
def test_parameters_that_cannot_be_are_refused(groups, message):
    with pytest.raises(ValidationError, match=message):
        build_monitoring_params(**groups)
