"""What tells one state of a stored thing from another."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import BinaryIO, Final

Version = str | None
"""Of what is stored under a name: equal while it is the same. None where nothing is."""


class Whatever(Enum):
    """The expectation of who does not mind."""

    ANY = "whatever lies there"


ANY: Final = Whatever.ANY
Expected = Version | Whatever
Fill = Callable[[BinaryIO], object]
"""Writes all there is to write into a file."""
