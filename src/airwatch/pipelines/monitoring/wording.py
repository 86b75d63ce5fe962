"""The checks of monitoring in a reader's words, with the units of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from airwatch.domain.pollutants import POLLUTANTS


def plain(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:.3g}"


def share(value: float) -> str:
    """A share as percent."""
    return f"{value:.0%}".replace("%", " %")


def signed_share(value: float) -> str:
    """A share that is above or below, as percent."""
    return f"{value:+.0%}".replace("%", " %")


def signed(value: float) -> str:
    """A number with its sign; one that two digits would show as zero keeps two that count."""
    if not value:
        return "0"
    return f"{value:+.2f}" if abs(value) >= 0.01 else f"{value:+.2g}"


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.3g} times"


def samples(value: float) -> str:
    """A count of samples."""
    return f"{value:.0f} sample{'' if value == 1 else 's'}"


def days(value: float) -> str:
    """A count of days."""
    return f"{value:.0f} day{'' if value == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a check measures.

    Attributes:
        title: In words.
        written: How its value and its limit are written.
        bound: What the limit is: the most or the least that is well, or one on either side.
        remedy: What to do, for a check whose own words say only what was found.
    """

    title: str
    written: Callable[[float], str] = plain
    bound: str = "limit"
    remedy: str = ""


# By the part of a check's name that follows the pollutant.
MEASURES = {
    "freshness": Measure("age of the newest day", days, "at most"),
    "reporting": Measure("sites that report", share, "at least"),
    "drift": Measure("features that drifted", share, "at most"),
    "sites": Measure("sites whose instrument or calendar changed", share, "at most"),
    "calendar": Measure("dates that moved, as multiples of the limit"),
    "residuals": Measure("errors to one side, as multiples of the limit"),
    "skill": Measure("skill against persistence", signed, "at least"),
    "coverage": Measure("observations within the 80 % range", share, "at least"),
    "bias": Measure("bias, as a share of the mean", signed_share, "at most ±"),
    "provisional": Measure("AirNow's difference from AQS", signed_share, "at most ±"),
    "quality": Measure("sites whose data fail a check", share, "at most"),
    # Of data_quality, site by site.
    "silent": Measure("no data", days, "at most", "Ask the agency whether it is down, late or closed."),
    "completeness": Measure("scheduled samples of the quarter", share, "at least", "See what was lost."),
    "volume": Measure("values, of those of earlier years", share, "at least", "Ask EPA whether the network is late."),
    "stuck": Measure("the same value again and again", samples, "at most", "Look at the instrument."),
    "negative": Measure("values below zero", samples, "at most", "Check the zero of the instrument."),
    "unit": Measure("a level that is not its own", times, "limit", "Check its unit and its calibration."),
    "spike": Measure("a spike that no neighbour shares", plain, "at most", "Check the value before it is believed."),
}


def measure(check: str) -> Measure:
    """What a check such as ``pm25.skill`` measures; one that nobody described is called by its name."""
    kind = check.rpartition(".")[2]
    return MEASURES.get(kind) or Measure(kind.replace("_", " "))


def title(check: str) -> str:
    """A check as a reader knows it: ``PM2.5: skill against persistence``."""
    pollutant = POLLUTANTS.get(check.partition(".")[0])
    return f"{pollutant.label}: {measure(check).title}" if pollutant else measure(check).title


def held(check: str, value: float | None, limit: float | None) -> str:
    """A value beside its limit: ``12 days (at most 7 days)``; empty where nothing could be measured."""
    if value is None or not math.isfinite(value):
        return ""
    its = measure(check)
    if limit is None or not math.isfinite(limit):
        return its.written(value)
    bound = its.written(limit)
    if its.bound.endswith("±"):  # the sign of the limit stands in its name
        bound = bound.lstrip("+")
    return f"{its.written(value)} ({its.bound} {bound})".replace("± ", "±")
