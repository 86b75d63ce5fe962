import numpy as np
import pytest

from builders import build_days
from builders_quality import LAST, SICK, build_network, check, hurt, named, place


@pytest.mark.parametrize(("since", "found"), [("2023-12-29", []), ("2023-12-25", [(SICK, "stuck", "2023-12-25")])])
def test_a_value_that_stays_the_same_for_a_week_is_stuck(since, found):
    assert named(check(hurt(build_network(), since, lambda values: 12.3))) == found


def test_a_stuck_instrument_is_named_with_how_often_and_how_often_rounding_would():
    [row] = check(hurt(build_network(), "2023-12-12", lambda values: 12.3)).to_dict("records")
    assert row["value"] == 20
    assert 3 <= row["limit"] <= 6
    assert row["note"] == "12.3 µg/m³ on 20 samples in a row."


def test_a_level_that_the_site_never_reached_is_stuck_as_soon_as_any_other():
    [row] = check(hurt(build_network(), "2023-12-25", lambda values: 985.0)).to_dict("records")
    assert (row["check"], row["value"]) == ("stuck", 7)


def test_equal_values_that_rounding_explains_are_not_stuck():
    # Whole numbers of which nine in ten are zero: a hundred zeros in a row are nothing new.
    random = np.random.default_rng(2)
    values = (random.random(900) < 0.1).astype(float)
    values[-20:] = 0.0
    days = build_days(900, "2021-07-15", SICK, "so2", values)
    assert named(check(days, sites=place(SICK, pollutant="so2"), pollutants=("so2",))) == []


def test_a_site_whose_values_are_all_equal_is_stuck_since_its_first_day():
    days = build_days(365, "2023-01-01", SICK, values=9.0)
    assert named(check(days, sites=place(SICK))) == [(SICK, "stuck", "2023-01-01")]


@pytest.mark.parametrize(("since", "found"), [("2023-12-29", []), ("2023-12-28", [(SICK, "negative", "2023-12-28")])])
def test_more_than_three_negative_values_in_a_row_are_a_fault(since, found):
    readings = hurt(build_network(), since, lambda values: -2 - values / 100)
    assert named(check(readings)) == found


def test_small_negative_values_are_legal():
    assert named(check(hurt(build_network(), "2023-12-20", lambda values: -values / 100))) == []


def test_a_fault_is_named_until_two_weeks_after_its_end():
    days = hurt(build_network(), "2023-11-01", lambda values: 12.3, "2023-12-18")
    assert [row[1] for row in named(check(days))] == ["stuck"]
    assert named(check(days[days["date_local"] <= LAST], recent_days=13)) == []


def test_a_stuck_filter_is_named_while_airnow_goes_on_with_the_others():
    # AQS ends on 31 October, and AirNow does not know the site: its newest readings are two months old.
    days = hurt(build_network(), "2023-10-01", lambda values: 12.3)
    days = days[(days["site_id"] != SICK) | (days["date_local"] < "2023-11-01")].reset_index(drop=True)
    found = named(check(days.assign(provisional=days["date_local"] >= "2023-11-01")))
    assert found == [(SICK, "stuck", "2023-10-01")]
