"""A national network out of a seed: places over the contiguous United States, and daily values of each pollutant.

Half the sites stand in towns, close together; some sample every third day, some begin late, and a few days of every
site are missing, as in AQS. Values follow the season and yesterday, and are rounded as AQS rounds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import CRITERIA

SITES = 550
SEED = 20
LAST_DAY = date(2024, 12, 31)
GAP_SHARE = 0.03
LATE_SHARE, LATEST_START = 0.2, 0.5  # so many sites begin late, at most at that share of the days
THIRD_DAY_SHARE = 0.15
MEAN_SHARE = 1.0 - LATE_SHARE * LATEST_START / 2  # of the days that a site has, on average
TOWNS = 40
# FIPS codes of the contiguous states and DC.
STATES = [f"{code:02d}" for code in range(1, 57) if code not in (2, 3, 7, 14, 15, 43, 52)]
# What is usual, in the unit of AQS, and the digits that are reported.
LEVELS = {"pm25": (9.0, 1), "ozone": (0.042, 3), "pm10": (22.0, 0), "no2": (19.0, 1), "so2": (2.5, 1), "co": (0.4, 1)}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Network:
    """Sites and days; ``values`` of a pollutant are drawn when they are asked for.

    Attributes:
        pollutants: In the order of AirWatch; each is observed at all places.
        days: How many, the last of them ``LAST_DAY``.
        sites: How many.
        seed: Of everything.
    """

    pollutants: tuple[str, ...]
    days: int
    sites: int = SITES
    seed: int = SEED

    @classmethod
    def of_rows(cls, rows: int, pollutants: int = 1, sites: int = SITES) -> Network:
        """The network whose feature table has about so many rows: one a site and day from the site's first."""
        return cls(CRITERIA[:pollutants], max(2, round(rows / (pollutants * sites * MEAN_SHARE))), sites)

    @property
    def as_of(self) -> date:
        """The last origin; with ``pollutants`` and ``horizon_days`` all that features ask of a run."""
        return LAST_DAY

    @property
    def horizon_days(self) -> int:
        """The longest lead."""
        return 7

    @property
    def calendar(self) -> pd.DatetimeIndex:
        """All days."""
        return pd.date_range(end=self.as_of, periods=self.days, freq="D")

    @property
    def rows(self) -> int:
        """Rows of the feature table."""
        return len(self.pollutants) * int((self.days - self.starts()).sum())

    def places(self) -> pd.DataFrame:
        """``site_id``, ``latitude`` and ``longitude``, sorted; states and counties go from west to east."""
        rng = np.random.default_rng(self.seed)
        south_west, north_east = np.array([26.0, -123.0]), np.array([48.5, -68.0])
        towns = rng.uniform(south_west, north_east, size=(TOWNS, 2))
        scattered = rng.uniform(south_west, north_east, size=(self.sites, 2))
        near_towns = towns[rng.integers(0, TOWNS, self.sites)] + rng.normal(0.0, 0.2, size=(self.sites, 2))
        spots = np.where(rng.random(self.sites)[:, None] < 0.5, near_towns, scattered).round(5)
        spots = spots[np.argsort(spots[:, 1], kind="stable")]
        state, number = np.divmod(np.arange(self.sites), -(-self.sites // len(STATES)))
        ids = [f"{STATES[at]}-{1 + 2 * within:03d}-{1:04d}" for at, within in zip(state, number, strict=True)]
        return pd.DataFrame({"site_id": ids, "latitude": spots[:, 0], "longitude": spots[:, 1]})

    def starts(self) -> NDArray[np.int64]:
        """The first day of each site, as its number on the calendar."""
        rng = np.random.default_rng(self.seed + 1)
        late = rng.random(self.sites) < LATE_SHARE
        starts = np.where(late, rng.uniform(0.0, LATEST_START * self.days, self.sites), 0.0).astype(np.int64)
        starts[0] = 0
        return starts

    def values(self, pollutant: str, *, gaps: bool = True) -> Floats:
        """Daily values [sites, days], NaN before a site's start and, with ``gaps``, where a day is missing."""
        rng = np.random.default_rng([self.seed, CRITERIA.index(pollutant)])
        usual, digits = LEVELS[pollutant]
        deviation = _yesterday_and_news(rng.normal(size=(self.days, self.sites)), rng.normal(size=(self.days, 1)))
        season = 0.25 * np.cos(2 * np.pi * self.calendar.dayofyear.to_numpy() / 365.25)
        level = np.log(usual) + 0.3 * rng.normal(size=self.sites)
        values = np.exp(level + season[:, None] + 0.4 * deviation).round(digits).T
        missing = rng.random(values.shape) < GAP_SHARE
        third = rng.random(self.sites) < THIRD_DAY_SHARE
        missing[third] |= np.arange(self.days) % 3 != 0
        starts = self.starts()
        missing[np.arange(self.sites), starts] = False
        before = np.arange(self.days) < starts[:, None]
        return np.where(before | (missing if gaps else False), np.nan, values)

    def observations(self, *, gaps: bool = True) -> Iterator[pd.DataFrame]:
        """``daily_observations`` as far as features read them, one frame a pollutant, by site and day."""
        ids, calendar = self.places()["site_id"].astype("str").array, self.calendar
        for name in self.pollutants:
            values = self.values(name, gaps=gaps)
            site, day = np.nonzero(np.isfinite(values))
            yield pd.DataFrame(
                {
                    "site_id": ids.take(site),
                    "pollutant": pd.array([name], dtype="str").take(np.zeros(len(site), dtype=np.int64)),
                    "date_local": calendar[day],
                    "value": values[site, day],
                }
            )


def _yesterday_and_news(own: Floats, shared: Floats, persistence: float = 0.7) -> Floats:
    """AR(1) series of variance one [days, sites]; half of what is new each day is the same at all sites."""
    news = np.sqrt((1.0 - persistence**2) / 2) * (own + shared)
    for day in range(1, len(news)):
        news[day] += persistence * news[day - 1]
    return news
