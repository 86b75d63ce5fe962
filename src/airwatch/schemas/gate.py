"""The record of the gate: which rule each candidate met, and which it did not."""

from __future__ import annotations

from typing import ClassVar

import pandera.pandas as pa
from pandera.typing import Series

from airwatch.schemas.table import Table


class Gate(Table):
    """What each candidate had to show to be chosen, what it showed, and how the one chosen met the champion.

    ``statistic`` is Diebold and Mariano's, negative where the candidate lost less; ``low`` and ``high`` are the ends of
    the interval of its mean difference. ``champion`` marks the candidate that the gate chose.
    """

    pollutant: Series[str]
    candidate: Series[str]
    rule: Series[str]
    value: Series[float] = pa.Field(nullable=True)
    limit: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    passed: Series[bool]
    note: Series[str]
    statistic: Series[float] = pa.Field(nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
    champion: Series[bool]

    class Config(Table.Config):
        """The key."""

        unique: ClassVar = ["pollutant", "candidate", "rule"]
