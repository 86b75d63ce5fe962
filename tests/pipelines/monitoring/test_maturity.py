import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.maturity import gather_matured
from builders import build_days, build_feature_params, build_run
from builders_monitoring import build_backtest, build_forecasts, build_monitoring_params, origins

DAYS = build_days(count=365, start="2023-01-01")  # the value of 2023-12-02 is 336


def gather(ledger=None, forecasts=None, backtest=None, days=DAYS, params=None, **run):
    return gather_matured(
        forecast_ledger=ledger or {},
        forecasts=schemas.empty("Forecasts") if forecasts is None else forecasts,
        backtest_forecasts=schemas.empty("BacktestForecasts") if backtest is None else backtest,
        daily_observations=days,
        run=build_run(**run),
        params=params or build_monitoring_params(),
        policy=build_feature_params(),
    )


def test_gather_matured_puts_the_observation_and_the_origin_s_value_beside_an_issued_forecast():
    [row] = gather({"sandbox-20/2023-12-01/0000": build_forecasts()}).to_dict("records")
    assert (row["kind"], row["observed"], row["persistence"]) == ("issued", 336.0, 335.0)


def test_gather_matured_reads_a_partition_that_is_a_callable():
    assert len(gather({"sandbox-20/2023-12-01/0000": build_forecasts})) == 1


@pytest.mark.parametrize(("as_of", "matured"), [("2023-12-01", 0), ("2023-12-02", 1)])
def test_gather_matured_takes_a_forecast_from_its_target_day_on(as_of, matured):
    assert len(gather({"sandbox-20/2023-12-01/0000": build_forecasts()}, as_of=as_of)) == matured


def test_gather_matured_leaves_out_a_target_day_that_was_not_observed():
    ledger = {"sandbox-20/2023-12-01/0000": build_forecasts(leads=(1, 2))}
    found = gather(ledger, days=build_days(count=365, missing=[335]))
    assert found["lead_days"].tolist() == [2]


def test_gather_matured_takes_an_issue_that_is_stored_twice_once():
    ledger = {f"sandbox-20/2023-12-01/000{part}": build_forecasts() for part in (0, 1)}
    assert len(gather(ledger)) == 1


@pytest.mark.parametrize("source", ["sandbox-21", "aqs"])
def test_gather_matured_leaves_the_ledger_of_another_world_alone(source):
    assert gather({f"{source}/2023-12-01/0000": build_forecasts()}).empty


def test_gather_matured_takes_the_run_s_own_forecasts_when_they_are_hindcasts():
    found = gather(forecasts=build_forecasts(), origins="2023-12-01")
    assert found["kind"].tolist() == ["hindcast"]


def test_gather_matured_does_not_call_the_newest_forecasts_hindcasts():
    assert gather(forecasts=build_forecasts()).empty


def test_gather_matured_counts_an_issued_forecast_before_a_hindcast_of_the_same_day():
    ledger = {"sandbox-20/2023-12-01/0000": build_forecasts(mean=5.0)}
    [row] = gather(ledger, forecasts=build_forecasts(mean=6.0), origins="2023-12-01").to_dict("records")
    assert (row["kind"], row["mean"]) == ("issued", 5.0)


def test_gather_matured_falls_back_on_the_champion_s_last_origins():
    backtest = pd.concat([build_backtest(origins(5)), build_backtest(origins(5), champion=False, mean=99.0)])
    found = gather(backtest=backtest, params=build_monitoring_params(hindcast_origins=2))
    assert found["origin_date"].dt.strftime("%m-%d").tolist() == ["12-29", "12-30"]
    assert set(found["mean"]) == {10.0}


def test_gather_matured_keeps_the_references_of_the_backtest_and_takes_the_observations_as_they_are_now():
    [row] = gather(backtest=build_backtest(["2023-12-01"])).to_dict("records")
    assert (row["observed"], row["persistence"], row["climatology"]) == (336.0, 8.0, 7.0)


def test_gather_matured_falls_back_only_for_the_pollutant_of_which_nothing_has_matured():
    days = pd.concat([DAYS, build_days(count=365, pollutant="ozone")])
    backtest = pd.concat([build_backtest(origins(2)), build_backtest(origins(2), pollutant="ozone")])
    ledger = {"sandbox-20/2023-12-01/0000": build_forecasts()}
    found = gather(ledger, backtest=backtest, days=days, pollutants=("pm25", "ozone"))
    assert found.groupby("pollutant")["kind"].unique().map(list).to_dict() == {
        "pm25": ["issued"],
        "ozone": ["backtest"],
    }


def test_gather_matured_of_nothing_is_an_empty_table_of_the_schema():
    found = schemas.MaturedForecasts.validate(gather(days=DAYS.iloc[:0]))
    assert found.empty


def test_gather_matured_fits_the_schema_and_is_sorted_by_its_key():
    # The second day after the last origin, 2023-12-30, is still to come.
    ledger = {"sandbox-20/2023-12-01/0000": build_forecasts(origins(3)[::-1], leads=(2, 1))}
    assert len(schemas.MaturedForecasts.validate(gather(ledger))) == 5
