"""The newest weeks of a pollutant's features beside the same weeks of earlier years."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.spec import DAYS_OF_A_YEAR
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.distances import usual_distance
from airwatch.pipelines.monitoring.params import DriftParams
from airwatch.tables import AnyTable, as_table

# Feature columns are float32, whose rounding alone makes equal values differ by a ten-millionth.
LEAST_RELATIVE_SPREAD = 1e-6
NOW, ELSEWHERE = 0, -1  # beside the number of an earlier year
_BACK = "years back"


@dataclass
class Comparison:
    """One pollutant's current weeks and the same weeks of earlier years, column by column.

    ``pairs`` holds for each column its known values in the current weeks and in the reference, ``limits`` the distance
    from which on it has drifted; ``left_out`` says why a column, and ``reason`` why the whole pollutant, could not be
    compared. ``smoky`` counts the rows that were left out for smoke, now and in the reference.
    """

    pollutant: str
    reason: str = ""
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    sites: int = 0
    rows: tuple[int, int] = (0, 0)
    smoky: tuple[int, int] = (0, 0)
    sampled: bool = False
    pairs: dict[str, tuple[pd.Series, pd.Series]] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def title(self, column: str) -> str:
        """What the page calls a column."""
        return f"{POLLUTANTS[self.pollutant].label} {column}"


def compare(
    pollutant: str,
    features: AnyTable,
    observations: AnyTable,
    smoke_days: pd.DataFrame,
    run: RunParams,
    params: DriftParams,
) -> Comparison:
    """Line up one pollutant's current weeks and their reference, days of smoke left out of both."""
    seen = as_table(observations).read(["site_id", "date_local"], pollutant=pollutant, last=pd.Timestamp(run.as_of))
    if seen.empty:
        return Comparison(pollutant, "no observation")
    last = seen["date_local"].max()
    first = last - pd.Timedelta(days=params.current_days - 1)
    back = _years_back(seen["date_local"], first, last, params)
    both = set(seen.loc[back == NOW, "site_id"]) & set(seen.loc[back > NOW, "site_id"])
    if not both:
        return Comparison(pollutant, "no site observed in these weeks of this year and of others", first, last)
    columns = [name for name in ("site_id", "origin_date", *params.columns) if name in features.columns]
    rows = as_table(features).read(columns, pollutant=pollutant, site_ids=sorted(both))
    rows = rows.assign(**{_BACK: _years_back(rows["origin_date"], first, last, params)})
    sides = [rows[rows[_BACK] == NOW], rows[rows[_BACK] > NOW]]
    clear = [side[~_smoky(side, smoke_days)] for side in sides]
    counts = len(clear[0]), len(clear[1])
    comparison = Comparison(pollutant, "", first, last, len(both), counts)
    comparison.smoky = len(sides[0]) - counts[0], len(sides[1]) - counts[1]
    comparison.sampled = max(counts) > params.max_rows
    sample = [side.sample(min(len(side), params.max_rows), random_state=run.seed) for side in clear]
    for column in params.columns:
        _line_up(comparison, column, sample[0], sample[1], params)
    comparison.reason = "" if comparison.pairs else "no column could be compared"
    return comparison


def _years_back(days: pd.Series, first: pd.Timestamp, last: pd.Timestamp, params: DriftParams) -> pd.Series:
    """In which year's weeks each day lies: 0 the current ones, 1 those of the year before …, -1 none of them."""
    margin, found = pd.Timedelta(days=params.reference_margin_days), pd.Series(ELSEWHERE, index=days.index)
    for year in range(params.reference_years, NOW, -1):
        back = pd.Timedelta(days=round(DAYS_OF_A_YEAR * year))
        found[days.between(first - back - margin, min(last - back + margin, first - pd.Timedelta(days=1)))] = year
    found[days.between(first, last)] = NOW
    return found


def _smoky(rows: pd.DataFrame, smoke_days: pd.DataFrame) -> pd.Series:
    """Which rows start from a day of smoke."""
    marked = pd.MultiIndex.from_frame(smoke_days[["site_id", "date_local"]])
    found = pd.MultiIndex.from_frame(rows[["site_id", "origin_date"]]).isin(marked)
    return pd.Series(found, index=rows.index)


def _line_up(
    comparison: Comparison, column: str, current: pd.DataFrame, reference: pd.DataFrame, params: DriftParams
) -> None:
    """Add one column's known values to the comparison, or the reason why it has too little to say."""
    if column not in current:
        comparison.left_out[column] = "no such feature"
        return
    known = [
        part[column].astype(np.float64).replace([np.inf, -np.inf], np.nan).dropna() for part in (current, reference)
    ]
    if min(map(len, known)) < params.min_rows:
        comparison.left_out[column] = (
            f"{len(known[0])} values now and {len(known[1])} in earlier years, {params.min_rows} needed"
        )
    elif not varies(pd.concat(known)):
        comparison.left_out[column] = "all values are equal"
    else:
        comparison.pairs[column] = (known[0].reset_index(drop=True), known[1].reset_index(drop=True))
        comparison.limits[column] = params.threshold
        if params.method == "wasserstein":
            usual = usual_distance(known[1], reference.loc[known[1].index, _BACK], params.min_rows)
            comparison.limits[column] = max(params.threshold, usual)


def varies(values: pd.Series) -> bool:
    """Whether values differ by more than rounding; Evidently finds no bins for those that do not."""
    return bool(values.max() - values.min() > LEAST_RELATIVE_SPREAD * values.abs().max())
