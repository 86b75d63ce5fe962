import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from pydantic import ValidationError

from airwatch.pipelines.training.search import Span, TuningParams, spans_of

SETTINGS = {"climatology": {}, "ridge": {"alpha": 0.004}, "random_forest": {"max_depth": None, "n_estimators": 50}}


def test_a_range_between_whole_numbers_is_of_whole_numbers():
    assert Span(low=1, high=9).distribution() == IntDistribution(1, 9)
    assert Span(low=1, high=9.5).distribution() == FloatDistribution(1.0, 9.5)
    assert Span(low=0.1, high=9.5, log=True).distribution() == FloatDistribution(0.1, 9.5, log=True)


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ({"low": 2, "high": 2}, "low must be below high"),
        ({"low": 3, "high": 2}, "low must be below high"),
        ({"low": 0, "high": 2, "log": True}, "begin above 0"),
        ({"low": 1}, "high"),
        ({"low": 1, "high": 2, "step": 1}, "step"),
    ],
)
def test_what_is_no_range_is_refused(span, reason):
    with pytest.raises(ValidationError, match=reason):
        Span.model_validate(span)


def test_the_number_of_trials_is_not_negative():
    with pytest.raises(ValidationError, match="trials"):
        TuningParams(trials=-1, folds=1, fold_days=20, sample_rows=100, search={})


def test_candidates_that_take_no_part_or_have_no_range_are_not_searched():
    alpha = {"alpha": Span(low=0.001, high=1.0)}
    assert spans_of({"ridge": alpha, "xgboost": alpha, "random_forest": {}}, SETTINGS) == {"ridge": alpha}


def test_both_ends_of_a_range_may_be_the_setting_itself():
    for low, high in [(0.004, 1.0), (0.001, 0.004)]:
        assert "ridge" in spans_of({"ridge": {"alpha": Span(low=low, high=high)}}, SETTINGS)


@pytest.mark.parametrize(
    ("name", "setting", "reason"),
    [
        ("ridge", "alhpa", r"training.tuning.search.ridge.alhpa: ridge has no such setting; it has alpha\."),
        ("climatology", "years", r"climatology has no such setting; it has none\."),
        ("ridge", "alpha", r"the range 1 to 2 leaves out 0.004"),
        ("random_forest", "max_depth", r"the range 1 to 2 leaves out None"),
    ],
)
def test_a_range_that_fits_no_setting_is_refused(name, setting, reason):
    with pytest.raises(ValueError, match=reason):
        spans_of({name: {setting: Span(low=1, high=2)}}, SETTINGS)
