"""What of long tables of observations is kept for the grids: who, when and how much, as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True)
class Records:
    """The observations of one parameter.

    Attributes:
        site: Number of the site, in the order in which sites were met [n].
        day: Days since 1970-01-01 [n].
        value: In the AQS unit [n].
    """

    site: NDArray[np.int32]
    day: NDArray[np.int32]
    value: NDArray[np.float32]


@dataclass
class Collector:
    """Collects observations frame by frame; twelve bytes each."""

    names: tuple[str, ...]
    last_day: int
    sites: dict[str, int] = field(default_factory=dict)
    _parts: dict[str, list[Records]] = field(default_factory=dict)

    def add(self, observations: pd.DataFrame) -> None:
        """Keep those of the wanted parameters, up to the last day and with a value."""
        parameter, names = _numbered(observations["pollutant"])
        site, site_ids = _numbered(observations["site_id"])
        day = days_since_epoch(observations["date_local"])
        value = observations["value"].to_numpy(dtype=np.float32)
        known = (day <= self.last_day) & np.isfinite(value) & (site >= 0)
        for number, name in enumerate(names):
            if name in self.names:
                chosen = known & (parameter == number)
                if not chosen.any():
                    continue
                rows = slice(None) if chosen.all() else np.flatnonzero(chosen)
                self._parts.setdefault(name, []).append(
                    Records(self._settled(site[rows], site_ids), day[rows], value[rows])
                )

    def _settled(self, site: NDArray[np.int32], site_ids: list[str]) -> NDArray[np.int32]:
        """The numbers of a frame as those of all frames; a site counts once a value of it is kept."""
        there = np.flatnonzero(np.bincount(site, minlength=len(site_ids)))
        numbers = np.zeros(len(site_ids), dtype=np.int32)
        numbers[there] = [self.sites.setdefault(site_ids[number], len(self.sites)) for number in there]
        return numbers[site]

    def records(self) -> dict[str, Records]:
        """What was kept, by parameter."""
        return {name: _joined(parts) for name, parts in self._parts.items()}


def _joined(parts: list[Records]) -> Records:
    if len(parts) == 1:
        return parts[0]
    return Records(*(np.concatenate([getattr(part, column) for part in parts]) for column in Records.__slots__))


def collect(observations: Iterable[pd.DataFrame], names: tuple[str, ...], last: pd.Timestamp) -> Collector:
    """Collect the observations of some parameters up to a day.

    Args:
        observations: Frames with site_id, pollutant, date_local (local standard days) and value, AQS unit.
        names: The parameters.
        last: The last day.
    """
    collector = Collector(names, int((np.datetime64(last, "D") - EPOCH).astype(int)))
    for frame in observations:
        if len(frame):
            collector.add(frame)
    return collector


def days_since_epoch(dates: pd.Series) -> NDArray[np.int32]:
    """Days since 1970-01-01."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int32)


def _numbered(texts: pd.Series) -> tuple[NDArray[np.int32], list[str]]:
    """A number for each text, and the texts; quick where equal ones follow each other."""
    if isinstance(texts.dtype, pd.CategoricalDtype):
        return np.asarray(texts.cat.codes, dtype=np.int32), [str(text) for text in texts.cat.categories]
    array = pa.array(texts)
    runs = pc.run_end_encode(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
    encoded = runs.values.dictionary_encode()
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    return np.repeat(encoded.indices.fill_null(-1).to_numpy(), lengths), encoded.dictionary.to_pylist()
