import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.quality.summary import sum_up
from builders_monitoring import build_area_sites, build_monitoring_params

IDS = [f"06-037-{number:04d}" for number in range(50)]
SINCE = pd.Timestamp("2023-12-01")


def quality(*rows):
    """``data_quality`` of PM2.5: site, check and how many times the limit."""
    given = [{"site_id": site, "check": check, "value": 7.0 * times} for site, check, times in rows]
    columns = {"pollutant": "pm25", "since": SINCE, "until": SINCE, "limit": 7.0, "note": "."}
    if not given:
        return schemas.empty("DataQuality")
    return schemas.DataQuality.validate(pd.DataFrame(given).assign(**columns))


def summed(*rows, **sites):
    return sum_up("pm25", quality(*rows), build_area_sites(*IDS, **sites), build_monitoring_params().quality)


def test_sound_data_fail_nowhere():
    found = summed()
    assert (found.share, found.since, found.faults) == (0.0, None, [])


@pytest.mark.parametrize(
    ("check", "limit"), [("silent", 0.15), ("completeness", 0.15), ("spike", 0.02), ("unit", 0.02)]
)
def test_readings_that_cannot_be_believed_are_held_against_a_stricter_limit(check, limit):
    found = summed((IDS[0], check, 2))
    assert (found.share, found.limit, found.since) == (1 / 50, limit, SINCE)


def test_a_site_with_two_faults_is_one_site():
    assert summed((IDS[0], "negative", 2), (IDS[0], "stuck", 2)).share == 1 / 50


def test_the_gravest_faults_are_named_first():
    found = summed((IDS[0], "silent", 9), (IDS[1], "spike", 2), (IDS[2], "stuck", 2), (IDS[3], "stuck", 5))
    order = [IDS[3], IDS[2], IDS[1], IDS[0]]
    assert [fault.partition(" ")[0] for fault in found.faults] == order
    assert found.faults[0] == f"{IDS[3]} (stuck since 2023-12-01)"


def test_an_area_that_is_thin_as_a_whole_fails_at_all_its_sites():
    found = summed(("", "volume", 0.5))
    assert (found.share, found.faults) == (1.0, ["the area (volume since 2023-12-01)"])


def test_sites_closed_for_a_year_and_sites_outside_the_area_do_not_count():
    last = [pd.Timestamp("2022-12-31")] * 25 + [pd.Timestamp("2023-12-31")] * 25
    inside = [True] * 40 + [False] * 10
    assert summed((IDS[30], "silent", 2), last_day=last, in_area=inside).share == 1 / 15
