"""What a person is told when a run fails: one line that says what was asked, what is wrong and what to do."""

from __future__ import annotations

import errno
import os

from kedro.io import DatasetError

from airwatch.parameters import ParameterError


def one_line(error: BaseException) -> str:
    """The message of an error as one line.

    Kedro wraps what a dataset raised; the cause is what helps. A full disk is named as such wherever it surfaces.
    """
    if isinstance(error, DatasetError) and isinstance(error.__cause__, Exception):
        return one_line(error.__cause__)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}. Free some space and run again; the run goes on from what is stored."
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ParameterError):
        return text
    if isinstance(error, OSError) and error.errno:
        return f"{os.strerror(error.errno)}: {error.filename}" if error.filename else text
    return text
