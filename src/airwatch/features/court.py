"""Whether a table knows anything of the days after its origins.

Reading code does not show it; another future does. The days after an origin are taken away, or their values
shuffled and replaced, and the table is built again: a column that differs in any row up to that origin has
looked ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

KEY = ("site_id", "pollutant", "origin_date", "target_date")


def find_leaks(
    table: pd.DataFrame,
    build: Callable[[pd.DataFrame], pd.DataFrame],
    observations: pd.DataFrame,
    origins: Sequence[pd.Timestamp],
    *,
    seed: int = 0,
) -> list[str]:
    """Name the columns of a table that depend on days after their origin.

    Args:
        table: What is judged, as it is used: features, or forecasts. ``origin_date`` and whichever others of ``KEY``
            it has name a row.
        build: Makes such a table from observations, the same for the same; called twice for each origin.
        observations: Columns pollutant, date_local (local standard days) and value, what ``table`` was made of.
        origins: The days after which the future is changed. A look one day ahead shows only in the rows of the
            origins themselves, so take some when much was observed.
        seed: Of the shuffling.

    Returns:
        In the order of the table: the columns that differ to the bit, those that ``build`` does not make, and
        ``origin_date`` itself where the future decides which rows there are. Empty where nothing leaks.

    Raises:
        ValueError: An origin has no row at it or no observation after it, so that it could show nothing.
    """
    random = np.random.default_rng(seed)
    leaking: set[str] = set()
    for origin in origins:
        _require_evidence(table, observations, origin)
        for other in _other_futures(observations, origin, random):
            leaking.update(_differing(_known_by(table, origin), _known_by(build(other), origin)))
    return [str(name) for name in table.columns if name in leaking]


def _require_evidence(table: pd.DataFrame, observations: pd.DataFrame, origin: pd.Timestamp) -> None:
    """Refuse an origin that could acquit anything."""
    for found, what in (
        ((table["origin_date"] == origin).any(), "row of that origin in the table"),
        ((observations["date_local"] > origin).any(), "observation after it"),
    ):
        if not found:
            raise ValueError(f"The origin {origin.date()} shows no leak: there is no {what}. Choose another origin.")


def _other_futures(
    observations: pd.DataFrame, origin: pd.Timestamp, random: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """The observations with no day after the origin, and with other values on those days."""
    later = observations["date_local"] > origin
    yield observations[~later]
    value = observations["value"]
    shuffled = value[later].groupby(observations["pollutant"], observed=True).transform(random.permutation)
    # A single later day shuffles to itself; no value that a monitor reports is its own image here, zero included.
    yield observations.assign(value=value.where(~later, 10.0 * shuffled + 1.0))


def _known_by(table: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """The rows up to an origin, by their key."""
    rows = table[table["origin_date"] <= origin]
    return rows.set_index([name for name in KEY if name in table.columns]).sort_index()


def _differing(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """The columns of ``before`` that are not the same in ``after``."""
    if not before.index.equals(after.index):
        yield "origin_date"
        shared = before.index.intersection(after.index)
        before, after = before.loc[shared], after.loc[shared]
    for name, column in before.items():
        if name not in after.columns:
            yield str(name)
            continue
        again = after[name]
        if not (column.eq(again) | (column.isna() & again.isna())).all():
            yield str(name)
