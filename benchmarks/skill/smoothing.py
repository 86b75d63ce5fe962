"""statsforecast's AutoETS: each site alone, with the intervals that it gives itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsforecast import StatsForecast
from statsforecast.models import AutoETS

from airwatch.domain.aqi import exceedance_concentration
from airwatch.scores import INTERVALS, QUANTILES
from benchmarks.skill.history import History
from benchmarks.skill.method import CHANCES, FORECAST_COLUMNS, KEYS, WARNING
from benchmarks.skill.ridge import carried_forward
from benchmarks.skill.split import Split
from benchmarks.skill.units import Unit

MODEL = "AutoETS"
FORM = "ANZ"  # additive errors, no trend, a season if it helps: on logarithms the other forms run away within a week
SEASON_DAYS = 7
TRAINING_DAYS = 365
MIN_TRAINING_DAYS = 250


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Exponential smoothing, with or without a weekly season, chosen and fitted once on the last training year.

    The states go on with each day, the parameters stay. It works in the peers' unit, takes missing days as the
    last value, and warns where its mean is above the breakpoint. Its intervals are its own, and its mean is its
    point forecast; its chances are those of the normal distribution with its 80 % interval.

    Attributes:
        sites: How many of the test sites it forecasts, for its time grows with them; evenly spread over the ids of
            those that were near-daily in that year.
    """

    name: str = "autoets"
    sites: int = 40

    def forecast(self, observations: pd.DataFrame, sites: pd.DataFrame, split: Split) -> pd.DataFrame:
        """Forecast some of the test sites from every observed origin; see ``Method``."""
        unit = Unit.of(split.pollutant)
        start = split.train_until - pd.Timedelta(days=TRAINING_DAYS - 1)
        recent = observations[(observations["date_local"] >= start) & observations["site_id"].isin(split.test_sites)]
        history = _some_sites(History.of(recent, sites, split.horizon), split, self.sites)
        series = _as_series(history, unit, split)
        replayed = StatsForecast(
            models=[AutoETS(season_length=SEASON_DAYS, model=FORM)], freq="D", n_jobs=1
        ).cross_validation(
            df=series, h=split.horizon, n_windows=len(split.origins) + 1, refit=False, level=list(INTERVALS)
        )
        replayed = replayed.rename(columns={"unique_id": "site_id", "cutoff": "origin_date"})
        replayed["lead_days"] = (replayed["ds"] - replayed["origin_date"]).dt.days
        origins = observations.rename(columns={"date_local": "origin_date"})[["site_id", "origin_date"]]
        issued = replayed.merge(origins[origins["origin_date"].isin(split.origins)], on=["site_id", "origin_date"])
        return _as_table(issued, unit, split.pollutant)


def _some_sites(history: History, split: Split, count: int) -> History:
    """The history of ``count`` sites that were near-daily in the training year."""
    seen = np.isfinite(history.until(split.train_until).values).sum(axis=1)
    known = np.flatnonzero(seen >= MIN_TRAINING_DAYS)
    chosen = known[np.linspace(0, len(known) - 1, min(count, len(known))).round().astype(int)]
    places = history.sites.iloc[chosen].reset_index(drop=True)
    return History(history.values[chosen], history.start, places, history.horizon)


def _as_series(history: History, unit: Unit, split: Split) -> pd.DataFrame:
    """Series without a gap, to the last target of the last origin, as statsforecast takes them."""
    days = pd.date_range(history.start, split.origins[-1] + pd.Timedelta(days=split.horizon), freq="D")
    beyond = np.full((len(history.values), len(days) - history.values.shape[1]), np.nan)
    filled = carried_forward(np.hstack([history.values, beyond]), len(days))
    site, day = np.nonzero(np.isfinite(filled))
    names = history.sites["site_id"].to_numpy()[site]
    return pd.DataFrame({"unique_id": names, "ds": days[day], "y": unit.forward(filled[site, day])})


def _as_table(issued: pd.DataFrame, unit: Unit, pollutant: str) -> pd.DataFrame:
    """What the model said, as every method says it."""
    middle = issued[MODEL].to_numpy()
    ends: dict[str, Any] = {"q50": middle}
    for share, (low, high) in INTERVALS.items():
        ends |= {low: issued[f"{MODEL}-lo-{share}"], high: issued[f"{MODEL}-hi-{share}"]}
    quantiles = unit.inverse(np.column_stack([ends[name] for name in QUANTILES]))
    spread = (ends["q90"] - ends["q10"]).to_numpy() / (norm.ppf(0.9) - norm.ppf(0.1))
    table = issued[KEYS].assign(**dict(zip(QUANTILES, np.maximum.accumulate(quantiles, axis=1).T, strict=True)))
    table["mean"] = unit.inverse(middle)
    for aqi, name in CHANCES.items():
        needed = unit.forward(np.array([exceedance_concentration(pollutant, aqi)]))
        table[name] = norm.sf((needed - middle) / spread)
    table[WARNING] = table["mean"] >= exceedance_concentration(pollutant, 100)
    return table[FORECAST_COLUMNS]
