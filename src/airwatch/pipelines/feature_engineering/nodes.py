"""The nodes of feature engineering: one value a site and day, the sites, the feature table."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.cluster import LOCAL, Engines
from airwatch.features import table
from airwatch.features.pieces import Piece
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering import description, policy
from airwatch.pipelines.feature_engineering.forecastability import forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.feature_engineering.provisional import with_provisional
from airwatch.scope import mark_of, require_made_for
from airwatch.tables import AnyTable, BlockTable, MadeTable, WorkTable, as_table

logger = logging.getLogger(__name__)

OBSERVED = ["site_id", "pollutant", "date_local", "value"]
SITE_COLUMNS = [
    "site_id",
    "pollutant",
    "latitude",
    "longitude",
    "name",
    "county",
    "state",
    "cbsa_code",
    "in_area",
    "cadence_days",
    "forecastable",
    "reason_not",
    "first_day",
    "last_day",
]


def choose_daily_values(
    daily_summaries: AnyTable,
    monitors: pd.DataFrame,
    run: RunParams,
    params: FeatureEngineeringParams,
    airnow_daily: pd.DataFrame | None = None,
) -> tuple[BlockTable, pd.DataFrame]:
    """Choose one value for each site, pollutant and day, and count what was left out.

    Every choice is made among the rows of its own site, so the summaries are judged block by block; of each row it
    is remembered whether it was kept, and the observations are made of those rows when the table is written.

    Args:
        daily_summaries: All variants of a day as AQS gives them, days in local standard time.
        monitors: The primary monitor of each site and pollutant, where EPA names one.
        run: Pollutants and ``as_of``.
        params: The policy; ``policy`` tells why one site and day has many rows.
        airnow_daily: AirNow's values, for the days that AQS does not have yet (``provisional``).

    Returns:
        ``daily_observations``, sorted by (site_id, pollutant, date_local), values in AQS units, weather among
        them, gone on with by AirNow's, which are marked provisional; ``dropped_summaries``: rows and site-days by
        pollutant and the first reason that spoke against a row. Every row of ``daily_summaries`` is in one of the two.

    Raises:
        OtherScopeError: The summaries, or AirNow's values, are of another source or area.
    """
    require_made_for(daily_summaries, "daily_summaries", "ingestion", run)
    airnow = schemas.empty("AirnowDaily") if airnow_daily is None else airnow_daily
    require_made_for(airnow, "airnow_daily", "ingestion", run)
    summaries = as_table(daily_summaries)
    kept, counts, found = [], [], set[str]()
    for block in _summaries(summaries, params):
        reasons = policy.judge(block, monitors, run, params.policy)
        kept.append(reasons == policy.Reason.KEPT)
        counts.append(policy.count_dropped(block, reasons))
        found |= {block.pollutant.values[code] for code in np.unique(block.pollutant.codes[kept[-1]])}
    dropped = policy.add_up(counts)
    _tell(sum(map(len, kept)), dropped, found, run)

    def chosen() -> Iterator[pd.DataFrame]:
        for block, rows in zip(_summaries(summaries, params), kept, strict=True):
            observed = policy.observations(block, np.flatnonzero(rows))
            yield with_provisional(observed, block, airnow, pd.Timestamp(run.as_of))

    return MadeTable(chosen, mark_of(run, whatever=("horizon_days",))), dropped


def describe_sites(
    daily_summaries: AnyTable, daily_observations: AnyTable, run: RunParams, params: FeatureEngineeringParams
) -> pd.DataFrame:
    """Describe each site at which a pollutant of the run was observed.

    Args:
        daily_summaries: Positions and names.
        daily_observations: What was observed, one value a day.
        run: Area, pollutants and ``as_of``.
        params: When a site is forecastable, and when a move is worth a warning.

    Returns:
        ``sites``, sorted by (site_id, pollutant): the first known position in degrees, names as last given,
        whether it lies in the area, its cadence in days, and whether it is forecastable as of ``as_of`` or
        why not.
    """
    sites = _observed_sites(as_table(daily_observations), run, params)
    places = [
        description.site_positions(block, params.sites.max_move_km).join(description.site_names(block), how="outer")
        for block in as_table(daily_summaries).blocks(params.block_rows, description.PLACE_COLUMNS)
    ]
    sites = sites.join(pd.concat(places), on="site_id")
    sites["in_area"] = description.in_area(sites, run.area)
    logger.info(
        "Described %d sites: %d forecastable in the area",
        len(sites),
        (sites["forecastable"] & sites["in_area"]).sum(),
    )
    table_of_sites: pd.DataFrame = sites[SITE_COLUMNS]
    return table_of_sites.sort_values(["site_id", "pollutant"], ignore_index=True)


def build_features(
    daily_observations: AnyTable,
    sites: pd.DataFrame,
    run: RunParams,
    params: FeatureEngineeringParams,
    engines: Engines = LOCAL,
) -> BlockTable:
    """Build the one feature table; ``airwatch.features.table.build_features`` has its contract.

    The observations are laid out on grids here; the rows are computed piece by piece when the table is written.
    """
    require_made_for(daily_observations, "daily_observations", "feature_engineering", run)
    observations = as_table(daily_observations).blocks(params.block_rows, OBSERVED)
    landscape = table.lay_out(observations, sites, run, params.features, params.cores)
    names = params.features.columns(run.pollutants, run.horizon_days)
    if landscape is None:
        nothing = table.empty_table(names)
        return MadeTable(lambda: [nothing], mark_of(run))
    logger.info("Building %d feature rows of %d columns", landscape.rows, len(names))
    pieces = partial(landscape.pieces, params.block_rows)
    return WorkTable(engines.of(run, params.cores), Piece.frame, pieces, mark_of(run))


def _summaries(table_of_summaries: BlockTable, params: FeatureEngineeringParams) -> Iterator[policy.Summaries]:
    """The summaries block by block; the blocks are the same each time."""
    return map(policy.Summaries, table_of_summaries.blocks(params.block_rows, policy.COLUMNS))


def _tell(rows: int, dropped: pd.DataFrame, found: set[str], run: RunParams) -> None:
    """Log how many rows give a value, and each pollutant of the run that has none."""
    logger.info(
        "Chose %d daily values from %d summaries, %d left out for %d reasons",
        rows - dropped["rows"].sum(),
        rows,
        dropped["rows"].sum(),
        dropped["reason"].nunique(),
    )
    for name in run.pollutants:
        if name not in found:
            logger.warning("No usable observation of %s in this area and period: it gets no forecast.", name)


def _observed_sites(observations: BlockTable, run: RunParams, params: FeatureEngineeringParams) -> pd.DataFrame:
    """Each site and pollutant with its first and last day, its cadence, and whether it can be forecast.

    The measure is the network, so its newest days are found first.
    """
    origin = pd.Timestamp(run.as_of)

    def blocks() -> Iterator[pd.DataFrame]:
        for block in observations.blocks(params.block_rows, OBSERVED, pollutant=run.pollutants, last=origin):
            yield block[block["value"].notna()]

    days = pd.concat([description.observed_days(block) for block in blocks()])
    newest = days.groupby("pollutant")["last_day"].max()
    network = {str(name): pd.DatetimeIndex([day]) for name, day in newest.items()}
    cadences, judged = [], []
    for block in blocks():
        cadences.append(description.cadence_days(block, newest))
        judged.append(forecastable(block, pd.DatetimeIndex([origin]), params.forecastable, network))
    sites = days.assign(cadence_days=pd.concat(cadences)).reset_index()
    verdicts = pd.concat(judged)[["site_id", "pollutant", "forecastable", "reason_not"]]
    return sites.merge(verdicts, on=["site_id", "pollutant"])
