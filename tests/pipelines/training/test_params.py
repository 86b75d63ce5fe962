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
    assert names == ["persistence", "climatology", "blend", "ridge", "random_forest", "xgboost", "stack"]


def test_a_candidate_that_is_null_takes_no_part():
    params = TrainingParams.model_validate(changed("candidates", random_forest=None, blend=None))
    assert list(params.candidates.settings()) == ["persistence", "climatology", "ridge", "xgboost", "stack"]


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
        ("recency", {"days": 0}, "days, prior_days and prior_count: give each at least 1"),
        ("recency", {"prior_days": 0}, "days, prior_days and prior_count: give each at least 1"),
        ("recency", {"half_life": 3}, "half_life"),
        ("gate", {"max_gap": 0}, "max_gap"),
        ("warnings", {"cost_of_miss": {50: 1.0, 100: 3.0}}, "name a cost above 0 for each of 50, 100, 150"),
        ("warnings", {"cost_of_miss": {50: 1.0, 100: 3.0, 150: 0.0}}, "name a cost above 0 for each of 50, 100, 150"),
        ("tuning", {"trials": -1}, "trials"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(group, values, named):
    with pytest.raises(ValidationError, match=named):
        TrainingParams.model_validate(changed(group, **values))


@pytest.mark.parametrize(
    ("left_out", "unjudged", "named"),
    [
        ((), "oracle", "unjudged is oracle, which takes no part; choose one of persistence, climatology"),
        (("ridge",), "ridge", "unjudged is ridge, which takes no part"),
        (("ridge", "xgboost"), "stack", "unjudged is stack, which needs two of ridge, random_forest, xgboost"),
    ],
)
def test_a_candidate_that_takes_no_part_cannot_be_taken_unjudged(left_out, unjudged, named):
    given = changed("candidates", **dict.fromkeys(left_out))
    with pytest.raises(ValidationError, match=named):
        TrainingParams.model_validate({**given, "unjudged": unjudged})


@pytest.mark.parametrize(
    ("unjudged", "fitted"),
    [
        ("xgboost", ["climatology", "xgboost"]),
        ("climatology", ["climatology"]),
        ("stack", ["climatology", "ridge", "random_forest", "xgboost", "stack"]),
        (None, ["persistence", "climatology", "blend", "ridge", "random_forest", "xgboost", "stack"]),
    ],
)
def test_of_a_candidate_taken_unjudged_only_what_it_needs_is_fitted(unjudged, fitted):
    assert TrainingParams.model_validate({**GIVEN, "unjudged": unjudged}).taking_part() == fitted
