"""Scores by season, region, level and site: when and where which candidate is good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.categories import CATEGORIES
from airwatch.domain.regions import region_of
from airwatch.scores.bootstrap import BlockBootstrap
from airwatch.scores.levels import levels
from airwatch.scores.measures import QUANTILES, FloatArray, crps_rows
from airwatch.scores.table import REFERENCES, columns_to_score, score_rows, score_table

SEASONS = ("winter", "spring", "summer", "autumn")
GROUPINGS = ("all", "season", "region", "level", "site")
KEY_OF_GROUPS = ["pollutant", "candidate", "lead_days", "grouping", "group"]


def score_groups(forecasts: pd.DataFrame, *, block_days: int = 14, draws: int = 400, seed: int = 20) -> pd.DataFrame:
    """Score candidates lead by lead: on all their rows, and on those of each season, region, level and site.

    A level is known only afterwards: a good forecast is above a low observation and below a high one, so levels
    show what to expect on such a day and do not rank candidates.

    Args:
        forecasts: As ``score_table`` takes them, with ``candidate``, ``site_id`` and ``target_date``. The candidates
            ``persistence`` and ``climatology``, where they are among them, give the rest their reference CRPS on the
            same site, origin and lead.
        block_days: Length of the bootstrap's blocks of origin days.
        draws: Bootstrap samples.
        seed: Of the bootstrap.

    Returns:
        One row for each key ``pollutant``, ``candidate``, ``lead_days``, ``grouping`` and ``group``, sorted, then
        ``SCORE_COLUMNS``. By ``grouping`` the ``group`` is: ``all``; ``season``, the meteorological one of the target
        day; ``region``, EPA's of the site's state, such as ``region 09`` (a site outside them is in none); ``level``,
        the AQI category of the observation; ``site``, its id. A group without rows has no row.
    """
    observed = forecasts[forecasts["observed"].notna()]
    beside = observed.assign(**_reference_losses(observed))
    bootstrap = BlockBootstrap(draws, seed)
    tables = [score_table(beside.iloc[:0].assign(grouping="", group=""), KEY_OF_GROUPS)]
    for _, rows in beside.groupby(["pollutant", "candidate"], observed=True):
        columns = columns_to_score(rows, block_days)
        for grouping, group in zip(GROUPINGS, _groups(rows), strict=True):
            keys = rows[["pollutant", "candidate", "lead_days"]].assign(grouping=grouping, group=group)
            tables.append(score_rows(keys, columns, bootstrap))
    return pd.concat(tables).sort_values(KEY_OF_GROUPS, ignore_index=True)


def _reference_losses(forecasts: pd.DataFrame) -> dict[str, FloatArray]:
    """The CRPS of each reference on the row of each forecast [n], NaN where the reference is not forecast."""
    losses = crps_rows(forecasts[list(QUANTILES)], forecasts["observed"])
    key = ["pollutant", "site_id", "origin_date", "lead_days"]
    same = forecasts.groupby(key, sort=False, observed=True).ngroup().to_numpy()
    beside = {}
    for name in REFERENCES:
        own = (forecasts["candidate"] == name).to_numpy()
        known = np.full(same.max(initial=-1) + 1, np.nan)
        known[same[own]] = losses[own]
        beside[f"crps_{name}"] = known[same]
    return beside


def _groups(rows: pd.DataFrame) -> tuple[Any, ...]:
    """The group of each row, for each of ``GROUPINGS``; ``None`` where it has none."""
    return "all", seasons(rows["target_date"]), _regions(rows["site_id"]), _categories(rows), rows["site_id"]


def seasons(days: pd.Series) -> NDArray[np.object_]:
    """The meteorological season of each day [n]; winter is December to February."""
    return _named(SEASONS, days.dt.month.to_numpy() % 12 // 3)


def _regions(site_ids: pd.Series) -> pd.Series:
    numbers = {site: region_of(site[:2]) for site in site_ids.unique()}
    return site_ids.map({site: number and f"region {number:02d}" for site, number in numbers.items()})


def _categories(rows: pd.DataFrame) -> NDArray[np.object_]:
    return _named([each.name for each in CATEGORIES], levels(rows["pollutant"], rows["observed"]))


def _named(names: Sequence[str], positions: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.asarray(np.array(names, dtype=object)[positions], dtype=object)
