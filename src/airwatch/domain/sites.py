"""Site ids: the state, county and site number by which EPA names a place where air is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

# EPA writes letters for places outside the states: CC is Canada, TT is tribal land.
_STATE = r"[0-9A-Z]{2}"
_SITE_ID = re.compile(rf"({_STATE})(-?)([0-9]{{3}})\2([0-9A-Z]{{4}})")


@dataclass(frozen=True, slots=True, order=True)
class SiteId:
    """One site: ``state`` of two characters, ``county`` of three and ``site`` of four, zeros and all.

    ``str`` gives the form that tables hold, ``06-037-1103``. Site ids compare and sort as that text does.
    """

    state: str
    county: str
    site: str

    def __post_init__(self) -> None:
        """Refuse parts that are no site id.

        Raises:
            ValueError: A part has the wrong length or characters.
        """
        if not _SITE_ID.fullmatch(str(self)):
            raise ValueError(_complaint(str(self)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``06-037-1103`` or ``060371103``.

        Raises:
            ValueError: The text is neither; the message says what was given and what is expected.
        """
        match = _SITE_ID.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(_complaint(text))
        return cls(match[1], match[3], match[4])

    def __str__(self) -> str:
        """The id as tables hold it, ``06-037-1103``."""
        return f"{self.state}-{self.county}-{self.site}"


def _complaint(given: object) -> str:
    return (
        f"{given!r} is not a site id. Write state, county and site with their zeros, in quotes: "
        '"06-037-1103" or "060371103".'
    )
