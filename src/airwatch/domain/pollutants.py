"""Pollutants and weather as AQS reports them: codes, units, and the row and column that hold a day's value.

Codes and units are those of AQS's own code lists. Sample durations, standards and columns are those of the
rows that the AQS API and the AirData files hold for one monitor and day (AQS gives up to ten). Zero drift
makes small negative readings, and AQS takes them down to about the lowest plausible values given here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ValueColumn = Literal["arithmetic_mean", "first_max_value"]


class UnknownPollutant(ValueError):
    """A name that is neither a pollutant nor a kind of weather; the message lists those that are."""


@dataclass(frozen=True, slots=True)
class Pollutant:
    """A pollutant as AQS reports it and as the AQI scores it.

    Attributes:
        name: What parameters and tables call it, such as ``pm25``.
        aqs_code: AQS parameter code, five digits.
        label: What people call it, such as ``PM2.5``.
        unit: Unit of every concentration in AirWatch's tables.
        aqs_unit: The same unit as ``units_of_measure`` of an AQS row spells it.
        averaging: What one day's value is.
        value_column: Column of the row that holds the day's value.
        durations: Values of ``sample_duration_code`` that carry it, the preferred one first.
        standards: Values of ``pollutant_standard`` that carry it, the preferred one first; ``None`` is a row
            without a standard.
        aqi_decimals: Digits after the point kept before the AQI table is read.
        lowest_plausible: Below this a value is a fault of the instrument; small negative values are legal.
        highest_plausible: Above this a value is a fault of the instrument.
        criteria: Whether it is one of the pollutants that get models and forecasts of their own.
    """

    name: str
    aqs_code: str
    label: str
    unit: str
    aqs_unit: str
    averaging: str
    value_column: ValueColumn
    durations: tuple[str, ...]
    standards: tuple[str | None, ...]
    aqi_decimals: int
    lowest_plausible: float
    highest_plausible: float
    criteria: bool = True


@dataclass(frozen=True, slots=True)
class Weather:
    """A meteorological parameter of AQS; the attributes mean what they mean for a ``Pollutant``."""

    name: str
    aqs_code: str
    label: str
    unit: str
    aqs_unit: str
    value_column: ValueColumn
    durations: tuple[str, ...]
    standards: tuple[str | None, ...]
    lowest_plausible: float
    highest_plausible: float


_PM25_STANDARDS = ("PM25 24-hour 2024", "PM25 24-hour 2012", "PM25 24-hour 2006", "PM25 24-hour 1997")

# Duration codes: "7" is a 24-hour filter, "X" the mean of a day's hours, "W" and "Z" are eight-hour means,
# named by the hour they begin and the hour they end, "1" is one hour.
_POLLUTANTS = (
    Pollutant(
        name="pm25",
        aqs_code="88101",
        label="PM2.5",
        unit="µg/m³",
        aqs_unit="Micrograms/cubic meter (LC)",
        averaging="24-hour mean",
        value_column="arithmetic_mean",
        durations=("7", "X"),
        standards=_PM25_STANDARDS,
        aqi_decimals=1,
        lowest_plausible=-10.0,
        highest_plausible=2_000.0,  # 794.9 µg/m³ was measured in smoke in 2020
    ),
    Pollutant(
        name="pm25_acceptable",  # good enough for the AQI, not for the standard
        aqs_code="88502",
        label="PM2.5 (acceptable)",
        unit="µg/m³",
        aqs_unit="Micrograms/cubic meter (LC)",
        averaging="24-hour mean",
        value_column="arithmetic_mean",
        durations=("7", "X"),
        standards=(*_PM25_STANDARDS, None),
        aqi_decimals=1,
        lowest_plausible=-10.0,
        highest_plausible=2_000.0,
        criteria=False,
    ),
    Pollutant(
        name="ozone",
        aqs_code="44201",
        label="Ozone",
        unit="ppm",
        aqs_unit="Parts per million",
        averaging="highest 8-hour mean",
        value_column="first_max_value",
        durations=("W",),
        # The API spells the older two with a capital H, AirData does not.
        standards=(
            "Ozone 8-hour 2015",
            "Ozone 8-hour 2008",
            "Ozone 8-Hour 2008",
            "Ozone 8-hour 1997",
            "Ozone 8-Hour 1997",
        ),
        aqi_decimals=3,
        lowest_plausible=-0.005,
        highest_plausible=0.6,
    ),
    Pollutant(
        name="pm10",
        aqs_code="81102",
        label="PM10",
        unit="µg/m³",
        aqs_unit="Micrograms/cubic meter (25 C)",
        averaging="24-hour mean",
        value_column="arithmetic_mean",
        durations=("7", "X"),
        standards=("PM10 24-hour 2006",),
        aqi_decimals=0,
        lowest_plausible=-10.0,
        highest_plausible=20_000.0,  # dust of dry lakes has passed 10,000 µg/m³
    ),
    Pollutant(
        name="no2",
        aqs_code="42602",
        label="NO2",
        unit="ppb",
        aqs_unit="Parts per billion",
        averaging="highest hour",
        value_column="first_max_value",
        durations=("1",),
        standards=("NO2 1-hour 2010",),
        aqi_decimals=0,
        lowest_plausible=-5.0,
        highest_plausible=2_000.0,
    ),
    Pollutant(
        name="so2",
        aqs_code="42401",
        label="SO2",
        unit="ppb",
        aqs_unit="Parts per billion",
        averaging="highest hour",
        value_column="first_max_value",
        durations=("1",),
        standards=("SO2 1-hour 2010",),
        aqi_decimals=0,
        lowest_plausible=-4.0,
        highest_plausible=10_000.0,  # Hawaii's volcano has passed 2,700 ppb
    ),
    Pollutant(
        name="co",
        aqs_code="42101",
        label="CO",
        unit="ppm",
        aqs_unit="Parts per million",
        averaging="highest 8-hour mean",
        value_column="first_max_value",
        durations=("Z",),
        standards=("CO 8-hour 1971",),
        aqi_decimals=1,
        lowest_plausible=-0.4,
        highest_plausible=100.0,
    ),
)


def _weather(name: str, aqs_code: str, label: str, unit: str, aqs_unit: str, lowest: float, highest: float) -> Weather:
    """A weather parameter: the mean of the day's hours, else a 24-hour value, in rows without a standard."""
    return Weather(name, aqs_code, label, unit, aqs_unit, "arithmetic_mean", ("1", "7"), (None,), lowest, highest)


_WEATHER = (
    _weather("temperature", "62101", "Temperature", "°F", "Degrees Fahrenheit", -80.0, 140.0),
    _weather("wind_speed", "61103", "Wind speed", "knots", "Knots", 0.0, 150.0),
    _weather("wind_direction", "61104", "Wind direction", "degrees", "Degrees Compass", 0.0, 360.0),
    _weather(
        "relative_humidity", "62201", "Relative humidity", "%", "Percent relative humidity", 0.0, 110.0
    ),  # wet sensors pass 100
    _weather("pressure", "64101", "Barometric pressure", "millibars", "Millibars", 500.0, 1_100.0),
)


POLLUTANTS: dict[str, Pollutant] = {entry.name: entry for entry in _POLLUTANTS}
WEATHER: dict[str, Weather] = {entry.name: entry for entry in _WEATHER}
CRITERIA: tuple[str, ...] = tuple(entry.name for entry in _POLLUTANTS if entry.criteria)


def parameter(name: str) -> Pollutant | Weather:
    """The pollutant or the kind of weather of that name.

    Raises:
        UnknownPollutant: No parameter has that name; the message lists those that do.
    """
    found = POLLUTANTS.get(name) or WEATHER.get(name)
    if found is None:
        known = ", ".join((*POLLUTANTS, *WEATHER))
        raise UnknownPollutant(f"Unknown pollutant {name!r}. Use one of: {known}.")
    return found
