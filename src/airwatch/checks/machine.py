"""This machine: Python and its libraries, the room on its disks, its clock."""

from __future__ import annotations

import platform
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from airwatch.checks.asking import NoAnswer, ask
from airwatch.checks.report import Finding, error, ok, skipped, warning
from airwatch.sources.redaction import without_secrets

PACKAGE = "airwatch"
GIB = 1 << 30
LITTLE_BYTES, LEAST_BYTES = 5 * GIB, GIB // 2
# S3 refuses a signature whose time is 15 minutes off; what is off by five is on its way there.
NOTABLE_SKEW_S, LARGEST_SKEW_S = 60, 300
CLOCK_TIMEOUT_S = 1.5  # each of three servers may take it twice

_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")


def python() -> Finding:
    """Whether this Python is one that AirWatch runs on."""
    here, wanted = platform.python_version(), SpecifierSet(metadata(PACKAGE)["Requires-Python"])
    if here in wanted:
        return ok(f"{here} ({wanted})")
    return error(f"{here}, and AirWatch needs {wanted}", "Make the environment anew with such a Python: make clean run")


def libraries(required: Sequence[str] | None = None) -> Finding:
    """Whether the libraries are there, and within the ranges of ``pyproject.toml``.

    Args:
        required: Requirements as a package states them; AirWatch's own where left out. One of an extra is looked at
            only where it is installed.
    """
    asked = [Requirement(text) for text in (requires(PACKAGE) or [] if required is None else required)]
    others = [wrong for wrong in map(_wrong, asked) if wrong]
    if not others:
        return ok(f"{len({requirement.name for requirement in asked})} within their ranges")
    return error("; ".join(sorted(others)), "Install what is pinned: make run, or pip install -r requirements.txt")


def _wrong(requirement: Requirement) -> str:
    """What is wrong with a library; empty where nothing is."""
    extra = _EXTRA.search(str(requirement.marker or ""))
    if requirement.marker and not requirement.marker.evaluate({"extra": extra[1] if extra else ""}):
        return ""
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return "" if extra else f"{requirement.name} is not installed"
    if requirement.specifier.contains(installed, prereleases=True):
        return ""
    return f"{requirement.name} {installed} is not {requirement.specifier}"


def room(folders: Iterable[Path], little_bytes: int = LITTLE_BYTES, least_bytes: int = LEAST_BYTES) -> Finding:
    """How much is free where a run writes, the folder for temporary files among them.

    Args:
        folders: Some need not be there yet.
        little_bytes: Less is a warning.
        least_bytes: Less is an error.
    """
    disks = {there(folder).stat().st_dev: folder for folder in reversed(list(folders))}
    free = {folder: shutil.disk_usage(there(folder)).free for folder in reversed(disks.values())}
    told = ", ".join(f"{there(folder)}: {room / GIB:.1f} GiB" for folder, room in free.items())
    remedy = "Free some space, or name another data root (AIRWATCH_DATA_ROOT) or temporary folder (TMPDIR)."
    if min(free.values()) < least_bytes:
        return error(told, remedy)
    return warning(told, remedy) if min(free.values()) < little_bytes else ok(told)


def there(folder: Path) -> Path:
    """A folder, or the first above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def clock(addresses: Iterable[str]) -> Finding:
    """How far this machine's clock is from that of the first server that answers."""
    for address in addresses:
        try:
            off_s = _off_s(address)
        except NoAnswer:
            continue
        told = f"{abs(off_s):.0f} s {'behind' if off_s > 0 else 'ahead of'} {without_secrets(address)}"
        remedy = (
            "Set the clock of this machine (timedatectl set-ntp true): S3 refuses signatures that are 15 minutes off."
        )
        if abs(off_s) > LARGEST_SKEW_S:
            return error(told, remedy)
        return warning(told, remedy) if abs(off_s) > NOTABLE_SKEW_S else ok(told)
    return skipped("no server tells its time")


def _off_s(address: str) -> float:
    """Seconds from our clock to the server's, whose answer tells whole ones."""
    before = time.time()
    answer = ask(address, method="HEAD", timeout_s=CLOCK_TIMEOUT_S)
    middle = (before + time.time()) / 2
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        raise NoAnswer("it does not tell the time") from None
    off = theirs + 0.5 - middle
    return off if abs(off) > 1 else 0.0
