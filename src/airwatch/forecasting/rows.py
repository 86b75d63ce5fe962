"""The rows that models are fitted on: a frame in memory, or blocks of a table that need not fit into it.

Models take either. What is a sum over rows they gather block by block, a frame being one block; medians, quantiles and
the like they take from ``sample``, which of a frame is the frame itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray

if TYPE_CHECKING:
    from airwatch.forecasting.trees import TreeJob

SAMPLE_ROWS = 250_000  # of a table that is read in blocks, and of any rows to find the edges of bins in
SAMPLE_SEED = 20

Places = NDArray[np.intp] | slice


class TrainingRows(ABC):
    """Rows of the feature table of one pollutant, in their order."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The names of the columns."""

    @property
    @abstractmethod
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each row, in days [n]."""

    @property
    @abstractmethod
    def site_ids(self) -> pd.Series:
        """The site of each row [n]."""

    @property
    @abstractmethod
    def in_memory(self) -> bool:
        """Whether they are one block."""

    @abstractmethod
    def blocks(self) -> Iterator[tuple[slice, pd.DataFrame]]:
        """Which rows, and the rows, one block after the other; none where there are no rows."""

    @abstractmethod
    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """The rows of a mask [n]."""

    @abstractmethod
    def take(self, places: NDArray[np.intp]) -> pd.DataFrame:
        """Some of the rows, by their places, which rise."""

    @abstractmethod
    def sample(self) -> tuple[Places, pd.DataFrame]:
        """The places of rows drawn at random, the same each time, and the rows; all of them where they are few."""

    def few(self) -> pd.DataFrame:
        """At most ``SAMPLE_ROWS`` rows in order: the sample, or as many drawn of it where it is all of more."""
        _, rows = self.sample()
        return rows if len(rows) <= SAMPLE_ROWS else rows.iloc[sample_places(len(rows))]

    @abstractmethod
    def scratch(self) -> AbstractContextManager[Path | None]:
        """A folder for what does not fit into memory meanwhile, gone after it; None where the rows are in memory."""

    def grow(self, job: "TreeJob", residuals: FloatArray) -> list[bytes]:
        """The trees of a job on these rows, as XGBoost stores them; ``residuals`` [n, H]."""
        return job.grow(self, residuals, job.edges())

    def __len__(self) -> int:
        return len(self.origins)


@dataclass(frozen=True)
class FrameRows(TrainingRows):
    """Rows in memory."""

    frame: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [str(name) for name in self.frame.columns]

    @property
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each row, in days [n]."""
        return self.frame["origin_date"].to_numpy(dtype="datetime64[D]")

    @property
    def site_ids(self) -> pd.Series:
        """The site of each row [n]."""
        return self.frame["site_id"]

    @property
    def in_memory(self) -> bool:
        """They are one block."""
        return True

    def blocks(self) -> Iterator[tuple[slice, pd.DataFrame]]:
        """The frame."""
        if len(self.frame):
            yield slice(0, len(self.frame)), self.frame

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """The rows of a mask [n]; the same frame where that is all of them."""
        return self if chosen.all() else replace(self, frame=self.frame[chosen])

    def take(self, places: NDArray[np.intp]) -> pd.DataFrame:
        """Some of the rows."""
        return self.frame.iloc[places]

    def sample(self) -> tuple[Places, pd.DataFrame]:
        """All of them."""
        return slice(None), self.frame

    def scratch(self) -> AbstractContextManager[None]:
        """None is needed."""
        return nullcontext()

    def __len__(self) -> int:
        return len(self.frame)


Features = pd.DataFrame | TrainingRows


def sample_places(count: int) -> NDArray[np.intp]:
    """Which of so many rows are the sample, in order; all where they are few."""
    if count <= SAMPLE_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng(SAMPLE_SEED).choice(count, SAMPLE_ROWS, replace=False))


def as_rows(features: Features) -> TrainingRows:
    """A frame as rows in memory; rows as they are."""
    return FrameRows(features) if isinstance(features, pd.DataFrame) else features
