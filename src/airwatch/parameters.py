"""The parameters of a run: read as text, checked together before any node runs.

``settle`` takes what Kedro merged from YAML and the command line and gives back the same mapping with every
group checked and one more key, ``run``: the top-level parameters with their defaults filled in. It is the only
place that reads the clock, for ``as_of``.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from airwatch.domain.areas import Area
from airwatch.domain.pollutants import CRITERIA, POLLUTANTS
from airwatch.sandbox.network import SANDBOX_CBSA

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FIRST_AQS_YEAR = 1980  # EPA's Data Mart has daily summaries from 1980 on
YEARS_OF_HISTORY = 5
FILES = ("airdata", "table")  # sources that are files, of the whole country


class ParameterError(ValueError):
    """A parameter that does not exist or cannot be; the message is one line with the remedy."""


class RunParams(BaseModel):
    """The top-level parameters of a run (``conf/base/parameters/run.yml``), with nothing left to default.

    Dates are local standard days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    source: Literal["sandbox", "aqs", "airdata", "table"]
    table: str | None = None
    area: Area
    neighbourhood_km: float = Field(ge=0, le=1000)
    pollutants: tuple[str, ...] = Field(min_length=1)
    first_year: int
    as_of: date
    origins: str
    horizon_days: int = Field(ge=1, le=14)
    model_version: str
    requests_per_minute: int = Field(ge=1)
    engine: Literal["local", "dask"]
    seed: int = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        """``as_of`` is today, the sandbox's area its metro; history begins five years before the first origin."""
        settled, today = dict(given), date.today()  # the one place that reads the clock
        settled["as_of"] = _day(settled.get("as_of") or today, "as_of")
        if settled.get("source") in ("aqs", "airdata") and settled["as_of"] > today:
            raise ValueError(f"as_of: {settled['as_of']} is still to come; EPA has no later day than {today}")
        if settled.get("source") == "sandbox" and not settled.get("area"):
            settled["area"] = {"cbsa": SANDBOX_CBSA}
        settled["origins"] = str(settled.get("origins") or "latest")
        first_origin = _origins(settled["origins"], settled["as_of"])[0]
        if settled.get("first_year") is None:
            settled["first_year"] = max(FIRST_AQS_YEAR, first_origin.year - YEARS_OF_HISTORY)
        return settled

    @field_validator("area", mode="before")
    @classmethod
    def _read_area(cls, given: Any) -> Area:
        if isinstance(given, Area):
            return given
        if not given:
            raise ValueError(
                "every source but the sandbox needs one, such as area.cbsa=31080, area.state=06 or area.county=06037,"
                " and of files also area.nation=us"
            )
        if not isinstance(given, Mapping):
            raise ValueError(f"{given!r} does not say of what kind it is; write area.cbsa=31080 or area.county=06037")
        return Area.from_mapping(given)

    @field_validator("pollutants", mode="before")
    @classmethod
    def _read_pollutants(cls, given: Any) -> tuple[str, ...]:
        names = given.replace("+", " ").split() if isinstance(given, str) else list(given)
        for name in names:
            if name not in POLLUTANTS:
                raise ValueError(f"{name!r} is not a pollutant AirWatch knows; choose from {', '.join(CRITERIA)}")
            if name not in CRITERIA:
                raise ValueError(f"{name!r} is not forecast on its own; choose from {', '.join(CRITERIA)}")
        if not names:
            raise ValueError(f"none is given; choose from {', '.join(CRITERIA)}")
        return tuple(name for name in CRITERIA if name in names)  # one order, whatever order was asked

    @field_validator("model_version", mode="before")
    @classmethod
    def _read_model_version(cls, given: Any) -> str:
        text = str(given)
        if text != "champion" and not text.isdigit():
            raise ValueError(f"{text!r} is neither 'champion' nor the number of a registered version")
        return text

    @model_validator(mode="after")
    def _fit_together(self) -> RunParams:
        if self.as_of.year < FIRST_AQS_YEAR:
            raise ValueError(f"as_of: {self.as_of} is before the data; EPA's daily summaries begin in {FIRST_AQS_YEAR}")
        if not FIRST_AQS_YEAR <= self.first_year <= self.as_of.year:
            raise ValueError(
                f"first_year: {self.first_year} cannot be; it should lie between {FIRST_AQS_YEAR}"
                f" and the year of as_of, {self.as_of.year}"
            )
        if self.area.kind == "nation" and not self.is_from_files:
            raise ValueError(f"area: {self.source} is not asked for the nation; take source=airdata, or a smaller area")
        if (self.table is not None) != (self.source == "table"):
            raise ValueError("table: source=table and table=PATH, a parquet file of daily values, go together")
        return self

    @property
    def is_from_files(self) -> bool:
        """Whether the data come from files of the whole country rather than from a service that is asked."""
        return self.source in FILES

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
        """The source as the archive names it: each seed of the sandbox, and each table, is about air of its own."""
        if self.source == "sandbox":
            return f"sandbox-{self.seed}"
        if self.table is None:
            return self.source
        place = self.table if "://" in self.table else str(Path(self.table).resolve())  # files may share a name
        return f"table-{PurePath(self.table).stem}-{hashlib.sha256(place.encode()).hexdigest()[:6]}"

    @property
    def scope(self) -> dict[str, Any]:
        """What a table was made for: tables of another scope are about other air, other places or other columns."""
        return {
            "source": self.source_label,
            "area": self.area.slug,
            "neighbourhood_km": self.neighbourhood_km,
            "pollutants": "+".join(self.pollutants),
            "horizon_days": self.horizon_days,
        }


def settle(raw: Mapping[str, Any], groups: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Check all parameters together.

    Args:
        raw: Parameters as Kedro merged them; values from the command line are still text.
        groups: The model of each pipeline's group, by its top-level key.

    Returns:
        ``raw`` with each group as its model, a key ``run`` (``RunParams``) and one key for each criteria pollutant,
        which tells a node of that pollutant's namespace its name.

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
        given = raw.get(name) or {}
        if not isinstance(given, Mapping):
            raise ParameterError(f"{name}: {given!r} cannot be; it is a group of {', '.join(model.model_fields)}.")
        settled[name] = _build(model, given, prefix=f"{name}.", run=run)
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
        level[last] = None if value.strip() == "null" else value.strip()
    return nested


def _build(model: type[BaseModel], values: Mapping[str, Any], prefix: str, run: RunParams | None = None) -> Any:
    """A model of what is given; a group is told the run that it is for, where it has to fit it."""
    try:
        return model.model_validate(dict(values), context={"run": run})
    except ValidationError as error:
        first = min(error.errors(), key=lambda found: found["type"] == "missing")  # a misspelt key is missing, too
        name = prefix + ".".join(map(str, first["loc"]))
        raise ParameterError(f"{name}{': ' if first['loc'] else ''}{_reason(first, model)}") from None


def _reason(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What pydantic found, in the words of a person who types parameters."""
    where, given = [str(part) for part in error["loc"]], repr(error["input"])
    match error["type"]:
        case "value_error":
            return f"{error['msg'].removeprefix('Value error, ').rstrip('.')}."
        case "missing":
            return "no value is given."
        case "extra_forbidden" | "unexpected_keyword_argument":
            return f"no such parameter.{_nearest(where[-1], _known(model, where[:-1]))}"
        case "model_type" | "dataclass_type":
            return f"{given} cannot be; it is a group of {', '.join(_known(model, where))}."
    wanted = error["msg"].partition(", unable")[0].replace("Input", "it").replace("valid tuple", "list")
    return f"{given} cannot be; {wanted}."


def _known(group: Any, where: Sequence[str]) -> list[str]:
    """The names in a group of parameters, a model or a dataclass, or in a group within it."""
    if issubclass(group, BaseModel):
        kinds = {name: field.annotation for name, field in group.model_fields.items()}
    else:
        kinds = get_type_hints(group)
    if not where:
        return list(kinds)
    inner = kinds[where[0]]  # a group that may be left out is written `Group | None`
    return _known(next((kind for kind in get_args(inner) if kind is not type(None)), inner), where[1:])


def _nearest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" Known here: {', '.join(known) or 'none'}."


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
