"""Pacing: at most so many requests in any 60 seconds, as the server sees them arrive.

The record of recent requests is a small file, so that a process started right after another goes on counting.
A request arrives some time after it was allowed, so the record keeps the latest moment at which it can have
arrived: while it is out, ``UNANSWERED_S`` after it was allowed; once its reply is here, that moment.
A limiter that stamps requests when it allows them lets N + 1 of them arrive within a minute when the first is
slow on its way and the last is quick.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from filelock import FileLock

logger = logging.getLogger(__name__)

WINDOW_S = 60.0
MARGIN_S = 0.5  # the server's minute may run a little faster than ours
UNANSWERED_S = 15.0  # connecting ends after 10 s, so a killed process's last request has arrived by then
SHORTEST_SLEEP_S = 0.01


class Pacer(Protocol):
    """Says when the next request may go."""

    def slot(self) -> AbstractContextManager[None]:
        """Wait until a request may go; it is made, and its reply read, inside the block."""


class Unpaced:
    """No limit, for the sandbox."""

    def slot(self) -> AbstractContextManager[None]:
        """Let the request go at once."""
        return nullcontext()


class SlidingWindow:
    """At most ``per_minute`` requests in any 60 seconds, over every process that shares ``file``.

    Nothing is read or written before the first request.

    Args:
        file: Record of the recent requests, made when missing. One that cannot be read counts as a full
            minute of requests, so it costs a minute and never stops a run. A lock file lies beside it.
        per_minute: Requests allowed in any 60 s, at least 1.
        clock: Seconds since 1970; it must go on over restarts of the process.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        file: Path,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_minute < 1:
            raise ValueError(f"requests_per_minute is {per_minute}. Give 1 or more, or none for no limit.")
        self._file = file
        self._per_minute = per_minute
        self._clock = clock
        self._sleep = sleep
        self._lock = FileLock(file.with_name(f"{file.name}.lock"))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until a request may go; it is made, and its reply read, inside the block.

        Raises:
            OSError: The record cannot be written (a full disk): no request goes uncounted.
        """
        stamp = self._take()
        try:
            yield
        finally:
            self._settle(stamp)

    def _take(self) -> float:
        """Wait for room, enter one request in the record and return its provisional stamp."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        while True:
            with self._lock:
                now = self._clock()
                stamps = self._recent(now)
                wait_s = self._wait_s(stamps, now)
                if wait_s <= 0:
                    stamp = now + UNANSWERED_S
                    self._write([*stamps, stamp])
                    return stamp
                # Written back although nothing was added: stamps from before the clock was set back are
                # pulled to the present once; pulled along at each look, they would make the wait endless.
                self._write(stamps)
            logger.debug("Waiting %.0f s: at most %d requests a minute", wait_s, self._per_minute)
            self._sleep(max(wait_s, SHORTEST_SLEEP_S))

    def _settle(self, stamp: float) -> None:
        """Replace the provisional stamp by the present: the request has arrived by now."""
        with self._lock:
            now = self._clock()
            stamps = self._recent(now)
            if stamp in stamps:
                stamps.remove(stamp)
            self._write([*stamps, now])

    def _wait_s(self, stamps: list[float], now: float) -> float:
        """Seconds until fewer than ``per_minute`` of the ``stamps``, which ascend, lie in the window."""
        if len(stamps) < self._per_minute:
            return 0.0
        return stamps[-self._per_minute] + WINDOW_S + MARGIN_S - now

    def _recent(self, now: float) -> list[float]:
        """The stamps still in the window, ascending, none further ahead of ``now`` than a request can be."""
        try:
            stamps = [float(stamp) for stamp in json.loads(self._file.read_text())["latest_arrivals"]]
            if not all(map(math.isfinite, stamps)):
                raise ValueError("a stamp is not a time")
        except FileNotFoundError:
            return []
        except (ValueError, TypeError, KeyError):
            logger.warning("Cannot read the record of recent requests %s; pausing for a minute", self._file)
            return [now] * self._per_minute
        return sorted(min(stamp, now + UNANSWERED_S) for stamp in stamps if stamp > now - WINDOW_S - MARGIN_S)

    def _write(self, stamps: list[float]) -> None:
        """Replace the record whole, so that a killed process leaves the old one or the new one."""
        fresh = self._file.with_name(f"{self._file.name}.new")
        fresh.write_text(json.dumps({"latest_arrivals": sorted(stamps)}))
        fresh.replace(self._file)
