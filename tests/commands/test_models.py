"""The registry by hand, on what whole runs have registered in it."""

import json
import shutil
import time

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from whole_runs import AREA, SMALL

# The better of two that are worse than the champion of the first run.
WEAK = ",".join(f"training.candidates.{name}=null" for name in ("blend", "ridge", "stack"))
CRIPPLED = f"{AREA},{SMALL.replace('xgboost.n_estimators=5', 'xgboost=null')},{WEAK}"
LATER = "as_of=2023-02-10"
ONE = ("--namespaces", "pm25")


@pytest.fixture(scope="module")
def inference(whole_run, kedro, tmp_path_factory):
    """Forecasts PM2.5 again, six weeks after the first run; a worse model was trained meanwhile."""
    root = tmp_path_factory.mktemp("models") / "data"
    shutil.copytree(whole_run.root, root)
    run = kedro(root)
    run(f"{AREA},{LATER}", "--pipelines", "ingestion,feature_engineering")
    run(f"{CRIPPLED},{LATER}", "--pipelines", "training", *ONE)

    def go():
        run(f"{AREA},{LATER}", "--pipelines", "inference", *ONE)
        forecasts = pd.read_parquet(root / "07_model_output/forecasts.parquet").query("pollutant == 'pm25'")
        return forecasts["model_version"].unique().tolist(), forecasts.reset_index(drop=True)

    return go


@pytest.fixture(scope="module")
def before(inference):
    """The versions and the forecasts by the champion of the first run."""
    return inference()


@pytest.fixture
def answer(command, inference):
    """``answer("list", "pm25")``: what ``airwatch models`` says to programs."""

    def go(*arguments):
        result = command("models", *arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return go


def test_a_worse_model_is_a_challenger_and_the_champion_forecasts_on(before, answer):
    versions, _ = before
    assert versions == ["1"]
    champion, challenger = answer("list", "pm25")
    assert (champion["aliases"], challenger["aliases"]) == (["champion"], ["challenger"])
    assert (challenger["kind"], challenger["as_of"], challenger["verdict"]) == (
        "climatology",
        "2023-02-10",
        "not better",
    )
    assert challenger["crps"] > champion["crps"]


def test_a_roll_back_restores_the_earlier_model_and_the_next_inference_uses_it(before, inference, answer):
    assert answer("promote", "pm25", "2", "--because", "a try") == {
        "model": "airwatch-pm25",
        "champion": "2",
        "previous": "1",
    }
    assert inference()[0] == ["2"]
    assert answer("rollback", "pm25", "--because", "it is worse")["champion"] == "1"
    versions, forecasts = inference()
    assert versions == ["1"]
    assert_frame_equal(forecasts, before[1], check_exact=True)
    assert answer("show", "pm25/2")["tags"]["rolled_back"] == "it is worse"


def test_show_has_the_card_with_the_verdict_and_the_scores(command, answer):
    told = answer("show", "pm25/2")
    assert (
        told["card"].split("\n\n")[1].startswith("**Not better.** It is a challenger and does not forecast; version 1")
    )
    assert told["tags"]["contest_days"] == "41"
    assert told["scores"]["crps_lead_1"] > 0
    shown = command("models", "show", "pm25/2").output
    assert "airwatch-pm25 version 2" in shown
    assert "## Known weaknesses" in shown


def test_compare_says_that_the_days_differ(command, answer):
    told = answer("compare", "pm25", "1", "2")
    assert told["same_days"] is False
    [first] = [row for row in told["scores"] if (row["score"], row["lead, days"]) == ("crps", 1)]
    assert first["difference"] == pytest.approx(first["version 1"] - first["version 2"])
    assert "The days differ (version 1 on 2022-" in command("models", "compare", "pm25", "1", "2").output
    assert answer("compare", "pm25", "2", "2")["same_days"] is True


def test_list_shows_all_pollutants(command, inference):
    shown = command("models", "list").output
    assert "ozone" in shown
    assert "first champion" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("promote", "pm25", "1", "--because", "x"),
            "airwatch-pm25 version 1 is champion already; nothing was changed.",
        ),
        (("promote", "pm25", "7", "--because", "x"), "airwatch-pm25 has no version 7; there are: 1, 2."),
        (("show", "pm25/7"), "airwatch-pm25 has no version 7; there are: 1, 2."),
        (("compare", "pm25", "1", "7"), "airwatch-pm25 has no version 7; there are: 1, 2."),
        (("rollback", "ozone"), "airwatch-ozone has had no champion before version 1"),
        (("list", "so2"), "No model of so2 is registered; there are models of: ozone, pm25."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(command, inference, arguments, told):
    result = command("models", *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {told}")
    assert len(result.stderr.splitlines()) == 1


def test_a_promotion_wants_a_reason(command):
    assert command("models", "promote", "pm25", "2").exit_code == 2
    assert "say why" in command("models", "promote", "pm25", "2", "--because", " ").stderr


def test_an_empty_registry_says_how_to_fill_it(command, data_root):
    assert command("models", "list").output == (
        "No model is registered yet: kedro run --pipelines training makes one.\n"
    )


def test_a_server_that_is_not_there_is_told_at_once(command, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    begun = time.monotonic()
    result = command("models", "list")
    assert result.stderr.startswith("Error: No MLflow server answers at http://127.0.0.1:9: check MLFLOW_TRACKING_URI")
    assert time.monotonic() - begun < 5
