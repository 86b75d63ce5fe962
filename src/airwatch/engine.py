"""Who does the work: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from airwatch.forecasting.rows import TrainingRows

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(ABC):
    """Does the same work on many items, some of them at once."""

    @abstractmethod
    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The result for each item, in their order; items are taken a few ahead, so that memory stays small."""

    @abstractmethod
    def rows(self, here: TrainingRows, there: TrainingRows) -> TrainingRows:
        """Rows to train on, as they are here and as a worker can have them."""


@dataclass(frozen=True)
class Threads(Engine):
    """This process; the work lets go of the interpreter's lock."""

    count: int = 1

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The result for each item, in their order."""
        if self.count == 1:
            yield from map(work, items)
            return
        with ThreadPoolExecutor(self.count) as pool:
            yield from in_order(lambda item: pool.submit(work, item).result, items, self.count)

    def rows(self, here: TrainingRows, there: TrainingRows) -> TrainingRows:
        """As they are here."""
        return here


HERE = Threads()


def in_order(start: Callable[[Item], Callable[[], Any]], items: Iterable[Item], ahead: int) -> Iterator[Any]:
    """Start work on items, a few ahead of the one whose result is waited for.

    Args:
        start: Starts the work on an item, and gives what waits for its result.
        items: In the order of the results.
        ahead: How many may be under way at once.
    """
    waiting: deque[Callable[[], Any]] = deque()
    for item in items:
        waiting.append(start(item))
        if len(waiting) > ahead:
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()
