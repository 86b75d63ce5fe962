"""The replay: what each fault makes of a history, what counts as one alarm, and a small one from end to end."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.replay import __main__ as command
from benchmarks.replay.count import Delay, delays, incidents, years
from benchmarks.replay.faults import FAULTS
from benchmarks.replay.history import History, Metro
from benchmarks.replay.kept import keep, kept
from benchmarks.replay.report import Replay, write
from benchmarks.replay.walk import Watchman, weeks
from builders import SITE, build_days
from builders_changes import build_metro, site_ids

OTHER = "06-037-4008"
METRO = Metro("Nowhere", "31080", "pm25", "88101", "2020-01-01", "2023-05-02", "2023-12-26")
BY_NAME = {fault.name: fault for fault in FAULTS}
DAY = pd.Timestamp("2023-01-03")


def two_sites():
    """Values 1 to 5 at one site and 11 to 15 at another, from 2023-01-01 on."""
    return pd.concat([build_days(5), build_days(5, site=OTHER, values=range(11, 16))], ignore_index=True)


def changed(name):
    """The values of both sites, by day of January."""
    table = BY_NAME[name].change(two_sites(), SITE, DAY)
    days = table.assign(day=table["date_local"].dt.day)
    return {site: dict(zip(its["day"], its["value"], strict=True)) for site, its in days.groupby("site_id")}


UNTOUCHED = {1: 11.0, 2: 12.0, 3: 13.0, 4: 14.0, 5: 15.0}


@pytest.mark.parametrize(
    ("name", "of_site", "of_other"),
    [
        ("instrument 30 % high", {1: 1.0, 2: 2.0, 3: 3.9, 4: 5.2, 5: 6.5}, UNTOUCHED),
        ("unit slip (× 1,000)", {1: 1.0, 2: 2.0, 3: 3000.0, 4: 4000.0, 5: 5000.0}, UNTOUCHED),
        ("dead site", {1: 1.0, 2: 2.0}, UNTOUCHED),
        ("calendar of a site a day late", {1: 1.0, 2: 2.0, 3: 2.0, 4: 3.0, 5: 4.0, 6: 5.0}, UNTOUCHED),
        (
            "calendar of all sites a day late",
            {1: 1.0, 2: 2.0, 3: 2.0, 4: 3.0, 5: 4.0, 6: 5.0},
            {1: 11.0, 2: 12.0, 3: 12.0, 4: 13.0, 5: 14.0, 6: 15.0},
        ),
        (
            "calendar of all sites a day early",
            {1: 1.0, 2: 2.0, 3: 4.0, 4: 5.0},
            {1: 11.0, 2: 12.0, 3: 14.0, 4: 15.0},
        ),
    ],
)
def test_a_fault_changes_what_it_says_from_its_day_on(name, of_site, of_other):
    found = changed(name)
    assert found[SITE] == pytest.approx(of_site)
    assert found[OTHER] == pytest.approx(of_other)


def alarms(*numbers, scope=SITE, test="level", in_smoke=False):
    """Alarms in those weeks."""
    days = [pd.Timestamp("2023-01-03") + pd.Timedelta(days=7 * number) for number in numbers]
    given = {"kind": "site", "test": test, "scope": scope, "drifted": True, "in_smoke": in_smoke}
    return pd.DataFrame({"as_of": days, "statistic": 2.0} | given)


def test_alarms_of_weeks_in_a_row_are_one_and_after_more_than_28_days_another():
    opened = incidents(pd.concat([alarms(0, 1, 2, 6, 11), alarms(1, scope=OTHER)]))
    assert len(opened) == 3
    first = opened[opened["scope"] == SITE].iloc[0]
    assert (first["opened"], first["closed"]) == (pd.Timestamp("2023-01-03"), pd.Timestamp("2023-02-14"))


def test_a_week_without_an_alarm_is_none():
    assert incidents(alarms(0, 1).assign(drifted=False)).empty


def history(**metro):
    """A made-up metro of four sites."""
    observations = build_metro(sites=4, count=1_400)
    sites = pd.DataFrame({"site_id": site_ids(4), "latitude": 34.0 + 0.05 * np.arange(4), "longitude": -118.0})
    given = {"pollutant": "pm25", "in_area": True, "state": "", "cadence_days": 1.0}
    return History(METRO, observations, sites.assign(**given))


def test_a_fault_that_was_put_in_is_found_with_its_delay():
    its = history()
    undisturbed = alarms(*range(17, 60)).assign(drifted=False)
    found = delays(
        its, undisturbed[undisturbed["scope"] == SITE].assign(scope=site_ids(1)[0]), [BY_NAME["instrument 30 % high"]]
    )
    assert [delay.scope for delay in found] == site_ids(1)
    assert found[0].test == "level"
    assert 4 <= found[0].days <= 60


def test_a_slip_is_left_out_of_the_observations_by_the_policy_and_found_in_the_summaries():
    its, day, (sick, *_) = history(), pd.Timestamp("2023-06-06"), site_ids(4)
    watchman = Watchman(its, BY_NAME["unit slip (× 1,000)"].change(its.values, sick, day))
    kept = watchman.observations
    assert len(kept) == len(its.values) - 209  # days from 6 June to 31 December, at about 10,000 µg/m³
    assert kept.loc[kept["site_id"] == sick, "date_local"].max() == pd.Timestamp("2023-06-05")
    assert watchman.summaries["arithmetic_mean"].max() > 2_000.0
    named = watchman.see(day + pd.Timedelta(days=11)).query("drifted and scope == @sick")
    assert named["test"].tolist() == ["unit"]
    assert named["statistic"].iloc[0] == pytest.approx(1_000.0, rel=0.6)
    assert named["since"].iloc[0] == day


def test_what_is_plausible_reaches_the_observations_as_it_was():
    its = history()
    pd.testing.assert_frame_equal(
        its.observations[["site_id", "date_local", "value"]], its.values[["site_id", "date_local", "value"]]
    )


def test_a_watchman_sees_nothing_after_the_day():
    its, day = history(), pd.Timestamp("2023-06-06")
    later = its.values["date_local"] > day
    wild = its.values.assign(value=its.values["value"].where(~later, 999.0))
    pd.testing.assert_frame_equal(Watchman(its).see(day), Watchman(its, wild).see(day))


def test_the_report_counts_alarms_outside_smoke_and_shows_every_fault(tmp_path):
    its = history()
    found = pd.concat([alarms(17), alarms(30, scope=OTHER, in_smoke=True), alarms(40, test="silent")])
    day = pd.Timestamp("2023-06-01")
    delayed = [
        Delay("dead site", SITE, day, 11, "silent"),
        Delay("dead site", OTHER, day, None, ""),
    ]
    replay = Replay(its, found.assign(limit=1.0), delayed, smoky_share=0.02)
    # 35 weeks are 0.67 years.
    assert years(weeks(its)) == pytest.approx(35 * 7 / 365.25)
    assert replay.a_year(in_smoke=False) == pytest.approx(1 / 0.6708, rel=1e-3)
    page, data = write([replay], "python -m benchmarks.replay x", tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "| Nowhere, PM2.5 (88101) | 35 | 4 | 2.0 % | **1.49** | 1.49 | 1.5 |" in text
    assert "| Nowhere, PM2.5 (88101) | dead site | 2 | 1 | 1 | more than 182 | more than 182 | silent |" in text
    assert [name in text for name in BY_NAME] == [True] * len(FAULTS)
    (metro,) = json.loads(data.read_text())["metros"]
    assert metro["delays"][0] == {
        "fault": "dead site",
        "scope": SITE,
        "onset": "2023-06-01",
        "days": 11,
        "test": "silent",
    }


def test_a_replay_that_is_kept_is_the_same_when_it_is_read(tmp_path):
    its, found = history(), alarms(17).assign(limit=1.0)
    delayed = [Delay("dead site", SITE, DAY, 11, "silent"), Delay("dead site", OTHER, DAY, None, "")]
    assert kept(its, tmp_path) is None
    keep(Replay(its, found, delayed, smoky_share=0.02), tmp_path)
    before = kept(its, tmp_path)
    pd.testing.assert_frame_equal(before.found, found)
    assert (before.delays, before.smoky_share) == (delayed, 0.02)


def test_a_history_takes_the_monitor_of_most_days_and_says_which(tmp_path):
    rows = pd.concat([build_days(300), build_days(250, values=50.0, poc=3)])
    table = pd.DataFrame(
        {
            "state_code": "06",
            "county_code": "037",
            "site_number": "1103",
            "parameter_code": "88101",
            "poc": rows["poc"],
            "date_local": rows["date_local"].dt.date,
            "latitude": 34.0,
            "longitude": -118.0,
            "cbsa_code": "31080",
            "arithmetic_mean": rows["value"],
        }
    )
    table = table[(table["poc"] == 3) | (table.index % 2 == 0)]  # 150 days of the first monitor, 250 of the third
    table.to_parquet(tmp_path / "panel.parquet")
    its = History.read(tmp_path / "panel.parquet", METRO)
    counts = its.values["poc"].value_counts().to_dict()
    assert counts == {3: 250, 1: 25}
    assert its.sites["cadence_days"].tolist() == [1.0]
    with pytest.raises(ValueError, match="has no site of Nowhere"):
        History.read(tmp_path / "panel.parquet", replace(METRO, cbsa_code="99999"))


def test_the_command_asks_for_a_file(capsys):
    with pytest.raises(SystemExit):
        command.main([])
    assert "the following arguments are required: data" in capsys.readouterr().err
