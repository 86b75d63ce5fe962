"""Files of this machine: written beside their place, and renamed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from airwatch.stores.errors import OvertakenError
from airwatch.stores.versions import ANY, Expected, Fill, Version


def version(path: str) -> Version:
    """The state of a file: a file that is renamed into its place is another one, whatever it holds."""
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


def write_whole(path: str, fill: Fill, over: Expected = ANY) -> Version:
    """Write a file that takes its name only when all of it is written.

    Args:
        path: Its name.
        fill: Writes it.
        over: The version that it may replace.

    Returns:
        Its version.

    Raises:
        OvertakenError: Another version lies there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _partial(target) as (partial, file):
        try:
            fill(file)
            file.flush()
            with _alone_in(target.parent):
                if over is not ANY and version(path) != over:
                    raise OvertakenError(path)
                partial.replace(target)
                return version(path)
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno and not error.filename:
                error.filename = path  # what failed to write does not say where
            raise


@contextmanager
def _partial(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A neighbour of a file that this process alone writes, empty.

    Its lock tells that its writer lives: one that a writer left who was killed is taken over.
    """
    for number in count():
        partial = target.with_name(f"{target.name}.{number}.part" if number else f"{target.name}.part")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT, 0o666)
        if _is_taken(descriptor, partial):
            break
        os.close(descriptor)
    file = os.fdopen(descriptor, "wb")
    try:
        if os.fstat(descriptor).st_size:
            file.truncate(0)
        yield partial, file
    finally:
        with suppress(OSError):  # what could not be written was told by the flush before
            file.close()


def _is_taken(descriptor: int, partial: Path) -> bool:
    """Whether a file could be locked and is still the one of that name: its writer may just have renamed it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk of the network that knows no locks
        return True
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), partial.stat())
    return False


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The moment of looking at a file and replacing it, which one process at a time has in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # as above: then the look alone has to tell
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
