import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.changes.find import KEY
from airwatch.pipelines.monitoring.changes.summary import changed_calendar, changed_errors, changed_sites
from builders_changes import site_ids
from builders_monitoring import build_monitoring_params

PARAMS = build_monitoring_params().changes
DAY = pd.Timestamp("2023-11-02")


def row_of(kind, scope, test, statistic, limit=1.0, note="Found."):
    drifted = abs(statistic) > limit
    row = {"pollutant": "pm25", "kind": kind, "scope": scope, "test": test, "statistic": statistic, "limit": limit}
    return {**row, "drifted": drifted, "since": DAY if drifted else pd.NaT, "note": note if drifted else ""}


def drift(*rows):
    return schemas.Drift.validate(pd.DataFrame(list(rows)).sort_values(KEY, ignore_index=True))


@pytest.mark.parametrize(("changed", "failed"), [(0, False), (1, False), (2, True)])
def test_changed_sites_are_a_share_of_those_that_were_judged(changed, failed):
    rows = [row_of("site", site, "level", 2.0 * (number < changed)) for number, site in enumerate(site_ids(20))]
    summed = changed_sites("pm25", drift(*rows), PARAMS)
    assert (summed.value, summed.limit, summed.failed) == (changed / 20, 0.05, failed)
    assert summed.found == [f"{site} since 2023-11-02 (Found)" for site in site_ids(changed)]


def test_a_site_with_two_tests_that_found_something_counts_once():
    rows = [row_of("site", site_ids(1)[0], test, 2.0) for test in ("level", "calendar")]
    assert changed_sites("pm25", drift(*rows), PARAMS).value == 1.0


def test_changed_errors_are_those_of_the_area_or_of_a_state_and_not_of_a_site():
    rows = [
        row_of("residual", "area", "bias", 0.5),
        row_of("residual", "Nevada", "bias", -1.5, note="Nevada's."),
        row_of("residual", site_ids(1)[0], "bias", 9.0),
    ]
    summed = changed_errors("pm25", drift(*rows))
    assert (summed.value, summed.failed, summed.since) == (1.5, True, DAY)
    assert summed.found == ["Nevada since 2023-11-02 (Nevada's)"]


def test_a_changed_calendar_is_the_gravest_of_its_tests():
    rows = [
        row_of("input", "area", "schedule", 20.0, limit=10.0),
        row_of("input", "area", "weekday", 5.0, limit=10.0),
        row_of("input", "area", "features", 1.0, limit=0.5),
        row_of("site", site_ids(1)[0], "schedule", 90.0, limit=10.0),
    ]
    summed = changed_calendar("pm25", drift(*rows))
    assert (summed.value, summed.found) == (2.0, ["area since 2023-11-02 (Found)"])


def test_where_nothing_could_be_judged_there_is_no_value_and_a_reason():
    row = row_of("residual", "area", "bias", float("nan")) | {"note": "Not judged: no forecast has matured."}
    summed = changed_errors("pm25", drift(row))
    assert (summed.value, summed.failed, summed.found) == (None, False, ["no forecast has matured"])
    assert changed_sites("pm25", drift(row), PARAMS).value is None
