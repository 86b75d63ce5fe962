"""Rows to train on whose trees are grown by the workers of a cluster, each on its share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.rows import Places, TrainingRows
from airwatch.forecasting.trees import TreeJob


@dataclass(frozen=True)
class Share:
    """Rows that one worker grows trees on.

    Attributes:
        job: Of all rows.
        rows: Its own.
        residuals: Of these.
    """

    job: TreeJob
    rows: TrainingRows
    residuals: FloatArray

    def __str__(self) -> str:
        sites = self.rows.site_ids
        return f"the trees of {sites.iloc[0]} to {sites.iloc[-1]}" if len(sites) else "the trees of no rows"


class Together(Protocol):
    """Workers that make one thing together."""

    def together(self, work: Any, shares: Any) -> Any:
        """What they make."""
        ...


@dataclass(frozen=True)
class SharedRows(TrainingRows):
    """Rows that are read here for all but the trees.

    Attributes:
        here: The rows.
        there: The same rows as workers can have them: what reads them from the table, where that is stored.
        workers: Who grows the trees.
    """

    here: TrainingRows
    there: TrainingRows
    workers: Together

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.here.columns

    @property
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each row, in days [n]."""
        return self.here.origins

    @property
    def site_ids(self) -> pd.Series:
        """The site of each row [n]."""
        return self.here.site_ids

    @property
    def in_memory(self) -> bool:
        """Whether they are one block."""
        return self.here.in_memory

    def blocks(self) -> Iterator[tuple[slice, pd.DataFrame]]:
        """Which rows, and the rows, one block after the other."""
        return self.here.blocks()

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """The rows of a mask [n]."""
        return replace(self, here=self.here.where(chosen), there=self.there.where(chosen))

    def take(self, places: NDArray[np.intp]) -> pd.DataFrame:
        """Some of the rows."""
        return self.here.take(places)

    def sample(self) -> tuple[Places, pd.DataFrame]:
        """The places of rows drawn at random, and the rows."""
        return self.here.sample()

    def scratch(self) -> AbstractContextManager[Path | None]:
        """A folder for what does not fit into memory meanwhile."""
        return self.here.scratch()

    def grow(self, job: TreeJob, residuals: FloatArray) -> list[bytes]:
        """The trees, grown by all workers."""

        def shares(count: int) -> Sequence[Share]:
            edges = np.linspace(0, len(self), count + 1).astype(int)
            of_worker = np.searchsorted(edges[1:-1], np.arange(len(self)), side="right")
            chosen = [of_worker == worker for worker in range(count)]
            return [Share(job, self.there.where(mask), residuals[mask]) for mask in chosen]

        grown: list[bytes] = self.workers.together(grow_share, shares)
        return grown


def grow_share(share: Share, ring: dict[str, Any]) -> list[bytes] | None:
    """Grow trees with the other workers of a ring; the first of them gives them back."""
    from xgboost.collective import get_rank
    from xgboost.dask import CommunicatorContext

    edges = share.job.edges()  # before the ring is closed: of the sample alone, not of all workers' samples
    with redirect_stdout(StringIO()), CommunicatorContext(**ring):  # XGBoost prints each worker's place in the ring
        grown = share.job.grow(share.rows, share.residuals, edges)
        return grown if get_rank() == 0 else None
