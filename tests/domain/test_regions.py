import pytest

from airwatch.domain.regions import REGIONS, region_of


# The places of EPA's ten regional offices, one state each.
@pytest.mark.parametrize(
    ("state", "region"),
    [("25", 1), ("36", 2), ("42", 3), ("13", 4), ("17", 5), ("48", 6), ("20", 7), ("08", 8), ("06", 9), ("53", 10)],
)
def test_the_state_of_each_regional_office_is_in_its_region(state, region):
    assert region_of(state) == region


@pytest.mark.parametrize(("territory", "region"), [("72", 2), ("78", 2), ("60", 9), ("66", 9), ("69", 9)])
def test_the_territories_are_in_the_regions_of_new_york_and_san_francisco(territory, region):
    assert region_of(territory) == region


def test_every_state_is_in_one_region():
    # FIPS codes run from 01 to 56 without 03, 07, 14, 43 and 52: 50 states and the District; then five territories.
    states = {f"{code:02d}" for code in range(1, 57)} - {"03", "07", "14", "43", "52"}
    listed = [state for states in REGIONS.values() for state in states]
    assert sorted(listed) == sorted(states | {"60", "66", "69", "72", "78"})


@pytest.mark.parametrize("outside", ["CC", "80", "TT", ""])
def test_what_is_outside_the_regions_has_none(outside):
    assert region_of(outside) is None
