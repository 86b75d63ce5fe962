"""What a person is told when a run fails: one line that says what was asked, what is wrong and what to do."""

from __future__ import annotations

import errno
import os

from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError

from airwatch import tracking
from airwatch.sources.redaction import cleaned
from airwatch.stores import errors

SQLITE_IS_FULL = "database or disk is full"
LONGEST = 600  # characters; what is left out stands in the log file
LONGEST_RULE, MOST_RULES = 100, 3


def one_line(error: BaseException) -> str:
    """The message of an error as one line, without the secrets that a library's message may quote."""
    text = cleaned(_told(error))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _told(error: BaseException) -> str:
    """Kedro wraps what a dataset raised; the cause is what helps. A full disk is named as such wherever it surfaces."""
    if isinstance(error, DataValidationError):
        return _invalid_table(error)
    if isinstance(error, DatasetError) and isinstance(error.__cause__, Exception):
        return _told(error.__cause__)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}. Free some space and run again; the run goes on from what is stored."
    if isinstance(error, OSError) and error.errno and error.filename:
        return f"{os.strerror(error.errno)}: {error.filename}. Check that the path is right and may be written."
    if SQLITE_IS_FULL in str(error):
        return "The disk is full while writing MLflow's database. Free some space and run again."
    if told := tracking.in_words(error) or errors.of_artifacts(error):
        return told
    return " ".join(str(error).partition("[SQL:")[0].split()) or type(error).__name__


def _invalid_table(error: DataValidationError) -> str:
    """The name of a table and the first of the rules that it breaks."""
    broken = [
        f"{rule.column}: {rule.check or rule.message}, such as {', '.join(map(str, rule.failure_examples)) or 'all'}"
        for rule in error.failures
    ]
    told = "; ".join(" ".join(rule.split())[:LONGEST_RULE] for rule in broken[:MOST_RULES]) or error.message
    remedy = "Nothing of it was written; the mistake is AirWatch's."
    if error.mode == "load":
        remedy = "It was made by another version, or changed: run the pipeline that makes it again."
    return f"The table {error.dataset_name} breaks its rules ({told}). {remedy}"
