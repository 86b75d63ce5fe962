"""From the sandbox, and from real EPA values, to a stored forecast: the whole command, in data roots of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.forecasting.calibrated import FORECAST_KEYS
from airwatch.model_registry import ModelShelf, RegisteredForecaster
from conftest import PROJECT
from epa_on_loopback import one_line
from whole_runs import AREA, SMALL, Run, WholeRun


@pytest.fixture(scope="module")
def first_run(whole_run: WholeRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The data root of a run of all five pipelines, to go on from, and what the run printed."""
    root = tmp_path_factory.mktemp("end_to_end") / "data"
    shutil.copytree(whole_run.root, root)
    return root, whole_run.output


def forecasts_of(root: Path) -> pd.DataFrame:
    return pd.read_parquet(root / "07_model_output/forecasts.parquet")


def champion_of(root: Path, pollutant: str) -> RegisteredForecaster:
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    registered = ModelShelf(f"airwatch-{pollutant}").load()
    assert registered is not None
    return registered


def test_a_run_forecasts_every_forecastable_site_for_seven_days(first_run: tuple[Path, str]) -> None:
    root, _ = first_run
    sites = pd.read_parquet(root / "03_primary/sites.parquet")
    expected = sites[sites["forecastable"] & sites["in_area"] & sites["pollutant"].isin(["pm25", "ozone"])]
    forecasts = forecasts_of(root)
    schemas.Forecasts.validate(forecasts)
    assert len(expected) >= 8
    assert len(forecasts) == 7 * len(expected)
    assert set(forecasts["origin_date"]) == {pd.Timestamp("2022-12-31")}
    assert (forecasts["target_date"] - forecasts["origin_date"]).dt.days.eq(forecasts["lead_days"]).all()
    assert set(forecasts["issued_at"]) == {pd.Timestamp("2023-01-01 06:00", tz="UTC")}


def test_a_run_warns_by_the_cuts_of_the_champions_and_says_why(first_run: tuple[Path, str]) -> None:
    root, _ = first_run
    forecasts, key = forecasts_of(root), ["site_id", "pollutant", "target_date"]
    warnings = schemas.Warnings.validate(pd.read_parquet(root / "07_model_output/warnings.parquet"))
    decided = [champion_of(root, name).forecaster.cuts.decide(own) for name, own in forecasts.groupby("pollutant")]
    assert len(warnings) == sum(rows["warned"].sum() for rows in decided)
    reasons = schemas.ForecastReasons.validate(pd.read_parquet(root / "07_model_output/forecast_reasons.parquet"))
    assert_frame_equal(reasons[key].drop_duplicates(ignore_index=True), forecasts[key])


def test_a_run_keeps_the_record_of_the_gate_and_a_card_that_names_the_champion(first_run: tuple[Path, str]) -> None:
    root, _ = first_run
    gate = schemas.Gate.validate(pd.read_parquet(root / "08_reporting/gate.parquet"))
    champions = gate[gate["champion"]].groupby("pollutant")["candidate"].unique()
    assert set(champions.index) == {"pm25", "ozone"}
    for pollutant, [champion] in champions.items():
        card = (root / f"08_reporting/model_cards/{pollutant}.md").read_text()
        assert f"The model is `{champion}`." in card
        paragraph = card.partition("## The gate\n\n")[2].splitlines()[0]
        assert champion in paragraph
        assert "CRPS" in paragraph
        shelf = ModelShelf(f"airwatch-{pollutant}")
        assert shelf.card(shelf.existing(champion_of(root, str(pollutant)).version)) == card


def test_a_run_ends_with_a_table_the_skill_and_the_paths(first_run: tuple[Path, str]) -> None:
    _, output = first_run
    assert "AQI forecast for 2023-01-01 (sandbox: simulated air)" in output
    assert "Skill against persistence by lead" in output
    assert "07_model_output/forecasts.parquet" in output
    assert "MLflow" in output


def test_a_first_run_has_matured_forecasts_to_verify(first_run: tuple[Path, str]) -> None:
    root, _ = first_run
    verification = pd.read_parquet(root / "08_reporting/verification.parquet")
    assert set(verification["pollutant"]) == {"pm25", "ozone"}
    assert (root / "08_reporting/drift_report.html").stat().st_size < 10e6
    assert (root / "08_reporting/regression_report.json").is_file()


def test_the_same_run_again_asks_nothing_registers_nothing_and_forecasts_the_same(
    first_run: tuple[Path, str], kedro: Callable[[Path], Run]
) -> None:
    root, _ = first_run
    before, archive = forecasts_of(root), sorted((root / "01_raw").rglob("*.parquet"))
    run, again = kedro(root), f"{AREA},{SMALL},as_of=2022-12-31"
    run(again, "--pipelines", "ingestion,feature_engineering")
    run(again, "--pipelines", "training,inference", "--namespaces", "pm25")
    assert_frame_equal(forecasts_of(root), before, check_exact=True)
    assert sorted((root / "01_raw").rglob("*.parquet")) == archive
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    assert [v.version for v in MlflowClient().search_model_versions("name = 'airwatch-pm25'")] == [1]
    assert len(list((root / "07_model_output/forecast_ledger").rglob("*.parquet"))) == 1


def test_a_frozen_champion_forecasts_an_origin_the_same_alone_and_among_many(
    first_run: tuple[Path, str], kedro: Callable[[Path], Run]
) -> None:
    root, _ = first_run
    onward = ("--pipelines", "ingestion,feature_engineering,inference")
    kedro(root)(f"{AREA},as_of=2023-03-01,origins=2023-01-01/2023-03-01/20", *onward)
    many = forecasts_of(root)
    assert many["origin_date"].nunique() == 3
    kedro(root)(f"{AREA},as_of=2023-02-10", *onward)
    alone = forecasts_of(root)
    among = many[many["origin_date"] == pd.Timestamp("2023-02-10")].reset_index(drop=True)
    assert_frame_equal(alone, among, check_exact=True)
    # The errors of the 41 days since its training, of which an origin among many must not see more, count for it.
    features = pd.read_parquet(root / "04_feature/features.parquet").query("pollutant == 'pm25'")
    model = champion_of(root, "pm25").forecaster
    plain = model.predict(features[features["origin_date"] == "2023-02-10"])
    issued = plain[FORECAST_KEYS].merge(alone, on=FORECAST_KEYS)
    assert len(issued) == len(alone.query("pollutant == 'pm25'"))
    assert (issued["q90"] != plain.merge(alone[FORECAST_KEYS])["q90"]).mean() > 0.9


def test_a_namespace_runs_alone_and_is_joined_with_what_the_others_left(
    first_run: tuple[Path, str], kedro: Callable[[Path], Run]
) -> None:
    root, _ = first_run
    (root / "07_model_output/forecasts.parquet").unlink()
    (root / "07_model_output/by_pollutant/pm25.parquet").unlink()
    kedro(root)(f"{AREA},as_of=2023-02-10", "--pipelines", "inference", "--namespaces", "pm25")
    assert set(forecasts_of(root)["pollutant"]) == {"pm25", "ozone"}


def test_a_model_that_would_know_the_days_it_forecasts_is_refused(
    first_run: tuple[Path, str], kedro: Callable[[Path], Run]
) -> None:
    root, _ = first_run
    onward = ("--pipelines", "ingestion,feature_engineering,inference")
    line = one_line(kedro(root)(f"{AREA},as_of=2022-06-30", *onward, refused=True))
    assert "airwatch-ozone version 1 was trained on days to 2022-12-31" in line
    assert "Train with as_of=2022-06-30 or earlier" in line


def test_a_model_that_was_trained_with_other_features_is_refused_by_their_names(
    first_run: tuple[Path, str], kedro: Callable[[Path], Run]
) -> None:
    root, _ = first_run
    other = f"{AREA},as_of=2023-02-10,feature_engineering.features.lag_days=5"
    line = one_line(kedro(root)(other, "--pipelines", "feature_engineering,inference", refused=True))
    assert "The features lack 2 columns this model was trained with: value_lag_05, value_lag_06." in line
    assert "or train again" in line


def test_a_killed_ingestion_goes_on_and_ends_with_the_same_summaries(
    kedro: Callable[[Path], Run], tmp_path: Path
) -> None:
    params = "area.site=99-001-0001,as_of=2023-06-30,first_year=2022"
    killed, calm = tmp_path / "killed", tmp_path / "calm"
    undisturbed, going_on = kedro(calm), kedro(killed)
    with ThreadPoolExecutor() as meanwhile:
        dying = meanwhile.submit(kill_an_ingestion, killed, params)
        undisturbed(params, "--pipelines", "ingestion")
        stored = dying.result()
    going_on(params, "--pipelines", "ingestion")
    assert 2 <= stored < len(list(killed.rglob("days_*.parquet"))) == 6
    summaries = [pd.read_parquet(root / "02_intermediate/daily_summaries.parquet") for root in (killed, calm)]
    assert_frame_equal(*summaries, check_exact=True)


def kill_an_ingestion(root: Path, params: str) -> int:
    """Kill a process when it has stored two slices or a few more; how many it had."""
    command = [sys.executable, "-m", "kedro", "run", "--pipelines", "ingestion", "--params", params]
    environment = {**os.environ, "AIRWATCH_DATA_ROOT": str(root)}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: len(list(root.rglob("days_*.parquet"))) >= 2 or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGKILL)
    return len(list(root.rglob("days_*.parquet")))


def test_real_pm25_of_los_angeles_beats_persistence_at_every_lead(
    real_aqs: str, kedro: Callable[[Path], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPA_AQS_EMAIL", "someone@example.org")
    monkeypatch.setenv("EPA_AQS_API_KEY", "any")
    monkeypatch.setenv("EPA_AQS_BASE_URL", real_aqs)
    run = kedro(tmp_path / "data")
    asked = "source=aqs,area.cbsa=31080,neighbourhood_km=0,pollutants=pm25,first_year=2018"
    los_angeles = f"{asked},as_of=2021-06-30,requests_per_minute=600"
    budget = "training.backtest.folds=2,training.candidates.random_forest=null,training.candidates.xgboost=null"
    run(los_angeles, "--pipelines", "ingestion,feature_engineering")
    run(f"{los_angeles},{budget}", "--pipelines", "training,inference", "--namespaces", "pm25")
    forecasts = forecasts_of(tmp_path / "data")
    assert forecasts.groupby("pollutant")["site_id"].nunique().to_dict() == {"pm25": 7}
    scores = pd.read_parquet(tmp_path / "data/08_reporting/backtest_scores.parquet")
    champion = scores[(scores["pollutant"] == "pm25") & scores["champion"] & (scores["grouping"] == "all")]
    assert champion["lead_days"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert (champion["skill_persistence"] > 0.05).all()


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
