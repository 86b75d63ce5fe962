"""Examples: a row of the feature table and what was observed one to seven days after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import Transform

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Examples:
    """The examples of one pollutant.

    Attributes:
        pollutant: Its name.
        features: Rows of the feature table, sorted by site and origin [n].
        targets: Observed value 1 to H days after each origin, AQS unit [n, H]; NaN where there is none, or where the
            day lies after ``as_of``.
        issuable: Whether a forecast would be issued from that origin: the site lies in the area and is forecastable
            [n]. All examples teach; only these are judged.
        unit: The working unit of the pollutant's models.
    """

    pollutant: str
    features: pd.DataFrame
    targets: NDArray[np.float64]
    issuable: NDArray[np.bool_]
    unit: Transform

    def __len__(self) -> int:
        return len(self.features)

    @property
    def origins(self) -> NDArray[np.datetime64]:
        """The origin of each example, in days [n]."""
        return self.features["origin_date"].to_numpy(dtype="datetime64[D]")

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Which examples have a target [n]."""
        return np.asarray(np.isfinite(self.targets).any(axis=1))

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """The examples of a mask [n]."""
        return replace(
            self, features=self.features[chosen], targets=self.targets[chosen], issuable=self.issuable[chosen]
        )


def pair_examples(
    features: pd.DataFrame,
    observations: pd.DataFrame,
    pollutant: str,
    as_of: pd.Timestamp,
    horizon_days: int,
    unit: Transform,
) -> Examples:
    """Pair each origin of a pollutant with what happened in the days after it.

    Args:
        features: The feature table.
        observations: ``DailyObservations``.
        pollutant: Which one.
        as_of: No observation after this day is looked at.
        horizon_days: H.
        unit: The working unit.
    """
    rows = features[(features["pollutant"] == pollutant) & (features["origin_date"] <= as_of)]
    known = observations[(observations["pollutant"] == pollutant) & (observations["date_local"] <= as_of)]
    sites = pd.Index(sorted(set(rows["site_id"]) | set(known["site_id"])))
    if rows.empty or known.empty:
        return no_examples(pollutant, features, horizon_days, unit)
    first = min(rows["origin_date"].min(), known["date_local"].min())
    days = (as_of - first).days + 1
    # One more row and column of NaN on the grid takes what lies beyond it.
    grid = np.full((len(sites), days + horizon_days + 1), np.nan)
    grid[sites.get_indexer(known["site_id"]), (known["date_local"] - first).dt.days] = known["value"]
    site = sites.get_indexer(rows["site_id"])
    day = (rows["origin_date"] - first).dt.days.to_numpy()
    targets = np.column_stack([grid[site, day + lead] for lead in range(1, horizon_days + 1)])
    return Examples(pollutant, rows, targets, np.ones(len(rows), dtype=bool), unit)


def no_examples(pollutant: str, features: pd.DataFrame, horizon_days: int, unit: Transform) -> Examples:
    """No examples of a pollutant, with the columns of the feature table."""
    return Examples(pollutant, features.iloc[:0], np.empty((0, horizon_days)), np.zeros(0, dtype=bool), unit)


def judge_issuable(examples: Examples, judged: pd.DataFrame, in_area: pd.Index) -> Examples:
    """The examples with ``issuable`` as inference would decide it.

    Args:
        examples: Of one pollutant.
        judged: ``forecastable`` of the origins that matter: site_id, origin_date, forecastable. An origin that is not
            in it is not issuable.
        in_area: Site ids of the area.
    """
    issued = judged[judged["forecastable"] & judged["site_id"].isin(in_area)]
    keys = pd.MultiIndex.from_frame(examples.features[["site_id", "origin_date"]])
    return replace(examples, issuable=keys.isin(pd.MultiIndex.from_frame(issued[["site_id", "origin_date"]])))
