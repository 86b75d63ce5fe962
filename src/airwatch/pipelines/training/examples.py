"""Examples: a row of the feature table and what was observed one to seven days after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.engine import HERE, Engine
from airwatch.forecasting.rows import Features, FrameRows, TrainingRows, as_rows
from airwatch.pipelines.training.stored import StoredRows
from airwatch.tables import AnyTable, StoredTable, as_table

KEY = ["site_id", "origin_date"]
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Examples:
    """The examples of one pollutant.

    Attributes:
        pollutant: Its name.
        features: Rows of the feature table, sorted by site and origin [n]: a frame, or where they are many what reads
            them from the stored table.
        targets: Observed value 1 to H days after each origin, AQS unit [n, H]; NaN where there is none, or where the
            day lies after ``as_of``. In single precision where the features are read from the table.
        issuable: Whether a forecast would be issued from that origin: the site lies in the area and is forecastable
            [n]. All examples teach; only these are judged.
        unit: The working unit of the pollutant's models.
    """

    pollutant: str
    features: Features
    targets: FloatArray
    issuable: NDArray[np.bool_]
    unit: Transform

    def __len__(self) -> int:
        return len(self.features)

    def __deepcopy__(self, memo: dict[int, Any]) -> Examples:
        """Itself: nothing changes examples, and Kedro copies what it hands from node to node."""
        return self

    @property
    def rows(self) -> TrainingRows:
        """The features as rows, in memory or not."""
        return as_rows(self.features)

    @property
    def frame(self) -> pd.DataFrame:
        """The features in memory; read where they are not yet."""
        return self.features if isinstance(self.features, pd.DataFrame) else self.rows.take(np.arange(len(self)))

    @property
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each example, in days [n]."""
        return self.rows.origins

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Which examples have a target [n]."""
        return np.asarray(np.isfinite(self.targets).any(axis=1))

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """The examples of a mask [n]."""
        if chosen.all():
            return self
        features = self.features[chosen] if isinstance(self.features, pd.DataFrame) else self.rows.where(chosen)
        return replace(self, features=features, targets=self.targets[chosen], issuable=self.issuable[chosen])

    def in_memory(self) -> Examples:
        """The same with all features in memory."""
        return replace(self, features=self.frame)


def pair_examples(
    features: AnyTable,
    observations: AnyTable,
    pollutant: str,
    as_of: pd.Timestamp,
    horizon_days: int,
    unit: Transform,
    most_in_memory: int | None = None,
    engine: Engine = HERE,
) -> Examples:
    """Pair each origin of a pollutant with what happened in the days after it.

    Args:
        features: The feature table.
        observations: ``DailyObservations``.
        pollutant: Which one.
        as_of: No observation after this day is looked at.
        horizon_days: H.
        unit: The working unit.
        most_in_memory: More examples than that stay in the table, to be read in blocks; None: any number is read.
        engine: Who grows trees on them.
    """
    table = as_table(features)
    keys = table.read(KEY, pollutant=pollutant, last=as_of)
    known = as_table(observations).read(["site_id", "date_local", "value"], pollutant=pollutant, last=as_of)
    if keys.empty or known.empty:
        return no_examples(pollutant, table, horizon_days, unit)
    stored: TrainingRows = StoredRows.all_of(table, pollutant, as_of, keys)
    if most_in_memory is None or len(keys) <= most_in_memory:
        rows: TrainingRows = FrameRows(table.read(pollutant=pollutant, last=as_of))
        targets = _targets(keys, known, as_of, horizon_days, np.dtype(np.float64))
    else:
        rows, targets = stored, _targets(keys, known, as_of, horizon_days, np.dtype(np.float32))
    there = stored if isinstance(table, StoredTable) else rows
    given = engine.rows(rows, there)
    known_features = given.frame if isinstance(given, FrameRows) else given
    return Examples(pollutant, known_features, targets, np.ones(len(keys), dtype=bool), unit)


def _targets(
    keys: pd.DataFrame, known: pd.DataFrame, as_of: pd.Timestamp, horizon_days: int, dtype: np.dtype[Any]
) -> FloatArray:
    """What was observed 1 to H days after each origin [n, H], NaN where nothing was."""
    sites = pd.Index(sorted({*keys["site_id"].unique(), *known["site_id"].unique()}))
    first = min(keys["origin_date"].min(), known["date_local"].min())
    days = (as_of - first).days + 1
    # One more row and column of NaN on the grid takes what lies beyond it.
    grid = np.full((len(sites), days + horizon_days + 1), np.nan, dtype=dtype)
    grid[sites.get_indexer(known["site_id"]), (known["date_local"] - first).dt.days] = known["value"]
    site = sites.get_indexer(keys["site_id"])
    day = (keys["origin_date"] - first).dt.days.to_numpy()
    targets = np.empty((len(keys), horizon_days), dtype=dtype)
    for lead in range(1, horizon_days + 1):
        targets[:, lead - 1] = grid[site, day + lead]
    return targets


def no_examples(pollutant: str, features: AnyTable, horizon_days: int, unit: Transform) -> Examples:
    """No examples of a pollutant, with the columns of the feature table."""
    none = as_table(features).read(pollutant=[])
    return Examples(pollutant, none, np.empty((0, horizon_days)), np.zeros(0, dtype=bool), unit)


def judge_issuable(examples: Examples, judged: pd.DataFrame, in_area: pd.Index) -> Examples:
    """The examples with ``issuable`` as inference would decide it.

    Args:
        examples: Of one pollutant.
        judged: ``forecastable`` of the origins that matter: site_id, origin_date, forecastable. An origin that is not
            in it is not issuable.
        in_area: Site ids of the area.
    """
    issued = judged[judged["forecastable"] & judged["site_id"].isin(in_area)]
    sites = pd.Index(issued["site_id"].unique())
    known = _numbers(sites.get_indexer(issued["site_id"]), issued["origin_date"].to_numpy("datetime64[D]"))
    site = sites.get_indexer(examples.rows.site_ids)
    return replace(examples, issuable=np.isin(_numbers(site, examples.origins), known) & (site >= 0))


def _numbers(site: NDArray[np.intp], days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """A number for each site and day."""
    return site.astype(np.int64) * 1_000_000 + days.astype(np.int64)
