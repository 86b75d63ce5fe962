"""Observations that EPA revised after a forecast of theirs was first verified: the value then, and now.

Only AQS's values count. One of AirNow's that AQS replaces was never EPA's last word: ``provisional_differences`` has
it.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch import schemas
from airwatch.parameters import RunParams
from airwatch.scope import mark

logger = logging.getLogger(__name__)

KEY = ["site_id", "pollutant", "date_local"]


def note_revisions(
    known_observations: pd.DataFrame, matured_forecasts: pd.DataFrame, sites: pd.DataFrame, run: RunParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep what issued forecasts were first verified with, and compare it with what is observed now.

    Scores are always by the newest value. An ``as_of`` before one that was noted of the same sites changes nothing.

    Args:
        known_observations: ``VerifiedObservations`` as the runs before left them, of every source.
        matured_forecasts: Those of this run; only issued ones count, for the ledger loses none of them.
        sites: Where this run knows of observations: one that is missing there was withdrawn.
        run: Source, pollutants, ``first_year`` and ``as_of``.

    Returns:
        ``VerifiedObservations``, sorted by its key (source, site_id, pollutant, date_local): ``first_value``, AQS's
        that a forecast was first verified with on ``first_verified``, ``value`` now, missing where EPA withdrew it, and
        ``revised``, the ``as_of`` that last found it changed; and ``RevisedObservations``, those of the run's source
        and sites whose value is not the first one.
    """
    own = (known_observations["source"] == run.source_label).to_numpy() & _known_here(known_observations, sites)
    known, others = known_observations[own], known_observations[~own]
    if known["first_verified"].max() > pd.Timestamp(run.as_of):
        return known_observations, _revised(known[known["revised"] <= pd.Timestamp(run.as_of)], run)
    noted = _noted(known, _observed(matured_forecasts), run).assign(source=run.source_label)
    table = pd.concat([frame for frame in (noted, others) if len(frame)] or [others])
    table = table[list(schemas.empty("VerifiedObservations").columns)].sort_values(["source", *KEY], ignore_index=True)
    return table, _revised(noted, run)


def _observed(matured: pd.DataFrame) -> pd.DataFrame:
    """Each observation of AQS that a forecast from the ledger was verified with, once."""
    counted = (matured["kind"] == "issued") & ~matured["provisional"]
    issued = matured[counted].rename(columns={"target_date": "date_local", "observed": "now"})
    return issued[[*KEY, "now"]].drop_duplicates(KEY)


def _noted(known: pd.DataFrame, observed: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """What is known, with what is observed now."""
    pairs = known.merge(observed, on=KEY, how="outer", indicator=True)
    today, new = pd.Timestamp(run.as_of), (pairs["_merge"] == "right_only").to_numpy()
    pairs.loc[new, "first_value"] = pairs.loc[new, "value"] = pairs.loc[new, "now"]
    pairs.loc[new, "first_verified"] = today
    seen = (pairs["_merge"] != "left_only").to_numpy() | _expected(pairs, run)
    same = (pairs["now"] == pairs["value"]) | (pairs["now"].isna() & pairs["value"].isna())
    changed = seen & ~same.to_numpy()
    pairs.loc[changed, "value"] = pairs.loc[changed, "now"]
    pairs.loc[changed, "revised"] = today
    if changed.any():
        logger.info("Verification: %d observations were revised since they were first verified", changed.sum())
    return pairs.drop(columns=["now", "_merge"])


def _known_here(rows: pd.DataFrame, sites: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are of sites that this run knows."""
    here = pd.MultiIndex.from_frame(sites[["site_id", "pollutant"]])
    return np.asarray(pd.MultiIndex.from_frame(rows[["site_id", "pollutant"]]).isin(here))


def _expected(rows: pd.DataFrame, run: RunParams) -> NDArray[np.bool_]:
    """Whether this run would know of each observation, were it there still."""
    asked = rows["pollutant"].isin(run.pollutants) & (rows["date_local"].dt.year >= run.first_year)
    return np.asarray(asked)


def _revised(known: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """Those whose value is not the first one any more."""
    changed = known[known["value"] != known["first_value"]]
    columns = list(schemas.empty("RevisedObservations").columns)
    return mark(changed[columns].sort_values(KEY, ignore_index=True), run)
