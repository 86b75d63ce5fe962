"""The six categories of the AQI: names, colours and EPA's cautionary statements.

All of it is EPA's own, word for word, from the Technical Assistance Document for the Reporting of Daily Air
Quality (EPA-454/B-18-007, tables 1, 2 and 4; its successor is EPA-454/B-24-002), which says to use Hazardous
for an index above 500 too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airwatch.domain.pollutants import UnknownPollutant


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the AQI.

    Attributes:
        name: EPA's name, such as ``Unhealthy for Sensitive Groups``.
        low: Lowest AQI of the category.
        high: Highest AQI of the category; ``None`` for Hazardous, which has no end.
        colour: EPA's colour as ``#RRGGBB``.
        text_colour: Black or white, whichever can be read on the colour (a contrast of 4.5 to 1 or more).
    """

    name: str
    low: int
    high: int | None
    colour: str
    text_colour: str


CATEGORIES: tuple[Category, ...] = (
    Category("Good", 0, 50, "#00E400", "#000000"),
    Category("Moderate", 51, 100, "#FFFF00", "#000000"),
    Category("Unhealthy for Sensitive Groups", 101, 150, "#FF7E00", "#000000"),
    Category("Unhealthy", 151, 200, "#FF0000", "#000000"),
    Category("Very Unhealthy", 201, 300, "#8F3F97", "#FFFFFF"),
    Category("Hazardous", 301, None, "#7E0023", "#FFFFFF"),
)
_LOWS = np.array([each.low for each in CATEGORIES], dtype=np.int64)
_NAMES = np.array([each.name for each in CATEGORIES], dtype=object)

_PARTICLE_GROUPS = "eople with heart or lung disease, older adults, children, and people of lower socioeconomic status"
_OZONE_GROUPS = (
    "People with lung disease (such as asthma), children, older adults, people who are active outdoors "
    "(including outdoor workers), people with certain genetic variants, and people with diets limited in "
    "certain nutrients"
)
_SO2_GROUPS = "Children, people with asthma, or other lung diseases"
_NO2_GROUPS = "People with asthma, children and older adults"
_CO_GROUPS = "People with heart disease, such as angina,"

# In the order of CATEGORIES; empty where EPA's table says "None".
_PARTICLES = (
    "",
    "Unusually sensitive people should consider reducing prolonged or heavy exertion.",
    f"P{_PARTICLE_GROUPS} should reduce prolonged or heavy exertion.",
    f"P{_PARTICLE_GROUPS} should avoid prolonged or heavy exertion; "
    "everyone else should reduce prolonged or heavy exertion.",
    f"P{_PARTICLE_GROUPS} should avoid all physical activity outdoors. "
    "Everyone else should avoid prolonged or heavy exertion.",
    "Everyone should avoid all physical activity outdoors; "
    f"p{_PARTICLE_GROUPS} should remain indoors and keep activity levels low.",
)
_STATEMENTS: dict[str, tuple[str, ...]] = {
    "pm25": _PARTICLES,
    "pm25_acceptable": _PARTICLES,
    "pm10": _PARTICLES,
    "ozone": (
        "",
        "Unusually sensitive people should consider reducing prolonged or heavy outdoor exertion.",
        f"{_OZONE_GROUPS} should reduce prolonged or heavy outdoor exertion.",
        f"{_OZONE_GROUPS} should avoid prolonged or heavy outdoor exertion; "
        "everyone else should reduce prolonged or heavy outdoor exertion.",
        f"{_OZONE_GROUPS} should avoid all outdoor exertion; everyone else should reduce outdoor exertion.",
        "Everyone should avoid all outdoor exertion.",
    ),
    "no2": (
        "",
        "Unusually sensitive individuals should consider limiting prolonged exertion especially near busy roads.",
        f"{_NO2_GROUPS} should limit prolonged exertion especially near busy roads.",
        f"{_NO2_GROUPS} should avoid prolonged exertion near roadways; "
        "everyone else should limit prolonged exertion especially near busy roads.",
        f"{_NO2_GROUPS} should avoid all outdoor exertion; "
        "everyone else should avoid prolonged exertion especially near busy roads.",
        f"{_NO2_GROUPS} should remain indoors; everyone else should avoid all outdoor exertion.",
    ),
    "so2": (
        "",
        "",
        "People with asthma should consider limiting outdoor exertion.",
        f"{_SO2_GROUPS}, should limit outdoor exertion.",
        f"{_SO2_GROUPS} should avoid outdoor exertion; everyone else should reduce outdoor exertion.",
        f"{_SO2_GROUPS}, should remain indoors; everyone else should avoid outdoor exertion.",
    ),
    "co": (
        "",
        "",
        f"{_CO_GROUPS} should limit heavy exertion and avoid sources of CO, such as heavy traffic.",
        f"{_CO_GROUPS} should limit moderate exertion and avoid sources of CO, such as heavy traffic.",
        f"{_CO_GROUPS} should avoid exertion and sources of CO, such as heavy traffic.",
        f"{_CO_GROUPS} should avoid exertion and sources of CO, such as heavy traffic; "
        "everyone else should limit heavy exertion.",
    ),
}


def category(aqi: int) -> Category:
    """The category of an AQI.

    Raises:
        ValueError: The AQI is negative.
    """
    return CATEGORIES[int(_positions(aqi))]


def categories_of(aqi: ArrayLike) -> NDArray[np.object_]:
    """The name of the category of each AQI, as strings in the shape of the input.

    Raises:
        ValueError: An AQI is negative.
    """
    return np.asarray(_NAMES[_positions(aqi)], dtype=object)


def cautionary_statement(pollutant: str, category_name: str) -> str:
    """EPA's advice for a pollutant in a category, word for word; empty where EPA has none.

    Raises:
        UnknownPollutant: The AQI does not score the pollutant.
        ValueError: No category has that name.
    """
    statements = _STATEMENTS.get(pollutant)
    if statements is None:
        raise UnknownPollutant(f"No AQI for {pollutant!r}. Use one of: {', '.join(_STATEMENTS)}.")
    names = [each.name for each in CATEGORIES]
    if category_name not in names:
        raise ValueError(f"{category_name!r} is not an AQI category. Use one of: {', '.join(names)}.")
    return statements[names.index(category_name)]


def _positions(aqi: ArrayLike) -> NDArray[np.intp]:
    values = np.asarray(aqi)
    if np.any(values < 0):
        raise ValueError(f"{values.min()} is not an AQI: the index begins at 0.")
    return np.asarray(np.searchsorted(_LOWS, values, side="right") - 1)
