"""Drawings of a few lines for pages that work without a script: where each value lies, and what is said of it.

Places are pixels from the upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from airwatch.domain.aqi import exceedance_concentration
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.scores import EXCEEDANCE_AQI

Places = list[tuple[float, float]]
MOST_LINES = 5
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid or a place on an axis, and what stands at it."""

    at: float
    label: str


@dataclass(frozen=True)
class Frame:
    """What part of the world a drawing shows.

    Attributes:
        first: What lies at its left.
        last: What lies at its right.
        low: What lies at its bottom.
        high: What lies at its top.
    """

    first: float
    last: float
    low: float
    high: float
    width: int = 480
    height: int = 230
    left: int = 52
    right: int = 468
    top: int = 10
    bottom: int = 190

    def x(self, value: float) -> float:
        """How far to the right a value lies."""
        return round(self.left + (value - self.first) / (self.last - self.first) * (self.right - self.left), 1)

    def y(self, value: float) -> float:
        """How far down a value lies."""
        return round(self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top), 1)


@dataclass(frozen=True)
class Chances:
    """How often it happened, by the chance that was given; a dot is as large as many chances were like it.

    Attributes:
        rows: ``VerifiedChances`` of one pollutant and threshold, all leads.
        pollutant: Its name.
        aqi: The threshold.
    """

    rows: pd.DataFrame
    pollutant: str
    aqi: int
    frame: Frame = Frame(0.0, 1.0, 0.0, 1.0)

    @property
    def title(self) -> str:
        """What it shows."""
        return f"{POLLUTANTS[self.pollutant].label}, chance of an AQI above {self.aqi}"

    @property
    def tenths(self) -> list[dict[str, float]]:
        """Mean chance and share of days by tenth of chance, of all leads together."""
        weighted = self.rows.assign(
            chance=self.rows["mean_chance"] * self.rows["n"], share=self.rows["observed_share"] * self.rows["n"]
        )
        sums = weighted.groupby("chance_low")[["chance", "share", "n"]].sum()
        return [
            {"chance": chance / n, "share": share / n, "n": n}
            for chance, share, n in sums[["chance", "share", "n"]].itertuples(index=False)
        ]

    @property
    def dots(self) -> list[tuple[float, float, float]]:
        """Place and radius of each tenth."""
        most = max(each["n"] for each in self.tenths)
        return [
            (self.frame.x(each["chance"]), self.frame.y(each["share"]), round(2.5 + 5 * math.sqrt(each["n"] / most), 1))
            for each in self.tenths
        ]

    @property
    def line(self) -> str:
        """The dots as the points of a line."""
        return points((x, y) for x, y, _ in self.dots)

    @property
    def quarters(self) -> list[float]:
        """Where the lines of the grid lie."""
        return [0.0, 0.25, 0.5, 0.75, 1.0]

    @property
    def said(self) -> str:
        """The drawing in words, for those who do not see it."""
        told = [f"{each['chance']:.0%} given, {each['share']:.0%} happened" for each in self.tenths]
        return f"{self.title}: {'; '.join(told)}"


@dataclass(frozen=True)
class Weeks:
    """A site's last weeks: what was observed, and what was forecast.

    Attributes:
        rows: ``MaturedForecasts`` of a site and pollutant, one a target day, in order.
        name: Of the site.
        pollutant: Of the pollutant.
        days: First and last day shown.
    """

    rows: pd.DataFrame
    name: str
    pollutant: str
    days: tuple[pd.Timestamp, pd.Timestamp]

    @property
    def title(self) -> str:
        """Whose weeks they are."""
        return f"{self.rows['site_id'].iloc[0]} {self.name}".strip()

    @property
    def unit(self) -> str:
        """Of what is drawn."""
        return POLLUTANTS[self.pollutant].unit

    @property
    def frame(self) -> Frame:
        """From zero, or below it where something is, to the highest that is drawn."""
        low, high = min(0.0, float(self.rows["observed"].min())), float(self.rows[["observed", "q90"]].max().max())
        first, last = self.days
        return Frame(0.0, max((last - first) / DAY, 1.0), low, high + (high - low) * 0.05 or 1.0)

    @property
    def lines(self) -> list[Line]:
        """Lines of the grid, upwards, at round values."""
        frame = self.frame
        step = _step(frame.high - frame.low)
        values = [step * number for number in range(math.ceil(frame.low / step), math.floor(frame.high / step) + 1)]
        return [Line(frame.y(value), f"{value:.4g}") for value in values]

    @property
    def weeks(self) -> list[Line]:
        """Every seventh day, from the first one on."""
        days = pd.date_range(*self.days, freq="7D")
        return [Line(self._x(day), f"{day:%-d %b}") for day in days]

    @property
    def limit(self) -> float | None:
        """Where an AQI above 100 begins; None where that is off the drawing."""
        begins = exceedance_concentration(self.pollutant, EXCEEDANCE_AQI)
        return self.frame.y(begins) if begins <= self.frame.high else None

    @property
    def observed(self) -> Places:
        """A dot for each day."""
        return self._places("observed")

    @property
    def means(self) -> list[str]:
        """The points of the line of the forecasts, of each stretch of days."""
        return [points(stretch) for stretch in self._stretches("mean")]

    @property
    def bands(self) -> list[str]:
        """The points of the shape of the 80 % range, of each stretch of days."""
        pairs = zip(self._stretches("q90"), self._stretches("q10"), strict=True)
        return [points([*above, *reversed(below)]) for above, below in pairs]

    @property
    def said(self) -> str:
        """The drawing in words, for those who do not see it."""
        inside = self.rows["observed"].between(self.rows["q10"], self.rows["q90"]).sum()
        return (
            f"{self.title}: {len(self.rows)} days, observed {self.rows['observed'].min():.3g} to "
            f"{self.rows['observed'].max():.3g} {self.unit}, {inside} of them within the 80 % range of the forecast"
        )

    def _x(self, day: pd.Timestamp) -> float:
        return self.frame.x((day - self.days[0]) / DAY)

    def _places(self, column: str) -> Places:
        frame, days = self.frame, (self.rows["target_date"] - self.days[0]) / DAY
        return [(frame.x(day), frame.y(value)) for day, value in zip(days, self.rows[column], strict=True)]

    def _stretches(self, column: str) -> Iterator[Places]:
        """The places of days that follow each other; one day alone is a short line."""
        days, places = self.rows["target_date"].tolist(), self._places(column)
        cuts = [0, *(n + 1 for n, (one, other) in enumerate(pairwise(days)) if other - one > DAY), len(days)]
        for begin, end in pairwise(cuts):
            stretch = places[begin:end]
            yield stretch if len(stretch) > 1 else [(x + shift, y) for x, y in stretch for shift in (-3.0, 3.0)]


def points(places: Iterable[tuple[float, float]]) -> str:
    """Places as SVG writes them."""
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _step(span: float) -> float:
    """A round step that cuts a span into few pieces."""
    power = 10.0 ** math.floor(math.log10(span / MOST_LINES))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= MOST_LINES)
