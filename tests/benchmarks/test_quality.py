"""Data quality measured: what each fault makes of a site's values, what counts as one finding, delays, the report."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality import __main__ as command
from benchmarks.quality import measure
from benchmarks.quality.measure import FAULTS, Flagged, days, delays, flags
from benchmarks.replay.history import History, Metro
from builders import SITE, build_days
from builders_changes import build_metro, site_ids

OTHER = "06-037-4008"
METRO = Metro("Nowhere", "", "pm25", "88101", "2020-01-01", "2023-01-05", "2023-12-21")
BY_NAME = {fault.found_by[0]: fault for fault in FAULTS} | {fault.name: fault for fault in FAULTS}
DAY = pd.Timestamp("2023-01-03")


def history(count=4, **columns):
    """A made-up country of sites 5 km apart, 900 days to the end of 2023."""
    sites = pd.DataFrame({"site_id": site_ids(count), "latitude": 34.0 + 0.05 * np.arange(count), "longitude": -118.0})
    given = {"pollutant": "pm25", "in_area": True, "state": "", "cadence_days": 1.0}
    return History(METRO, build_metro(sites=count, **columns), sites.assign(**given))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("stuck", [1.0, 2.0, 3.0, 3.0, 3.0]),
        ("spike", [1.0, 2.0, 3.0 + 10 * 4.6, 4.0, 5.0]),  # 4.6 is the 90th percentile of 1 to 5
        ("readings times 1,000", [1.0, 2.0, 3000.0, 4000.0, 5000.0]),
        ("readings through 1,000", [1.0, 2.0, 0.003, 0.004, 0.005]),
        ("silent", [1.0, 2.0]),
    ],
)
def test_a_fault_changes_the_values_of_its_site_from_its_day_on(name, values):
    both = pd.concat([build_days(5), build_days(5, site=OTHER)], ignore_index=True)
    found = BY_NAME[name].change(both, SITE, DAY).groupby("site_id")["value"].agg(list)
    assert found[SITE] == pytest.approx(values)
    assert found[OTHER] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_lost_zero_reads_about_two_below_it():
    value = BY_NAME["negative"].change(build_days(400), SITE, DAY)["value"]
    assert value[:2].tolist() == [1.0, 2.0]
    assert value[2:].mean() == pytest.approx(-2.0, abs=0.1)
    assert value[2:].std() == pytest.approx(0.4, abs=0.1)


def test_findings_are_counted_a_year_at_100_sites_and_at_a_time():
    its = history()
    stuck = (its.values["site_id"] == site_ids(1)[0]) & its.values["date_local"].between("2023-03-01", "2023-03-30")
    its = History(METRO, its.values.assign(value=its.values["value"].mask(stuck, 9.9)), its.sites)
    # Of every 14th day from 5 January on, 16 and 30 March name it; the recent days of 13 April begin on 31 March.
    assert len(days(its)) == 26
    found = flags(its)
    assert found.sites == 4.0
    assert found.rates == {"stuck": pytest.approx((100 / 4 / (26 * 14 / 365.25), 2 / 26 / 4))}
    assert found.findings["until"].tolist() == [pd.Timestamp("2023-03-30")]
    assert found.findings["note"].tolist() == ["9.9 µg/m³ on 30 samples in a row."]


def test_each_fault_is_found_after_the_days_that_its_limit_asks(monkeypatch):
    monkeypatch.setattr(measure, "OF_EACH", 1)
    found = pd.DataFrame(delays(history(count=12), pd.Timestamp("2023-10-05"), seed=1)).set_index("fault")
    assert found["site_id"].nunique() == len(found) == len(FAULTS)
    assert set(found["schedule"]) == {"each day"}
    # A slip asks for three readings, a silence for more than seven days, a negative run for more than three.
    assert found.loc["readings times 1,000", "days"] == found.loc["readings through 1,000", "days"] == 2
    assert found.loc["dead site", "days"] == 7
    assert found.loc["about -2 µg/m³ from a day on", "days"] == 3
    assert found.loc["spike of one day (ten times the 90th percentile added)", "days"] == 0
    assert 3 <= found.loc["stuck at the day's value", "days"] <= 14


def test_the_report_shows_what_was_measured(tmp_path):
    listed = pd.DataFrame([{"site_id": SITE, "check": "stuck", "since": DAY, "until": DAY, "note": "x"}])
    flagged = {"Nowhere, PM2.5 (88101), 2023": Flagged(4.0, {"stuck": (25.1, 0.0192)}, listed, 0.25)}
    given = {"fault": "dead site", "site_id": SITE, "onset": DAY}
    found = pd.DataFrame([given | {"schedule": "each day", "days": days} for days in (7.0, 9.0, np.nan)])
    page, data = command.write(flagged, found, "python -m benchmarks.quality x", tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "| Nowhere, PM2.5 (88101), 2023 | 4 | 25 (1.9 %) | 0 | 0 | 0 | 0 | 0 | 0 | 0.25 |" in text
    assert "| dead site | 2 of 3, 8, 9 | 0 of 0 |" in text
    document = json.loads(data.read_text())
    flags_of = document["flags"]["Nowhere, PM2.5 (88101), 2023"]
    assert flags_of["rates"]["stuck"] == {"a_year": 25.1, "at_a_time": 0.0192}
    assert flags_of["findings"][0]["since"].startswith("2023-01-03")
    assert document["faults"][2]["days"] is None


def test_the_command_asks_for_a_file(capsys):
    with pytest.raises(SystemExit):
        command.main([])
    assert "the following arguments are required: data" in capsys.readouterr().err
