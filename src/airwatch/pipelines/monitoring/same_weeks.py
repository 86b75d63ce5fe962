"""The newest weeks of a pollutant's features beside the same weeks of earlier years."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.params import DriftParams
from airwatch.tables import AnyTable, as_table

# Feature columns are float32, whose rounding alone makes equal values differ by a ten-millionth.
LEAST_RELATIVE_SPREAD = 1e-6


@dataclass
class Comparison:
    """One pollutant's current weeks and the same weeks of earlier years, column by column.

    ``pairs`` holds for each column its known values in the current weeks and in the reference; ``left_out``
    says why a column, and ``reason`` why the whole pollutant, could not be compared.
    """

    pollutant: str
    reason: str = ""
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    sites: int = 0
    rows: tuple[int, int] = (0, 0)
    sampled: bool = False
    pairs: dict[str, tuple[pd.Series, pd.Series]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def title(self, column: str) -> str:
        """What the page calls a column."""
        return f"{POLLUTANTS[self.pollutant].label} {column}"


def compare(
    pollutant: str, features: AnyTable, observations: AnyTable, run: RunParams, params: DriftParams
) -> Comparison:
    """Line up one pollutant's current weeks and their reference."""
    seen = as_table(observations).read(["site_id", "date_local"], pollutant=pollutant, last=pd.Timestamp(run.as_of))
    if seen.empty:
        return Comparison(pollutant, "no observation")
    last = seen["date_local"].max()
    first = last - pd.Timedelta(days=params.current_days - 1)
    now, then = _weeks(seen, "date_local", first, last, params)
    both = set(now["site_id"]) & set(then["site_id"])
    if not both:
        return Comparison(pollutant, "no site observed in these weeks of this year and of others", first, last)
    columns = [name for name in ("origin_date", *params.columns) if name in features.columns]
    rows = as_table(features).read(columns, pollutant=pollutant, site_ids=sorted(both))
    parts = _weeks(rows, "origin_date", first, last, params)
    counts = len(parts[0]), len(parts[1])
    comparison = Comparison(pollutant, "", first, last, len(both), counts, max(counts) > params.max_rows)
    sample = [part.sample(min(len(part), params.max_rows), random_state=run.seed) for part in parts]
    for column in params.columns:
        _line_up(comparison, column, sample[0], sample[1], params.min_rows)
    comparison.reason = "" if comparison.pairs else "no column could be compared"
    return comparison


def _weeks(
    table: pd.DataFrame, column: str, first: pd.Timestamp, last: pd.Timestamp, params: DriftParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the current weeks, and those of the same weeks of earlier years."""
    days = table[column]
    return table[days.between(first, last)], table[_in_earlier_years(days, first, last, params)]


def _in_earlier_years(days: pd.Series, first: pd.Timestamp, last: pd.Timestamp, params: DriftParams) -> pd.Series:
    """Which days lie in the same weeks of one of the ``reference_years`` years before."""
    margin = pd.Timedelta(days=params.reference_margin_days)
    inside = pd.Series(False, index=days.index)
    for year in range(1, params.reference_years + 1):
        back = pd.Timedelta(days=round(DAYS_OF_A_YEAR * year))
        inside |= days.between(first - back - margin, min(last - back + margin, first - pd.Timedelta(days=1)))
    return inside


def _line_up(
    comparison: Comparison, column: str, current: pd.DataFrame, reference: pd.DataFrame, min_rows: int
) -> None:
    """Add one column's known values to the comparison, or the reason why it has too little to say."""
    if column not in current:
        comparison.left_out[column] = "no such feature"
        return
    known = [
        part[column].astype(np.float64).replace([np.inf, -np.inf], np.nan).dropna() for part in (current, reference)
    ]
    if min(map(len, known)) < min_rows:
        comparison.left_out[column] = (
            f"{len(known[0])} values now and {len(known[1])} in earlier years, {min_rows} needed"
        )
    elif not varies(pd.concat(known)):
        comparison.left_out[column] = "all values are equal"
    else:
        comparison.pairs[column] = (known[0].reset_index(drop=True), known[1].reset_index(drop=True))


def varies(values: pd.Series) -> bool:
    """Whether values differ by more than rounding; Evidently finds no bins for those that do not."""
    return bool(values.max() - values.min() > LEAST_RELATIVE_SPREAD * values.abs().max())
