"""The way to whatever is stored: every dataset opens its filesystem here, and writes through here.

A file takes its name only when it is complete, so that a run which dies leaves the old one or the new one, and can be
made to replace one version alone, so that of two runs at the same time the first to finish wins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fsspec.implementations.local import LocalFileSystem
from kedro.io.core import get_protocol_and_path

from airwatch.stores import local
from airwatch.stores.errors import OvertakenError, StorageError
from airwatch.stores.versions import ANY, Expected, Fill, Version

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


AWS = "AWS_"  # what boto looks at in the environment begins so


def opened(address: str, **options: Any) -> tuple[AbstractFileSystem, str]:
    """The filesystem of an address and the path within it; nothing is asked yet.

    Args:
        address: A path of this machine, or ``s3://bucket/name``.
        options: Of s3fs, where boto's own way to keys, region and endpoint is not the one.

    Raises:
        StorageError: It is neither.
    """
    protocol, path = get_protocol_and_path(address)
    if protocol == "file":
        return LocalFileSystem(), path
    if protocol in ("s3", "s3a"):
        return _bucket(**options), path
    raise StorageError(f"{address}: tables are kept in a folder of this machine or on S3 (s3://bucket/...).")


def address_of(fs: AbstractFileSystem, path: str) -> str:
    """What ``opened`` opens: a path of this machine as it is, or ``s3://bucket/name``."""
    return path if isinstance(fs, LocalFileSystem) else str(fs.unstrip_protocol(path))


def version_of(fs: AbstractFileSystem, path: str) -> Version:
    """The version of what is stored under a name; None where nothing is."""
    return local.version(path) if isinstance(fs, LocalFileSystem) else fs.version(path)


def write_whole(fs: AbstractFileSystem, path: str, fill: Fill, over: Expected = ANY) -> Version:
    """Write a file that appears under its name when it is complete.

    Args:
        fs: Where, as ``opened`` gives it.
        path: Its name.
        fill: Writes it.
        over: The version that it may replace; by default any.

    Returns:
        Its version.

    Raises:
        OvertakenError: Another version lies there.
    """
    if isinstance(fs, LocalFileSystem):
        return local.write_whole(path, fill, over)
    written: Version = fs.write_whole(path, fill, over)
    return written


@contextmanager
def reading(fs: AbstractFileSystem, path: str) -> Iterator[Any]:
    """What pyarrow reads a file from, as it is now: on S3 a later version of it is refused.

    Raises:
        FileNotFoundError: There is none.
    """
    if isinstance(fs, LocalFileSystem):
        yield path
        return
    with fs.open(path, "rb") as file:
        yield file


def require(fs: AbstractFileSystem, path: str, expected: Expected) -> None:
    """Refuse to go on with another version than the one that was found before.

    Raises:
        OvertakenError: Another version lies there.
    """
    if expected is not ANY and version_of(fs, path) != expected:
        raise OvertakenError(path)


def _bucket(**options: Any) -> AbstractFileSystem:
    """The filesystem of S3."""
    from airwatch.stores.s3 import Bucket

    if options:
        return Bucket(**options)
    return _shared(os.getpid(), tuple(sorted((name, os.environ[name]) for name in os.environ if name.startswith(AWS))))


@lru_cache(maxsize=8)
def _shared(process: int, surroundings: tuple[tuple[str, str], ...]) -> AbstractFileSystem:
    """One filesystem for all tables, which holds the connections: a forked process must not share them.

    A connection stays with the keys and the address that it found, so others make another.
    """
    from airwatch.stores.s3 import Bucket

    return Bucket(skip_instance_cache=True)
