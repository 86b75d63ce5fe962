import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.features.table import build_features
from airwatch.pipelines.monitoring.maturity import gather_matured
from airwatch.scope import mark
from builders import SITE, build_days, build_feature_params, build_run, build_sites
from builders_monitoring import (
    build_backtest,
    build_feature_rows,
    build_forecasts,
    build_monitoring_params,
    origins,
)

DAYS = build_days(count=365, start="2023-01-01")  # the value of 2023-12-02 is 336


def gather(ledger=None, forecasts=None, backtest=None, days=DAYS, features=None, params=None, **run):
    return gather_matured(
        forecast_ledger=ledger or {},
        forecasts=schemas.empty("Forecasts") if forecasts is None else forecasts,
        backtest_forecasts=schemas.empty("BacktestForecasts") if backtest is None else backtest,
        daily_observations=days,
        features=build_feature_rows() if features is None else features,
        run=build_run(**run),
        params=params or build_monitoring_params(),
    )


def gather_of(kind, made, **given):
    """Forecasts that were issued, or those of a run of past origins."""
    if kind == "issued":
        return gather({"sandbox-20/2023-12-01/0000": made}, **given)
    return gather(forecasts=made, origins="2023-11-01/2023-12-30", **given)


issued_or_hindcast = pytest.mark.parametrize("kind", ["issued", "hindcast"])


@issued_or_hindcast
def test_gather_matured_puts_the_observation_and_the_origin_s_value_beside_a_forecast(kind):
    [row] = gather_of(kind, build_forecasts()).to_dict("records")
    assert (row["kind"], row["observed"], row["persistence"]) == (kind, 336.0, 8.0)


@issued_or_hindcast
def test_gather_matured_takes_the_climatology_of_each_lead_s_own_day(kind):
    found = gather_of(kind, build_forecasts(leads=(3, 1, 7)))
    assert found.set_index("lead_days")["climatology"].to_dict() == {1: 21.0, 3: 23.0, 7: 27.0}


@issued_or_hindcast
def test_gather_matured_knows_no_persistence_from_an_origin_that_was_not_observed(kind):
    # 2023-12-01 is day 334, counted from 0; the days around it were observed.
    days = build_days(count=365, missing=[334])
    sites = build_sites(_06_037_1103=(34.07, -118.23))
    features = build_features(days, sites, build_run(), build_feature_params().features)
    found = gather_of(kind, build_forecasts(["2023-11-30", "2023-12-01"], leads=(2,)), days=days, features=features)
    np.testing.assert_array_equal(found["persistence"], [334.0, np.nan])
    # Eleven months have no climatology of their own: the mean of the last 90 days, 89 of them observed: 246 ... 334.
    assert found["climatology"].iloc[1] == 290.0


@issued_or_hindcast
def test_gather_matured_gives_persistence_no_value_that_came_after_the_forecast(kind):
    # AQS is months late: what was observed on the origin is in the feature table by now, and was not then.
    late = build_forecasts(data_through=pd.Timestamp("2023-11-30"))
    [row] = gather_of(kind, late).to_dict("records")
    assert np.isnan(row["persistence"])
    assert row["climatology"] == 21.0


@issued_or_hindcast
def test_gather_matured_knows_no_climatology_of_a_lead_beyond_the_feature_table(kind):
    found = gather_of(kind, build_forecasts(leads=(3, 4)), features=build_feature_rows(horizon=3))
    np.testing.assert_array_equal(found[["persistence", "climatology"]], [[8.0, 23.0], [8.0, np.nan]])


@pytest.mark.parametrize(
    "features",
    [
        build_feature_rows(["2023-11-30", "2023-12-02"]),
        build_feature_rows(site_id="06-037-4008"),
        build_feature_rows(pollutant="ozone"),
        schemas.empty("Features"),
    ],
)
def test_gather_matured_has_no_references_of_another_origin_site_or_pollutant(features):
    found = gather_of("issued", build_forecasts(), features=features)
    assert found[["persistence", "climatology"]].isna().to_numpy().tolist() == [[True, True]]


def test_gather_matured_gives_each_site_and_pollutant_its_own_references():
    own = [(SITE, "pm25", 1.0), ("06-037-4008", "pm25", 2.0), (SITE, "ozone", 0.03), ("06-037-4008", "ozone", 0.04)]
    features, made, days = (
        pd.concat(tables, ignore_index=True)
        for tables in (
            [build_feature_rows(site_id=site, pollutant=name, value_lag_00=value) for site, name, value in own],
            [build_forecasts(site_id=site, pollutant=name) for site, name, _ in own[::-1]],
            [build_days(count=365, site=site, pollutant=name) for site, name, _ in own],
        )
    )
    found = gather_of("issued", made, days=days, features=features, pollutants=("pm25", "ozone"))
    found = found.set_index(["site_id", "pollutant"])["persistence"]
    assert found.to_dict() == {(site, name): value for site, name, value in own}


def test_gather_matured_reads_a_partition_that_is_a_callable():
    assert len(gather({"sandbox-20/2023-12-01/0000": build_forecasts})) == 1


@pytest.mark.parametrize(("as_of", "matured"), [("2023-12-01", 0), ("2023-12-02", 1)])
def test_gather_matured_takes_a_forecast_from_its_target_day_on(as_of, matured):
    assert len(gather({"sandbox-20/2023-12-01/0000": build_forecasts()}, as_of=as_of)) == matured


def test_gather_matured_leaves_out_a_target_day_that_was_not_observed():
    ledger = {"sandbox-20/2023-12-01/0000": build_forecasts(leads=(1, 2))}
    found = gather(ledger, days=build_days(count=365, missing=[335]))
    assert found["lead_days"].tolist() == [2]


@issued_or_hindcast
def test_gather_matured_says_which_days_airnow_observed_until_aqs_publishes_them(kind):
    made, aqs = build_forecasts(leads=(1, 2)), DAYS[DAYS["date_local"] <= "2023-12-02"]
    airnow = build_days(count=1, start="2023-12-03", values=300.0, source="airnow", provisional=True)
    found = gather_of(kind, made, days=pd.concat([aqs, airnow], ignore_index=True))
    assert found[["observed", "provisional"]].to_numpy().tolist() == [[336.0, False], [300.0, True]]
    found = gather_of(kind, made)
    assert found[["observed", "provisional"]].to_numpy().tolist() == [[336.0, False], [337.0, False]]


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


@pytest.mark.parametrize("made_for", [{"seed": 21}, {"area": {"site": "99-001-0001"}}])
@pytest.mark.parametrize("table", ["forecasts", "backtest"])
def test_gather_matured_ignores_a_table_of_another_scope(table, made_for):
    tables = {"forecasts": build_forecasts(), "backtest": build_backtest(["2023-12-01"])}
    given, run = tables[table], {"origins": "2023-12-01"}
    assert len(gather(**{table: mark(given, build_run(**run))}, **run)) == 1
    assert gather(**{table: mark(given, build_run(**made_for))}, **run).empty


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
