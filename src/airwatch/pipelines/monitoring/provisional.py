"""How far AirNow, which forecasts start from while AQS is late, is from what AQS says in the end."""

from __future__ import annotations

import logging

import pandas as pd

from airwatch import schemas
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import MonitoringParams, ProvisionalParams
from airwatch.scope import require_made_for
from airwatch.tables import AnyTable, as_table

logger = logging.getLogger(__name__)

KEY = ["site_id", "pollutant", "date_local"]


def compare_provisional(daily_observations: AnyTable, airnow_daily: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """Set AirNow's values beside those of AQS, of the sites and days that both have.

    Args:
        daily_observations: One value for each site, pollutant and day; those that are provisional are AirNow's own.
        airnow_daily: AirNow's values, as they were known on ``as_of``.
        run: Pollutants and ``as_of``.

    Returns:
        ``ProvisionalDifferences``, in the AQS unit, sorted by key; empty where nothing is known of both.

    Raises:
        OtherScopeError: AirNow's values are of another source or area.
    """
    require_made_for(airnow_daily, "airnow_daily", "ingestion", run)
    if airnow_daily.empty:
        return schemas.empty("ProvisionalDifferences")
    observed = as_table(daily_observations).read(
        [*KEY, "value", "provisional"],
        pollutant=run.pollutants,
        site_ids=sorted(set(airnow_daily["site_id"])),
        first=airnow_daily["date_local"].min(),
        last=pd.Timestamp(run.as_of),
    )
    published = observed[~observed["provisional"]].rename(columns={"value": "aqs"})[[*KEY, "aqs"]]
    both = published.merge(airnow_daily.rename(columns={"value": "airnow"}), on=KEY)
    both = both.assign(difference=both["airnow"] - both["aqs"]).sort_values(KEY, ignore_index=True)
    logger.info("AirNow and AQS both know %d values", len(both))
    return both[[*KEY, "airnow", "aqs", "difference"]]


def judge_provisional(provisional_differences: pd.DataFrame, run: RunParams, params: MonitoringParams) -> pd.DataFrame:
    """Say of each pollutant how far AirNow was from AQS over the newest days that both know, and since when.

    Returns:
        ``ProvisionalAgreement``, a row for each pollutant of the run, also for one of which nothing is known of both.
        Of the ``recent_days`` up to the newest common day: ``pairs``, ``mean_difference`` (AirNow less AQS, AQS
        unit), ``bias`` (its share of the mean of AQS) and ``share_apart``, of the pairs that differ by more than
        ``apart`` of the mean of AQS. ``since`` is the day from which the bias of the ``since_days`` up to a day has
        been beyond the limit without a break, where it still is; else the first of the days.
    """
    its = provisional_differences
    rows = [_agreement(name, its[its["pollutant"] == name], params.provisional) for name in run.pollutants]
    return pd.DataFrame(rows).astype({"since": "datetime64[us]"}).sort_values("pollutant", ignore_index=True)


def _agreement(pollutant: str, pairs: pd.DataFrame, params: ProvisionalParams) -> dict[str, object]:
    """One pollutant's row."""
    nan = float("nan")
    if pairs.empty:
        nothing = {"mean_difference": nan, "bias": nan, "share_apart": nan, "since": pd.NaT}
        return {"pollutant": pollutant, "pairs": 0, **nothing}
    newest = pairs["date_local"].max()
    recent = pairs[pairs["date_local"] > newest - pd.Timedelta(days=params.recent_days)]
    level = recent["aqs"].mean()
    bias = recent["difference"].mean() / level if level > 0 else nan
    return {
        "pollutant": pollutant,
        "pairs": len(recent),
        "mean_difference": recent["difference"].mean(),
        "bias": bias,
        "share_apart": (recent["difference"].abs() > params.apart * level).mean(),
        "since": _since(pairs, recent, params) if abs(bias) > params.max_bias else recent["date_local"].min(),
    }


def _since(pairs: pd.DataFrame, recent: pd.DataFrame, params: ProvisionalParams) -> pd.Timestamp:
    """The first day of the stretch up to the newest on which the bias was beyond the limit, else of the recent ones."""
    sums = pairs.groupby("date_local")[["difference", "aqs"]].sum().rolling(f"{params.since_days}D").sum()
    beyond = (sums["difference"] / sums["aqs"]).abs() > params.max_bias
    within = beyond.index[~beyond]
    stretch = beyond.index[beyond.index > within.max()] if len(within) else beyond.index
    return pd.Timestamp(stretch.min() if len(stretch) else recent["date_local"].min())
