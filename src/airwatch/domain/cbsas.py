"""Metropolitan and micropolitan areas (CBSA): their codes by the names under which EPA lists sites.

Names and codes are those of the delineation of 2013 to 2018, which EPA's files use; a letter that is not ASCII
stands as ``?``, as some of the files have it.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


def cbsa_code(name: str | None) -> str | None:
    """The code of the CBSA of that name; None for a place in none, or a name that is not known."""
    return None if name is None else _codes().get(name.encode("ascii", "replace").decode())


@cache
def _codes() -> dict[str, str]:
    lines = (files("airwatch.domain") / "cbsas.csv").read_text(encoding="ascii").splitlines()
    return {row["name"]: row["code"] for row in csv.DictReader(lines)}
