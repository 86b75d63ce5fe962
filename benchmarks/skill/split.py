"""Which sites and days are judged, and how long a method may learn.

The split is fixed: the test sites are those whose ``int(sha1(site_id).hexdigest(), 16)`` is divisible by five.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

HORIZON_DAYS = 7
NEAR_DAILY = 250  # observed days in the calendar year of the origin
NORTH_MAIN = "06-037-1103"
PROTOCOLS = ("test", "dev", "ozone")


@dataclass(frozen=True, slots=True)
class Split:
    """One judgement: methods learn from every site up to ``train_until`` and forecast the test sites.

    Attributes:
        protocol: Its name.
        pollutant: A name of ``POLLUTANTS``.
        train_until: The last day that anything may be fitted to.
        origins: The days that forecasts are issued from; each sees its own day's observations and earlier ones.
        test_sites: Ids of the sites that are forecast, sorted.
        near_daily: Observed days that a site needs in the calendar year of the origin to be scored.
        horizon: Longest lead, days.
    """

    protocol: str
    pollutant: str
    train_until: pd.Timestamp
    origins: pd.DatetimeIndex
    test_sites: tuple[str, ...]
    near_daily: int = NEAR_DAILY
    horizon: int = HORIZON_DAYS


def is_test_site(site_id: str) -> bool:
    """Whether a site is kept for the test."""
    return int(hashlib.sha1(site_id.encode()).hexdigest(), 16) % 5 == 0


def pollutant_of(protocol: str) -> str:
    """The pollutant that a protocol judges."""
    return "ozone" if protocol == "ozone" else "pm25"


def split_for(protocol: str, observations: pd.DataFrame, sample: int | None = None) -> tuple[Split, pd.DataFrame]:
    """The split of a protocol, and the observations that methods are given.

    ``test`` forecasts the test sites on every day of 2020 and 2021, trained to 2019. ``dev`` never sees them:
    it forecasts the other sites in 2019, trained to 2018. ``ozone`` forecasts Los Angeles, North Main, from
    2019 to 2021, trained to 2018, from its own record alone (the only long one; those of a single year elsewhere
    made every peer worse); if it is near-daily in no year, all its days count.

    Args:
        protocol: One of ``PROTOCOLS``.
        observations: ``site_id``, ``date_local``, ``value`` of the protocol's pollutant.
        sample: Forecast no more than this many sites, evenly spread over the sorted ids; all learn.

    Raises:
        ValueError: There is no such protocol, or no site of it in the observations.
    """
    sites = sorted(observations["site_id"].unique())
    match protocol:
        case "test":
            split = _split(protocol, 2019, 2021, [site for site in sites if is_test_site(site)], sample)
        case "dev":
            sites = [site for site in sites if not is_test_site(site)]
            observations = observations[observations["site_id"].isin(sites)]
            split = _split(protocol, 2018, 2019, sites, sample)
        case "ozone":
            observations = observations[observations["site_id"] == NORTH_MAIN]
            split = _split(protocol, 2018, 2021, [site for site in sites if site == NORTH_MAIN], sample)
            if eligible_rows(observations, split).empty:
                split = replace(split, near_daily=0)
        case _:
            raise ValueError(f"No protocol {protocol!r}: choose one of {', '.join(PROTOCOLS)}.")
    return split, observations[observations["date_local"] <= split.origins[-1]]


def eligible_rows(observations: pd.DataFrame, split: Split) -> pd.DataFrame:
    """What is scored: near-daily sites, where the origin and the target were observed.

    Returns:
        ``site_id``, ``origin_date``, ``lead_days``, ``observed`` (of the target day) and ``persistence`` (of the
        origin), sorted by the first three.
    """
    own = observations[observations["site_id"].isin(split.test_sites)]
    year = own["date_local"].dt.year
    near_daily = own.groupby(["site_id", year])["value"].transform("size") >= split.near_daily
    origins = own[near_daily & own["date_local"].isin(split.origins)]
    origins = origins.rename(columns={"date_local": "origin_date", "value": "persistence"})
    leads = pd.DataFrame({"lead_days": np.arange(1, split.horizon + 1)})
    rows = origins.merge(leads, how="cross")
    rows["date_local"] = rows["origin_date"] + pd.to_timedelta(rows["lead_days"], unit="D")
    rows = rows.merge(own.rename(columns={"value": "observed"}), on=["site_id", "date_local"])
    rows = rows[["site_id", "origin_date", "lead_days", "observed", "persistence"]]
    return rows.sort_values(["site_id", "origin_date", "lead_days"], ignore_index=True)


def _split(protocol: str, train_year: int, last_year: int, sites: list[str], sample: int | None) -> Split:
    """Trained to the end of a year, with every day of the years after it as an origin."""
    if not sites:
        raise ValueError(f"The file has no site of the protocol {protocol!r}. Name another file or protocol.")
    if sample is not None and sample < len(sites):
        sites = [sites[place] for place in np.linspace(0, len(sites) - 1, sample).round().astype(int)]
    until = pd.Timestamp(train_year, 12, 31)
    origins = pd.date_range(until + pd.Timedelta(days=1), pd.Timestamp(last_year, 12, 31), freq="D")
    return Split(protocol, pollutant_of(protocol), until, origins, tuple(sites))
