import pytest
import yaml
from pydantic import ValidationError

from airwatch.pipelines.ingestion.params import IngestionParams
from builders import PARAMETERS

GIVEN = yaml.safe_load((PARAMETERS / "ingestion.yml").read_text())["ingestion"]


def test_the_parameter_file_is_valid():
    assert IngestionParams.model_validate(GIVEN).recheck_days == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [("recheck_days", 0), ("max_slice_rows", 999), ("max_slice_rows", 1_000_001), ("no_such_parameter", 1)],
)
def test_a_value_that_cannot_be_is_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        IngestionParams.model_validate({**GIVEN, name: value})


def test_an_unknown_kind_of_weather_is_refused_with_those_there_are():
    with pytest.raises(ValidationError, match=r"'snow' is not a kind of weather .* choose from temperature,"):
        IngestionParams.model_validate({**GIVEN, "meteorology": ["snow"]})


def test_more_weather_than_one_request_takes_is_refused():
    six = ["temperature", "wind_speed", "wind_direction", "relative_humidity", "pressure", "temperature"]
    with pytest.raises(ValidationError, match="at most five"):
        IngestionParams.model_validate({**GIVEN, "meteorology": six})
