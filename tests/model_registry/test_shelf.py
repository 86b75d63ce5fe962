from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import mlflow
import pytest
from mlflow.tracking import MlflowClient
from pandas.testing import assert_frame_equal

from airwatch.model_registry import (
    REQUIREMENTS,
    ModelShelf,
    Outcome,
    RegistryRefusal,
    UnreadableModelError,
    Verdict,
    all_shelves,
)
from builders_registry import aliases
from builders_training import SITES, build_history, features_of, forecaster, training_run

NAME = "airwatch-pm25"


def test_the_first_model_is_version_1_and_champion(register, first):
    shelf = ModelShelf("airwatch-so2")
    assert not shelf.has()
    assert register(shelf, first) == "1"
    assert aliases(ModelShelf("airwatch-so2")) == {"champion": "1"}
    assert shelf.has()


def test_the_second_model_is_champion_and_the_first_is_previous(shelf):
    assert aliases(ModelShelf(NAME)) == {"champion": "2", "previous": "1"}


def test_training_again_on_the_same_registers_no_new_version(shelf, register, second):
    assert register(shelf, second) == "2"
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 2
    assert aliases(ModelShelf(NAME)) == {"champion": "2", "previous": "1"}


def test_the_first_training_again_makes_its_version_champion_again(register, first, second):
    shelf = ModelShelf("airwatch-no2")
    assert register(shelf, first, second, first) == "1"
    assert aliases(ModelShelf("airwatch-no2")) == {"champion": "1", "previous": "2"}


@pytest.mark.parametrize(
    ("wanted", "version", "model"), [("champion", "2", "xgboost"), ("1", "1", "ridge"), ("2", "2", "xgboost")]
)
def test_load_gives_the_champion_or_the_version_that_is_named(shelf, wanted, version, model):
    loaded = shelf.load(wanted)
    assert (loaded.version, loaded.forecaster.model_name) == (version, model)


@pytest.mark.parametrize("wanted", ["99", "champion"])
def test_load_of_a_pollutant_without_models_is_none(store, wanted):
    assert ModelShelf("airwatch-co").load(wanted) is None


def test_load_of_a_version_that_does_not_exist_is_none(shelf):
    assert shelf.load("99") is None
    assert not shelf.has("99")


@pytest.mark.parametrize(("version", "champion"), [("1", "ridge"), ("2", "xgboost")])
def test_the_loaded_forecaster_forecasts_to_the_bit_as_the_one_that_was_trained(shelf, version, champion):
    rows = features_of(build_history(sites=SITES[:2]), training_run()).tail(40)
    loaded = shelf.load(version).forecaster
    assert_frame_equal(loaded.predict(rows), forecaster(champion).predict(rows), check_exact=True)


def test_mlflow_serves_the_forecast_table_from_float64_columns(shelf, first):
    rows = first.example.astype(dict.fromkeys(forecaster().feature_names, "float64"))
    served = mlflow.pyfunc.load_model(f"models:/{NAME}/1").predict(rows)
    assert_frame_equal(served, forecaster("ridge").predict(first.example), check_exact=True)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_version_has_a_signature_and_an_input_example(shelf, first, version):
    info = mlflow.models.get_model_info(f"models:/{NAME}/{version}")
    assert info.signature.inputs.input_names() == ["site_id", "pollutant", "origin_date", *forecaster().feature_names]
    assert {"target_date", "mean", "q05", "category"} <= set(info.signature.outputs.input_names())
    example = mlflow.pyfunc.load_model(f"models:/{NAME}/{version}").input_example
    assert example["site_id"].tolist() == first.example["site_id"].tolist()


def test_a_version_is_tagged_with_what_it_was_trained_on(shelf):
    tags = MlflowClient().get_model_version(NAME, "1").tags
    assert tags["fingerprint"] == "first"
    assert (tags["model_name"], tags["training_window"]) == ("ridge", "2022-07-01/2023-12-30")


def test_the_scores_are_logged_to_the_run_under_the_pollutant(shelf, first):
    run_id = MlflowClient().get_model_version(NAME, "1").run_id
    logged = MlflowClient().get_run(run_id).data.metrics
    assert logged["pm25.crps_lead_1"] == pytest.approx(first.metrics["crps_lead_1"])


def test_a_version_pins_what_is_needed_to_load_it(shelf):
    needed = Path(mlflow.pyfunc.get_model_dependencies(f"models:/{NAME}/1")).read_text().splitlines()
    assert [line.partition("==")[0] for line in needed] == list(REQUIREMENTS)


LOST = Verdict(Outcome.NOT_BETTER, False, "It lost.", "1")


@pytest.fixture
def challenged(request, register, first, second):
    """A shelf of its own: a champion, and a challenger that lost."""
    shelf = ModelShelf(f"airwatch-{request.node.originalname}")
    register(shelf, first, replace(second, verdict=LOST))
    return shelf


@pytest.fixture(scope="module")
def untouched(register, first, second):
    """The same, for tests that change nothing."""
    shelf = ModelShelf("airwatch-untouched")
    register(shelf, first, replace(second, verdict=LOST))
    return shelf


def test_a_challenger_that_lost_is_registered_as_such_and_does_not_forecast(untouched):
    assert aliases(untouched) == {"champion": "1", "challenger": "2"}
    assert untouched.load().version == "1"
    assert untouched.version("challenger").tags["verdict"] == "not better"


def test_the_alias_challenger_goes_to_the_newest_one(challenged, register, first):
    register(challenged, replace(first, fingerprint="third", verdict=LOST))
    assert aliases(challenged) == {"champion": "1", "challenger": "3"}


def test_a_second_contest_of_the_same_model_takes_the_place_of_the_first(challenged, register, second):
    few = Verdict(Outcome.TOO_FEW_DAYS, False, "Too few days.", "1", days=3)
    counted = replace(few, outcome=Outcome.NOT_BETTER, statistic=1.5, p_value=0.2, interval=(-0.1, 0.3))
    register(challenged, replace(second, verdict=counted, card="# It lost"), replace(second, verdict=few, card="# Few"))
    version = challenged.version("2")
    assert (version.tags["verdict"], version.tags["contest_days"]) == ("too few days", "3")
    assert {"statistic", "p_value", "interval"}.isdisjoint(version.tags)
    assert (challenged.card(version), version.description) == ("# Few", "# Few")


def test_a_verdict_against_a_champion_that_is_none_any_more_promotes_nobody(challenged, register, first):
    challenged.promote("2", "somebody else was faster")
    won = Verdict(Outcome.PROMOTED, True, "It won.", against="1")
    register(challenged, replace(first, fingerprint="third", verdict=won))
    assert aliases(challenged) == {"champion": "2", "previous": "1", "challenger": "3"}


def test_promoting_by_hand_moves_the_aliases_and_notes_the_reason(challenged):
    assert challenged.promote("challenger", "the contest had too few days") == "2"
    assert aliases(challenged) == {"champion": "2", "previous": "1"}
    assert challenged.version("2").tags["promoted_because"] == "the contest had too few days"
    assert challenged.load().version == "2"


def test_rolling_back_restores_the_champion_before_and_notes_it_on_the_other(challenged):
    challenged.promote("2", "a test")
    assert challenged.roll_back("it forecasts smoke everywhere") == "1"
    assert aliases(challenged) == {"champion": "1", "previous": "2"}
    assert challenged.version("2").tags["rolled_back"] == "it forecasts smoke everywhere"


def test_rolling_back_twice_is_refused_and_promoting_by_name_is_not(challenged):
    challenged.promote("2", "a test")
    challenged.roll_back("it is worse")
    with pytest.raises(
        RegistryRefusal, match=r"version 2, the champion before, was rolled back itself \(it is worse\)"
    ):
        challenged.roll_back("again")
    challenged.promote("2", "it was not its fault")
    assert "rolled_back" not in challenged.version("2").tags
    assert challenged.roll_back("it was") == "1"


def test_a_model_that_was_rolled_back_is_not_promoted_by_training_it_again(challenged, register, second):
    challenged.promote("2", "a test")
    challenged.roll_back("it is worse")
    known = Verdict(Outcome.KNOWN, False, "It is known.", "1")
    assert register(challenged, replace(second, verdict=known)) == "2"
    assert aliases(challenged)["champion"] == "1"


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda shelf: shelf.promote("1", "x"), "version 1 is champion already; nothing was changed."),
        (lambda shelf: shelf.promote("9", "x"), "has no version 9; there are: 1, 2."),
        (lambda shelf: shelf.promote("previous", "x"), "has no version previous; there are: 1, 2."),
        (lambda shelf: shelf.roll_back("x"), "without it there would be none. Promote another version"),
        (lambda shelf: ModelShelf("airwatch-none").roll_back("x"), "airwatch-none has no champion. Train one"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(untouched, act, told):
    before = untouched.versions()
    with pytest.raises(RegistryRefusal, match=told):
        act(untouched)
    assert untouched.versions() == before


def test_a_version_whose_files_are_gone_cannot_be_champion_and_is_named_where_it_is(challenged):
    for version in ("1", "2"):
        rmtree(MlflowClient().get_model_version_download_uri(challenged.name, version).removeprefix("file://"))
    with pytest.raises(RegistryRefusal, match=r"The files of .* version 2 cannot be read"):
        challenged.promote("2", "x")
    with pytest.raises(UnreadableModelError, match=r"version 1 cannot be read .*Train again"):
        challenged.load()


def test_the_card_is_kept_whole_and_the_description_ends_with_a_section(register, first, store):
    shelf, long = ModelShelf("airwatch-pm25"), f"# Card\n\n## One\n\n{'a' * 4000}\n\n## Two\n\n{'b' * 4000}\n"
    version = shelf.version(register(shelf, replace(first, fingerprint="long", card=long, verdict=LOST)))
    assert shelf.card(version) == long
    assert (
        version.description == f"# Card\n\n## One\n\n{'a' * 4000}\n\nThe whole card is among the artifacts of the run."
    )


def test_the_shelves_are_those_of_all_pollutants_that_have_a_model(shelf):
    assert shelf.name in [each.name for each in all_shelves()]
    assert "airwatch-none" not in [each.name for each in all_shelves()]
