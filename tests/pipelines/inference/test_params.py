import pytest
import yaml
from pydantic import ValidationError

from airwatch.pipelines.inference.params import InferenceParams
from builders import PARAMETERS

GIVEN = yaml.safe_load((PARAMETERS / "inference.yml").read_text())["inference"]


def test_the_parameter_file_is_valid():
    assert InferenceParams.model_validate(GIVEN).stale_after_days == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [("stale_after_days", 0), ("issue_hour_utc", -1), ("issue_hour_utc", 24), ("issue_hour", 6)],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(name, value):
    with pytest.raises(ValidationError, match=name):
        InferenceParams.model_validate({**GIVEN, name: value})
