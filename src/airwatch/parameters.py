"""The parameters of a run: read as text, checked together before any node runs.

``settle`` takes what Kedro merged from YAML and the command line and gives back the same mapping with every
group checked and one more key, ``run``: the top-level parameters with their defaults filled in. It is the only
place that reads the clock, for ``as_of``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from airwatch.domain.areas import Area
from airwatch.domain.pollutants import CRITERIA, POLLUTANTS

FIRST_AQS_YEAR = 1980  # EPA's Data Mart has daily summaries from 1980 on
YEARS_OF_HISTORY = 5


class ParameterError(ValueError):
    """A parameter that does not exist or cannot be; the message is one line with the remedy."""


class RunParams(BaseModel):
    """The top-level parameters of a run (``conf/base/parameters/run.yml``), with nothing left to default.

    Dates are local standard days. ``area`` is None for the whole sandbox metro.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    source: Literal["sandbox", "aqs"]
    area: Area | None
    neighbourhood_km: float = Field(ge=0, le=1000)
    pollutants: tuple[str, ...] = Field(min_length=1)
    first_year: int
    as_of: date
    origins: str
    horizon_days: int = Field(ge=1, le=14)
    model_version: str
    requests_per_minute: int = Field(ge=1)
    engine: Literal["local"]
    seed: int = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        """``as_of`` is today; history begins five years before the first origin."""
        settled = dict(given)
        settled["as_of"] = _day(settled.get("as_of") or date.today(), "as_of")  # the one place that reads the clock
        settled["origins"] = str(settled.get("origins") or "latest")
        first_origin = _origins(settled["origins"], settled["as_of"])[0]
        if settled.get("first_year") is None:
            settled["first_year"] = max(FIRST_AQS_YEAR, first_origin.year - YEARS_OF_HISTORY)
        return settled

    @field_validator("area", mode="before")
    @classmethod
    def _read_area(cls, given: Any) -> Area | None:
        if given is None or isinstance(given, Area):
            return given
        return Area.from_mapping(given) if given else None

    @field_validator("pollutants", mode="before")
    @classmethod
    def _read_pollutants(cls, given: Any) -> tuple[str, ...]:
        names = given.replace("+", " ").split() if isinstance(given, str) else list(given)
        for name in names:
            if name not in POLLUTANTS:
                raise ValueError(f"{name!r} is not a pollutant AirWatch knows; choose from {', '.join(CRITERIA)}")
            if name not in CRITERIA:
                raise ValueError(f"{name!r} is not forecast on its own; choose from {', '.join(CRITERIA)}")
        return tuple(dict.fromkeys(names))

    @field_validator("model_version", mode="before")
    @classmethod
    def _read_model_version(cls, given: Any) -> str:
        text = str(given)
        if text != "champion" and not text.isdigit():
            raise ValueError(f"{text!r} is neither 'champion' nor the number of a registered version")
        return text

    @model_validator(mode="after")
    def _fit_together(self) -> RunParams:
        if self.source == "aqs" and self.area is None:
            raise ValueError("area: source=aqs needs one area, such as area.cbsa=31080, area.state=06 or area.county=06037")
        if self.as_of.year < FIRST_AQS_YEAR:
            raise ValueError(f"as_of: {self.as_of} is before the data; EPA's daily summaries begin in {FIRST_AQS_YEAR}")
        if not FIRST_AQS_YEAR <= self.first_year <= self.as_of.year:
            raise ValueError(
                f"first_year: {self.first_year} must lie between {FIRST_AQS_YEAR} and the year of as_of, {self.as_of.year}"
            )
        return self

    @property
    def is_hindcast(self) -> bool:
        """Whether forecasts are issued from given past days rather than from ``as_of``."""
        return self.origins != "latest"

    @property
    def origin_dates(self) -> pd.DatetimeIndex:
        """The days forecasts are issued from, in order."""
        return _origins(self.origins, self.as_of)

    @property
    def source_label(self) -> str:
        """The source as the archive names it: each seed of the sandbox is a region of its own."""
        return f"sandbox-{self.seed}" if self.source == "sandbox" else self.source


def settle(raw: Mapping[str, Any], groups: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Check all parameters together.

    Args:
        raw: Parameters as Kedro merged them; values from the command line are still text.
        groups: The model of each pipeline's group, by its top-level key.

    Returns:
        ``raw`` with each group as its model, a key ``run`` (``RunParams``) and one key for each criteria pollutant, which
        tells a node of that pollutant's namespace its name.

    Raises:
        ParameterError: An unknown key, at the top or in a group, or a value that cannot be.
    """
    top = list(RunParams.model_fields)
    for key in raw:
        if key not in top and key not in groups:
            raise ParameterError(f"{key}: no such parameter.{_nearest(key, [*top, *groups])}")
    run = _build(RunParams, {key: raw.get(key) for key in top}, prefix="")
    settled: dict[str, Any] = {key: raw.get(key) for key in top}
    for name, model in groups.items():
        settled[name] = _build(model, raw.get(name) or {}, prefix=f"{name}.")
    settled["run"] = run
    settled.update({name: {"pollutant": name} for name in CRITERIA})
    return settled


def read_command_line(text: str) -> dict[str, Any]:
    """``a=1,b.c=06`` as nested text, every value as it was typed.

    Kedro's own reader turns 06037 into the number 3103 (YAML's octal); codes are names, so nothing is converted here.

    Raises:
        ParameterError: An item without ``=``, or a name given twice.
    """
    nested: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"--params: {item!r} is not of the form name=value (several: a=1,b=2).")
        *groups, last = name.strip().split(".")
        level = nested
        for group in groups:
            level = level.setdefault(group, {})
            if not isinstance(level, dict):
                raise ParameterError(f"--params: {name.strip()} is given both as a value and as a group.")
        if last in level:
            raise ParameterError(f"--params: {name.strip()} is given twice.")
        level[last] = value.strip()
    return nested


def _build(model: type[BaseModel], values: Mapping[str, Any], prefix: str) -> Any:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = prefix + ".".join(str(part) for part in first["loc"])
        known = list(model.model_fields)
        if first["type"] == "extra_forbidden":
            raise ParameterError(f"{name}: no such parameter.{_nearest(str(first['loc'][-1]), known)}") from None
        reason = first["msg"].removeprefix("Value error, ")
        asked = f" (asked: {first['input']!r})" if first["type"] != "value_error" else ""
        raise ParameterError(f"{name}{': ' if first['loc'] else ''}{reason}{asked}.") from None


def _nearest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" Known here: {', '.join(known)}."


def _day(given: Any, name: str) -> date:
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise ValueError(f"{name}: {given!r} is not a date; write it as 2021-06-30") from None


def _origins(text: str, as_of: date) -> pd.DatetimeIndex:
    """The days named by ``latest`` or ``first/last[/every]``, in order."""
    if text == "latest":
        return pd.DatetimeIndex([pd.Timestamp(as_of)])
    first, _, rest = text.partition("/")
    last, _, every = rest.partition("/")
    start, end = _day(first, "origins"), _day(last or first, "origins")
    if every and not (every.isdigit() and int(every) > 0):
        raise ValueError(f"origins: every {every!r} days cannot be; write 2021-01-01/2021-12-31/7")
    if not start <= end <= as_of:
        raise ValueError(f"origins: {text} must run forward and end by as_of, {as_of}")
    return pd.date_range(start, end, freq=f"{every or 1}D")
