"""A small network whose data are sound, and what can go wrong with one of its sites."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.pipelines.monitoring.quality import check_quality
from builders import build_days, build_feature_params, build_run
from builders_monitoring import build_area_sites, build_monitoring_params

SITES = tuple(f"06-037-{number:04d}" for number in range(1, 6))
SICK = SITES[2]  # with which something is wrong
LAST = "2023-12-31"
DAYS = 900  # two years and a half up to LAST


@cache
def build_network(pollutant: str = "pm25", sites: tuple[str, ...] = SITES, seed: int = 3) -> pd.DataFrame:
    """``daily_observations`` of sites 10 km apart: a common weather, and each site's own."""
    random = np.random.default_rng(seed)
    weather = random.normal(0, 0.4, DAYS)
    level, digits = {"ozone": (0.04, 3)}.get(pollutant, (10.0, 1))
    frames = []
    for site in sites:
        values = level * np.exp(weather + random.normal(0, 0.15, DAYS))
        start = pd.Timestamp(LAST) - pd.Timedelta(days=DAYS - 1)
        frames.append(build_days(DAYS, str(start.date()), site, pollutant, values.round(digits)))
    return pd.concat(frames, ignore_index=True)


def hurt(days: pd.DataFrame, since: str, to: Callable[[pd.Series], Any] | None, until: str = LAST) -> pd.DataFrame:
    """The same with the values of the sick site made others for some days, or its days left out."""
    its = (days["site_id"] == SICK) & days["date_local"].between(since, until)
    if to is None:
        return days[~its].reset_index(drop=True)
    return days.assign(value=days["value"].mask(its, to(days["value"])))


def place(*site_ids: str, **columns: Any) -> pd.DataFrame:
    """``sites`` in a row, 10 km from one to the next."""
    ids = site_ids or SITES
    return build_area_sites(*ids, **{"latitude": 34.0 + 0.09 * np.arange(len(ids)), **columns})


def check(
    days: pd.DataFrame,
    as_of: str = LAST,
    sites: pd.DataFrame | None = None,
    summaries: pd.DataFrame | None = None,
    pollutants: tuple[str, ...] = ("pm25",),
    **limits: Any,
) -> pd.DataFrame:
    """``data_quality`` as its schema has it."""
    found = check_quality(
        daily_observations=days,
        daily_summaries=schemas.empty("DailySummaries") if summaries is None else summaries,
        sites=place() if sites is None else sites,
        run=build_run(as_of=as_of, pollutants=pollutants),
        params=build_monitoring_params(quality=limits),
        policy=build_feature_params(),
    )
    return schemas.DataQuality.validate(found)


def named(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Where, what and since when."""
    return [(row["site_id"], row["check"], f"{row['since']:%Y-%m-%d}") for row in found.to_dict("records")]
