"""What the workers of a test's cluster do: they find it here by its name."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from airwatch.forecasting.trees import TreeJob
from builders import build_days


def die_once(marker: Path) -> None:
    """Kill the own process, unless that was done before."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Days:
    """Three days at one site, to be made by a worker.

    Attributes:
        site: Its id.
        dies: A file; the worker that finds it missing dies.
        fails: What the work fails with.
        count: How many days.
    """

    site: str
    dies: Path | None = None
    fails: Exception | None = None
    count: int = 3

    def __str__(self) -> str:
        return f"the days of {self.site}"

    def frame(self) -> pd.DataFrame:
        """The days."""
        if self.dies:
            die_once(self.dies)
        if self.fails:
            raise self.fails
        return build_days(self.count, site=self.site)


@dataclass(frozen=True)
class DyingJob(TreeJob):
    """Trees at whose second lead the first worker that comes there dies, once."""

    marker: Path = Path()

    def _boost(self, binned: Any, residual: Any, keys: Any, rounds: int) -> Any:
        if rounds == self.rounds[1]:
            die_once(self.marker)
        return super()._boost(binned, residual, keys, rounds)


@dataclass(frozen=True)
class FailingJob(TreeJob):
    """Trees of which one worker cannot find the bins."""

    marker: Path = Path()

    def edges(self) -> Any:
        """The bins, but for the first worker that asks."""
        try:
            self.marker.touch(exist_ok=False)
        except FileExistsError:
            return super().edges()
        raise ValueError("a mistake")


def number(given: Any) -> int:
    """How many bytes were given."""
    return len(given)


def first_dies(share: int, ring: dict[str, Any]) -> int:
    """Work that one of the workers does not survive."""
    if share == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return share
