"""Site ids: read, printed, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.sites import SiteId

site_ids = st.builds(
    SiteId,
    state=st.from_regex(r"[0-9]{2}", fullmatch=True).filter(str.isascii),
    county=st.from_regex(r"[0-9]{3}", fullmatch=True).filter(str.isascii),
    site=st.from_regex(r"[0-9]{4}", fullmatch=True).filter(str.isascii),
)


@pytest.mark.parametrize("text", ["06-037-1103", "060371103"])
def test_parse_reads_both_forms(text: str) -> None:
    assert SiteId.parse(text) == SiteId("06", "037", "1103")


def test_str_is_the_form_with_hyphens() -> None:
    assert str(SiteId("06", "037", "1103")) == "06-037-1103"


def test_parse_reads_places_outside_the_states() -> None:
    assert SiteId.parse("CC-005-0113").state == "CC"  # Canada


@pytest.mark.parametrize(
    "text",
    [
        "6-37-1103",
        "06-0371103",
        "06037-1103",
        "0603711030",
        "06-037-110",
        " 06-037-1103",
        "06-037-1103\n",
        "٠٦-٠٣٧-١١٠٣",
        "",
    ],
)
def test_parse_refuses_what_is_no_site_id(text: str) -> None:
    with pytest.raises(ValueError, match="is not a site id"):
        SiteId.parse(text)


def test_refusal_names_the_value_and_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"'6-37-1103' is not a site id.*\"06-037-1103\" or \"060371103\""):
        SiteId.parse("6-37-1103")


def test_a_number_is_refused_for_its_zeros_are_gone() -> None:
    with pytest.raises(ValueError, match="60371103 is not a site id"):
        SiteId.parse(60371103)  # type: ignore[arg-type]


def test_parts_are_checked_too() -> None:
    with pytest.raises(ValueError, match="'6-037-1103' is not a site id"):
        SiteId("6", "037", "1103")


def test_parts_that_only_join_to_a_site_id_are_refused() -> None:
    with pytest.raises(ValueError, match="is not a site id"):
        SiteId("06-037", "", "1103")


@given(site_ids)
def test_parse_undoes_str(site: SiteId) -> None:
    assert SiteId.parse(str(site)) == SiteId.parse(str(site).replace("-", "")) == site


@given(site_ids, site_ids)
def test_site_ids_sort_as_their_text(one: SiteId, other: SiteId) -> None:
    assert (one < other) == (str(one) < str(other))
