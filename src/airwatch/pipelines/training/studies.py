"""Where the trials of tuning are kept, so that a run that was killed goes on: one SQLite file for each pollutant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


class UnreadableStudiesError(Exception):
    """The file of trials cannot be read; the message names it and what to do."""


class StudiesDataset(AbstractDataset[None, Path]):
    """The file of a pollutant's trials in the catalog; loading tells where it is, or will be."""

    def __init__(self, *, filepath: str, metadata: Any = None) -> None:
        self._path = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """The path of the file."""
        return self._path

    def save(self, data: None) -> None:
        """Trials are added by tuning alone."""
        raise DatasetError(f"{self._path}: trials are added by tuning alone.")

    def _exists(self) -> bool:
        return True  # tuning makes the file

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._path)}


@contextmanager
def opened(path: Path | None) -> Iterator[BaseStorage]:
    """Optuna's storage in a file, or in memory without one.

    Raises:
        UnreadableStudiesError: The file is damaged, or of another version of Optuna.
    """
    from optuna.storages import InMemoryStorage, RDBStorage
    from sqlalchemy.exc import SQLAlchemyError

    if path is None:
        yield InMemoryStorage()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = RDBStorage(f"sqlite:///{path}")
    except (SQLAlchemyError, RuntimeError) as error:
        raise UnreadableStudiesError(
            f"{path}, the trials of tuning, cannot be read. Move it away to begin them anew, or put back a copy."
        ) from error
    try:
        yield storage
    finally:
        storage.engine.dispose()
