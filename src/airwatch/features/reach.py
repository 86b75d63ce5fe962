"""Whether a stored feature table reaches the day a run is about."""

from __future__ import annotations

from datetime import date

import pandas as pd


class StaleFeaturesError(Exception):
    """The feature table ends before the day that is asked of it."""


def require_reach(features: pd.DataFrame, as_of: date) -> None:
    """Refuse a feature table that was built for an earlier ``as_of``.

    Args:
        features: The feature table; every site has a row for each day up to the ``as_of`` it was built for.
        as_of: The run's.

    Raises:
        StaleFeaturesError: The table ends earlier; the message says how to bring it up to date.
    """
    if features.empty:
        return
    newest = features["origin_date"].max()
    if newest < pd.Timestamp(as_of):
        raise StaleFeaturesError(
            f"features end on {newest.date()} and the run is as of {as_of}. Bring them up to date, with the same "
            "--params: kedro run --pipelines ingestion,feature_engineering"
        )
