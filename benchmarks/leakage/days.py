"""The site-days that every protocol is judged on, and what the learners are told of each."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.sandbox import World
from benchmarks.skill.observations import PARTS, one_value_a_day
from benchmarks.skill.split import NEAR_DAILY, is_test_site

POLLUTANT = "pm25"
CALENDAR = ["year", "month", "day_of_year", "weekday", "latitude", "longitude"]
LAG_DAYS = 14
MEAN_DAYS = (7, 28)
LAGS = [f"lag_{back:02d}" for back in range(1, LAG_DAYS + 1)] + [f"mean_{window:02d}" for window in MEAN_DAYS]
PERSISTENCE = "lag_01"
SANDBOX_YEARS = 4


def choose_sites(observations: pd.DataFrame, last_year: int, most: int) -> list[str]:
    """Sites that observe nearly every day of the last year and of the one before.

    The sites on which AirWatch's skill is tested are left out.

    Args:
        observations: ``site_id``, ``date_local``, ``value``, one for each site and day.
        last_year: The year that is judged.
        most: No more than this many, evenly spread over the sorted ids.

    Raises:
        ValueError: There is none.
    """
    counts = observations.groupby(["site_id", observations["date_local"].dt.year])["value"].count().unstack()
    counts = counts.reindex(columns=[last_year - 1, last_year], fill_value=0)
    daily = counts[(counts >= NEAR_DAILY).all(axis=1)]
    sites = [site for site in sorted(daily.index) if not is_test_site(site)]
    if not sites:
        raise ValueError(
            f"No site has {NEAR_DAILY} days in {last_year - 1} and in {last_year}. Name another file or --last-year."
        )
    return [sites[place] for place in np.unique(np.linspace(0, len(sites) - 1, most).round().astype(int))]


def site_days(observations: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """One row for each observed day that follows on an observed day, for the forecast of the one from the other.

    Args:
        observations: ``site_id``, ``date_local``, ``value``.
        sites: ``site_id``, ``latitude``, ``longitude``.

    Returns:
        ``site_id``, ``date_local`` (of the target), ``value``, ``CALENDAR`` of the target day and ``LAGS``: values 1
        to 14 days before it and means that end the day before it, NaN where unknown. Sorted by day and site.
    """
    wide = observations.pivot(index="date_local", columns="site_id", values="value").asfreq("D")
    columns = {"value": wide}
    columns |= {f"lag_{back:02d}": wide.shift(back) for back in range(1, LAG_DAYS + 1)}
    columns |= {f"mean_{window:02d}": wide.shift(1).rolling(window, min_periods=1).mean() for window in MEAN_DAYS}
    days = pd.DataFrame({name: column.stack(future_stack=True) for name, column in columns.items()}).reset_index()
    days = days[days["value"].notna() & days[PERSISTENCE].notna()].merge(sites, on="site_id")
    day = days["date_local"].dt
    return days.assign(year=day.year, month=day.month, day_of_year=day.dayofyear, weekday=day.weekday)


def sandbox_observations(last_year: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four years of the simulated region, one value a site and day, and its sites."""
    about = POLLUTANTS[POLLUTANT]
    rows = World(seed).daily([about.aqs_code], date(last_year - SANDBOX_YEARS + 1, 1, 1), date(last_year, 12, 31))
    kept = rows[(rows["pollutant_standard"] == about.standards[0]) & (rows["validity_indicator"] == "Y")]
    state, county, site = (kept[part] for part in PARTS)
    named = kept.assign(
        site_id=state + "-" + county + "-" + site,
        date_local=pd.to_datetime(kept["date_local"]),
        value=kept[about.value_column],
    )
    sites = named.groupby("site_id", as_index=False)[["latitude", "longitude"]].first()
    return one_value_a_day(named), sites
