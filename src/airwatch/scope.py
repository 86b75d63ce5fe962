"""Which run a stored table was made for, so that no step takes another run's table for its own.

Tables lie at fixed places; a run of another area or source leaves its own there. The scope of the run travels in
the table (``DataFrame.attrs``, which parquet keeps), so table and scope are written in one piece.
"""

from __future__ import annotations

import pandas as pd

from airwatch.parameters import RunParams
from airwatch.tables import AnyTable, Attrs, as_table

MADE_FOR = "made_for"
MAKE_AGAIN = "Make it again, with the same --params: kedro run --pipelines"


class OtherScopeError(Exception):
    """A table was made for another run than this one, or does not reach its day."""


def mark(frame: pd.DataFrame, run: RunParams, *, whatever: tuple[str, ...] = ()) -> pd.DataFrame:
    """The frame, marked as made for a run, whatever the parts of its scope that the table does not depend on."""
    marked = frame.copy(deep=False)
    marked.attrs = {**frame.attrs, **mark_of(run, whatever=whatever)}
    return marked


def mark_of(run: RunParams, *, whatever: tuple[str, ...] = ()) -> Attrs:
    """The mark alone, for a table that is made block by block."""
    return {MADE_FOR: {key: made for key, made in run.scope.items() if key not in whatever}}


def made_for(table: AnyTable, run: RunParams) -> bool:
    """Whether a table was made for a run of this scope; a table that does not say is taken."""
    return not _differences(table, run)


def require_made_for(table: AnyTable, name: str, maker: str, run: RunParams) -> None:
    """Refuse a table that was made for another run.

    Args:
        table: As it was stored.
        name: What it is called.
        maker: The pipelines that make it.
        run: This run.

    Raises:
        OtherScopeError: The first thing that differs, and how to make the table again.
    """
    different = _differences(table, run)
    if different:
        key, made, asked = different[0]
        raise OtherScopeError(f"{name} was made for {key}={made} and this run is {key}={asked}. {MAKE_AGAIN} {maker}")


def require_reach(features: AnyTable, run: RunParams) -> None:
    """Refuse a feature table that was built for an earlier ``as_of``, or for a run of another scope.

    Args:
        features: The feature table; every site has a row for each day up to the ``as_of`` it was built for.
        run: This run.

    Raises:
        OtherScopeError: The table ends earlier, or is about something else; the message says how to make it again.
    """
    makers = "ingestion,feature_engineering"
    require_made_for(features, "features", makers, run)
    newest = as_table(features).newest
    if newest < pd.Timestamp(run.as_of):
        raise OtherScopeError(
            f"features end on {newest.date()} and the run is as of {run.as_of}. {MAKE_AGAIN} {makers}"
        )


def _differences(table: AnyTable, run: RunParams) -> list[tuple[str, object, object]]:
    """What the table was made for and what this run asks, where they differ; fewer pollutants are no difference."""
    asked = run.scope
    made = table.attrs.get(MADE_FOR, {})
    differing = [(key, made[key], asked[key]) for key in asked if key in made and made[key] != asked[key]]
    return [d for d in differing if d[0] != "pollutants" or not set(run.pollutants) <= set(str(d[1]).split("+"))]
