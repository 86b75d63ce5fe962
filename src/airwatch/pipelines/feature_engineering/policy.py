"""One value for one site and day.

AQS holds up to ten rows for one monitor and day: averaging times, standards and their forms, with and without
exceptional events, and since 2024 some instruments twice. A site can have several monitors. This module says
of each row whether it gives the day's value, and if not, why not: the first reason that holds, in the order
of ``Reason``. Every choice is made among the rows of its own site and day, so that nothing later can change
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import exceedance_concentration
from airwatch.domain.pollutants import WEATHER, Pollutant, Weather, parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.labels import NOT_LISTED, Labels
from airwatch.pipelines.feature_engineering.params import PolicyParams

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

AIRDATA_EVENTS = {  # as the yearly files spell them; a missing text is their "None", lost on reading
    None: "No Events",
    "None": "No Events",
    "Included": "Events Included",
    "Excluded": "Events Excluded",
}
COLUMNS = [  # of daily_summaries that are read here
    "site_id",
    "pollutant",
    "date_local",
    "poc",
    "sample_duration_code",
    "pollutant_standard",
    "event_type",
    "method_code",
    "validity_indicator",
    "observation_percent",
    "arithmetic_mean",
    "first_max_value",
    "source",
]
_POCS = 1_000  # more than any site has instruments of one parameter


class Reason(IntEnum):
    """Why a row does not give the day's value, in the order asked."""

    KEPT = 0
    NOT_ASKED = 1
    AFTER_AS_OF = 2
    DURATION = 3
    STANDARD = 4
    EVENT = 5
    NO_VALUE = 6
    INVALID = 7
    INCOMPLETE = 8
    RESTATED = 9
    IMPLAUSIBLE = 10
    SAME_MONITOR = 11
    OTHER_MONITOR = 12

    @property
    def text(self) -> str:
        """The reason in words."""
        return _TEXTS[self]


_TEXTS = {
    Reason.KEPT: "kept",
    Reason.NOT_ASKED: "not a pollutant of this run",
    Reason.AFTER_AS_OF: "later than the day of the run",
    Reason.DURATION: "another averaging time",
    Reason.STANDARD: "another standard or form of it",
    Reason.EVENT: "exceptional events left out",
    Reason.NO_VALUE: "no value",
    Reason.INVALID: "marked invalid by the agency",
    Reason.INCOMPLETE: "too few samples that day",
    Reason.RESTATED: "given again, corrected, by the same monitor",
    Reason.IMPLAUSIBLE: "outside what is plausible",
    Reason.SAME_MONITOR: "another row of the same monitor preferred",
    Reason.OTHER_MONITOR: "another monitor of the site preferred",
}


class Summaries:
    """The columns of ``daily_summaries`` that the policy reads, texts as small integers."""

    def __init__(self, frame: pd.DataFrame) -> None:
        """Read a frame; nothing of it is copied but its texts."""
        self.frame = frame
        self.pollutant = Labels.of(frame["pollutant"])
        self.site = Labels.of(frame["site_id"])
        self.duration = Labels.of(frame["sample_duration_code"])
        self.standard = Labels.of(frame["pollutant_standard"])
        self.event = Labels.of(frame["event_type"]).mapped(plain_event)
        self.validity = Labels.of(frame["validity_indicator"])
        self.method = Labels.of(frame["method_code"])
        self.poc = frame["poc"].to_numpy(dtype=np.int64)
        self.day = frame["date_local"].to_numpy().astype("datetime64[D]").astype(np.int64)
        self.percent = frame["observation_percent"].to_numpy(dtype=np.float64)

    def values(self, rows: Rows, named: Pollutant | Weather) -> NDArray[np.float64]:
        """The values of rows of one pollutant, from the column that holds its day."""
        column: NDArray[np.float64] = self.frame[named.value_column].to_numpy(dtype=np.float64)
        return column[rows]

    def site_days(self, rows: Rows) -> Rows:
        """A number for each row's site and day."""
        numbers: Rows = self.site.codes[rows] * (self.day.max(initial=0) + 1) + self.day[rows]
        return numbers

    def monitor_days(self, rows: Rows) -> Rows:
        """A number for each row's site, POC and day."""
        numbers: Rows = self.site_days(rows) * _POCS + self.poc[rows]
        return numbers


def judge(summaries: Summaries, monitors: pd.DataFrame, run: RunParams, params: PolicyParams) -> NDArray[np.int8]:
    """Say of each row why it does not give the day's value (``Reason``), zero where it does.

    Args:
        summaries: ``daily_summaries``, all variants of a day.
        monitors: Which monitor of a site is the primary one (``naaqs_primary``), by pollutant and POC.
        run: Pollutants and ``as_of``; weather is always wanted.
        params: The policy.

    Returns:
        [rows]. At most one row is kept for each site, pollutant and day.
    """
    reasons = np.full(len(summaries.frame), Reason.NOT_ASKED, dtype=np.int8)
    as_of = int(np.datetime64(run.as_of, "D").astype(np.int64))
    for name in (*run.pollutants, *WEATHER):
        rows = np.flatnonzero(summaries.pollutant.among([name]))
        reason = np.full(len(rows), Reason.KEPT, dtype=np.int8)
        _mark(reason, summaries.day[rows] > as_of, Reason.AFTER_AS_OF)
        _judge_alone(summaries, rows, reason, parameter(name), params)
        primary = _primary(summaries, rows, monitors[monitors["pollutant"] == name])
        _choose(summaries, rows, reason, parameter(name), primary)
        reasons[rows] = reason
    return reasons


def observations(summaries: Summaries, kept: Rows) -> pd.DataFrame:
    """The kept rows as ``daily_observations``, sorted by (site_id, pollutant, date_local)."""
    kept = kept[np.lexsort((summaries.day[kept], summaries.pollutant.codes[kept], summaries.site.codes[kept]))]
    value = np.full(len(kept), np.nan)
    for code, name in enumerate(summaries.pollutant.values):
        rows = np.flatnonzero(summaries.pollutant.codes[kept] == code)
        if len(rows):
            value[rows] = summaries.values(kept[rows], parameter(name))
    return pd.DataFrame(
        {
            "site_id": summaries.site.texts(kept),
            "pollutant": summaries.pollutant.texts(kept),
            "date_local": summaries.frame["date_local"].to_numpy()[kept],
            "value": value,
            "poc": summaries.poc[kept],
            "method_code": summaries.method.texts(kept),
            "observation_percent": summaries.percent[kept],
            "event_type": summaries.event.texts(kept),
            "source": Labels.of(summaries.frame["source"]).texts(kept),
            "provisional": False,
        }
    )


def count_dropped(summaries: Summaries, reasons: NDArray[np.int8]) -> pd.DataFrame:
    """Rows left out and the site-days they belong to, by pollutant and reason, sorted."""
    rows = np.flatnonzero(reasons != Reason.KEPT)
    words = np.array([reason.text for reason in Reason], dtype=object)
    dropped = pd.DataFrame(
        {
            "pollutant": summaries.pollutant.texts(rows),
            "reason": pd.Series(words[reasons[rows]], dtype="str"),
            "site_day": summaries.site_days(rows),
        }
    )
    counted = dropped.groupby(["pollutant", "reason"])["site_day"].agg(rows="size", site_days="nunique")
    return counted.astype("int64").reset_index()


def add_up(counts: list[pd.DataFrame]) -> pd.DataFrame:
    """The counts of blocks that part no site, together."""
    return pd.concat(counts).groupby(["pollutant", "reason"], as_index=False).sum()


def plain_event(event: str | None) -> str | None:
    """An event type as the API spells it."""
    return AIRDATA_EVENTS.get(event, event)


def _judge_alone(
    summaries: Summaries,
    rows: Rows,
    reason: NDArray[np.int8],
    named: Pollutant | Weather,
    params: PolicyParams,
) -> None:
    """Mark the rows that are wrong in themselves, whatever else the day holds."""
    value = summaries.values(rows, named)
    _mark(reason, summaries.duration.ranks(named.durations)[rows] == NOT_LISTED, Reason.DURATION)
    _mark(reason, summaries.standard.ranks(named.standards)[rows] == NOT_LISTED, Reason.STANDARD)
    _mark(reason, ~summaries.event.among(params.kept_events)[rows], Reason.EVENT)
    _mark(reason, ~np.isfinite(value), Reason.NO_VALUE)
    _mark(reason, summaries.validity.among(["N"])[rows], Reason.INVALID)
    complete = summaries.percent[rows] >= params.min_observation_percent
    if named.name in params.incomplete_exceedances:
        # AQI 100 stands at the level of the standard (40 CFR 58 App. G).
        complete |= value >= exceedance_concentration(named.name, 100)
    _mark(reason, ~complete, Reason.INCOMPLETE)
    _mark(reason, _restated(summaries, rows, reason == Reason.KEPT, params.restated_methods), Reason.RESTATED)
    _mark(reason, (value < named.lowest_plausible) | (value > named.highest_plausible), Reason.IMPLAUSIBLE)


def _restated(summaries: Summaries, rows: Rows, sound: Mask, methods: Mapping[str, tuple[str, ...]]) -> Mask:
    """Original readings for which the same monitor and day has a sound row of a corrected method."""
    found = np.zeros(len(rows), dtype=bool)
    monitor_day = summaries.monitor_days(rows)
    for original, corrections in methods.items():
        corrected = summaries.method.among(corrections)[rows] & sound
        is_original = summaries.method.among([original])[rows]
        found |= is_original & np.isin(monitor_day, monitor_day[corrected])
    return found


def _primary(summaries: Summaries, rows: Rows, monitors: pd.DataFrame) -> Mask:
    """Whether each row comes from the site's primary monitor."""
    listed = monitors[monitors["naaqs_primary"].astype(bool)]
    number = {site_id: code for code, site_id in enumerate(summaries.site.values)}
    pairs = zip(listed["site_id"], listed["poc"].astype(int), strict=True)
    primary = np.array([number[site_id] * _POCS + poc for site_id, poc in pairs if site_id in number], dtype=np.int64)
    return np.isin(summaries.site.codes[rows] * _POCS + summaries.poc[rows], primary)


def _choose(
    summaries: Summaries, rows: Rows, reason: NDArray[np.int8], named: Pollutant | Weather, primary: Mask
) -> None:
    """Leave one sound row a site and day: the primary monitor's, else the lowest POC's; then by standard."""
    sound = np.flatnonzero(reason == Reason.KEPT)
    picked = rows[sound]
    site_day, poc = summaries.site_days(picked), summaries.poc[picked]
    order = np.lexsort(
        (
            summaries.event.codes[picked],
            summaries.method.codes[picked],
            summaries.duration.ranks(named.durations)[picked],
            summaries.standard.ranks(named.standards)[picked],
            poc,
            ~primary[sound],
            site_day,
        )
    )
    sorted_days = site_day[order]
    first = np.flatnonzero(np.append(True, sorted_days[1:] != sorted_days[:-1])[: len(order)])
    chosen = np.repeat(first, np.diff(first, append=len(order)))
    same = poc[order] == poc[order][chosen]
    verdict = np.where(same, Reason.SAME_MONITOR, Reason.OTHER_MONITOR)
    verdict[first] = Reason.KEPT
    reason[sound[order]] = verdict


def _mark(reason: NDArray[np.int8], holds: Mask, why: Reason) -> None:
    """Give a reason to the rows that have none yet."""
    reason[holds & (reason == Reason.KEPT)] = why
