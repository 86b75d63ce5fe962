"""What lies in a folder, here or on S3: names, sizes and when each was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kedro.io.core import AbstractDataset, DatasetError

from airwatch.storage import opened

HALF_WRITTEN = ".part"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file below a folder.

    Attributes:
        name: Its path from the folder on, with slashes.
        size: In bytes.
        written: When, in UTC; None where the store does not say.
    """

    name: str
    size: int
    written: datetime | None


class FolderDataset(AbstractDataset[None, list[StoredFile]]):
    """All files below a folder, by name; load only.

    It looks when it is loaded, so that a node which lists what others write has to come after them.
    """

    def __init__(self, *, path: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        self._fs, self._path = opened(path, **(credentials or {}))
        self.metadata = metadata

    def load(self) -> list[StoredFile]:
        """The files; none where there is no such folder yet."""
        found: dict[str, dict[str, Any]] = self._fs.find(self._path, detail=True) if self._exists() else {}
        begin = len(self._path.rstrip("/")) + 1
        files = [
            StoredFile(str(path)[begin:], int(about["size"] or 0), _written(about)) for path, about in found.items()
        ]
        return sorted((file for file in files if not file.name.endswith(HALF_WRITTEN)), key=lambda file: file.name)

    def save(self, data: None) -> None:
        """Nothing is written to it."""
        raise DatasetError("A folder can only be listed.")

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"path": f"{self._path.rstrip('/')}/"}


def _written(about: dict[str, Any]) -> datetime | None:
    """The time of a file of this machine (``mtime``) or of an object on S3 (``LastModified``)."""
    if isinstance(when := about.get("LastModified"), datetime):
        return when.astimezone(UTC)
    return datetime.fromtimestamp(about["mtime"], UTC) if "mtime" in about else None
