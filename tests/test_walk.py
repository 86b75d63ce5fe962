"""Eight weeks of real air, walked as if each day of them were today, and monitoring that acts on what it finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from airwatch import schemas
from airwatch.commands.app import app
from airwatch.domain.aqi import exceedance_concentration
from airwatch.operations.retraining import too_soon
from airwatch.operations.sessions import Sessions
from airwatch.parameters import read_command_line
from builders import build_run
from builders_monitoring import build_monitoring_params
from conftest import PROJECT

STEPS = pd.date_range("2020-01-06", "2020-02-24", freq="7D")
DAYS = ("--first", "2020-01-06", "--last", "2020-02-24")
LOS_ANGELES = "source=aqs,area.cbsa=31080,neighbourhood_km=0,pollutants=pm25,first_year=2018,requests_per_minute=600"
SMALL = (
    "training.backtest.folds=1,training.candidates.random_forest=null,training.candidates.xgboost=null"
    ",monitoring.drift.max_rows=500,monitoring.scores.draws=50"
)
PARAMS = f"{LOS_ANGELES},{SMALL}"
WALK = ("walk", *DAYS, "--params", PARAMS, "--pages", "none")
# Not even 0.99 is enough skill. The eight origins of the walk are too few to tell it from noise: hindcasts of a month
# stand beside them.
HINDCASTS = f"{PARAMS},as_of=2020-02-24,origins=2020-01-25/2020-02-23"
DISCONTENT = "monitoring.pages=none,monitoring.decision.min_skill=0.99"


@dataclass(frozen=True)
class Walked:
    """A data root in which a walk was taken, and what it printed."""

    root: Path
    output: str

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.root / f"{name}.parquet")

    def parts(self) -> list[Path]:
        return sorted((self.root / "07_model_output/forecast_ledger").rglob("*.parquet"))


def airwatch(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def walked(real_aqs: str, fresh_mlflow_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Eight weeks of Los Angeles, in weekly steps, from nothing."""
    root = tmp_path_factory.mktemp("walk")
    shutil.copy(fresh_mlflow_db, root / "mlflow.db")
    account = {"EPA_AQS_EMAIL": "someone@example.org", "EPA_AQS_API_KEY": "any", "EPA_AQS_BASE_URL": real_aqs}
    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(PROJECT)
        for name, value in {"AIRWATCH_DATA_ROOT": str(root), "MLFLOW_TRACKING_URI": "", **account}.items():
            environment.setenv(name, value)
        result = airwatch(*WALK)
        assert result.exit_code == 0, result.output
        yield Walked(root, result.output)


def test_a_walk_issues_from_each_of_its_days_and_tells_each_in_a_line(walked: Walked) -> None:
    origins = [path.parent.name for path in walked.parts()]
    assert origins == [f"{day:%Y-%m-%d}" for day in STEPS]
    lines = [line for line in walked.output.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == origins
    assert all("  42 forecasts  " in line for line in lines)  # seven days at six sites


def test_a_walk_trains_what_has_no_champion_as_of_its_first_day(walked: Walked) -> None:
    trained = [(number, line) for number, line in enumerate(walked.output.splitlines()) if line.startswith(" ")]
    [(number, line)] = trained
    assert (number, line.strip().partition(":")[0]) == (1, "PM2.5 version 1")
    for path in walked.parts():
        assert set(pd.read_parquet(path)["model_version"]) == {"1"}


def test_a_step_is_what_a_run_as_of_its_day_would_have_been(walked: Walked) -> None:
    for path, day in zip(walked.parts(), STEPS, strict=True):
        part = pd.read_parquet(path)
        assert set(part["origin_date"]) == {day}
        assert (part["data_through"] <= day).all()
        assert set(part["lead_days"]) == set(range(1, 8))
    schemas.Forecasts.validate(part.drop(columns="row_seal").sort_values(["site_id", "pollutant", "target_date"]))


def test_the_scores_of_the_ledger_are_those_of_its_parts_and_the_observations(walked: Walked) -> None:
    issued = pd.concat(map(pd.read_parquet, walked.parts()))
    observed = walked.table("03_primary/daily_observations").rename(columns={"value": "observed"})
    key = ["site_id", "pollutant"]
    due = issued.merge(observed, left_on=[*key, "target_date"], right_on=[*key, "date_local"])
    # Of the last issue no day has come; of the one before, whose last day is seven days ahead, all have.
    assert due["target_date"].max() == STEPS[-2] + pd.Timedelta(days=7)
    at_origin = observed.rename(columns={"observed": "persistence", "date_local": "origin_date"})
    at_origin = at_origin.astype({"persistence": np.float32})  # as the feature table has it, where it is taken from
    due = due.merge(at_origin[[*key, "origin_date", "persistence"]], on=[*key, "origin_date"], how="left")
    verified = walked.table("08_reporting/verification").set_index(
        ["pollutant", "lead_days", "window", "season", "region"]
    )
    for (pollutant, lead), rows in due.groupby(["pollutant", "lead_days"]):
        row = verified.loc[(pollutant, lead, "all", "all", "all")]
        assert row["kind"] == "issued"
        assert row[list(direct(rows, pollutant))].to_dict() == pytest.approx(direct(rows, pollutant), nan_ok=True)
    recent = due[due["target_date"] > STEPS[-1] - pd.Timedelta(days=30)]
    counts = recent.groupby(["pollutant", "lead_days"]).size()
    assert counts.to_dict() == verified.xs(("last_30_days", "all", "all"), level=(2, 3, 4))["n"].to_dict()


def direct(rows: pd.DataFrame, pollutant: str) -> dict[str, float]:
    """The scores of DOMAIN's definitions, written down once more."""
    f, o = rows["mean"].to_numpy(), rows["observed"].to_numpy()
    both = rows.dropna(subset=["persistence"]).astype({"persistence": np.float64})
    above = exceedance_concentration(pollutant, 100)
    levels = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95]
    quantiles = rows[["q05", "q10", "q25", "q50", "q75", "q90", "q95"]].to_numpy()
    pinball = [
        np.where(o >= q, p * (o - q), (1 - p) * (q - o)).mean() for q, p in zip(quantiles.T, levels, strict=True)
    ]
    return {
        "n": len(rows),
        "rmse": np.sqrt(((f - o) ** 2).mean()),
        "mae": np.abs(f - o).mean(),
        "bias": (f - o).mean(),
        "nmb": (f - o).sum() / o.sum(),
        "nme": np.abs(f - o).sum() / o.sum(),
        "r": np.corrcoef(f, o)[0, 1],
        "crps": 2 * np.mean(pinball),
        "coverage_80": ((o >= rows["q10"]) & (o <= rows["q90"])).mean(),
        "sharpness_90": (rows["q95"] - rows["q05"]).mean(),
        "exceedances": (o >= above).sum(),
        "hits": ((o >= above) & (f >= above)).sum(),
        "brier_100": ((rows["p_aqi_above_100"] - (o >= above)) ** 2).mean(),
        "skill_persistence": 1
        - ((both["mean"] - both["observed"]) ** 2).sum() / ((both["persistence"] - both["observed"]) ** 2).sum(),
    }


def test_the_chain_of_a_walk_is_whole_and_a_tampered_row_of_it_is_named(walked: Walked, tmp_path: Path) -> None:
    result = airwatch("ledger", "verify")
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "aqs: 8 issues, 336 forecasts"), result.output
    path = walked.parts()[4]
    shutil.copy(path, tmp_path)
    frame = pd.read_parquet(path)
    frame.loc[17, "q90"] += 0.1
    frame.to_parquet(path, index=False)
    result = airwatch("ledger", "verify")
    shutil.copy(tmp_path / path.name, path)
    named = f"{frame.loc[17, 'site_id']} {frame.loc[17, 'pollutant']} for {frame.loc[17, 'target_date']:%Y-%m-%d}"
    assert result.exit_code == 1
    assert "CHANGED: aqs/2020-02-03/0000 (issue 5)" in result.output
    assert named in result.output


def test_the_same_walk_again_passes_over_what_is_in_the_ledger(walked: Walked) -> None:
    before = {path: path.stat().st_mtime_ns for path in walked.parts()}
    result = airwatch(*WALK)
    assert result.output.splitlines() == [f"{day:%Y-%m-%d}  in the ledger already" for day in STEPS]
    assert {path: path.stat().st_mtime_ns for path in walked.parts()} == before


def test_a_walk_that_broke_off_before_its_last_day_was_monitored_monitors_it(walked: Walked) -> None:
    incidents = walked.table("08_reporting/incidents")
    [scope] = incidents.attrs["followed_to"]
    incidents.attrs["followed_to"] = {scope: f"{STEPS[-2]:%Y-%m-%d}"}
    incidents.to_parquet(walked.root / "08_reporting/incidents.parquet")
    (walked.root / "08_reporting/verification.parquet").unlink()
    *before, last = airwatch(*WALK).output.splitlines()
    assert before == [f"{day:%Y-%m-%d}  in the ledger already" for day in STEPS[:-1]]
    assert last.startswith("2020-02-24      42 forecasts  ")
    assert len(walked.parts()) == len(STEPS)
    assert (walked.table("08_reporting/verification")["last_target"] == STEPS[-2] + pd.Timedelta(days=7)).any()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"--params": "as_of=2020-01-01"}, "as_of: a walk sets it from day to day"),
        ({"--params": "origins=2019-01-01/2019-02-01"}, "origins: a walk issues from each of its own days"),
        ({"--last": "2020-01-01"}, "A walk from 2020-01-06 to 2020-01-01 in steps of 7 days goes nowhere."),
    ],
)
def test_a_walk_that_cannot_be_is_refused_in_one_line(data_root: Path, given: dict[str, str], told: str) -> None:
    asked = {"--first": "2020-01-06", "--last": "2020-02-24", **given}
    result = airwatch("walk", *(part for pair in asked.items() for part in pair))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {told}")
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def retrained(walked: Walked) -> Result:
    """What monitoring does as of the last day where it is not content with PM2.5."""
    Sessions(read_command_line(HINDCASTS)).run("inference", drawn=False)
    return airwatch("monitor", "--strict", "--params", f"{HINDCASTS},{DISCONTENT}")


def test_monitoring_that_wants_training_trains_under_the_contest_and_says_what_came_of_it(retrained: Result) -> None:
    assert retrained.exit_code == 2, retrained.output
    decision, training = retrained.stdout.splitlines()[-2:]
    assert decision == "Decision: retrain. Train again for pm25.skill."
    assert training.startswith("PM2.5 version 2: It is a")


@pytest.mark.parametrize(
    ("retrain_days", "told"),
    [(14, "since which 0 days have matured: it is trained again once 14 have."), (1, "once 1 have.")],
)
def test_what_was_trained_just_now_is_not_trained_again(
    walked: Walked, retrained: Result, retrain_days: int, told: str
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{walked.root}/mlflow.db")
    verification = walked.table("08_reporting/verification")
    run = build_run(source="aqs", area={"cbsa": "31080"}, as_of="2020-02-24")
    params = build_monitoring_params(decision={"retrain_days": retrain_days}).decision
    assert told in too_soon("pm25", verification, run, params)
    later = verification.assign(last_target=pd.Timestamp("2020-02-24") + pd.Timedelta(days=retrain_days))
    assert too_soon("pm25", later, run, params) == ""


def test_monitoring_that_fails_ends_with_an_exit_code_of_its_own(data_root: Path) -> None:
    result = airwatch("monitor", "--strict", "--params", "as_of=2023-02-30")
    assert result.exit_code == 3
    assert result.stderr == "Error: as_of: '2023-02-30' is not a date; write it as 2021-06-30.\n"
