"""Forecasts of the same rows, side by side, and what each of them lost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import exceedance_concentration
from airwatch.forecasting.candidates import BASELINES
from airwatch.scores import EXCEEDANCE_AQI, INTERVALS, QUANTILES, Comparison, crps_rows, diebold_mariano

SHARE = 80  # of the interval that is held to its word, in percent
WEEKS_AROUND = "29D"  # two weeks to either side
KEY = ["site_id", "origin_date", "target_date"]


@dataclass(frozen=True)
class Evidence:
    """The candidates' forecasts of the same rows, side by side.

    Attributes:
        pollutant: Whose they are.
        rows: ``KEY``, ``lead_days`` and ``observed`` of each row [n].
        losses: CRPS in the AQS unit, a column for each candidate [n].
        above: The part of it that lies above an AQI of 100, likewise [n].
        within: Whether the observation lies in the 80 % interval, likewise [n].
        partial: Candidates that did not forecast every row, with the share of rows they did.
    """

    pollutant: str
    rows: pd.DataFrame
    losses: pd.DataFrame
    above: pd.DataFrame
    within: pd.DataFrame
    partial: dict[str, float]

    @cached_property
    def crps(self) -> pd.Series:
        """The CRPS of each candidate, averaged over the leads, the least first."""
        return self.losses.groupby(self.rows["lead_days"]).mean().mean().sort_values(kind="stable")

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """The coverage of the 80 % interval by lead, a column for each candidate."""
        return self.within.groupby(self.rows["lead_days"]).mean()

    @cached_property
    def best_baseline(self) -> str:
        """The baseline with the least CRPS."""
        baselines = [str(name) for name in self.crps.index if name in BASELINES]
        if not baselines:
            given = ", ".join(map(str, self.losses))
            raise ValueError(f"The gate of {self.pollutant} has no baseline among {given}. Add climatology to them.")
        return baselines[0]

    @cached_property
    def exceeds(self) -> NDArray[np.bool_]:
        """Which rows were observed above an AQI of 100 [n]."""
        return (self.rows["observed"] >= breakpoint_of(self.pollutant)).to_numpy(dtype=bool)

    def compare(self, losses: pd.DataFrame, name: str, other: str) -> Comparison:
        """Diebold and Mariano's test of two candidates' losses, all leads of an origin together."""
        return diebold_mariano(losses[name], losses[other], self.rows["origin_date"])

    def compare_days(self, name: str, other: str) -> Comparison:
        """The same test of the CRPS in units of what the two lose in the weeks around, all leads of an origin together.

        In µg/m³ a week of smoke outweighs all the rest of the year, and its noise drowns what every other day shows.
        """
        days = self.losses[[name, other]].groupby(self.rows["origin_date"]).mean()
        around = days.mean(axis=1).rolling(WEEKS_AROUND, center=True, min_periods=1).mean()
        days = days.div(around.where(around > 0, 1.0), axis=0)
        return diebold_mariano(days[name], days[other], days.index)


def side_by_side(forecasts: pd.DataFrame) -> Evidence:
    """The forecasts of one pollutant as evidence; ``candidate`` says whose each is."""
    pollutant = str(forecasts["pollutant"].iloc[0])
    tables = {str(name): own.reset_index(drop=True) for name, own in forecasts.groupby("candidate", observed=True)}
    rows = max(tables.values(), key=len)[[*KEY, "lead_days", "observed"]]
    level, (low, high) = breakpoint_of(pollutant), INTERVALS[SHARE]
    losses, above, within, partial = pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), {}
    for name, table in tables.items():
        if not table[KEY].equals(rows[KEY]):
            partial[name] = len(table) / len(rows)
            continue
        quantiles = table[list(QUANTILES)]
        losses[name] = crps_rows(quantiles, rows["observed"])
        above[name] = crps_rows(quantiles.clip(lower=level), rows["observed"].clip(lower=level))
        within[name] = rows["observed"].between(table[low], table[high])
    return Evidence(pollutant, rows, losses, above, within, partial)


def breakpoint_of(pollutant: str) -> float:
    """The least concentration with an AQI above 100, AQS unit."""
    return exceedance_concentration(pollutant, EXCEEDANCE_AQI)
