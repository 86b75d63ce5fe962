"""Work on many items, some of them at once, by threads of this process."""

import threading

import pytest

from airwatch.engine import HERE, Threads, in_order
from builders_trees import rows_and_residuals


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    assert list(Threads(threads).map(lambda item: item * item, iter(range(7)))) == [0, 1, 4, 9, 16, 25, 36]
    assert list(Threads(threads).map(str, [])) == []


def test_two_threads_work_at_once():
    both = threading.Barrier(2, timeout=10)
    assert sorted(Threads(2).map(lambda item: both.wait(), range(2))) == [0, 1]


@pytest.mark.parametrize(("threads", "ahead"), [(1, 1), (2, 3)])
def test_items_are_taken_a_few_ahead_of_the_results(threads, ahead):
    taken = []
    results = Threads(threads).map(str, (taken.append(item) or item for item in range(20)))
    assert next(results) == "0"
    assert len(taken) == ahead
    assert list(results) == [str(item) for item in range(1, 20)]


def test_a_failure_surfaces_at_its_item():
    results = Threads(2).map(lambda item: 1 // item, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_in_order_waits_for_the_oldest():
    events = []

    def start(item):
        events.append(f"start {item}")
        return lambda: events.append(f"end {item}")

    list(in_order(start, "abc", ahead=1))
    assert events == ["start a", "start b", "end a", "start c", "end b", "end c"]


def test_rows_are_trained_on_as_they_are_here():
    rows, _ = rows_and_residuals()
    assert HERE.rows(rows, None) is rows
