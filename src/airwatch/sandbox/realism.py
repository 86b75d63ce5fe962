"""Statistics that say whether simulated days look like real ones; docs/sandbox.md compares them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_DAYS_IN_A_YEAR = 150  # a monitor's year with fewer is not judged
FEWEST_SHARED_DAYS = 100  # a pair of sites with fewer is not judged
NEAR_KM, FAR_KM = (15.0, 25.0), (80.0, 120.0)
EARTH_RADIUS_KM = 6371.0
MARGIN = 0.25

SEASONALITY = "range of monthly means"
RELATIVE_SEASONALITY = "range of monthly means / mean"
WEEKDAY = "range of weekday means / mean"
LAG_1 = "lag-1 autocorrelation"
TAIL = "98th percentile / median"
NEAR, FAR = "correlation at 15 to 25 km", "correlation at 80 to 120 km"
MISSING = "share of missing days"


def statistics(metro: pd.DataFrame, region: pd.DataFrame) -> dict[str, float]:
    """The statistics of one pollutant in one metro.

    Args:
        metro: One row for each (site_id, poc, date_local) of the metro, with ``latitude``, ``longitude`` and ``value``
            in any one unit.
        region: The same for the metro and the land around it; the correlations are taken from it.

    Returns:
        Statistic by name, the first in the unit of ``value``, the others without unit. Autocorrelation and tail are
        medians over sites, correlations medians over pairs of sites, missing days a mean over the years of sites that
        sample every day, each year counted from its first reading to its last. Each site speaks through the monitor
        with the most days.
    """
    days = _daily_sampled(_one_monitor_a_site(metro))
    wide = days.pivot(index="date_local", columns="site_id", values="value").asfreq("D")
    mean = days["value"].mean()
    months, weekdays = _means(days, days["date_local"].dt.month), _means(days, days["date_local"].dt.weekday)
    near, far = _correlations(_one_monitor_a_site(region), (NEAR_KM, FAR_KM))
    return {
        SEASONALITY: float(np.ptp(months)),
        RELATIVE_SEASONALITY: float(np.ptp(months) / mean),
        WEEKDAY: float(np.ptp(weekdays) / mean),
        LAG_1: float(np.nanmedian([wide[site].corr(wide[site].shift(1)) for site in wide])),
        TAIL: float(np.nanmedian(wide.quantile(0.98) / wide.median())),
        NEAR: near,
        FAR: far,
        MISSING: float(_years_of(days).apply(_missing_share).mean()),
    }


def allowed(real: Sequence[float]) -> tuple[float, float]:
    """The range of the real metros and a quarter of its ends beyond: where a simulated statistic may lie."""
    return min(real) * (1 - MARGIN), max(real) * (1 + MARGIN)


def _one_monitor_a_site(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each site's fullest monitor, one a day, sorted by site and day."""
    counts = rows.groupby(["site_id", "poc"], observed=True).size().rename("count").reset_index()
    fullest = counts.sort_values(["count", "poc"], ascending=[False, True]).drop_duplicates("site_id")
    days = rows.merge(fullest[["site_id", "poc"]]).drop_duplicates(["site_id", "date_local"])
    return days.sort_values(["site_id", "date_local"], ignore_index=True)


def _years_of(days: pd.DataFrame) -> pd.api.typing.SeriesGroupBy:  # type: ignore[type-arg]
    return days.groupby(["site_id", days["date_local"].dt.year], observed=True)["date_local"]


def _daily_sampled(days: pd.DataFrame) -> pd.DataFrame:
    """The years in which a site sampled every day, failures aside; filters of each third day are left out."""
    step = _years_of(days).transform(lambda dates: dates.diff().median())
    return days[(step == pd.Timedelta(days=1)) & (_years_of(days).transform("size") >= FEWEST_DAYS_IN_A_YEAR)]


def _missing_share(dates: pd.Series[pd.Timestamp]) -> float:
    return 1 - len(dates) / ((dates.max() - dates.min()).days + 1)


def _means(days: pd.DataFrame, part: pd.Series[int]) -> NDArray[np.float64]:
    """Mean over sites and days for each part of the year or week; one with a quarter of the usual days is left out."""
    parts = days.groupby(part)["value"].agg(["mean", "size"])
    usual = parts.loc[parts["size"] > parts["size"].max() / 4, "mean"]
    return np.asarray(usual, dtype=np.float64)


def _correlations(days: pd.DataFrame, bands_km: Sequence[tuple[float, float]]) -> list[float]:
    """Median correlation of the daily values of the pairs of sites whose distance is within each band."""
    wide = days.pivot(index="date_local", columns="site_id", values="value")
    wide = wide.loc[:, wide.notna().sum() >= FEWEST_DAYS_IN_A_YEAR]
    place = np.radians(
        days.groupby("site_id", observed=True)[["latitude", "longitude"]].median().loc[wide.columns].to_numpy()
    )
    first, second = np.triu_indices(len(place), 1)
    half = np.sin((place[first] - place[second]) / 2) ** 2
    arc = half[:, 0] + np.cos(place[first, 0]) * np.cos(place[second, 0]) * half[:, 1]
    distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(arc))
    alike = wide.corr(min_periods=FEWEST_SHARED_DAYS).to_numpy()[first, second]
    return [float(np.nanmedian(alike[(distance >= low) & (distance <= high)])) for low, high in bands_km]
