import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.changes import find_drift
from builders import build_feature_params, build_run
from builders_changes import LAST, build_metro, build_smoke, from_day, places, site_ids, times
from builders_monitoring import build_backtest, build_matured, build_monitoring_params

METRO = build_metro()
FIRST = site_ids(1)
NOT_COMPARED = {"share_drifted": None, "first_day": None, "reason_not": "no observation", "columns": {}}


def found(observations=METRO, run=None, matured=None, backtest=None, report=None, sites=None):
    run = run or build_run()
    table = find_drift(
        daily_observations=observations,
        sites=places(METRO) if sites is None else sites,
        smoke_days=build_smoke(),
        matured_forecasts=schemas.empty("MaturedForecasts") if matured is None else matured,
        backtest_forecasts=schemas.empty("BacktestForecasts") if backtest is None else backtest,
        drift_report={"pollutants": dict.fromkeys(run.pollutants, report or NOT_COMPARED)},
        run=run,
        params=build_monitoring_params(),
        policy=build_feature_params(),
    )
    return schemas.Drift.validate(table).set_index(["pollutant", "kind", "scope", "test"])


def days_before(count, ago=0):
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(end=LAST - pd.Timedelta(days=1 + ago), periods=count, freq="D")]


def test_find_drift_keeps_inputs_sites_and_residuals_apart():
    table = found()
    kinds = table.reset_index().groupby("kind")["test"].unique().map(sorted).to_dict()
    assert kinds == {
        "input": ["features", "repeated", "schedule", "weekday"],
        "residual": ["bias"],
        "site": ["calendar", "level"],
    }
    assert not table["drifted"].any()
    assert table["since"].isna().all()


def test_find_drift_names_an_instrument_and_leaves_the_inputs_of_the_area_alone():
    table = found(times(METRO, 1.3, from_day(METRO, 60, FIRST)))
    drifted = table[table["drifted"]]
    assert list(drifted.index) == [("pm25", "site", FIRST[0], "level")]
    assert drifted["since"].notna().all()


def test_find_drift_knows_nothing_after_as_of():
    early = build_run(as_of="2023-10-01")
    high = times(METRO, 3.0, from_day(METRO, 91))
    pd.testing.assert_frame_equal(found(high, run=early), found(run=early))


def test_find_drift_reads_the_features_that_drifted():
    columns = {"region_00": {"drifted": True}, "value_lag_00": {"drifted": False}}
    report = {"share_drifted": 0.6, "first_day": "2023-11-02", "reason_not": "", "columns": columns}
    row = found(report=report).loc[("pm25", "input", "area", "features")]
    assert (row["statistic"], row["limit"], row["drifted"]) == (0.6, 0.5, True)
    assert row["since"] == pd.Timestamp("2023-11-02")
    assert row["note"] == "Differ from the same weeks of earlier years: region_00."


def test_find_drift_of_errors_takes_the_backtest_for_days_without_a_matured_forecast():
    wave = np.arange(300) % 7
    past = build_backtest(days_before(300, ago=120), observed=9.5 + 0.2 * wave)
    lately = build_matured(days_before(120), observed=9.5 + 0.2 * wave[:120])
    low = build_matured(days_before(120), observed=7.0 + 0.2 * wave[:120])
    key = ("pm25", "residual", "area", "bias")
    assert not found(matured=lately, backtest=past).loc[key, "drifted"]
    assert found(matured=low, backtest=past).loc[key, "drifted"]
    assert found(matured=low).loc[key, "note"].startswith("Not judged: 0 errors before")


def test_a_backtest_of_what_is_not_the_champion_tells_nothing():
    past = build_backtest(days_before(300), champion=False)
    assert found(backtest=past).loc[("pm25", "residual", "area", "bias"), "note"] == (
        "Not judged: no forecast has matured."
    )


def test_nothing_matured_yet_is_said_and_stops_nothing():
    row = found().loc[("pm25", "residual", "area", "bias")]
    assert (np.isnan(row["statistic"]), row["drifted"]) == (True, False)
    assert row["note"] == "Not judged: no forecast has matured."


def test_a_pollutant_that_appears_is_not_judged_and_the_others_are():
    both = pd.concat([METRO, METRO[from_day(METRO, 30)].assign(pollutant="ozone", value=0.04)])
    sites = pd.concat([places(METRO), places(METRO, pollutant="ozone")])
    table = found(both, run=build_run(pollutants=("pm25", "ozone")), sites=sites)
    assert table.loc["ozone", "statistic"].drop(("input", "area", "repeated"), errors="ignore").isna().all()
    assert table.loc[("pm25", "site", FIRST[0], "level"), "statistic"] == pytest.approx(
        found().loc[("pm25", "site", FIRST[0], "level"), "statistic"]
    )


def test_a_pollutant_that_disappeared_is_said_to_have():
    gone = METRO[~from_day(METRO, 150)]
    table = found(gone)
    assert table.loc[("pm25", "site", "area", "level"), "note"] == "Not judged: nothing observed since 2023-08-03."
    assert not table["drifted"].any()


def test_a_pollutant_that_was_never_observed_is_said_to_be_none():
    row = found(run=build_run(pollutants=("ozone",))).loc[("ozone", "site", "area", "level")]
    assert (np.isnan(row["statistic"]), row["note"]) == (True, "Not judged: no observation.")


@pytest.mark.parametrize(
    "observations",
    [METRO[METRO["site_id"] == FIRST[0]], METRO.assign(value=8.0), METRO.assign(value=np.nan), METRO.iloc[:0]],
)
def test_a_single_site_equal_values_and_no_values_are_outcomes(observations):
    table = found(observations)
    assert not table["drifted"].any()
    assert (table["statistic"].notna() | (table["note"] != "")).all()
