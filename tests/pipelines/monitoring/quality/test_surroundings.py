import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.quality.surroundings import median
from builders import build_days
from builders_quality import DAYS, LAST, SICK, SITES, build_network, check, hurt, named, place


def test_a_spike_that_no_neighbour_shares_is_named_on_its_day():
    [row] = check(hurt(build_network(), LAST, lambda values: 180.0)).to_dict("records")
    assert (row["site_id"], row["check"], row["since"]) == (SICK, "spike", pd.Timestamp(LAST))
    assert row["value"] == 180.0
    assert row["limit"] < 100.0
    assert row["note"].startswith("180 µg/m³ on 2023-12-31, where its neighbours make ")


def test_smoke_over_all_sites_is_no_spike():
    days = build_network()
    assert named(check(days.assign(value=days["value"].mask(days["date_local"] == LAST, 180.0)))) == []


def test_a_day_that_one_neighbour_shares_is_no_spike():
    days = build_network()
    smoky = days["site_id"].isin([SICK, SITES[0]]) & (days["date_local"] == LAST)
    assert named(check(days.assign(value=days["value"].mask(smoky, 180.0)))) == []


def test_a_level_that_stays_is_no_spike():
    assert "spike" not in [row[1] for row in named(check(hurt(build_network(), "2023-12-20", lambda v: v + 170)))]


def test_the_worst_of_several_spikes_stands_for_all():
    days = hurt(build_network(), "2023-12-22", lambda values: 150.0, "2023-12-22")
    [row] = check(hurt(days, "2023-12-29", lambda values: 900.0, "2023-12-29")).to_dict("records")
    assert (row["value"], row["since"], row["until"]) == (900, pd.Timestamp("2023-12-22"), pd.Timestamp("2023-12-29"))
    assert row["note"].endswith("The worst of 2.")


@pytest.mark.parametrize("factor", [1000, 1 / 1000])
def test_a_slip_of_units_is_named_on_its_third_day(factor):
    days = hurt(build_network(), "2023-12-20", lambda values: values * factor)
    assert "unit" not in [row[1] for row in named(check(days, as_of="2023-12-21"))]
    [row] = [row for row in check(days, as_of="2023-12-22").to_dict("records") if row["check"] == "unit"]
    assert (row["site_id"], row["since"]) == (SICK, pd.Timestamp("2023-12-20"))
    assert row["note"].startswith(f"About 1000 times {'above' if factor > 1 else 'below'} its level")


def test_a_slip_is_still_named_months_later_with_its_first_day():
    found = named(check(hurt(build_network(), "2023-09-01", lambda values: values / 1000)))
    assert found == [(SICK, "unit", "2023-09-01")]


def test_a_slip_explains_the_spike_that_it_would_be():
    found = named(check(hurt(build_network(), "2023-12-29", lambda values: values * 1000)))
    assert found == [(SICK, "unit", "2023-12-29")]


@pytest.mark.parametrize("factor", [1000, 1 / 1000])
def test_a_file_in_another_unit_is_a_slip_of_all_sites(factor):
    days = build_network()
    slipped = days.assign(value=days["value"].mask(days["date_local"] >= "2023-12-20", days["value"] * factor))
    found = check(slipped)
    assert named(found) == [(site, "unit", "2023-12-20") for site in SITES]
    assert not found["note"].str.contains("neighbours").any(), "for they have it, too"


def test_what_all_sites_show_is_no_slip_unless_it_is_beyond_doubt():
    days = build_network()
    high = days["date_local"] > "2023-12-20"
    assert named(check(days.assign(value=days["value"].mask(high, days["value"] * 150)))) == []


@pytest.mark.parametrize(("factor", "found"), [(150, []), (1000, [(SICK, "unit", "2023-12-20")])])
def test_a_site_alone_is_judged_by_its_own_years_and_only_of_a_slip_beyond_doubt(factor, found):
    days = hurt(build_network(sites=(SICK,)), "2023-12-20", lambda values: values * factor)
    assert named(check(days, sites=place(SICK))) == found


def test_a_site_of_unknown_position_is_judged_alone():
    days = hurt(build_network(), LAST, lambda values: 180.0)
    assert named(check(days, sites=place(latitude=np.nan))) == []


def test_a_neighbour_beyond_reach_is_none():
    days = hurt(build_network(), LAST, lambda values: 180.0)
    assert named(check(days, reach_km=5)) == []


def test_median_of_a_row_leaves_out_what_is_missing():
    grid = np.array([[3.0, np.nan, 1.0], [np.nan] * 3, [4.0, 1.0, 2.0]])
    np.testing.assert_array_equal(median(grid), [2.0, np.nan, 2.0])


def test_a_site_with_less_than_a_month_of_days_is_not_judged():
    days = build_days(29, "2023-12-03", SICK, values=[9.0] * 26 + [9000.0] * 3)
    assert DAYS > 365
    assert named(check(days, sites=place(SICK))) == []
