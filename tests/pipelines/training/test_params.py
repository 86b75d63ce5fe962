import pytest
import yaml
from pydantic import ValidationError

from airwatch.pipelines.training.params import TrainingParams
from builders import PARAMETERS

GIVEN = yaml.safe_load((PARAMETERS / "training.yml").read_text())["training"]


def changed(group, **values):
    return {**GIVEN, group: {**GIVEN[group], **values}}


def test_the_parameter_file_names_all_candidates():
    names = list(TrainingParams.model_validate(GIVEN).candidates.settings())
    assert names == ["persistence", "climatology", "ridge", "random_forest", "xgboost"]


def test_a_candidate_that_is_null_takes_no_part():
    params = TrainingParams.model_validate(changed("candidates", random_forest=None, persistence=None))
    assert list(params.candidates.settings()) == ["climatology", "ridge", "xgboost"]


def test_the_climatology_cannot_be_left_out_for_it_stands_in_where_history_is_thin():
    with pytest.raises(ValidationError, match="climatology"):
        TrainingParams.model_validate(changed("candidates", climatology=None))


@pytest.mark.parametrize(
    ("group", "values", "named"),
    [
        ("candidates", {"oracle": {}}, "oracle"),
        ("candidates", {"ridge": {"beta": 1}}, "beta"),
        ("candidates", {"climatology": {"years": 4}}, "years"),
        ("backtest", {"folds": 0}, "folds"),
        ("backtest", {"fold_days": 19}, "fold_days"),
        ("backtest", {"min_train_days": 59}, "min_train_days"),
        ("transforms", {"pm25": "sqrt"}, "pm25"),
        ("transforms", {"radon": "log1p"}, "name a transform for each of pm25, ozone"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(group, values, named):
    with pytest.raises(ValidationError, match=named):
        TrainingParams.model_validate(changed(group, **values))


def test_a_pollutant_without_transform_is_refused():
    fewer = {name: kind for name, kind in GIVEN["transforms"].items() if name != "so2"}
    with pytest.raises(ValidationError, match="so2"):
        TrainingParams.model_validate({**GIVEN, "transforms": fewer})
