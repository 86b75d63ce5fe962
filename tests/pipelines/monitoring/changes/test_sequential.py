import numpy as np
import pytest

from airwatch.pipelines.monitoring.changes.sequential import cumulative_sums, evidence, limit_of


@pytest.mark.parametrize(("limit", "run_length"), [(3.0, 117.6), (4.0, 335.4), (5.0, 930.9)])
def test_limit_of_agrees_with_the_published_run_lengths_of_a_one_sided_sum(limit, run_length):
    # Exact values for an allowance of one half, Montgomery, Statistical Quality Control: 2 × 58.8, 168 and 465 (two
    # sides share the alarms).
    assert limit_of(run_length, np.array([0.5]))[0] == pytest.approx(limit, abs=0.02)


def test_evidence_begins_anew_at_zero_and_tells_when():
    gain = np.array([[1.0, -2.0, 1.0, np.nan, 2.0], [-1.0, -1.0, -1.0, -1.0, -1.0]])
    sums, since = evidence(gain)
    assert sums.tolist() == [[1.0, 0.0, 1.0, 1.0, 3.0], [0.0] * 5]
    assert (since[0, -1], since[1, -1]) == (2, 5)


def test_cumulative_sums_collect_what_lies_beyond_half_of_the_change():
    # Six days at one spread with a change of one: each adds one half, three in all.
    z = np.array([[0.0] * 4 + [1.0] * 6, [0.0] * 4 + [-1.0] * 6])
    sums = cumulative_sums(z, np.array([1.0, 1.0]), run_length_days=465.0)
    limit = limit_of(930.0, np.array([0.5]))[0]
    assert sums.worst == pytest.approx([3.0 / limit, -3.0 / limit])
    assert sums.since.tolist() == [4, 4]


def test_sums_of_chance_pass_their_limit_once_in_their_run_length():
    # Of 4,000 series of 200 days with a run length of 1,000 days 1 - exp(-0.2) = 18 % pass it, less at the start.
    z = np.random.default_rng(1).normal(0, 1, (4_000, 200))
    passed = (evidence(z - 0.5).sums > limit_of(1_000.0, np.array([0.5]))[0]).any(axis=1)
    assert 0.15 < passed.mean() < 0.19


def test_cumulative_sums_of_nothing_are_zero():
    assert cumulative_sums(np.full((1, 5), np.nan), np.array([1.0]), 100.0).worst.tolist() == [0.0]
