"""Readings that no instrument of the pollutant gives: the policy leaves them out, so that the site looks silent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.surroundings import Surroundings, in_words
from airwatch.pipelines.monitoring.quality.watch import runs
from airwatch.tables import BlockTable


def find_implausible(surroundings: Surroundings, summaries: BlockTable, as_of: pd.Timestamp) -> Iterator[Finding]:
    """Sites of the area with days that are missing because their readings are outside what is plausible.

    Ozone given in ppb where ppm is meant is 1,000 times too high, and never becomes an observation. Where that happens
    to all sites, or to the only one, no newer observation shows that days are missing: so the summaries are asked.

    Args:
        surroundings: The sites, with what is usual at each.
        summaries: ``daily_summaries``; of days before the network's newest, ``closed_days`` are read.
        as_of: No later day is read.
    """
    watch = surroundings.watch
    row_of = dict(zip(watch.site_ids[watch.active], watch.active, strict=True))
    first = watch.day(watch.through - watch.params.closed_days)
    refused = _refused(watch.pollutant, summaries, list(row_of), first, as_of)
    for site_id, days in refused.groupby("site_id", observed=True):
        columns = [watch.column(day) for day in days["date_local"]]
        yield from _at_site(surroundings, int(row_of[site_id]), pd.Series(days["value"].to_numpy(), columns))


def _at_site(surroundings: Surroundings, row: int, refused: pd.Series) -> Iterator[Finding]:
    """The runs of a site's refused readings, by column; those observed that are as far off belong to a run.

    Of readings in a wrong unit those of the cleanest days can still be plausible, and must not end what they are of.
    """
    watch, named, usual = surroundings.watch, POLLUTANTS[surroundings.watch.pollutant], surroundings.usual[row]
    seen, (high, _, _) = np.isfinite(surroundings.ratio[row]), surroundings.far_off(row)
    observed = pd.Series(high[seen], surroundings.begin + np.flatnonzero(seen))
    refused = refused[~refused.index.isin(observed.index)]  # another instrument gave the day
    far = pd.concat([observed, refused.notna()]).sort_index()
    for begin, end in runs(far.to_numpy()):
        since, until = int(far.index[begin]), int(far.index[end])
        value = float(refused.loc[since:until].median())  # NaN where none was refused: ``find_slips`` has it
        if end - begin + 1 >= watch.params.unit_samples and until >= watch.recent and usual > 0 and value > 0:
            note = f"{value:.4g} {named.unit}, which is not plausible: {in_words(value / usual)}."
            yield Finding(row, "unit", since, until, value / usual, named.highest_plausible / usual, note)


def _refused(
    pollutant: str, summaries: BlockTable, site_ids: list[str], first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """The implausible values of some sites and days, one a day: ``site_id``, ``date_local``, ``value``."""
    named = POLLUTANTS[pollutant]
    columns = ["site_id", "date_local", "sample_duration_code", named.value_column]
    rows = summaries.read(columns, pollutant=pollutant, site_ids=site_ids, first=first, last=last)
    value = rows[named.value_column].to_numpy(dtype=np.float64)
    outside = (value < named.lowest_plausible) | (value > named.highest_plausible)
    found = rows[outside & rows["sample_duration_code"].isin(named.durations).to_numpy()]
    return (
        found.groupby(["site_id", "date_local"], observed=True)[named.value_column].max().rename("value").reset_index()
    )
