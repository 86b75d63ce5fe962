"""What is stored under one name, and a run's way to notice that another run wrote it meanwhile.

A run notes the version of all that it will read or write before it begins. What it then finds to be another version was
written by another run: it stops, so that of two runs the first to finish wins, and no table is made of both. Nothing is
locked for the time of a run, so that nothing is left behind by one that was killed.
"""

from __future__ import annotations

from typing import Any

from kedro.io.core import AbstractDataset

from airwatch.storage import address_of, opened, require, version_of, write_whole
from airwatch.stores.versions import ANY, Expected, Fill, Version


class StoredDataset(AbstractDataset[Any, Any]):
    """A file of the catalog, here or on S3, that is written whole.

    Args:
        filepath: Its address.
        credentials: Options of s3fs, where boto's own way to S3 is not the one.
    """

    def __init__(self, *, filepath: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        self._fs, self._filepath = opened(filepath, **(credentials or {}))
        self._noted: Expected = ANY
        self.metadata = metadata

    @property
    def address(self) -> str:
        """Where it lies: a path of this machine, or ``s3://bucket/name``."""
        return address_of(self._fs, self._filepath)

    def version(self) -> Version:
        """The version that lies there now; None where nothing does."""
        return version_of(self._fs, self._versioned)

    def note(self) -> None:
        """Hold to the version that lies there now: another one is refused from now on, unless it is written here."""
        self._noted = self.version()

    def require_noted(self) -> None:
        """Refuse to go on where another run wrote it since it was noted.

        Raises:
            OvertakenError: One line that says so.
        """
        require(self._fs, self._versioned, self._noted)

    @property
    def _versioned(self) -> str:
        """The file whose version is that of the whole."""
        return self._filepath

    def _write(self, fill: Fill) -> None:
        """Write the file whose version counts, over the version that was noted alone.

        Raises:
            OvertakenError: Another run wrote it.
        """
        self.require_noted()  # before the work that filling it may be
        written = write_whole(self._fs, self._versioned, fill, self._noted)
        if self._noted is not ANY:
            self._noted = written

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._filepath))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self.address}
