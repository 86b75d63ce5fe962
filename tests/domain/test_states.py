from airwatch.domain.regions import REGIONS
from airwatch.domain.states import POSTAL


def test_every_state_and_territory_of_epas_regions_has_its_letters():
    assert set(POSTAL) == {state for states in REGIONS.values() for state in states}


def test_no_two_states_share_letters():
    assert len(set(POSTAL.values())) == len(POSTAL)
