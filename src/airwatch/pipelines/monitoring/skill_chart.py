"""Skill by lead as a drawing of a few lines, for a page that works without a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.verification import overall

STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)  # between two lines of the grid
MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid, or a place on an axis, and what stands at it."""

    at: float
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """The interval of one lead."""

    x: float
    low: float
    high: float


@dataclass(frozen=True)
class SkillChart:
    """One pollutant's skill by lead; places are pixels from the upper left corner.

    Attributes:
        scores: Rows of ``verification``, one for each lead, in order.
        pollutant: Its name.
    """

    scores: pd.DataFrame
    pollutant: str
    width: int = 480
    height: int = 250
    left: int = 52
    right: int = 470
    top: int = 12
    bottom: int = 205

    @property
    def label(self) -> str:
        """The pollutant as people call it."""
        return POLLUTANTS[self.pollutant].label

    @property
    def unit(self) -> str:
        """The unit of its errors."""
        return POLLUTANTS[self.pollutant].unit

    @property
    def said(self) -> str:
        """The drawing in words, for those who do not see it."""
        told = [f"{row['lead']} days ahead {row['persistence']}" for row in self.rows]
        return f"{self.label}, skill against persistence by lead: {'; '.join(told)}"

    @property
    def rows(self) -> list[dict[str, str]]:
        """The numbers beside the drawing."""
        return [_in_words(row) for row in self._records]

    @property
    def ticks(self) -> list[Tick]:
        """Lines of the grid, upwards."""
        low, high, step = self._scale
        values = [round(low + number * step, 6) for number in range(round((high - low) / step) + 1)]
        return [Tick(self._y(value), value, f"{value:+.2f}" if value else "0") for value in values]

    @property
    def leads(self) -> list[Tick]:
        """The days ahead."""
        return [Tick(self._x(row), row["lead_days"], str(row["lead_days"])) for row in self._records]

    @property
    def persistence(self) -> str:
        """The points of the line against persistence."""
        return _points(self.dots)

    @property
    def climatology(self) -> str:
        """The points of the line against climatology."""
        return _points(self._line("skill_climatology"))

    @property
    def dots(self) -> list[tuple[float, float]]:
        """Where the line against persistence has its values."""
        return list(self._line("skill_persistence"))

    @property
    def whiskers(self) -> list[Whisker]:
        """The intervals of the skill against persistence."""
        ends = ("skill_persistence_low", "skill_persistence_high")
        known = [row for row in self._records if all(math.isfinite(row[end]) for end in ends)]
        return [Whisker(self._x(row), self._y(row[ends[0]]), self._y(row[ends[1]])) for row in known]

    @property
    def _records(self) -> list[dict[Any, Any]]:
        return self.scores.to_dict("records")

    @property
    def _scale(self) -> tuple[float, float, float]:
        """The lowest and highest line of the grid, and the step between two: all that is drawn lies within, and 0."""
        names = ("skill_persistence", "skill_persistence_low", "skill_persistence_high", "skill_climatology")
        values = [value for value in self.scores[list(names)].to_numpy().ravel() if math.isfinite(value)]
        low, high = min([0.0, *values]), max([0.0, *values])
        # Of a handful of forecasts persistence can be right by chance, and skill against it without bounds.
        power = 10.0 ** math.ceil(math.log10(max((high - low) / (MOST_LINES - 1), STEPS[-1])))
        step = next((step for step in STEPS if (high - low) / step <= MOST_LINES - 1), power)
        return math.floor(low / step) * step, max(math.ceil(high / step) * step, step), step

    def _x(self, row: dict[Any, Any]) -> float:
        first, last = self.scores["lead_days"].min(), self.scores["lead_days"].max()
        margin = 20
        across = (row["lead_days"] - first) / max(last - first, 1)
        return round(self.left + margin + float(across) * (self.right - self.left - 2 * margin), 1)

    def _y(self, skill: float) -> float:
        low, high, _ = self._scale
        return round(self.bottom - (skill - low) / (high - low) * (self.bottom - self.top), 1)

    def _line(self, name: str) -> Iterator[tuple[float, float]]:
        return ((self._x(row), self._y(row[name])) for row in self._records if math.isfinite(row[name]))


def skill_charts(verification: pd.DataFrame, run: RunParams) -> list[SkillChart]:
    """A drawing for each pollutant of which something has matured: all seasons and regions, the whole time."""
    whole = overall(verification)
    by_pollutant = {name: whole[whole["pollutant"] == name].sort_values("lead_days") for name in run.pollutants}
    return [SkillChart(rows, name) for name, rows in by_pollutant.items() if len(rows)]


def _in_words(row: dict[Any, Any]) -> dict[str, str]:
    low, high = row["skill_persistence_low"], row["skill_persistence_high"]
    interval = f" ({low:+.2f} to {high:+.2f})" if math.isfinite(low) and math.isfinite(high) else ""
    return {
        "lead": str(row["lead_days"]),
        "n": f"{row['n']:,}",
        "rmse": f"{row['rmse']:.3g}",
        "persistence": f"{row['skill_persistence']:+.2f}{interval}" if math.isfinite(row["skill_persistence"]) else "–",
        "climatology": f"{row['skill_climatology']:+.2f}" if math.isfinite(row["skill_climatology"]) else "–",
        "coverage": f"{row['coverage_80']:.0%}",
    }


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
