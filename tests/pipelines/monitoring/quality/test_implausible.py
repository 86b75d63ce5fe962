import pandas as pd
import pytest

from builders import build_summaries
from builders_quality import SICK, SITES, build_network, check, hurt, named, place

OZONE = {"sites": place(pollutant="ozone"), "pollutants": ("ozone",)}


def refused(count, site=SICK, value=48.0, until="2023-12-31"):
    """Summaries of the newest days with values that the policy leaves out."""
    start = pd.Timestamp(until) - pd.Timedelta(days=count - 1)
    return build_summaries(count, str(start.date()), "ozone", site_id=site, first_max_value=value)


@pytest.mark.parametrize(("count", "found"), [(2, []), (3, [(SICK, "unit", "2023-12-29")])])
def test_ozone_given_in_ppb_is_a_slip_though_its_values_never_become_observations(count, found):
    missing = str((pd.Timestamp("2024-01-01") - pd.Timedelta(days=count)).date())
    days = hurt(build_network("ozone"), missing, None)
    assert named(check(days, summaries=refused(count), **OZONE)) == found


def test_a_slip_explains_the_silence_that_it_makes():
    days = hurt(build_network("ozone"), "2023-12-12", None)
    [row] = check(days, summaries=refused(20), **OZONE).to_dict("records")
    assert (row["check"], row["since"]) == ("unit", pd.Timestamp("2023-12-12"))
    assert row["note"].startswith("48 ppm, which is not plausible: about 1000 times above its level")


def test_a_site_without_any_summary_is_silent():
    days = hurt(build_network("ozone"), "2023-12-12", None)
    assert named(check(days, summaries=refused(20, SITES[0]), **OZONE)) == [(SICK, "silent", "2023-12-12")]


@pytest.mark.parametrize("sites", [(SICK,), SITES])
def test_a_slip_of_the_only_site_or_of_all_is_found_though_no_newer_day_is_observed(sites):
    days = build_network("ozone", sites)
    clean = days[days["date_local"] < "2023-12-20"]
    slipped = pd.concat([refused(12, site) for site in sites], ignore_index=True)
    found = check(clean, sites=place(*sites, pollutant="ozone"), summaries=slipped, pollutants=("ozone",))
    assert named(found) == [(site, "unit", "2023-12-20") for site in sites]


def test_summaries_after_as_of_say_nothing():
    days = build_network("ozone", (SICK,))
    clean, ours = days[days["date_local"] < "2023-12-20"], place(SICK, pollutant="ozone")
    assert check(clean, "2023-12-21", ours, refused(12), ("ozone",)).empty, "two days of it are known by then"


def test_a_slip_that_has_ended_in_silence_weeks_ago_is_silence():
    days = hurt(build_network("ozone"), "2023-11-12", None)
    found = check(days, summaries=refused(5, until="2023-11-16"), **OZONE)
    assert named(found) == [(SICK, "silent", "2023-11-12")]


def straddling(*readings):
    """Observations and summaries of PM2.5 whose newest days read so at a site, where its neighbours read the usual 10.

    Up to 2,000 is plausible and becomes an observation.
    """
    first, network = pd.Timestamp("2024-01-01") - pd.Timedelta(days=len(readings)), build_network()
    days = network.assign(value=network["value"].mask(network["date_local"] >= first, 10.0))
    given = build_summaries(len(readings), str(first.date()), "pm25", site_id=SICK, arithmetic_mean=readings)
    days.loc[(days["site_id"] == SICK) & (days["date_local"] >= first), "value"] = readings
    return days[days["value"] <= 2_000].reset_index(drop=True), given


def slips(readings):
    """Rows of ``unit`` in what is found."""
    days, summaries = straddling(*readings)
    found = check(days, summaries=summaries)
    return found[found["check"] == "unit"]


@pytest.mark.parametrize(
    ("readings", "since"),
    [
        ((9_000.0, 1_900.0), None),  # 2 in a row
        ((9_000.0, 8_000.0, 1_900.0), "2023-12-29"),  # 190 times the usual 10: the third
        ((1_900.0, 9_000.0, 1_900.0), "2023-12-29"),
        ((9_000.0, 8_000.0, 1_900.0, 7_000.0), "2023-12-28"),  # one after the newest observation, and not the first
        ((9_000.0, 8_000.0, 11.0, 7_000.0, 6_000.0), None),  # a sound day: 2 in a row before it and after it
        ((9_000.0, 8_000.0, 7_000.0, 11.0), "2023-12-28"),  # ended, and among the recent days
        ((9_000.0, 8_000.0, 7_000.0) + (11.0, 9.0) * 6 + (11.0,), "2023-12-16"),  # its last day the 14th from the end
        ((9_000.0, 8_000.0, 7_000.0) + (11.0, 9.0) * 7, None),  # the 15th
    ],
)
def test_a_slipped_reading_that_is_still_plausible_is_of_the_same_run(readings, since):
    assert named(slips(readings)) == ([(SICK, "unit", since)] if since else [])


def test_a_run_speaks_of_the_readings_that_were_left_out():
    [row] = slips((9_000.0, 1_900.0, 1_800.0, 1_700.0, 10_000.0)).to_dict("records")
    assert (row["since"], row["until"]) == (pd.Timestamp("2023-12-27"), pd.Timestamp("2023-12-31"))
    assert row["note"].startswith("9500 µg/m³, which is not plausible: about 1000 times above its level")
    assert row["note"].count(".") == 1, "the three that were observed are no finding of their own"
    assert row["value"] / row["limit"] == pytest.approx(9_500 / 2_000)


def test_a_day_that_another_instrument_gave_was_not_left_out():
    _, summaries = straddling(9_000.0, 8_000.0, 7_000.0)
    assert named(check(build_network(), summaries=summaries)) == []
