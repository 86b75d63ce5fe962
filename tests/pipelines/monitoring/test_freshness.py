import math

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.freshness import check_freshness
from builders import SITE, build_days, build_run
from builders_monitoring import build_area_sites, build_monitoring_params

OTHER = "06-037-4008"


def check(days, sites=None, **run):
    sites = build_area_sites() if sites is None else sites
    return check_freshness(daily_observations=days, sites=sites, run=build_run(**run), params=build_monitoring_params())


@pytest.mark.parametrize(("as_of", "age"), [("2023-01-10", 0), ("2023-01-15", 5)])
def test_check_freshness_counts_days_from_the_newest_observation(as_of, age):
    assert check(build_days(10), as_of=as_of)["age_days"].tolist() == [age]


def test_check_freshness_knows_nothing_of_days_after_as_of():
    assert check(build_days(10), as_of="2023-01-04")["newest_day"].tolist() == [pd.Timestamp("2023-01-04")]


@pytest.mark.parametrize(("missing", "silent"), [(range(4, 10), ""), (range(3, 10), OTHER)])
def test_check_freshness_calls_a_site_silent_after_a_week_without_observation(missing, silent):
    days = pd.concat([build_days(10), build_days(10, site=OTHER, missing=missing)])
    [row] = check(days, build_area_sites(SITE, OTHER), as_of="2023-01-10").to_dict("records")
    assert row["silent_sites"] == silent
    assert row["share_reporting"] == (0.5 if silent else 1.0)


def test_check_freshness_expects_no_report_of_a_site_that_is_not_forecastable():
    sites = build_area_sites(SITE, OTHER, forecastable=[True, False])
    [row] = check(build_days(10), sites).to_dict("records")
    assert (row["sites_forecastable"], row["silent_sites"]) == (1, "")


def test_check_freshness_does_not_take_a_neighbour_outside_the_area_for_news():
    days = pd.concat([build_days(5), build_days(10, site=OTHER)])
    sites = build_area_sites(SITE, OTHER, in_area=[True, False])
    assert check(days, sites)["newest_day"].tolist() == [pd.Timestamp("2023-01-05")]


def test_check_freshness_has_a_row_for_a_pollutant_without_observations():
    table = check(build_days(10), pollutants=("pm25", "ozone")).set_index("pollutant")
    assert math.isnan(table.loc["ozone", "age_days"])
    assert table.loc["ozone", "sites_forecastable"] == 0


def test_check_freshness_fits_the_schema_when_nothing_was_observed_at_all():
    table = check(build_days(0), build_area_sites().iloc[:0])
    assert schemas.Freshness.validate(table)["newest_day"].isna().all()
