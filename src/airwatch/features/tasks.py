"""Tasks that let go of the interpreter's lock, done at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np


def at_once(tasks: Sequence[Callable[[], Any]], threads: int) -> list[Any]:
    """The results of tasks, in their order; a task must not itself wait for others."""
    if threads == 1:
        return [task() for task in tasks]
    return list(_pool(threads).map(lambda task: task(), tasks))


def shares(count: int, threads: int) -> list[slice]:
    """Consecutive rows, as many shares of them as there are threads."""
    edges = np.linspace(0, count, min(threads, max(count, 1)) + 1).astype(int)
    return [slice(begin, end) for begin, end in pairwise(edges)]


@lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that stay: the memory that a thread gathers is its own, and a new one would gather it anew."""
    return ThreadPoolExecutor(threads)


os.register_at_fork(after_in_child=_pool.cache_clear)  # the threads are not in the child
