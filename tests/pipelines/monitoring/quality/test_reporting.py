import numpy as np
import pandas as pd
import pytest

from builders_quality import LAST, SICK, SITES, build_network, check, hurt, named, place


def every(days, step):
    """The days of the sick site on every so manieth day alone."""
    number = (days["date_local"] - pd.Timestamp("2020-01-01")).dt.days
    return days[(days["site_id"] != SICK) | (number % step == 0)].reset_index(drop=True)


def rested(days, months):
    """The sick site rests in these months."""
    return days[(days["site_id"] != SICK) | ~days["date_local"].dt.month.isin(months)].reset_index(drop=True)


@pytest.mark.parametrize(("since", "found"), [("2023-12-25", []), ("2023-12-24", [(SICK, "silent", "2023-12-24")])])
def test_a_site_is_silent_once_more_than_a_week_is_missing(since, found):
    assert named(check(hurt(build_network(), since, None))) == found


def test_a_silent_site_is_named_with_its_days_and_its_last_one():
    [row] = check(hurt(build_network(), "2023-12-02", None)).to_dict("records")
    assert (row["value"], row["limit"], row["until"]) == (30, 7, pd.Timestamp(LAST))
    assert row["note"] == "Nothing since 2023-12-01, where a sample is due every day."


@pytest.mark.parametrize(("since", "count"), [("2023-12-18", 0), ("2023-12-17", 1)])
def test_a_site_of_every_sixth_day_is_silent_when_three_samples_are_missing(since, count):
    sites = place(cadence_days=[1.0, 1.0, 6.0, 1.0, 1.0])
    assert len(check(hurt(every(build_network(), 6), since, None), sites=sites)) == count


@pytest.mark.parametrize(
    ("since", "found"),
    [("2023-10-03", [(SICK, "silent", "2023-10-03")]), ("2023-10-02", []), ("2023-06-15", [])],
)
def test_a_site_that_has_been_silent_for_a_quarter_is_closed_and_named_no_more(since, found):
    assert named(check(hurt(build_network(), since, None))) == found


def stood_in(days, since, of_aqs_alone):
    """AirNow goes on with the sites from a day on, but for one, of which AQS alone knows; it samples each sixth day."""
    rows = every(days, 6)
    rows = rows[(rows["site_id"] != of_aqs_alone) | (rows["date_local"] < since)].reset_index(drop=True)
    return rows.assign(provisional=rows["date_local"] >= since)


@pytest.mark.parametrize("as_of", ["2023-11-25", "2023-12-31"])
def test_a_filter_that_airnow_does_not_know_is_not_silent_while_aqs_is_late(as_of):
    # AQS ends on 31 October. On 25 November the site is 26 days behind AirNow, and 18 are the limit of its schedule.
    days, sites = stood_in(build_network(), "2023-11-01", SICK), place(cadence_days=[1.0, 1.0, 6.0, 1.0, 1.0])
    assert named(check(days, as_of=as_of, sites=sites)) == []


def test_a_site_that_fell_behind_aqs_is_silent_though_airnow_goes_on_elsewhere():
    days = stood_in(hurt(build_network(), "2023-10-01", None), "2023-11-01", SICK)
    [row] = check(days, sites=place(cadence_days=[1.0, 1.0, 6.0, 1.0, 1.0])).to_dict("records")
    # 1 to 31 October, as far as AQS has come; 18 are the limit
    assert (row["check"], row["value"], row["until"]) == ("silent", 31, pd.Timestamp("2023-10-31"))


def test_a_site_that_airnow_does_not_give_any_more_is_silent():
    days = build_network()
    days = hurt(days.assign(provisional=days["date_local"] >= "2023-11-01"), "2023-12-20", None)
    assert named(check(days)) == [(SICK, "silent", "2023-12-20")]


def test_a_season_in_which_a_site_has_rested_before_is_neither_silence_nor_a_gap():
    assert named(check(rested(build_network(), [11, 12, 1, 2]))) == []


def test_a_site_that_does_not_come_back_from_its_season_is_silent_from_the_day_it_was_due():
    days = hurt(rested(build_network(), [11, 12, 1, 2]), "2023-03-01", None)
    assert named(check(days, as_of="2023-04-30")) == [(SICK, "silent", "2023-03-01")]


@pytest.mark.parametrize(("last_missing", "found"), [("2023-10-23", 0), ("2023-10-24", 1)])
def test_a_quarter_needs_three_quarters_of_its_days(last_missing, found):
    # 92 days: 23 missing leave 69, which is 75 %; 24 leave 73.9 %
    assert len(check(hurt(build_network(), "2023-10-01", None, last_missing))) == found


def test_a_quarter_is_named_once_it_cannot_be_complete_any_more():
    days = hurt(build_network(), "2023-10-11", None, "2023-11-05")
    [row] = check(days, as_of="2023-11-06").to_dict("records")
    # 10 days before the gap, one after it and 55 to come: 66 of 92
    assert (row["check"], row["value"]) == ("completeness", pytest.approx(66 / 92))
    assert (row["since"], row["until"]) == (pd.Timestamp("2023-10-11"), pd.Timestamp("2023-11-06"))


@pytest.mark.parametrize(("as_of", "count"), [("2023-10-13", 1), ("2023-10-14", 0)])
def test_a_quarter_that_has_ended_is_named_for_two_weeks(as_of, count):
    days = hurt(build_network(), "2023-07-01", None, "2023-07-31")
    assert len(check(days, as_of=as_of)) == count


@pytest.mark.parametrize("step", [3, 6])
def test_a_site_that_samples_on_its_schedule_is_complete(step):
    assert named(check(every(build_network(), step), sites=place(cadence_days=[1.0, 1.0, step, 1.0, 1.0]))) == []


def test_samples_that_were_made_up_for_on_the_next_day_break_no_schedule():
    # 4 of the 31 samples of October to December are a day late, which makes 8 of 30 gaps other than three days.
    days = every(build_network(), 3)
    late = (days["site_id"] == SICK) & days["date_local"].isin(pd.date_range("2023-10-03", periods=4, freq="21D"))
    assert late.sum() == 4
    made_up = days.assign(date_local=days["date_local"].mask(late, days["date_local"] + pd.Timedelta(days=1)))
    assert named(check(made_up, sites=place(cadence_days=[1.0, 1.0, 3.0, 1.0, 1.0]))) == []


def test_a_filter_that_airnow_goes_on_with_each_day_is_complete():
    days = build_network()
    number = (days["date_local"] - pd.Timestamp("2020-01-01")).dt.days
    filtered = (days["site_id"] == SICK) & (days["date_local"] <= "2023-11-12") & (number % 6 > 0)
    assert named(check(days[~filtered], sites=place(cadence_days=[1.0, 1.0, 6.0, 1.0, 1.0]))) == []


def test_a_site_that_misses_every_other_sample_of_its_schedule_is_incomplete():
    days = every(build_network(), 3)
    ours = np.flatnonzero(days["site_id"] == SICK)
    lost = np.random.default_rng(1).choice(ours[:-5], len(ours) // 2, replace=False)
    found = check(days.drop(index=lost).reset_index(drop=True), sites=place(cadence_days=[1.0, 1.0, 3.0, 1.0, 1.0]))
    assert (SICK, "completeness") in [row[:2] for row in named(found)]


def test_days_before_the_first_of_a_site_are_not_due():
    days = build_network()
    new = days[(days["site_id"] != SICK) | (days["date_local"] >= "2023-11-15")]
    assert named(check(new)) == []


def test_an_area_that_reports_half_of_what_it_did_in_the_same_weeks_is_thin():
    days = build_network()
    gone = days["site_id"].isin(SITES[:3]) & (days["date_local"] > "2023-12-03")
    [area] = [row for row in check(days[~gone]).to_dict("records") if row["check"] == "volume"]
    assert (area["site_id"], area["value"]) == ("", pytest.approx(2 / 5))
    # 28 days of 5 sites are 140; 70 % of them are 98, and with 3 sites missing that is passed on the 15th day
    assert area["since"] == pd.Timestamp("2023-12-18")


def test_a_pollutant_that_has_just_appeared_has_no_earlier_years_to_be_thinner_than():
    days = build_network()
    assert named(check(days[days["date_local"] > "2023-11-01"])) == []


def test_one_agency_that_publishes_before_the_others_does_not_make_them_silent():
    days = build_network()
    early = days[(days["site_id"] == SITES[0]) | (days["date_local"] <= "2023-11-30")]
    assert named(check(early)) == []
