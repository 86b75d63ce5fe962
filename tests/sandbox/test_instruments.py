"""Instruments fail, run short, read below zero, and are corrected late."""

from __future__ import annotations

import numpy as np
import pytest

from airwatch.sandbox.instruments import HOURS_FOR_A_VALID_DAY, readings_of
from airwatch.sandbox.network import FAILS_FOR_A_MONTH, FILTER, T640, T640_FIRST_REPORT, site_id


@pytest.fixture(scope="module")
def pm25():
    return [readings_of(20, "88101", year) for year in range(2015, 2021)]


def columns_of(readings, chosen):
    return [i for i, m in enumerate(readings.monitors) if chosen(m)]


def longest_run(flags):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_filters_sample_on_epas_schedule_of_each_third_day(pm25):
    # The recorded reply of Wake county has filter samples on 2016-01-04 and none on the days around it.
    readings = pm25[1]
    present = readings.present[:, columns_of(readings, lambda m: m.instrument is FILTER)]
    sampled = {str(day) for day in readings.days[present.any(axis=1)]}
    assert "2016-01-04" in sampled
    assert not {"2016-01-02", "2016-01-03", "2016-01-05", "2016-01-06"} & sampled
    assert 110 <= len(sampled) <= 122


def test_one_site_is_silent_for_a_month_of_every_year(pm25):
    for readings in pm25:
        column = columns_of(readings, lambda m: site_id(m.site) == FAILS_FOR_A_MONTH)[0]
        assert longest_run(~readings.present[:, column]) >= 30


def test_instruments_miss_lone_days_and_runs_of_days(pm25):
    usual = columns_of(pm25[0], lambda m: m.instrument.cadence_days == 1 and site_id(m.site) != FAILS_FOR_A_MONTH)
    silent = [
        ~r.present[:, c] for r in pm25 for c in usual if r.monitors[c].site.closed is None and r.present[:, c].any()
    ]
    share = np.mean([s.mean() for s in silent])
    assert 0.03 < share < 0.09
    assert max(longest_run(s) for s in silent) >= 10


def test_a_monitor_reports_nothing_before_it_opens_or_after_it_closes():
    before, after = readings_of(20, "44201", 2024), readings_of(20, "44201", 2026)
    new = columns_of(before, lambda m: m.site.name == "Sandbox New Homes")[0]
    assert not before.present[:, new].any()
    assert after.present[:, new].mean() > 0.8
    last_days = readings_of(20, "44201", 2022)
    old = columns_of(last_days, lambda m: m.site.closed is not None)[0]
    assert str(last_days.days[last_days.present[:, old]].max()) <= "2022-09-30"
    assert not readings_of(20, "44201", 2023).present[:, old].any()


def test_a_few_readings_of_clean_air_are_below_zero(pm25):
    share = np.mean([(r.daily[r.present] < 0).mean() for r in pm25])
    assert 0.0003 < share < 0.006  # AQS has 0.15 to 0.6 percent; the sandbox metro is a little dirtier


def test_a_small_share_of_days_has_too_few_hours(pm25):
    share = np.mean([(r.hours[r.present] < HOURS_FOR_A_VALID_DAY).mean() for r in pm25])
    assert 0.002 < share < 0.02


def test_most_rows_settle_the_next_day_and_some_are_changed_months_later(pm25):
    late = np.concatenate([(r.changed - r.days[:, None])[r.present].astype(int) for r in pm25])
    assert late.min() == 1
    assert 0.04 < np.mean(late >= 60) < 0.08
    assert not ((late > 1) & (late < 60)).any()


def test_a_t640_is_reported_twice_and_its_first_report_is_higher(pm25):
    readings = pm25[0]
    first = columns_of(readings, lambda m: m.instrument is T640_FIRST_REPORT)[0]
    restated = columns_of(readings, lambda m: m.instrument is T640)[0]
    assert np.array_equal(readings.present[:, first], readings.present[:, restated])
    assert readings.daily[:, first] == pytest.approx(1.12 * readings.daily[:, restated])


def test_smoke_is_in_the_reading_and_left_out_of_the_clean_one():
    smoky = readings_of(20, "88101", 2023)
    assert smoky.flagged.any()
    difference = (smoky.daily - smoky.clean)[smoky.flagged]
    assert difference.min() > 8  # the flag's threshold; a first T640 report counts it 1.12 times
    assert (smoky.daily - smoky.clean)[~smoky.flagged].max() <= 8 * 1.12


def test_an_outage_at_the_end_of_a_year_runs_on_into_the_next():
    # Instruments are silent on 2 days in 100. Were each year drawn alone, 560 new years of an instrument would have
    # about 560 x 0.02 x 0.02 = 0.2 of them silent on both sides.
    both = 0
    for year in range(2000, 2020):
        before, after = readings_of(20, "44201", year), readings_of(20, "44201", year + 1)
        both += int((~before.present[-1] & ~after.present[0] & before.present.any(0) & after.present.any(0)).sum())
    assert both >= 3
