"""Memory for one block of the feature table after the other."""

from __future__ import annotations

from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from airwatch.features.plan import Block

_SPARE = 8  # an eighth more than the first block takes, for the pieces of a pollutant differ a little


class Room:
    """Blocks of which each has, where it can, the memory of one that nobody looks at any more.

    The system clears each page of new memory before it is written, which takes as long as a quarter of the features;
    what was written before need not be cleared. Threads may share a room. At a worker it begins empty.
    """

    def __init__(self) -> None:
        self._free: list[NDArray[np.float32]] = []

    def __reduce__(self) -> tuple[type[Room], tuple[()]]:
        return Room, ()

    def block(self, columns: int, rows: int) -> Block:
        """A block [columns, rows] of no particular content, in one piece."""
        size = columns * rows
        memory = self._any_free()
        if len(memory) < size:
            memory = np.empty(size + size // _SPARE, dtype=np.float32)
        # Whatever is cut from the block refers to this array, not to the memory itself: it lives as long as they do.
        looked_at = np.frombuffer(memory.data, dtype=np.float32, count=size)
        finalize(looked_at, self._free.append, memory).atexit = False
        return looked_at.reshape(columns, rows)

    def _any_free(self) -> NDArray[np.float32]:
        """Memory that nobody looks at; none where all is in use, or another thread was quicker."""
        try:
            return self._free.pop()
        except IndexError:
            return np.empty(0, dtype=np.float32)
