"""The simulated region: any day from 1990 to 2100, from a seed, in the rows that AQS would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from airwatch.sandbox.instruments import Readings, readings_of
from airwatch.sandbox.network import SANDBOX_CBSA, Monitor, Site, codes, monitors_of
from airwatch.sandbox.rows import FIELDS, daily_rows

FIRST_YEAR, LAST_YEAR = 1990, 2100
YEARS_KEPT = 32  # of one parameter each, about 1 MB

Chooser = Callable[[Site], bool]

__all__ = ["FIRST_YEAR", "LAST_YEAR", "SANDBOX_CBSA", "World"]


class World:
    """A region whose every day follows from the seed.

    The rows of a day depend on the seed and the day: not on the span that is asked for, on what was asked before, or on
    the process. A row is served in its final state from the start; ``date_of_last_change`` says when AQS would have
    changed it last.
    """

    def __init__(self, seed: int) -> None:
        """Make a world; nothing is computed until it is asked for.

        Raises:
            ValueError: The seed is negative.
        """
        if seed < 0:
            raise ValueError(f"The sandbox's seed is {seed}; give a whole number from 0 up.")
        self.seed = seed
        self._readings = lru_cache(maxsize=YEARS_KEPT)(readings_of)

    def readings(self, code: str, year: int) -> Readings:
        """What the monitors of one AQS parameter code read in one year."""
        return self._readings(self.seed, code, year)

    def monitors(self, wanted: Sequence[str] = (), where: Chooser = lambda site: True) -> list[Monitor]:
        """The monitors of these parameter codes, or of all, at the sites that ``where`` accepts."""
        return [m for code in wanted or codes() for m in monitors_of(code) if where(m.site)]

    def daily(
        self,
        wanted: Sequence[str],
        first: date,
        last: date,
        where: Chooser = lambda site: True,
        changed: tuple[date, date] | None = None,
    ) -> pd.DataFrame:
        """Rows of AQS ``dailyData``.

        Args:
            wanted: AQS parameter codes; those that nobody measures give no rows.
            first: First local standard day, included.
            last: Last local standard day, included. Days outside 1990 to 2100 give no rows.
            where: Chooses the sites.
            changed: First and last day of last change, both included.

        Returns:
            The 32 fields of the live service, dates as ``YYYY-MM-DD``, concentrations in ``units_of_measure``.
        """
        frames = []
        for code in (c for c in wanted if c in codes()):
            for year in range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1):
                readings = self.readings(code, year)
                days = (readings.days >= np.datetime64(first)) & (readings.days <= np.datetime64(last))
                chosen = np.outer(days, [where(m.site) for m in readings.monitors])
                if changed is not None:
                    chosen &= (readings.changed >= np.datetime64(changed[0])) & (
                        readings.changed <= np.datetime64(changed[1])
                    )
                frames.append(daily_rows(readings, chosen))
        frames = [frame for frame in frames if len(frame)]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(FIELDS), dtype=object)
