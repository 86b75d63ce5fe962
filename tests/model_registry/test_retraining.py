"""Models trained one after the other, each on more days, and the registry that decides which of them forecasts."""

import mlflow
import pytest

from airwatch import schemas
from airwatch.model_registry import ModelDataset, ModelShelf, Outcome
from airwatch.pipelines.training import champion as chosen
from airwatch.pipelines.training import nodes
from airwatch.pipelines.training.contest import hold_contest
from builders_inference import HISTORY
from builders_registry import aliases
from builders_training import build_training_params, examples_of, training_run

WEAK, STRONG = ("persistence", "climatology"), ("persistence", "climatology", "blend")


@pytest.fixture(scope="module")
def retrain(store):
    """``retrain(name, as_of, candidates)``: all of training but its tables; the record of gate and contest."""

    def go(name, as_of, candidates, **groups):
        run, params = training_run(as_of=as_of, horizon_days=1), build_training_params(candidates, **groups)
        shelf = ModelShelf(name)
        examples = examples_of(HISTORY, run)
        forecasts, residuals, gaps = nodes.backtest_candidates(examples, run, params)
        decision = nodes.judge_candidates(forecasts, gaps, params)
        scores = nodes.score_candidates(forecasts, decision, run)
        cuts = chosen.choose_warning_cuts(forecasts, decision, "pm25", run, params)
        model = chosen.fit_champion(examples, residuals, gaps, scores, decision, cuts, run, params)
        with mlflow.start_run(experiment_id=store):
            model, _, table = hold_contest(model, decision, forecasts, examples, shelf, run, params)
            ModelDataset(model_name=name).save(model)
        return schemas.Gate.validate(table).set_index("rule")

    return go


@pytest.fixture(scope="module")
def worse(retrain):
    """A blend trained to October, then to December the climatology, the better of two that are worse."""
    name = "airwatch-worse"
    retrain(name, "2023-10-31", STRONG)
    return ModelShelf(name), retrain(name, "2023-12-31", WEAK)


def test_a_worse_challenger_is_not_promoted(worse):
    shelf, record = worse
    assert shelf.load().forecaster.model_name == "blend"
    assert aliases(shelf) == {"champion": "1", "challenger": "2"}
    assert not record.loc["contest", "passed"]
    assert record.loc["contest", "statistic"] > 0


def test_the_verdict_with_statistic_and_interval_is_on_the_version(worse):
    shelf, record = worse
    tags = shelf.version("2").tags
    assert (tags["verdict"], tags["contest_with"], tags["contest_days"]) == ("not better", "1", "40")
    assert float(tags["statistic"]) == pytest.approx(record.loc["contest", "statistic"], abs=1e-3)
    low, high = map(float, tags["interval"].split("/"))
    assert 0 < low < high
    assert tags["verdict_reason"] in shelf.card(shelf.version("2"))


def test_the_same_training_again_changes_nothing(worse, retrain):
    shelf, _ = worse
    before = shelf.versions()
    assert "is version 2 (not better)" in retrain(shelf.name, "2023-12-31", WEAK).loc["contest", "note"]
    assert shelf.versions() == before


def test_a_better_challenger_is_promoted(retrain):
    shelf = ModelShelf("airwatch-better")
    retrain(shelf.name, "2023-10-31", WEAK)
    record = retrain(shelf.name, "2023-12-31", STRONG)
    assert shelf.load().forecaster.model_name == "blend"
    assert aliases(shelf) == {"champion": "2", "previous": "1"}
    assert record.loc["contest: CRPS against champion", "passed"]
    assert float(shelf.version().tags["interval"].split("/")[1]) < 0


def test_a_run_of_the_past_makes_its_own_model_champion_whatever_a_later_one_knows(retrain):
    shelf = ModelShelf("airwatch-past")
    retrain(shelf.name, "2023-10-31", WEAK)
    record = retrain(shelf.name, "2023-09-30", WEAK)
    assert "learned from days to 2023-10-31, later than as_of=2023-09-30" in record.loc["contest", "note"]
    assert shelf.version().tags["as_of"] == "2023-09-30"


def test_an_unjudged_model_is_registered_as_such_and_forecasts(retrain):
    shelf = ModelShelf("airwatch-asked")
    retrain(shelf.name, "2023-12-31", STRONG)
    retrain(shelf.name, "2023-12-31", ("climatology", "ridge"), unjudged="ridge")
    assert (shelf.version().number, shelf.version().tags["verdict"]) == ("2", Outcome.UNJUDGED)
    assert shelf.load().forecaster.model_name == "ridge"
