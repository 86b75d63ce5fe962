import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.decision import summarise_monitoring
from airwatch.scores import SCORE_COLUMNS
from builders import build_run
from builders_monitoring import build_area_sites, build_matured, build_monitoring_params, origins

GOOD = {"n": 500, "n_persistence": 400, "skill_persistence": 0.2, "coverage_80": 0.8}

# Forecasts of 30 days that are 1 off: persistence is off by as much, or never, or on the first 28 days by nothing.
EVEN, LOST = build_matured(origins(30)), build_matured(origins(30), persistence=9.0)
MIXED = LOST.assign(persistence=[9.0] * 28 + [3.0] * 2)
LOST_BEFORE = build_matured(origins(30, last="2023-11-30"), persistence=9.0)
REPLACED = pd.concat([LOST.head(20), EVEN.tail(10).assign(model_version="2")])

SITES = [f"06-037-{number:04d}" for number in range(10)]


def scored(window="all", **scores):
    """One row of ``verification`` at lead 1 for all regions."""
    key = {"pollutant": "pm25", "lead_days": 1, "window": window, "season": "all", "region": "all", "kind": "issued"}
    days = {"first_target": pd.Timestamp("2023-12-02"), "last_target": pd.Timestamp("2023-12-31")}
    return {**key, **days, **dict.fromkeys(SCORE_COLUMNS, 0.0), **GOOD, **scores}


def reported(**values):
    """One row of ``freshness``."""
    given = {
        "pollutant": "pm25",
        "newest_day": pd.Timestamp("2023-12-31"),
        "age_days": 0.0,
        "sites_forecastable": 4,
        "sites_reporting": 4,
        "share_reporting": 1.0,
        "silent_sites": "",
    }
    return {**given, **values}


def summarise(
    scores=None,
    report=None,
    share_drifted=0.0,
    nmb=0.0,
    n=500,
    run=None,
    agreement=None,
    quality=None,
    changes=None,
    matured=LOST,
    **decision,
):
    drift = {
        "share_drifted": share_drifted,
        "first_day": "2023-11-02",
        "reason_not": "no observation",
        "columns": {"value_lag_00": {"distance": 1.0, "drifted": True}},
    }
    bias = {"1": {"n": n, "nmb": nmb, "first_target": "2023-11-02"}}
    verification = pd.DataFrame([scored()] if scores is None else scores, columns=list(scored()))
    run = run or build_run()
    return summarise_monitoring(
        verification=verification,
        matured_forecasts=matured,
        freshness=pd.DataFrame([report or reported(), reported(pollutant="ozone")]),
        drift_report={"pollutants": dict.fromkeys(run.pollutants, drift)},
        regression_report={"pollutants": dict.fromkeys(run.pollutants, bias)},
        run=run,
        params=build_monitoring_params(decision=decision),
        provisional_agreement=agreement,
        data_quality=quality,
        sites=build_area_sites(*SITES),
        drift=changes,
    ).set_index("check")


def test_summarise_monitoring_says_ok_when_all_is_well():
    summary = summarise()
    assert set(summary["status"]) == {"ok"}
    assert set(summary["action"]) == {""}


@pytest.mark.parametrize(("age", "status"), [(7.0, "ok"), (8.0, "warn")])
def test_summarise_monitoring_warns_of_data_older_than_a_week(age, status):
    assert summarise(report=reported(age_days=age)).loc["pm25.freshness", "status"] == status


@pytest.mark.parametrize(("share", "status"), [(0.75, "ok"), (0.5, "warn")])
def test_summarise_monitoring_warns_when_less_than_three_quarters_of_the_sites_report(share, status):
    report = reported(share_reporting=share, silent_sites="06-037-1103 06-037-4008")
    assert summarise(report=report).loc["pm25.reporting", "status"] == status


def test_summarise_monitoring_names_silent_sites_but_not_a_hundred_of_them():
    silent = " ".join(f"06-037-{number:04d}" for number in range(100))
    action = summarise(report=reported(share_reporting=0.0, silent_sites=silent)).loc["pm25.reporting", "action"]
    assert action.endswith("06-037-0004 and 95 more.")


@pytest.mark.parametrize(("share", "status"), [(0.5, "ok"), (0.6, "warn")])
def test_summarise_monitoring_warns_when_more_than_half_of_the_features_drifted(share, status):
    row = summarise(share_drifted=share).loc["pm25.drift"]
    assert (row["status"], row["since"]) == (status, pd.Timestamp("2023-11-02"))


def test_summarise_monitoring_never_retrains_for_drift_alone():
    assert summarise(share_drifted=1.0).loc["decision", "status"] == "warn"


@pytest.mark.parametrize(
    ("skill", "matured", "status"),
    [
        (0.0, LOST, "ok"),
        (-0.01, EVEN, "warn"),
        (-0.2, MIXED, "warn"),
        (-0.2, LOST, "retrain"),
        (-0.2, LOST.tail(1), "warn"),
        (-0.2, LOST.assign(persistence=float("nan")), "warn"),
        (-0.2, LOST.assign(lead_days=2), "warn"),
        (-0.2, pd.concat([LOST_BEFORE, EVEN]), "warn"),
        (-0.2, REPLACED, "warn"),
        (-0.2, REPLACED.assign(model_version="2"), "retrain"),
    ],
)
def test_summarise_monitoring_retrains_only_when_skill_is_lost_beyond_noise(skill, matured, status):
    summary = summarise([scored(skill_persistence=skill)], matured=matured)
    assert summary.loc["pm25.skill", "status"] == summary.loc["decision", "status"] == status


@pytest.mark.parametrize(("count", "status"), [(99, "ok"), (100, "retrain")])
def test_skill_is_not_judged_on_few_origins_that_were_observed(count, status):
    lost = scored(n_persistence=count, skill_persistence=-0.5)
    summary = summarise([lost])
    assert summary.loc["pm25.skill", "status"] == status
    assert ("not judged" in summary.loc["pm25.skill", "action"].lower()) == (status == "ok")


@pytest.mark.parametrize(("count", "status"), [(99, "ok"), (100, "retrain")])
def test_summarise_monitoring_judges_no_skill_by_a_handful_of_forecasts(count, status):
    lost = scored(n=count, skill_persistence=-0.5)
    assert summarise([lost]).loc["pm25.skill", "status"] == status


@pytest.mark.parametrize(("count", "judged"), [(99, 0.2), (100, 0.1)])
def test_summarise_monitoring_judges_by_the_recent_window_once_it_has_enough_forecasts(count, judged):
    recent = scored("last_30_days", n=count, skill_persistence=0.1)
    assert summarise([scored(), recent]).loc["pm25.skill", "value"] == judged


@pytest.mark.parametrize(("coverage", "status"), [(0.70, "ok"), (0.69, "warn")])
def test_summarise_monitoring_warns_of_intervals_that_hold_too_little(coverage, status):
    assert summarise([scored(coverage_80=coverage)]).loc["pm25.coverage", "status"] == status


@pytest.mark.parametrize(
    ("pollutant", "nmb", "status"),
    [("pm25", 0.30, "ok"), ("pm25", -0.31, "warn"), ("ozone", 0.15, "ok"), ("ozone", 0.16, "warn")],
)
def test_summarise_monitoring_holds_bias_against_each_pollutant_s_criterion(pollutant, nmb, status):
    summary = summarise(nmb=nmb, run=build_run(pollutants=("pm25", "ozone")))
    assert summary.loc[f"{pollutant}.bias", "status"] == status


def test_summarise_monitoring_warns_that_nothing_has_matured():
    summary = summarise(scores=[], nmb=None, n=0)
    assert (summary.loc["pm25.skill", "status"], summary.loc["pm25.bias", "status"]) == ("warn", "ok")
    assert summary["value"].isna()["pm25.skill"]


def test_summarise_monitoring_warns_of_a_pollutant_without_observations():
    report = reported(newest_day=pd.NaT, age_days=float("nan"), share_reporting=float("nan"), sites_forecastable=0)
    summary = summarise(report=report, share_drifted=None)
    assert summary.loc["pm25.freshness", "status"] == "warn"
    assert "pm25.reporting" not in summary.index


def test_summarise_monitoring_warns_when_no_site_can_be_forecast():
    report = reported(sites_forecastable=0, share_reporting=float("nan"))
    assert summarise(report=report).loc["pm25.reporting", "status"] == "warn"


def test_summarise_monitoring_names_the_gravest_checks_and_since_when():
    lost = scored(skill_persistence=-0.5)
    row = summarise([lost], share_drifted=1.0).loc["decision"]
    assert row.to_dict() == {
        "status": "retrain",
        "value": 2.0,
        "limit": 0.0,
        "since": pd.Timestamp("2023-12-02"),
        "action": "Train again for pm25.skill.",
    }


@pytest.mark.parametrize("scores", [None, []])
def test_summarise_monitoring_fits_the_schema(scores):
    summary = summarise(scores, share_drifted=None, nmb=None, n=0).reset_index()
    assert len(schemas.MonitoringSummary.validate(summary)) == 7


def agreed(bias, pairs=500):
    """``provisional_agreement`` of PM2.5, and of ozone of which nothing is known."""
    known = {
        "pairs": pairs,
        "mean_difference": 2.0,
        "bias": bias,
        "share_apart": 0.4,
        "since": pd.Timestamp("2023-10-01"),
    }
    nothing = {"pairs": 0, "mean_difference": None, "bias": None, "share_apart": None, "since": pd.NaT}
    return pd.DataFrame([{"pollutant": "ozone", **nothing}, {"pollutant": "pm25", **known}])


@pytest.mark.parametrize(
    ("bias", "pairs", "status", "action"),
    [
        (0.15, 500, "ok", ""),
        (-0.15, 500, "ok", ""),
        (0.16, 500, "warn", "AirNow's PM2.5 runs high of AQS, and 40% of its values are far off"),
        (-0.16, 500, "warn", "AirNow's PM2.5 runs low of AQS, and 40% of its values are far off"),
        (0.9, 99, "ok", "Not judged: 99 values known of both AirNow and AQS, 100 needed."),
        (float("nan"), 500, "ok", ""),
    ],
)
def test_an_airnow_that_is_not_as_aqs_is_a_warning(bias, pairs, status, action):
    summary = summarise(agreement=agreed(bias, pairs))
    check = summary.loc["pm25.provisional"]
    assert (check["status"], check["limit"], check["since"]) == (status, 0.15, pd.Timestamp("2023-10-01"))
    assert check["action"].startswith(action)
    assert bool(check["action"]) == bool(action)
    assert "ozone.provisional" not in summary.index
    assert summary.loc["decision", "status"] == status


def failing(count, check):
    """``data_quality``: a check fails at so many of the ten sites."""
    days = {"since": pd.Timestamp("2023-12-01"), "until": pd.Timestamp("2023-12-31")}
    rows = [{"site_id": site, "pollutant": "pm25", "check": check, **days} for site in SITES[:count]]
    found = pd.DataFrame(rows, columns=["site_id", "pollutant", "check", "since", "until"])
    return schemas.DataQuality.validate(found.assign(value=20.0, limit=7.0, note="."))


@pytest.mark.parametrize(
    ("count", "check", "status", "limit"),
    [(0, "silent", "ok", 0.15), (1, "silent", "ok", 0.15), (2, "silent", "warn", 0.15), (1, "stuck", "warn", 0.02)],
)
def test_data_that_fail_are_a_warning_that_names_the_sites(count, check, status, limit):
    summary = summarise(quality=failing(count, check))
    row = summary.loc["pm25.quality"]
    assert (row["status"], row["value"], row["limit"]) == (status, count / 10, limit)
    named = "".join(f"{site} ({check} since 2023-12-01)" for site in SITES[:count][:1])
    assert (named in row["action"]) if status == "warn" else row["action"] == ""
    assert summary.loc["decision", "status"] == status


def test_data_that_all_fail_are_no_reason_to_train():
    assert summarise(quality=failing(10, "unit")).loc["decision", "status"] == "warn"


def changed(kind, scope, test, statistic):
    """``drift`` with one test, and one of each other kind that found nothing."""
    quiet = {"input": "schedule", "residual": "bias", "site": "level"}
    rows = [{"kind": other, "scope": "area", "test": its, "statistic": 0.1} for other, its in quiet.items()]
    rows = [{"kind": kind, "scope": scope, "test": test, "statistic": statistic}, *rows]
    table = (
        pd.DataFrame(rows).drop_duplicates(["kind", "scope", "test"]).assign(pollutant="pm25", limit=1.0, note="So.")
    )
    drifted = table["statistic"].abs() > 1
    since = pd.Series(pd.Timestamp("2023-11-05"), index=table.index).where(drifted)
    key = ["pollutant", "kind", "scope", "test"]
    return schemas.Drift.validate(table.assign(drifted=drifted, since=since).sort_values(key, ignore_index=True))


@pytest.mark.parametrize(
    ("found", "check", "status"),
    [
        (("residual", "area", "bias", 1.5), "pm25.residuals", "retrain"),
        (("residual", "Nevada", "bias", -1.5), "pm25.residuals", "retrain"),
        (("residual", SITES[0], "bias", 9.0), "pm25.residuals", "ok"),
        (("site", SITES[0], "level", 1.5), "pm25.sites", "warn"),
        (("input", "area", "repeated", 1.5), "pm25.calendar", "warn"),
    ],
)
def test_only_errors_to_one_side_are_a_change_that_asks_for_training(found, check, status):
    summary = summarise(changes=changed(*found))
    row = summary.loc[check]
    assert (row["status"], summary.loc["decision", "status"]) == (status, status)
    assert (f"{found[1]} since 2023-11-05 (So)." in row["action"]) == (status != "ok")


def test_changes_that_could_not_be_judged_are_well_and_say_so():
    nothing = changed("residual", "area", "bias", float("nan"))
    row = summarise(changes=nothing).loc["pm25.residuals"]
    assert (row["status"], row["action"]) == ("ok", "Not judged: So.")
    assert pd.isna(row["value"])
