"""A peer: a rule that says what to expect, and the spread of its errors in the last training year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from airwatch.domain.aqi import exceedance_concentration
from benchmarks.skill.history import History, Rows
from benchmarks.skill.split import Split
from benchmarks.skill.spread import Spread, best_cuts, exceeded, table_of
from benchmarks.skill.units import Floats, Unit


class Rule(Protocol):
    """What to expect at each lead, in the unit that the peer works in."""

    smeared: bool
    """Whether the mean comes from the residuals; otherwise the expectation itself is one."""

    def fit(self, history: History) -> None:
        """Learn from all of a history."""
        ...

    def expect(self, history: History, rows: Rows) -> Floats:
        """Expectations [n, horizon], from each row's origin and earlier."""
        ...


@dataclass(frozen=True, slots=True)
class Peer:
    """A rule made into a method.

    The rule is fitted twice: to the day a year before the end of training, for its errors in the year that it
    has not seen (their quantiles by lead make the distribution, and the cut of its warnings is chosen there),
    then to the end of training, for the forecasts.

    Attributes:
        name: The name in the table.
        rule: Makes a rule that works in a unit.
    """

    name: str
    rule: Callable[[Unit], Rule]

    def forecast(self, observations: pd.DataFrame, sites: pd.DataFrame, split: Split) -> pd.DataFrame:
        """Forecast every test site from every observed origin; see ``Method``."""
        unit = Unit.of(split.pollutant)
        history = History.of(observations, sites, split.horizon)
        spread, cuts = self._learn_errors(history.until(split.train_until), unit, split)
        rule = self.rule(unit)
        rule.fit(history.until(split.train_until))
        rows = Rows.of_split(history, split)
        expected = rule.expect(history, rows)
        mean = spread.mean(expected) if rule.smeared else unit.inverse(expected)
        return table_of(history, rows, spread, expected, mean, split.pollutant, cuts)

    def _learn_errors(self, training: History, unit: Unit, split: Split) -> tuple[Spread, Floats]:
        """The spread of the errors in the last training year, and the cut of the warnings."""
        year_before = split.train_until - pd.DateOffset(years=1)
        rule = self.rule(unit)
        rule.fit(training.until(year_before))
        rows = Rows.observed(training, year_before + pd.Timedelta(days=1))
        expected, targets = rule.expect(training, rows), rows.targets(training)
        spread = Spread.fit(unit, expected, targets)
        threshold = exceedance_concentration(split.pollutant, 100)
        return spread, best_cuts(spread.chance_above(expected, threshold), exceeded(targets, threshold))
