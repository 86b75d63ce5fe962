"""Tasks that let go of the interpreter's lock, done at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np


def at_once(tasks: Sequence[Callable[[], Any]], threads: int) -> list[Any]:
    """The results of tasks, in their order."""
    if threads == 1:
        return [task() for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda task: task(), tasks))


def shares(count: int, threads: int) -> list[slice]:
    """Consecutive rows, as many shares of them as there are threads."""
    edges = np.linspace(0, count, min(threads, max(count, 1)) + 1).astype(int)
    return [slice(begin, end) for begin, end in pairwise(edges)]
