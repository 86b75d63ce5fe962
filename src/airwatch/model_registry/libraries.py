"""The libraries beneath a model: which it was trained with, and whether those installed can read it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

# What a model holds objects of; one that was trained with a newer one of them is refused.
LIBRARIES = ("numpy", "pandas", "scikit-learn", "xgboost")
# What a process needs to load a model and to forecast; pinned to what trained it.
REQUIREMENTS = ("mlflow", "cloudpickle", *LIBRARIES)
TAG = "library."


class NewerLibraryError(Exception):
    """A model holds objects of a newer library than the one installed, which may misread them."""


def pinned() -> list[str]:
    """What a process needs to load a model, as pip reads it."""
    return [f"{package}=={version(package)}" for package in REQUIREMENTS]


def library_tags() -> dict[str, str]:
    """The tags of a model that is trained here."""
    return {f"{TAG}{name}": version(name) for name in LIBRARIES}


def require_libraries(which: str, tags: Mapping[str, str]) -> None:
    """Refuse a model of newer libraries; what they pickle is read by the same minor version or a later one.

    Args:
        which: The model and its version.
        tags: Of that version.

    Raises:
        NewerLibraryError: Names each, with both versions and the remedy.
    """
    trained_with = {name: tags.get(f"{TAG}{name}", version(name)) for name in LIBRARIES}
    newer = [name for name, used in trained_with.items() if _minor(used) > _minor(version(name))]
    if newer:
        told = " and ".join(f"{name} {trained_with[name]} ({version(name)} is installed)" for name in newer)
        raise NewerLibraryError(
            f"{which} was trained with {told}, which may not read it rightly. Install "
            f"{' and '.join(f'{name} {trained_with[name]}' for name in newer)} or newer, or train again: "
            "kedro run --pipelines training"
        )


def _minor(number: str) -> tuple[int, ...]:
    """Major and minor: (3, 1) of 3.1.2."""
    return tuple(int(part) for part in number.split(".")[:2])
