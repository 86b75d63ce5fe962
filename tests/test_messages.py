import errno

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro.validation.exceptions import CheckFailure, DataValidationError

from airwatch.messages import one_line


def wrapped(cause):
    """An error as Kedro wraps it: the catalog's around the dataset's around the cause."""
    inner, outer = DatasetError("Failed while saving data to dataset"), DatasetError("sites: Failed while saving")
    inner.__cause__, outer.__cause__ = cause, inner
    return outer


def test_one_line_joins_the_lines_of_a_message():
    assert one_line(ValueError("first\n  second\n\nthird")) == "first second third"


def test_one_line_of_an_error_without_words_names_its_kind():
    assert one_line(KeyError()) == "KeyError"


def test_one_line_tells_the_cause_of_what_kedro_wrapped():
    assert one_line(wrapped(ValueError("a column too many"))) == "a column too many"


def test_one_line_of_a_dataset_error_of_its_own_is_its_message():
    assert one_line(DatasetError("x.parquet is not there")) == "x.parquet is not there"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_one_line_names_a_full_disk_the_file_and_the_remedy(number):
    told = one_line(wrapped(OSError(number, "No space left on device", "/data/sites.parquet")))
    assert told.startswith("The disk is full while writing /data/sites.parquet. Free some space and run again")


def test_one_line_names_a_full_disk_where_no_file_is_known():
    assert one_line(OSError(errno.ENOSPC, "No space left on device")).startswith("The disk is full. Free some space")


def test_one_line_names_a_full_disk_that_a_database_met():
    told = one_line(
        RuntimeError("(sqlite3.OperationalError) database or disk is full\n[SQL: UPDATE runs SET status=?]")
    )
    assert told == "The disk is full while writing MLflow's database. Free some space and run again."


def test_one_line_names_the_path_of_a_file_that_cannot_be_reached():
    told = one_line(PermissionError(errno.EACCES, "Permission denied", "/data/sites.parquet"))
    assert told == "Permission denied: /data/sites.parquet. Check that the path is right and may be written."


def test_one_line_leaves_out_the_statement_that_a_database_refused():
    assert (
        one_line(RuntimeError("file is not a database\n[SQL: SELECT 1]\n[parameters: (2,)]"))
        == "file is not a database"
    )


def test_one_line_cuts_what_nobody_would_read():
    assert one_line(ValueError("x" * 601)) == "x" * 600 + "…"


def invalid(mode, failures):
    error = DataValidationError("long", dataset_name="sites", mode=mode, failures=failures)
    error.__cause__ = ValueError("pages and pages")
    return wrapped(error)


def test_one_line_of_a_table_that_breaks_its_rules_names_the_first_three():
    rules = [CheckFailure("m", f"rule {n}", f"column_{n}", failure_examples=[pd.NA, n]) for n in range(5)]
    told = one_line(invalid("load", rules))
    assert told.startswith("The table sites breaks its rules (column_0: rule 0, such as <NA>, 0; column_1")
    assert "column_2" in told
    assert "column_3" not in told
    assert told.endswith("run the pipeline that makes it again.")


def test_one_line_of_a_table_that_was_not_written_says_whose_mistake_it_is():
    told = one_line(invalid("save", []))
    assert told == "The table sites breaks its rules (long). Nothing of it was written; the mistake is AirWatch's."


def test_one_line_holds_no_secret_that_a_library_quotes_even_where_it_is_cut(monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "canaryPassword")
    told = one_line(ValueError("no connection to postgresql://me:canaryPassword@db " + "x" * 540 + " canaryPassword"))
    assert told.startswith("no connection to postgresql://me:***@db")
    assert "canary" not in told
