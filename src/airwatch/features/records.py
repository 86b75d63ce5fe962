"""What of long tables of observations is kept for the grids: who, when and how much, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airwatch.features.compiled import compiled
from airwatch.features.plan import Grid
from airwatch.features.tasks import at_once, shares

Numbers = NDArray[np.int32]
EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True)
class Records:
    """Observations of one parameter.

    Attributes:
        site: Number of the site, in the order in which sites were met [n].
        day: Days since 1970-01-01 [n].
        value: In the AQS unit [n].
    """

    site: NDArray[np.int32]
    day: NDArray[np.int32]
    value: NDArray[np.float32]


class Runs(NamedTuple):
    """A column of texts, equal ones that follow each other taken together.

    Attributes:
        numbers: Of the text of each run; -1 where there is none.
        ends: The row behind the last of each.
    """

    numbers: Numbers
    ends: Numbers


@dataclass
class Collector:
    """Collects observations frame by frame; twelve bytes each.

    Attributes:
        names: The parameters.
        last_day: Days since 1970-01-01; later ones are left out.
        threads: How many parts of a frame are read at once.
        sites: The number of each site.
        records: By parameter, what was kept of each part.
    """

    names: tuple[str, ...]
    last_day: int
    threads: int = 1
    sites: dict[str, int] = field(default_factory=dict)
    records: dict[str, list[Records]] = field(default_factory=dict)

    def add(self, observations: pd.DataFrame) -> None:
        """Keep those of the wanted parameters, up to the last day and with a value."""
        parts = [observations.iloc[rows] for rows in shares(len(observations), self.threads)]
        for kept in at_once([partial(self._kept, part) for part in parts], self.threads):
            for name, (records, met, site_ids) in kept.items():
                _renumber(records.site, self._settled(met, site_ids))
                self.records.setdefault(name, []).append(records)

    def _kept(self, observations: pd.DataFrame) -> dict[str, tuple[Records, NDArray[np.bool_], list[str]]]:
        """What is to be kept, by parameter; its sites are numbers in a list, of which some were met."""
        (parameter, names), (site, site_ids) = (_runs(observations[name]) for name in ("pollutant", "site_id"))
        day, value = days_since_epoch(observations["date_local"]), observations["value"].to_numpy(dtype=np.float32)
        kept = {}
        for number in (number for number, name in enumerate(names) if name in self.names):
            found, days, values, met = _keep(parameter, number, site, day, value, self.last_day, len(site_ids))
            if met.any():
                kept[names[number]] = Records(found, days, values), met, site_ids
        return kept

    def _settled(self, met: NDArray[np.bool_], site_ids: list[str]) -> NDArray[np.int32]:
        """The numbers of a part's sites as those of all; a site counts once a value of it is kept."""
        numbers, there = np.zeros(len(site_ids), dtype=np.int32), np.flatnonzero(met)
        numbers[there] = [self.sites.setdefault(site_ids[number], len(self.sites)) for number in there]
        return numbers


def first_day(parts: Sequence[Records]) -> int:
    """The first of their days, since 1970-01-01."""
    return min(int(part.day.min()) for part in parts)


def collect(
    observations: Iterable[pd.DataFrame], names: tuple[str, ...], last: pd.Timestamp, threads: int = 1
) -> Collector:
    """Collect the observations of some parameters up to a day.

    Args:
        observations: Frames with site_id, pollutant, date_local (local standard days) and value, AQS unit.
        names: The parameters.
        last: The last day.
        threads: How many parts of a frame are read at once.
    """
    collector = Collector(names, int((np.datetime64(last, "D") - EPOCH).astype(int)), threads)
    for frame in observations:
        if len(frame):
            collector.add(frame)
    return collector


@compiled
def _keep(
    parameter: Runs, wanted: int, site: Runs, day: Numbers, value: Grid, last: int, sites: int
) -> tuple[Numbers, Numbers, Grid, NDArray[np.bool_]]:
    """Sites, days and values of the rows to be kept, and which sites they are of."""
    met, count = np.zeros(sites, np.bool_), 0
    for write in (False, True):
        found, days, values = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.float32)
        count, row, one, other = 0, 0, 0, 0
        while row < len(day):
            end, number = min(parameter.ends[one], site.ends[other]), site.numbers[other]
            if parameter.numbers[one] == wanted and number >= 0:
                if write:
                    before = count
                    for each in range(row, end):
                        found[count], days[count], values[count] = number, day[each], value[each]
                        count += 1 if day[each] <= last and np.isfinite(value[each]) else 0
                    met[number] |= count > before
                else:
                    count += end - row
            row, one, other = end, one + (parameter.ends[one] == end), other + (site.ends[other] == end)
    if count < len(found):  # without the room for those that were left out
        found, days, values = found[:count].copy(), days[:count].copy(), values[:count].copy()
    return found, days, values, met


@compiled
def _renumber(site: Numbers, numbers: Numbers) -> None:
    """Other numbers for the sites, in place."""
    for row in range(len(site)):
        site[row] = numbers[site[row]]


def days_since_epoch(dates: pd.Series) -> Numbers:
    """Days since 1970-01-01 of timestamps, none of them missing."""
    ticks = dates.to_numpy()
    return _days(ticks.view(np.int64), int((EPOCH + 1).astype(ticks.dtype).view(np.int64)))


@compiled
def _days(ticks: NDArray[np.int64], of_a_day: int) -> Numbers:
    """Whole days in a number of ticks, rounded down; a division of integers takes several times as long."""
    days, share = np.empty(len(ticks), np.int32), 1.0 / of_a_day
    for row in range(len(ticks)):
        near = np.int64(ticks[row] * share)
        rest = ticks[row] - near * of_a_day
        days[row] = near + (rest >= of_a_day) - (rest < 0)
    return days


def _runs(texts: pd.Series) -> tuple[Runs, list[str]]:
    """The runs of a column, and the texts that they number."""
    if isinstance(texts.dtype, pd.CategoricalDtype):
        numbers = np.asarray(texts.cat.codes, dtype=np.int32)
        return Runs(numbers, np.arange(1, len(numbers) + 1, dtype=np.int32)), [str(one) for one in texts.cat.categories]
    array = pa.array(texts)
    runs = pc.run_end_encode(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
    encoded = runs.values.dictionary_encode()
    numbers = encoded.indices.fill_null(-1).to_numpy()
    return Runs(numbers, runs.run_ends.to_numpy()), encoded.dictionary.to_pylist()
