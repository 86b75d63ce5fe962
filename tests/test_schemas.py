import re

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from pandera.errors import SchemaError, SchemaErrors

from airwatch import schemas
from airwatch.schemas.scores import Scores
from airwatch.schemas.table import Table
from builders import build_days, build_summaries
from conftest import PROJECT

DAYS = schemas.DailyObservations.validate(
    pd.concat([build_days(2, site="06-037-0002"), build_days(2)], ignore_index=True)
)
QUANTILES = ("q05", "q10", "q25", "q50", "q75", "q90", "q95")


def refuses(schema, frame):
    with pytest.raises((SchemaError, SchemaErrors)) as refused:
        schema.validate(frame, lazy=True)
    return str(refused.value)


def forecast(**changed):
    """One valid row of forecasts, with some columns changed."""
    row = {
        "site_id": "06-037-1103",
        "pollutant": "pm25",
        "origin_date": pd.Timestamp("2021-06-30"),
        "target_date": pd.Timestamp("2021-07-01"),
        "lead_days": 1,
        "data_through": pd.Timestamp("2021-06-30"),
        "mean": 9.0,
        **dict(zip(QUANTILES, [5.0, 6.0, 7.0, 9.0, 11.0, 12.0, 13.0], strict=True)),
        "aqi": 50,
        "category": "Good",
        "p_aqi_above_50": 0.5,
        "p_aqi_above_100": 0.1,
        "p_aqi_above_150": 0.0,
        "status": "ok",
        "model_name": "ridge",
        "model_version": "1",
        "issued_at": pd.Timestamp("2021-07-01 06:00", tz="UTC"),
    }
    return pd.DataFrame([{**row, **changed}])


@pytest.mark.parametrize("name", sorted(schemas.TABLES))
def test_the_empty_table_of_a_schema_is_valid_and_of_the_schema_s_types(name):
    empty = schemas.empty(name)
    valid = schemas.TABLES[name].validate(empty)
    assert len(valid) == 0
    assert list(valid.columns) == list(schemas.TABLES[name].to_schema().columns)
    assert valid.dtypes.tolist() == empty.dtypes.tolist()


def test_what_is_done_to_an_empty_table_does_not_show_in_the_next():
    empty = schemas.empty("Gate")
    empty["note"] = empty["note"].astype("object")
    empty.insert(0, "more", 1)
    empty.attrs["scope"] = "another run's"
    assert_frame_equal(schemas.empty("Gate"), schemas.Gate.validate(schemas.empty("Gate")))
    assert schemas.empty("Gate").attrs == {}


def test_every_schema_is_listed():
    tables = {*Table.__subclasses__(), *Scores.__subclasses__()} - {Scores}
    assert set(schemas.TABLES.values()) == {table for table in tables if table.__module__ != __name__}


@pytest.mark.parametrize("name", sorted(schemas.TABLES))
def test_every_schema_has_a_key_of_its_own_columns(name):
    schema = schemas.TABLES[name].to_schema()
    assert schema.unique
    assert set(schema.unique) <= set(schema.columns)


def test_the_catalog_validates_each_table_that_is_not_one_of_a_namespace():
    catalog = "\n".join(path.read_text() for path in (PROJECT / "conf/base/catalog").glob("*.yml"))
    assert set(re.findall(r"(?:validator: airwatch\.schemas\.|schema: )(\w+)", catalog)) == set(schemas.TABLES)


def test_a_valid_table_passes_unchanged():
    assert schemas.DailyObservations.validate(DAYS).equals(DAYS)
    assert len(schemas.Forecasts.validate(forecast())) == 1


def test_a_key_given_twice_is_refused():
    assert "not unique" in refuses(schemas.DailyObservations, DAYS.iloc[[0, 0, 1]].reset_index(drop=True))


@pytest.mark.parametrize("order", [[1, 0, 2, 3], [2, 3, 0, 1], [0, 2, 1, 3]])
def test_a_table_out_of_the_order_of_its_key_is_refused(order):
    assert "the key is sorted" in refuses(schemas.DailyObservations, DAYS.iloc[order].reset_index(drop=True))


def test_a_later_part_of_the_key_counts_within_the_parts_before_it_alone():
    # Sites ascend, and their days begin anew with each.
    assert DAYS["date_local"].is_monotonic_increasing is False
    assert len(schemas.DailyObservations.validate(DAYS)) == 4


@pytest.mark.parametrize("column", ["site_id", "pollutant", "value"])
def test_a_missing_column_is_refused(column):
    assert column in refuses(schemas.DailyObservations, DAYS.drop(columns=column))


def test_a_column_too_many_is_refused_but_among_features():
    assert "surplus" in refuses(schemas.DailyObservations, DAYS.assign(surplus=1))
    features = DAYS[["site_id", "pollutant"]].assign(origin_date=DAYS["date_local"], value_lag_00=1.0)
    assert "value_lag_00" in schemas.Features.validate(features)


@pytest.mark.parametrize("site", ["6-37-1103", "06-037-110", "060371103", "06-037-1103 ", ""])
def test_a_site_id_that_lost_its_zeros_or_hyphens_is_refused(site):
    assert "site_id" in refuses(schemas.DailyObservations, DAYS.iloc[:1].assign(site_id=site))


def test_a_value_is_never_missing():
    assert "value" in refuses(schemas.DailyObservations, DAYS.assign(value=float("nan")))


@pytest.mark.parametrize(
    "changed",
    [
        {"q25": 9.1},  # above q50
        {"q05": -0.1},
        {"mean": -0.1},
        {"p_aqi_above_100": 0.6},  # above the chance of passing 50
        {"p_aqi_above_50": 1.1},
        {"p_aqi_above_150": -0.1},
        {"lead_days": 0},
        {"lead_days": 15},
        {"status": "fine"},
        {"aqi": -1},
        {"q50": float("nan")},
        {"category": None},
    ],
)
def test_a_forecast_that_is_no_distribution_is_refused(changed):
    refuses(schemas.Forecasts, forecast(**changed))


@pytest.mark.parametrize("changed", [{"q25": 9.0}, {"p_aqi_above_100": 0.5}, {"lead_days": 14}, {"status": "stale"}])
def test_a_forecast_at_the_edge_of_its_rules_is_valid(changed):
    assert len(schemas.Forecasts.validate(forecast(**changed))) == 1


def test_a_forecast_s_issue_is_in_utc():
    zone = schemas.Forecasts.validate(forecast())["issued_at"].dt.tz
    assert str(zone) == "UTC"
    refuses(schemas.Forecasts, forecast(issued_at="soon"))


def test_monitoring_knows_three_answers():
    row = {"check": "freshness", "value": 1.0, "limit": 7.0, "since": pd.NaT, "action": ""}
    assert len(schemas.MonitoringSummary.validate(pd.DataFrame([{**row, "status": "warn"}]))) == 1
    assert "status" in refuses(schemas.MonitoringSummary, pd.DataFrame([{**row, "status": "bad"}]))


def test_summaries_may_lack_a_standard_in_their_key_and_are_sorted_with_it_first():
    columns = schemas.empty("DailySummaries").columns
    summaries = pd.DataFrame(
        {
            **dict.fromkeys(columns, "x"),
            "poc": 1,
            "date_local": pd.Timestamp("2021-06-30"),
            "date_of_last_change": pd.NaT,
            **dict.fromkeys(
                [
                    "observation_count",
                    "observation_percent",
                    "arithmetic_mean",
                    "first_max_value",
                    "latitude",
                    "longitude",
                ],
                1.0,
            ),
            "pollutant_standard": [None, "PM25 24-hour 2012"],
        }
    )
    assert len(schemas.DailySummaries.validate(summaries)) == 2
    assert "sorted" in refuses(schemas.DailySummaries, summaries.iloc[::-1].reset_index(drop=True))


def test_categories_are_sorted_as_texts_whatever_their_own_order():
    summaries = pd.concat([build_summaries(site_id=site) for site in ("06-037-0001", "06-037-0002")], ignore_index=True)
    backwards = summaries.assign(site_number=pd.Categorical(summaries["site_number"], categories=["0002", "0001"]))
    assert len(schemas.DailySummaries.validate(backwards)) == 2
    assert "sorted" in refuses(schemas.DailySummaries, backwards.iloc[::-1].reset_index(drop=True))
