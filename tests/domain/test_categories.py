"""Categories: their bounds, their colours, and EPA's words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.categories import CATEGORIES, Category, categories_of, category, cautionary_statement
from airwatch.domain.pollutants import POLLUTANTS, UnknownPollutant


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2, from 0 to 1."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(
    ("aqi", "name", "colour"),
    [
        (0, "Good", "#00E400"),
        (50, "Good", "#00E400"),
        (51, "Moderate", "#FFFF00"),
        (100, "Moderate", "#FFFF00"),
        (101, "Unhealthy for Sensitive Groups", "#FF7E00"),
        (150, "Unhealthy for Sensitive Groups", "#FF7E00"),
        (151, "Unhealthy", "#FF0000"),
        (200, "Unhealthy", "#FF0000"),
        (201, "Very Unhealthy", "#8F3F97"),
        (300, "Very Unhealthy", "#8F3F97"),
        (301, "Hazardous", "#7E0023"),
        (500, "Hazardous", "#7E0023"),
        (1435, "Hazardous", "#7E0023"),
    ],
)
def test_category_at_its_bounds(aqi: int, name: str, colour: str) -> None:
    assert (category(aqi).name, category(aqi).colour) == (name, colour)


@given(st.integers(0, 5_000))
def test_each_aqi_has_one_category(aqi: int) -> None:
    holding = [each for each in CATEGORIES if each.low <= aqi <= (each.high or aqi)]
    assert holding == [category(aqi)]


@given(st.lists(st.integers(0, 5_000)))
def test_categories_of_agrees_with_category(indices: list[int]) -> None:
    assert categories_of(indices).tolist() == [category(aqi).name for aqi in indices]


def test_categories_of_keeps_the_shape() -> None:
    assert categories_of(np.array([[0, 51], [101, 301]])).tolist() == [
        ["Good", "Moderate"],
        ["Unhealthy for Sensitive Groups", "Hazardous"],
    ]


def test_a_negative_aqi_has_no_category() -> None:
    with pytest.raises(ValueError, match="-1 is not an AQI"):
        category(-1)
    with pytest.raises(ValueError, match="-3 is not an AQI"):
        categories_of([4, -3])


@pytest.mark.parametrize("each", CATEGORIES, ids=lambda each: each.name)
def test_text_can_be_read_on_the_colour(each: Category) -> None:
    light, dark = sorted([luminance(each.colour), luminance(each.text_colour)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG level AA


@pytest.mark.parametrize(
    ("pollutant", "name", "statement"),
    # EPA-454/B-18-007, table 4.
    [
        ("pm25", "Good", ""),
        (
            "pm25",
            "Moderate",
            "Unusually sensitive people should consider reducing prolonged or heavy exertion.",
        ),
        (
            "pm25",
            "Unhealthy",
            "People with heart or lung disease, older adults, children, and people of lower socioeconomic "
            "status should avoid prolonged or heavy exertion; everyone else should reduce prolonged or heavy "
            "exertion.",
        ),
        (
            "pm10",
            "Hazardous",
            "Everyone should avoid all physical activity outdoors; people with heart or lung disease, older "
            "adults, children, and people of lower socioeconomic status should remain indoors and keep "
            "activity levels low.",
        ),
        (
            "ozone",
            "Unhealthy for Sensitive Groups",
            "People with lung disease (such as asthma), children, older adults, people who are active "
            "outdoors (including outdoor workers), people with certain genetic variants, and people with "
            "diets limited in certain nutrients should reduce prolonged or heavy outdoor exertion.",
        ),
        ("ozone", "Hazardous", "Everyone should avoid all outdoor exertion."),
        (
            "no2",
            "Unhealthy",
            "People with asthma, children and older adults should avoid prolonged exertion near roadways; "
            "everyone else should limit prolonged exertion especially near busy roads.",
        ),
        ("so2", "Moderate", ""),
        (
            "so2",
            "Unhealthy for Sensitive Groups",
            "People with asthma should consider limiting outdoor exertion.",
        ),
        (
            "co",
            "Very Unhealthy",
            "People with heart disease, such as angina, should avoid exertion and sources of CO, such as "
            "heavy traffic.",
        ),
    ],
)
def test_cautionary_statement_is_epas(pollutant: str, name: str, statement: str) -> None:
    assert cautionary_statement(pollutant, name) == statement


@pytest.mark.parametrize("pollutant", POLLUTANTS)
def test_every_pollutant_has_advice_for_every_unhealthy_category(pollutant: str) -> None:
    advice = [cautionary_statement(pollutant, each.name) for each in CATEGORIES]
    assert advice[0] == ""
    assert all(text.endswith(".") and text[0].isupper() for text in advice[2:])
    assert len(set(advice[2:])) == 4


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownPollutant, match="No AQI for 'temperature'"):
        cautionary_statement("temperature", "Good")
    with pytest.raises(ValueError, match=r"'Bad' is not an AQI category\. Use one of: Good, Moderate"):
        cautionary_statement("pm25", "Bad")
