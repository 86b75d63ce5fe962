"""How good the matured forecasts were: scores by pollutant, lead, window and region."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.scores import (
    BRIER_AQI,
    SCORE_COLUMNS,
    BlockBootstrap,
    columns_to_score,
    diebold_mariano,
    reliability,
    score_rows,
    seasons,
)

logger = logging.getLogger(__name__)

KEY = ["pollutant", "lead_days", "window", "season", "region"]
EVERYWHERE = EVER = ALL_YEAR = "all"
BEYOND_NOISE = 0.90  # the share of cases in which the interval holds: chance alone passes its lower end once in twenty


def verify_forecasts(
    matured_forecasts: pd.DataFrame, sites: pd.DataFrame, run: RunParams, params: MonitoringParams
) -> pd.DataFrame:
    """Score the matured forecasts, those of days that AQS does not have yet by AirNow's provisional values.

    Args:
        matured_forecasts: Forecasts beside what was observed, persistence and climatology, in the AQS unit.
        sites: Gives each site its state.
        run: ``as_of`` and ``seed`` (of the bootstrap).
        params: Length of the recent window, and the bootstrap.

    Returns:
        ``Verification``, keyed by ``pollutant``, ``lead_days``, ``window`` (``all``, or ``last_30_days``:
        target days within that many days up to ``as_of``), ``season`` (``all``, or the meteorological one of the target
        day) and ``region`` (``all``, or a state), with the kinds of forecast, the target days it covers and how many
        of its rows are provisional (``n_provisional``), then the scores with their counts. A group without rows has no
        row.
    """
    rows = matured_forecasts.merge(_states(sites), on=["site_id", "pollutant"], how="left")
    since = pd.Timestamp(run.as_of) - pd.Timedelta(days=params.scores.recent_days)
    windows = {EVER: rows, recent_window(params): rows[rows["target_date"] > since]}
    tables = [_score(inside, window, run, params) for window, inside in windows.items() if len(inside)]
    if not tables:
        logger.warning("Verification: no forecast has matured by %s, so there is nothing to score", run.as_of)
        return schemas.empty("Verification")
    logger.info("Verification: %d matured forecasts of %d sites scored", len(rows), rows["site_id"].nunique())
    return pd.concat(tables, ignore_index=True).sort_values(KEY, ignore_index=True)


def verify_chances(matured_forecasts: pd.DataFrame) -> pd.DataFrame:
    """What happened where a chance of bad air was given: of the days given a third, a third should be such days.

    Returns:
        ``VerifiedChances``, sorted by its key (pollutant, lead_days, aqi, chance_low): for each tenth of chance
        that was given the mean chance, the share of days above the threshold, and how many there were.
    """
    keys = matured_forecasts[["pollutant", "lead_days"]].drop_duplicates().sort_values(["pollutant", "lead_days"])
    tables = []
    for pollutant, lead in keys.itertuples(index=False):
        its = (matured_forecasts["pollutant"] == pollutant) & (matured_forecasts["lead_days"] == lead)
        for aqi in BRIER_AQI:
            found = reliability(matured_forecasts[its], aqi)
            tables.append(found.assign(pollutant=pollutant, lead_days=lead, aqi=aqi))
    blank = schemas.empty("VerifiedChances")
    return pd.concat(tables, ignore_index=True)[list(blank.columns)] if tables else blank


def recent_window(params: MonitoringParams) -> str:
    """What the recent window is called."""
    return f"last_{params.scores.recent_days}_days"


def overall(verification: pd.DataFrame, window: str = EVER) -> pd.DataFrame:
    """The scores of a window by pollutant and lead, of all its seasons and regions."""
    its = verification[verification["window"] == window]
    return its[(its["season"] == ALL_YEAR) & (its["region"] == EVERYWHERE)]


def loses_to_persistence(rows: pd.DataFrame, min_skill: float) -> bool:
    """Whether forecasts are worse than ``min_skill`` against persistence beyond noise (Diebold and Mariano's test).

    The bootstrap cannot tell: a month is three of its blocks, too few to know the noise by. Of months of forecasts
    exactly as good as persistence one in five would be lost to it.

    Args:
        rows: Matured forecasts of one pollutant and lead.
        min_skill: The least skill that is asked for.
    """
    loss, reference = ((rows[name] - rows["observed"]) ** 2 for name in ("mean", "persistence"))
    low, _ = diebold_mariano(loss, (1.0 - min_skill) * reference, rows["origin_date"]).interval(BEYOND_NOISE)
    return low > 0


def _score(rows: pd.DataFrame, window: str, run: RunParams, params: MonitoringParams) -> pd.DataFrame:
    """The scores of a window: of all rows, and of each season, state, and season of a state."""
    columns = columns_to_score(rows, params.scores.block_days)
    bootstrap = BlockBootstrap(params.scores.draws, run.seed)
    tables = []
    for region in (EVERYWHERE, rows["state"]):
        for season in (ALL_YEAR, seasons(rows["target_date"])):
            keys = rows[["pollutant", "lead_days"]].assign(window=window, season=season, region=region)
            covered = keys.assign(day=rows["target_date"], provisional=rows["provisional"]).groupby(KEY)
            days = covered.agg(
                first_target=("day", "min"), last_target=("day", "max"), n_provisional=("provisional", "sum")
            )
            scores = score_rows(keys, columns, bootstrap)
            tables.append(scores.merge(days.reset_index(), on=KEY, validate="one_to_one"))
    kinds = rows.groupby("pollutant")["kind"].agg(lambda kind: "+".join(sorted(kind.unique()))).rename("kind")
    described = pd.concat(tables, ignore_index=True).merge(kinds, on="pollutant")
    return described[[*KEY, "kind", "first_target", "last_target", "n_provisional", *SCORE_COLUMNS]]


def _states(sites: pd.DataFrame) -> pd.DataFrame:
    """The state of each site and pollutant that has one."""
    return sites.loc[sites["state"].fillna("") != "", ["site_id", "pollutant", "state"]]
