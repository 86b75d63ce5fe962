"""The generated reply is like AQS's own, and all of it arrives in the tables that are timed."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from airwatch.sources.aqs_reply import DAILY_DATA
from benchmarks.speed.parsing import STEPS, frame, memory, pieces, speed, summaries
from benchmarks.speed.sizes import QUICK

ROWS = 1_000


@pytest.fixture(scope="module")
def body():
    return b"".join(pieces(ROWS))


def test_a_reply_has_the_rows_and_bytes_of_a_real_one(body):
    rows = json.loads(body)["Data"]
    assert len(rows) == ROWS
    assert list(rows[0]) == list(DAILY_DATA.fields)
    assert len(body) / ROWS == pytest.approx(845, rel=0.03)  # of the reply recorded from AQS, without its indents


def test_a_reply_is_the_same_each_time(body):
    assert b"".join(pieces(ROWS)) == body


def test_no_row_of_a_reply_is_lost_on_the_way_to_the_summaries(body):
    table = frame(body)
    tidied = pd.concat(summaries(body))
    assert len(tidied) == len(table) == ROWS
    assert tidied["arithmetic_mean"].sum() == pytest.approx(table["arithmetic_mean"].sum())


def test_every_step_is_timed_on_the_same_bytes():
    measured = speed(replace(QUICK, small=2_500, rounds=1))
    assert set(measured.seconds) == set(STEPS)
    assert measured.facts["rows"] == 500


def test_memory_counts_the_body():
    assert memory(replace(QUICK, small=2_500), "frame").facts["body MiB"] == pytest.approx(500 * 845 / 2**20, rel=0.03)
