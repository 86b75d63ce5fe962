import io

import numpy as np
import pandas as pd
import pytest

from airwatch.ledger.seals import Issue, row_seals
from builders_monitoring import build_forecasts

ROWS = build_forecasts(["2023-12-01", "2023-12-02"], leads=(1, 2))


def rows_hash(frame):
    return row_seals(frame)[1]


def stored_otherwise(frame):
    """The same rows as another writer would store them: other columns first, other units of time, other texts."""
    other = frame[frame.columns[::-1]].copy()
    other["target_date"] = other["target_date"].astype("datetime64[ns]")
    other["pollutant"] = other["pollutant"].astype("category")
    other["site_id"] = other["site_id"].astype(object)
    other["lead_days"] = other["lead_days"].astype("int8")
    other["issued_at"] = other["issued_at"].dt.tz_convert("America/Los_Angeles")
    file = io.BytesIO()
    other.to_parquet(file, compression="gzip", row_group_size=1)
    return pd.read_parquet(file)


def test_the_same_rows_have_the_same_hash_however_they_are_stored():
    assert rows_hash(stored_otherwise(ROWS)) == rows_hash(ROWS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mean", np.nextafter(10.0, 11.0)),
        ("aqi", 54),
        ("category", "moderate"),
        ("target_date", pd.Timestamp("2023-12-05")),
        ("issued_at", pd.Timestamp("2023-12-03 06:00:01", tz="UTC")),
    ],
)
def test_any_other_value_is_another_hash(column, value):
    changed = ROWS.copy()
    changed.loc[2, column] = value
    assert rows_hash(changed) != rows_hash(ROWS)
    assert (row_seals(changed)[0] == row_seals(ROWS)[0]).tolist() == [True, True, False, False]


def test_texts_do_not_run_together():
    one, other = (pd.DataFrame({"a": [a], "b": [b]}, dtype="str") for a, b in (("x", "yz"), ("xy", "z")))
    assert rows_hash(one) != rows_hash(other)


def test_rows_taken_out_put_in_and_in_another_order_are_other_rows():
    others = [ROWS.iloc[:3], ROWS.iloc[1:], pd.concat([ROWS, ROWS.iloc[:1]]), ROWS.iloc[::-1], ROWS.iloc[:0]]
    assert len({rows_hash(frame) for frame in [ROWS, *others]}) == 6


def test_both_zeros_are_one_and_so_are_all_missing_values():
    zeros = [pd.DataFrame({"mean": [zero, np.nan]}) for zero in (0.0, -0.0)]
    assert rows_hash(zeros[0]) == rows_hash(zeros[1])


@pytest.mark.parametrize("known", [{"name": "b"}, {"number": 3}, {"rows": 1}, {"before": {"c": "d"}}])
def test_the_hash_of_an_issue_is_of_all_that_is_known_of_it(known):
    given = {"name": "a", "number": 2, "rows": 4, "rows_hash": "x", "before": {"c": "e"}}
    assert Issue(**given).hash != Issue(**{**given, **known}).hash
