"""Areas: the part of the country a run asks for, in the five ways that AQS can be asked, or all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

from airwatch.domain.sites import SiteId

AreaKind = Literal["cbsa", "state", "county", "site", "box", "nation"]
Box = tuple[float, float, float, float]

KINDS: tuple[str, ...] = get_args(AreaKind)
_BOX_SIDES = ("minlat", "maxlat", "minlon", "maxlon")
_AGGREGATIONS: dict[str, str] = {
    "cbsa": "byCBSA",
    "state": "byState",
    "county": "byCounty",
    "site": "bySite",
    "box": "byBox",
}
_CODES: dict[str, tuple[re.Pattern[str], str]] = {
    "cbsa": (re.compile(r"[0-9]{5}"), 'five digits in quotes, such as cbsa: "31080"'),
    "state": (re.compile(r"[0-9A-Z]{2}"), 'two digits in quotes, zero and all, such as state: "06"'),
    "county": (
        re.compile(r"[0-9A-Z]{2}-?[0-9]{3}"),
        'two digits of the state and three of the county in quotes, such as county: "06037"',
    ),
    "nation": (re.compile(r"us"), "nation: us"),
}
ABROAD = frozenset({"CC", "80"})  # state codes of the Canadian and Mexican sites that EPA lists


@dataclass(frozen=True, slots=True)
class Area:
    """A metropolitan area, state, county, site, box or the nation.

    Attributes:
        kind: How it is named: ``cbsa``, ``state``, ``county``, ``site``, ``box`` or ``nation``.
        code: ``31080``, ``06``, ``06037``, ``06-037-1103`` or ``us``; empty for a box.
        box: Least and greatest latitude, then least and greatest longitude, in degrees; ``None`` for others.

    Build one with ``from_mapping``, which checks and cleans what a person wrote.
    """

    kind: AreaKind
    code: str
    box: Box | None = None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read an area as parameters give it: ``{"county": "06037"}`` or ``{"box": [24, 50, -125, -66]}``.

        A key whose value is ``None`` counts as absent.

        Raises:
            ValueError: Not exactly one kind, an unknown kind, or a value that cannot be one; the message
                names the value and says how to write it.
        """
        given = {kind: value for kind, value in mapping.items() if value is not None}
        unknown = [kind for kind in given if kind not in KINDS]
        if unknown:
            raise ValueError(f"Unknown kind of area {unknown[0]!r}. Use one of: {', '.join(KINDS)}.")
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"An area is exactly one of {', '.join(KINDS)}; given: {found}. Keep one.")
        kind, value = next(iter(given.items()))
        if kind == "box":
            return cls("box", "", _read_box(value))
        if kind == "site":
            return cls("site", str(SiteId.parse(value)))
        return cls(cast(AreaKind, kind), _read_code(kind, value))

    @property
    def slug(self) -> str:
        """A name fit for a file: ``cbsa-31080``, ``site-06-037-1103``, ``box-24-50--125--66``."""
        return f"{self.kind}-{self.code or '-'.join(self._sides)}"

    @property
    def aggregation(self) -> str:
        """What AQS calls a question about this kind of area, such as ``byCBSA``; it takes none about the nation."""
        return _AGGREGATIONS[self.kind]

    @property
    def query(self) -> dict[str, str]:
        """The area as AQS's request parameters, such as ``{"state": "06", "county": "037"}``."""
        match self.kind:
            case "box":
                return dict(zip(_BOX_SIDES, self._sides, strict=True))
            case "county":
                return {"state": self.code[:2], "county": self.code[2:]}
            case "site":
                site = SiteId.parse(self.code)
                return {"state": site.state, "county": site.county, "site": site.site}
            case _:
                return {self.kind: self.code}

    def __str__(self) -> str:
        """The area in a message: ``CBSA 31080``, ``state 06``, ``county 06-037``, ``site 06-037-1103``."""
        match self.kind:
            case "nation":
                return "the United States"
            case "cbsa":
                return f"CBSA {self.code}"
            case "county":
                return f"county {self.code[:2]}-{self.code[2:]}"
            case "box":
                south, north, west, east = self._sides
                return f"box of latitude {south} to {north} and longitude {west} to {east}"
            case _:
                return f"{self.kind} {self.code}"

    @property
    def _sides(self) -> tuple[str, ...]:
        """The box's sides as short decimal text: 24.0 is ``24``."""
        return tuple(repr(side).removesuffix(".0") for side in self.box or ())


NATION = Area("nation", "us")


def _read_code(kind: str, value: object) -> str:
    """The code without its hyphen.

    A number is refused, for its leading zero is gone; only a CBSA code never begins with one.
    """
    if kind == "cbsa" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    pattern, remedy = _CODES[kind]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is not a {kind} code. Write {remedy}.")
    return value.replace("-", "")


def _read_box(value: object) -> Box:
    """Four sides from a sequence, or from text as a shell user types it, ``24/50/-125/-66``."""
    remedy = "Write box: [minlat, maxlat, minlon, maxlon] in degrees, such as box: [24, 50, -125, -66]."
    parts: Any = value.split("/") if isinstance(value, str) else value
    try:
        south, north, west, east = (float(part) for part in parts)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not four numbers. {remedy}") from None
    # A comparison with NaN is false, so that NaN is refused here too.
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise ValueError(f"{value!r} is no box on the globe, each minimum below its maximum. {remedy}")
    return south, north, west, east
