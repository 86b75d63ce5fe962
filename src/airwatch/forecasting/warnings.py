"""From the chance of an AQI above a threshold to a warning, for a stated cost of a miss.

A warning of a day that stays below costs 1; a day above that was not warned of costs ``cost_of_miss``. Where chances
are true, warning from 1 / (1 + ``cost_of_miss``) on costs least (the cost-loss model: Murphy 1977, Monthly Weather
Review 105, 803). Chances can be off, so the cut is taken from forecasts of days the model had not seen, but only as
far as they can tell: the cut that did best on one year does worse on the next than the one of theory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import exceedance_concentration
from airwatch.forecasting.calibrated import AQI_THRESHOLDS, CHANCE_COLUMNS, FORECAST_KEYS

CHANCES = dict(zip(AQI_THRESHOLDS, CHANCE_COLUMNS, strict=True))
PERCENTS = np.arange(1, 100) / 100
BLOCK_DAYS = 14  # smoke stays for a week and comes to many sites at once: one block is one piece of evidence


@dataclass(frozen=True, slots=True)
class Cut:
    """When to warn of an AQI above ``threshold`` at one lead, and what became of it on past days.

    Attributes:
        threshold: AQI.
        lead_days: The lead.
        cut: Warn where the chance is at least this.
        basis: ``observed`` where past forecasts had a say, ``theory`` where there were too few events.
        cost_of_miss: Beside 1 for a false alarm.
        forecasts: Past forecasts, of days that were observed.
        events: Those whose day was above the threshold.
        hits, misses, false_alarms: Of warnings by this cut; by ``observed`` it was chosen on the same days.
    """

    threshold: int
    lead_days: int
    cut: float
    basis: Literal["observed", "theory"]
    cost_of_miss: float
    forecasts: int
    events: int
    hits: int
    misses: int
    false_alarms: int

    @property
    def csi(self) -> float:
        """Critical success index: hits over hits, misses and false alarms; NaN where there was none of them."""
        told = self.events + self.false_alarms
        return self.hits / told if told else nan

    @property
    def value(self) -> float:
        """The share of the avoidable cost that was avoided: 1 is perfect, 0 no better than warning always or never.

        NaN where the event happened always or never: there was nothing to avoid.
        """
        without = min(self.cost_of_miss * self.events, self.forecasts - self.events)
        spent = self.cost_of_miss * self.misses + self.false_alarms
        return 1.0 - spent / without if without else nan


@dataclass(frozen=True)
class WarningCuts:
    """The cuts of one pollutant, for each threshold and lead; it pickles."""

    cuts: tuple[Cut, ...]

    def table(self) -> pd.DataFrame:
        """One row for each threshold and lead: the fields of ``Cut``, ``csi`` and ``value``."""
        names = [*Cut.__slots__, "csi", "value"]
        return pd.DataFrame([[getattr(cut, name) for name in names] for cut in self.cuts], columns=names)

    def decide(self, forecasts: pd.DataFrame) -> pd.DataFrame:
        """Decide for each forecast and threshold whether to warn; each threshold decides by itself.

        Args:
            forecasts: ``FORECAST_KEYS``, ``lead_days`` and the chances.

        Returns:
            One row for each key and ``threshold``, sorted, with ``chance``, ``warned`` and the fields of the cut.

        Raises:
            ValueError: A lead that the cuts do not have.
        """
        leads = sorted({cut.lead_days for cut in self.cuts})
        if not forecasts["lead_days"].isin(leads).all():
            raise ValueError(
                f"These cuts reach {max(leads, default=0)} days ahead, the forecasts further: train again."
            )
        thresholds = dict.fromkeys(cut.threshold for cut in self.cuts)
        known = forecasts[[*FORECAST_KEYS, "lead_days"]]
        chances = [known.assign(threshold=aqi, chance=forecasts[CHANCES[aqi]]) for aqi in thresholds]
        decided = pd.concat(chances).merge(self.table(), on=["threshold", "lead_days"], validate="many_to_one")
        decided["warned"] = decided["chance"] >= decided["cut"]
        return decided.sort_values([*FORECAST_KEYS, "threshold"], ignore_index=True)


def choose_cuts(
    pollutant: str, forecasts: pd.DataFrame, cost_of_miss: Mapping[int, float], horizon: int, min_events: int
) -> WarningCuts:
    """Choose when to warn, on forecasts that the model made of days it had not trained on.

    Args:
        pollutant: Whose breakpoints count, by EPA's newest table.
        forecasts: Of one candidate from rolling origins: ``origin_date``, ``lead_days``, ``observed`` (AQS unit) and
            the chances.
        cost_of_miss: Of each AQI threshold, beside 1 for a false alarm.
        horizon: The longest lead, days.
        min_events: Where a lead has had fewer days above the threshold, its cut is the one of theory.
    """
    block = (forecasts["origin_date"] - forecasts["origin_date"].min()).dt.days.to_numpy() // BLOCK_DAYS
    by_lead = [(forecasts["lead_days"] == lead).to_numpy() for lead in range(1, horizon + 1)]
    cuts = []
    for threshold, cost in cost_of_miss.items():
        chance = forecasts[CHANCES[threshold]].to_numpy(dtype=np.float64)
        event = forecasts["observed"].to_numpy() >= exceedance_concentration(pollutant, threshold)
        for lead, rows in enumerate(by_lead, start=1):
            seen = chance[rows], event[rows]
            enough = seen[1].sum() >= max(min_events, 1)
            cut = best_cut(*seen, block[rows], cost) if enough else cut_in_theory(cost)
            cuts.append(_with_record(threshold, lead, cut, "observed" if enough else "theory", cost, *seen))
    return WarningCuts(tuple(cuts))


def cut_in_theory(cost_of_miss: float) -> float:
    """The chance at which a warning costs as much as none: 0.25 where a miss costs three false alarms."""
    return 1.0 / (1.0 + cost_of_miss)


def best_cut(
    chance: NDArray[np.float64], event: NDArray[np.bool_], block: NDArray[np.int64], cost_of_miss: float
) -> float:
    """The cut nearest to theory that cost no more than the cheapest one, beyond noise.

    The cheapest of a hundred cuts is in part luck. Noise is the root of the sum of squares, over blocks of days, of
    what a cut cost above the cheapest.

    Args:
        chance: Of each forecast [n].
        event: Whether the day was above the threshold [n].
        block: Number of the stretch of days it belongs to [n].
        cost_of_miss: Beside 1 for a false alarm.
    """
    theory = cut_in_theory(cost_of_miss)
    cuts = np.unique(np.append(PERCENTS, theory))
    costs = _costs(cuts, chance, event, block, cost_of_miss)
    excess = costs - costs[:, [costs.sum(axis=0).argmin()]]
    as_good = cuts[excess.sum(axis=0) <= np.sqrt((excess**2).sum(axis=0))]
    return float(as_good[np.abs(as_good - theory).argmin()])


def _costs(
    cuts: NDArray[np.float64],
    chance: NDArray[np.float64],
    event: NDArray[np.bool_],
    block: NDArray[np.int64],
    cost_of_miss: float,
) -> NDArray[np.float64]:
    """What warning by each cut would have cost in each block [blocks, cuts]."""
    warned_by = np.searchsorted(cuts, chance, side="right")  # by the first so many cuts
    shape = int(block.max()) + 1, len(cuts) + 1
    place = block * shape[1] + warned_by
    events, others = (np.bincount(place[rows], minlength=shape[0] * shape[1]) for rows in (event, ~event))
    missed = events.reshape(shape).cumsum(axis=1)[:, :-1]
    quiet = others.reshape(shape).cumsum(axis=1)
    return np.asarray(cost_of_miss * missed + quiet[:, [-1]] - quiet[:, :-1])


def _with_record(
    threshold: int,
    lead_days: int,
    cut: float,
    basis: Literal["observed", "theory"],
    cost_of_miss: float,
    chance: NDArray[np.float64],
    event: NDArray[np.bool_],
) -> Cut:
    """A cut with what became of warnings by it."""
    warned = chance >= cut
    events, hits = int(event.sum()), int((warned & event).sum())
    return Cut(
        threshold=threshold,
        lead_days=lead_days,
        cut=cut,
        basis=basis,
        cost_of_miss=cost_of_miss,
        forecasts=len(event),
        events=events,
        hits=hits,
        misses=events - hits,
        false_alarms=int(warned.sum()) - hits,
    )
