"""The map: enough sites, the odd ones among them, and codes that are nobody's."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from airwatch.domain.pollutants import POLLUTANTS, WEATHER
from airwatch.sandbox.network import BAM, FILTER, SANDBOX_CBSA, SITES, codes, distances_km, monitors_of, site_id

METRO = [s for s in SITES if s.cbsa == SANDBOX_CBSA]


def test_the_metro_has_at_least_28_sites_and_the_region_some_more():
    assert len(METRO) >= 28
    assert len(SITES) > len(METRO)


def test_no_two_sites_share_an_identity_or_a_place():
    assert max(Counter(map(site_id, SITES)).values()) == 1
    assert (distances_km() + 99 * np.eye(len(SITES))).min() > 1


def test_every_code_is_one_that_the_domain_knows_and_five_pollutants_are_measured():
    known = {p.aqs_code for p in POLLUTANTS.values()} | {w.aqs_code for w in WEATHER.values()}
    assert set(codes()) <= known
    measured = [name for name, p in POLLUTANTS.items() if p.aqs_code in codes()]
    assert measured == ["pm25", "ozone", "pm10", "no2", "co"]
    assert {w.aqs_code for w in WEATHER.values()} <= set(codes())


@pytest.mark.parametrize(("low", "high"), [(15, 25), (80, 120)])
@pytest.mark.parametrize("code", ["88101", "44201"])
def test_the_metro_has_many_pairs_of_sites_at_the_distances_that_realism_is_judged_at(code, low, high):
    at = sorted({m.site_index for m in monitors_of(code) if m.site.cbsa == SANDBOX_CBSA})
    apart = distances_km()[np.ix_(at, at)]
    assert ((apart >= low) & (apart <= high)).sum() / 2 >= 15


def test_distances_agree_with_the_coordinates_that_are_served():
    first, second = SITES[0], next(s for s in SITES if s.name == "Sandbox Salt Flat")
    # 0.611511° of latitude is 68.0 km; 0.234786° of longitude at 40° is 20.0 km: hypotenuse 70.88 km.
    north = (first.latitude - second.latitude) * 111.2
    east = (first.longitude - second.longitude) * 111.2 * np.cos(np.radians(40.0))
    assert np.hypot(north, east) == pytest.approx(70.88, abs=0.01)
    assert distances_km()[0, SITES.index(second)] == pytest.approx(70.88, abs=0.01)


def test_three_or_more_sites_have_filters_and_one_of_them_a_second_instrument_beside_it():
    filters = [m.site for m in monitors_of("88101") if m.instrument is FILTER]
    beside = [m for m in monitors_of("88101") if m.site in filters and m.instrument is BAM]
    assert len(filters) - len(beside) >= 3
    assert len(beside) == 1
    assert not beside[0].is_primary


def test_no_state_or_metro_code_is_one_of_epas():
    # EPA's states end at 78 (Virgin Islands); 80 is Mexico and CC Canada. CBSA codes end at 49820.
    assert all(int(s.state) > 80 for s in SITES)
    assert int(SANDBOX_CBSA) > 49820


def test_the_region_lies_where_no_real_monitor_stands():
    assert all(-133 < s.longitude < -129 and 38 < s.latitude < 42 for s in SITES)


def test_an_unmeasured_code_has_no_monitors():
    assert monitors_of("42401") == ()
