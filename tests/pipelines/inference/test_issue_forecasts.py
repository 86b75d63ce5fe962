from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.datasets import BlocksTableDataset
from builders_inference import HISTORY, Shelf, build_inference_params, ended, frozen, issue
from builders_monitoring import build_area_sites
from builders_training import SITES, features_of, forecaster, training_run


def test_issue_forecasts_forecasts_every_site_at_every_lead():
    forecasts = schemas.Forecasts.validate(issue())
    assert forecasts.groupby("site_id")["lead_days"].apply(list).to_dict() == {site: [1, 2, 3] for site in SITES}
    assert set(forecasts["origin_date"]) == set(forecasts["data_through"]) == {pd.Timestamp("2023-12-31")}
    assert set(forecasts["model_version"]) == {"3"}


def test_issue_forecasts_gives_what_the_forecaster_says():
    run = training_run()
    features = features_of(HISTORY, run)
    rows = features[features["origin_date"] == "2023-12-31"]
    expected = forecaster().predict(rows)
    assert_frame_equal(issue()[list(expected.columns)], expected, check_exact=True)


def recent(origin, days=23):
    """Rows of the feature table of the weeks to an origin: a window of 20 days and the 3 of the horizon."""
    features = features_of(HISTORY, training_run())
    days_before = (pd.Timestamp(origin) - features["origin_date"]).dt.days
    return features[(days_before >= 0) & (days_before <= days)]


def test_issue_forecasts_follows_the_errors_since_the_training_of_all_sites_near_and_far():
    # The model was trained to the end of November, and two of the three sites lie beyond the area.
    model, inside = frozen("ridge"), build_area_sites(*SITES, in_area=[True, False, False])
    issued = issue(sites=inside, model=Shelf(model), origins="2023-12-31")
    rows = recent("2023-12-31", days=0).query(f"site_id == '{SITES[0]}'")
    followed, plain = model.predict(rows, model.recent_errors(recent("2023-12-31"))), model.predict(rows)
    assert_frame_equal(issued[list(plain.columns)], followed, check_exact=True)
    assert (followed["q90"] != plain["q90"]).all()
    alone = model.recent_errors(recent("2023-12-31").query(f"site_id == '{SITES[0]}'"))
    assert (followed["q90"] != model.predict(rows, alone)["q90"]).all()


def test_issue_forecasts_leaves_out_a_site_outside_the_area():
    sites = build_area_sites(*SITES, in_area=[True, False, True])
    assert set(issue(sites=sites)["site_id"]) == {SITES[0], SITES[2]}


def test_issue_forecasts_leaves_out_a_site_that_is_not_forecastable():
    third_day = (HISTORY["site_id"] == SITES[2]) & (HISTORY["date_local"].dt.dayofyear % 3 != 0)
    assert set(issue(HISTORY[~third_day])["site_id"]) == {SITES[0], SITES[1]}


def test_issue_forecasts_judges_a_site_as_of_the_origin():
    # The site fell silent on 1 December: on the 1st it was forecastable, on the 31st its newest day is 30 days old.
    model = Shelf(frozen("ridge"))
    forecasts = issue(ended(30), model=model, origins="2023-12-01/2023-12-31/30")
    assert forecasts.groupby("origin_date")["site_id"].nunique().tolist() == [3, 2]


@pytest.mark.parametrize(
    ("silent_days", "status", "model_name"),
    [
        (0, "ok", "ridge"),
        (7, "ok", "ridge"),
        (8, "stale", "ridge"),
        (14, "stale", "ridge"),
        (15, "stale", "climatology"),
    ],
)
def test_a_forecast_is_stale_when_the_site_s_newest_day_is_older_than_a_week(silent_days, status, model_name):
    rows = issue(ended(silent_days)).query(f"site_id == '{SITES[0]}'")
    assert set(rows["status"]) == {status}
    assert set(rows["model_name"]) == {model_name}
    assert set(rows["data_through"]) == {pd.Timestamp("2023-12-31") - pd.Timedelta(days=silent_days)}


@pytest.mark.parametrize(("silent_days", "status"), [(14, "ok"), (15, "climatology")])
def test_a_forecast_without_recent_history_is_the_climatology_s_and_says_so(silent_days, status):
    patient = build_inference_params(stale_after_days=20)
    forecasts = issue(ended(silent_days), params=patient)
    assert forecasts.groupby("site_id")["status"].first().tolist() == [status, "ok", "ok"]


def test_a_pollutant_that_ended_a_year_ago_is_forecast_and_marked_stale():
    forecasts = issue(as_of="2024-12-30")
    assert len(forecasts) == 9
    assert set(forecasts["status"]) == {"stale"}
    assert set(forecasts["data_through"]) == {pd.Timestamp("2023-12-31")}


@pytest.mark.parametrize(("as_of", "rows"), [("2025-02-03", 9), ("2025-02-04", 0)])
def test_a_pollutant_that_ended_more_than_400_days_ago_is_not_forecast(as_of, rows):
    assert len(issue(as_of=as_of)) == rows  # 2023-12-31 + 400 days is 2025-02-03


@pytest.mark.parametrize(("hour", "issued"), [(6, "2024-01-01 06:00"), (0, "2024-01-01 00:00")])
def test_issued_at_follows_from_the_origin_and_the_schedule(hour, issued):
    forecasts = issue(params=build_inference_params(issue_hour_utc=hour))
    assert set(forecasts["issued_at"]) == {pd.Timestamp(issued, tz="UTC")}


@pytest.mark.parametrize(
    "given",
    [
        {"history": HISTORY.iloc[:0]},
        {"sites": build_area_sites(*SITES, in_area=False)},
        {"pollutant": "ozone", "pollutants": ("pm25", "ozone")},
        {"pollutants": ("ozone",)},
        {"model": Shelf(None)},
    ],
    ids=["nothing observed", "no site in the area", "pollutant not observed", "pollutant left out", "no champion"],
)
def test_issue_forecasts_of_nothing_is_the_empty_table(given):
    assert_frame_equal(issue(**given), schemas.empty("Forecasts"))


@cache
def of_december(champion):
    """Forecasts from every origin of December, one site silent for its last 20 days."""
    return issue(ended(20), model=Shelf(frozen(champion)), origins="2023-11-30/2023-12-31")


@pytest.mark.parametrize("champion", ["persistence", "ridge", "random_forest", "xgboost", "stack"])
@settings(max_examples=4)
@given(day=st.dates(pd.Timestamp("2023-11-30").date(), pd.Timestamp("2023-12-31").date()))
def test_an_origin_among_many_has_the_rows_of_the_origin_alone(champion, day):
    gaps, many = ended(20), of_december(champion)
    then = gaps[gaps["date_local"] <= pd.Timestamp(day)]
    alone = issue(then, model=Shelf(frozen(champion)), as_of=str(day))
    rows = many[many["origin_date"] == pd.Timestamp(day)].reset_index(drop=True)
    assert len(rows) >= 6
    assert_frame_equal(rows, alone, check_exact=True)


def test_forecasts_from_stored_tables_are_those_from_tables_in_memory(tmp_path):
    def stored(schema, frame):
        table = BlocksTableDataset(filepath=f"{tmp_path}/{schema}.parquet", schema=schema)
        table.save(frame)
        return table.load()

    origins = {"origins": "2023-12-20/2023-12-31"}
    model = Shelf(frozen("ridge"))
    assert_frame_equal(issue(model=model, stored=stored, **origins), issue(model=model, **origins), check_exact=True)
