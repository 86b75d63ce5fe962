"""One pollutant's sites and days, with the instruments that measured and the smoke that was there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import Transform
from airwatch.features.compiled import FloatArray, IntArray
from airwatch.features.records import EPOCH, days_since_epoch
from airwatch.tables import AnyTable, as_table

Mask = NDArray[np.bool_]

NO_INSTRUMENT = -1
_COLUMNS = ("site_id", "date_local", "value", "poc", "method_code")
_METHODS = 100_000  # more than there are method codes


@dataclass(frozen=True)
class Days:
    """The sites of one pollutant; rows are sites in the order of their ids, columns consecutive days.

    Attributes:
        pollutant: Its name.
        working: The working unit.
        site_ids: Of the rows.
        places: Latitude and longitude, degrees [sites, 2]; NaN where unknown.
        inside: Whether a site is of the area; the others are neighbours only [sites].
        start: Of the first column, days since 1970-01-01.
        values: AQS unit, NaN where nothing was observed [sites, days].
        instrument: A number for POC and method of each value, ``NO_INSTRUMENT`` where there is none.
        smoky: Where smoke, or another episode of the whole network, makes a day tell nothing.
    """

    pollutant: str
    working: Transform
    site_ids: NDArray[np.object_]
    places: FloatArray
    inside: Mask
    start: int
    values: FloatArray
    instrument: IntArray
    smoky: Mask

    @classmethod
    def of(
        cls,
        pollutant: str,
        daily_observations: AnyTable,
        sites: pd.DataFrame,
        smoke_days: pd.DataFrame,
        last: pd.Timestamp,
        history_days: int,
        working: Transform,
    ) -> Days | None:
        """Lay out the ``history_days`` up to the newest day that was observed by ``last``; None if there is none."""
        table, first = as_table(daily_observations), last - pd.Timedelta(days=history_days - 1)
        start = int((np.datetime64(first, "D") - EPOCH).astype(int))
        columns = [name for name in _COLUMNS if name in table.columns]
        methods: dict[str, int] = {}
        laid = [
            _laid_out(block.dropna(subset="value"), start, history_days, methods)
            for block in table.blocks(columns=columns, pollutant=pollutant, first=first, last=last)
        ]
        ids, values, instrument = (np.concatenate(parts) for parts in zip(*laid, strict=True))
        if not len(ids):
            return None
        width = int(np.flatnonzero(np.isfinite(values).any(axis=0))[-1]) + 1
        known = sites[sites["pollutant"] == pollutant].drop_duplicates("site_id").set_index("site_id").reindex(ids)
        return cls(
            pollutant=pollutant,
            working=working,
            site_ids=ids,
            places=known.reindex(columns=["latitude", "longitude"]).to_numpy(dtype=np.float64),
            inside=(known["in_area"] == True).to_numpy(dtype=bool),  # noqa: E712  missing is not inside
            start=start,
            values=values[:, :width],
            instrument=instrument[:, :width],
            smoky=_smoky(smoke_days, ids, start, (len(ids), width)),
        )

    @property
    def unit(self) -> FloatArray:
        """The values in the working unit."""
        return np.asarray(self.working.forward(self.values), dtype=np.float64)

    @property
    def first_day(self) -> np.datetime64:
        """The day of the first column."""
        return EPOCH + self.start

    def day(self, column: int) -> pd.Timestamp:
        """The day of a column."""
        return pd.Timestamp(EPOCH + (self.start + int(column)))

    def column(self, day: pd.Timestamp) -> int:
        """The column of a day, which may lie outside."""
        return int((np.datetime64(day, "D") - EPOCH).astype(int)) - self.start


def _laid_out(
    block: pd.DataFrame, start: int, width: int, methods: dict[str, int]
) -> tuple[NDArray[np.object_], FloatArray, IntArray]:
    """The sites of a block, their values and their instruments [sites, width]; numbers the methods that it meets."""
    site, ids = pd.factorize(block["site_id"].astype("object"), sort=True)
    day = days_since_epoch(block["date_local"]).astype(np.int64) - start
    code = np.zeros(len(block), dtype=np.int64)
    if "method_code" in block:
        number, texts = pd.factorize(block["method_code"])
        code += np.array([methods.setdefault(str(text), len(methods) + 1) for text in texts] + [0])[number]
    if "poc" in block:
        code += _METHODS * block["poc"].to_numpy(dtype=np.int64)
    values = np.full((len(ids), width), np.nan)
    instrument = np.full((len(ids), width), NO_INSTRUMENT, dtype=np.int64)
    values[site, day], instrument[site, day] = block["value"].to_numpy(dtype=np.float64), code
    return np.asarray(ids, dtype=object), values, instrument


def _smoky(smoke_days: pd.DataFrame, ids: NDArray[np.object_], start: int, shape: tuple[int, int]) -> Mask:
    """Where the table of smoke has a row."""
    marked = np.zeros(shape, dtype=bool)
    row = pd.Index(ids).get_indexer(pd.Index(smoke_days["site_id"].astype(str)))
    day = days_since_epoch(smoke_days["date_local"]).astype(np.int64) - start
    inside = (row >= 0) & (day >= 0) & (day < shape[1])
    marked[row[inside], day[inside]] = True
    return marked
