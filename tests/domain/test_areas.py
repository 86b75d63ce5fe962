"""Areas: read from parameters, printed in messages and file names, asked of AQS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.areas import Area

BOX = {"box": [24, 50, -125, -66]}


@pytest.mark.parametrize(
    ("mapping", "slug", "aggregation", "query", "text"),
    [
        ({"cbsa": "31080"}, "cbsa-31080", "byCBSA", {"cbsa": "31080"}, "CBSA 31080"),
        ({"state": "08"}, "state-08", "byState", {"state": "08"}, "state 08"),
        (
            {"county": "06037"},
            "county-06037",
            "byCounty",
            {"state": "06", "county": "037"},
            "county 06-037",
        ),
        (
            {"site": "06-037-1103"},
            "site-06-037-1103",
            "bySite",
            {"state": "06", "county": "037", "site": "1103"},
            "site 06-037-1103",
        ),
        (
            BOX,
            "box-24-50--125--66",
            "byBox",
            {"minlat": "24", "maxlat": "50", "minlon": "-125", "maxlon": "-66"},
            "box of latitude 24 to 50 and longitude -125 to -66",
        ),
    ],
)
def test_area_speaks_to_files_to_aqs_and_to_people(
    mapping: dict[str, Any], slug: str, aggregation: str, query: dict[str, str], text: str
) -> None:
    area = Area.from_mapping(mapping)
    assert (area.slug, area.aggregation, area.query, str(area)) == (slug, aggregation, query, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"county": "06037"}, {"county": "06-037"}),
        ({"site": "06-037-1103"}, {"site": "060371103"}),
        ({"cbsa": "31080"}, {"cbsa": 31080}),
        (BOX, {"box": "24/50/-125/-66"}),
        (BOX, {"box": (24.0, 50.0, -125.0, -66.0)}),
        ({"state": "06"}, {"state": "06", "cbsa": None}),
    ],
)
def test_two_ways_of_writing_an_area_are_one_area(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert Area.from_mapping(one) == Area.from_mapping(other)


def test_a_box_keeps_its_decimals() -> None:
    area = Area.from_mapping({"box": [33.25, 34.5, -119.0, -117]})
    assert area.slug == "box-33.25-34.5--119--117"
    assert area.box == (33.25, 34.5, -119.0, -117.0)


def test_the_nation_has_a_name_for_files_and_for_messages() -> None:
    area = Area.from_mapping({"nation": "us"})
    assert (area.slug, str(area)) == ("nation-us", "the United States")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "exactly one of cbsa, state, county, site, box, nation; given: none"),
        ({"cbsa": None}, "given: none"),
        ({"cbsa": "31080", "county": "06037"}, "given: cbsa and county. Keep one"),
        ({"metro": "31080"}, "Unknown kind of area 'metro'. Use one of: cbsa"),
        ({"cbsa": "3108"}, "'3108' is not a cbsa code"),
        ({"cbsa": True}, "True is not a cbsa code"),
        (
            {"state": 6},
            '6 is not a state code. Write two digits in quotes, zero and all, such as state: "06"',
        ),
        ({"state": "6"}, "'6' is not a state code"),
        ({"county": 3103}, "3103 is not a county code"),  # 06037 as YAML reads it, in octal
        ({"county": "6037"}, "'6037' is not a county code"),
        ({"site": "6-37-1103"}, "'6-37-1103' is not a site id"),
        ({"nation": "mx"}, "'mx' is not a nation code. Write nation: us"),
        ({"box": [24, 50, -125]}, "is not four numbers. Write box: [minlat, maxlat, minlon, maxlon]"),
        ({"box": [24, 50, -125, -66, 0]}, "is not four numbers"),
        ({"box": [24, 50, "west", -66]}, "is not four numbers"),
        ({"box": 24}, "24 is not four numbers"),
        ({"box": [50, 24, -125, -66]}, "each minimum below its maximum"),
        ({"box": [24, 50, -66, -125]}, "each minimum below its maximum"),
        ({"box": [24, 95, -125, -66]}, "no box on the globe"),
        ({"box": [-95, 50, -125, -66]}, "no box on the globe"),
        ({"box": [24, 50, -190, -66]}, "no box on the globe"),
        ({"box": [24, 50, -125, 190]}, "no box on the globe"),
        ({"box": [24, float("nan"), -125, -66]}, "no box on the globe"),
    ],
)
def test_a_wrong_area_is_refused_with_a_remedy(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Area.from_mapping(mapping)
    assert message in str(refusal.value)


latitudes = st.floats(-90, 90).map(lambda degrees: round(degrees, 4))
longitudes = st.floats(-180, 180).map(lambda degrees: round(degrees, 4))


@given(
    st.lists(latitudes, min_size=2, max_size=2, unique=True).map(sorted),
    st.lists(longitudes, min_size=2, max_size=2, unique=True).map(sorted),
)
def test_the_query_of_a_box_holds_its_numbers_exactly(lat: list[float], lon: list[float]) -> None:
    area = Area.from_mapping({"box": [*lat, *lon]})
    assert [float(side) for side in area.query.values()] == [*lat, *lon]
