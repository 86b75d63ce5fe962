"""Readings that no instrument of the pollutant gives: the policy leaves them out, so that the site looks silent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.features.compiled import IntArray
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.surroundings import Surroundings, in_words
from airwatch.tables import BlockTable


def find_implausible(surroundings: Surroundings, summaries: BlockTable, as_of: pd.Timestamp) -> Iterator[Finding]:
    """Sites of the area whose newest days are missing because their readings are outside what is plausible.

    Ozone given in ppb where ppm is meant is 1,000 times too high, and never becomes an observation. Where that happens
    to all sites, or to the only one, no newer observation shows that days are missing: so the summaries are asked.

    Args:
        surroundings: The sites, with what is usual at each.
        summaries: ``daily_summaries``; only the days after the observations of the sites that miss them are read.
        as_of: No later day is read.
    """
    watch, samples = surroundings.watch, surroundings.watch.params.unit_samples
    last = watch.last[watch.active]
    behind, ahead = last <= watch.through - samples, last <= watch.column(as_of) - samples
    for rows in (watch.active[behind], watch.active[~behind & ahead]):  # of most sites the newest days alone are read
        if len(rows):
            yield from _at_sites(surroundings, rows, summaries, as_of)


def _at_sites(
    surroundings: Surroundings, rows: IntArray, summaries: BlockTable, as_of: pd.Timestamp
) -> Iterator[Finding]:
    """Those of some rows at which readings since the newest observation are not plausible, up to the recent days."""
    watch, samples = surroundings.watch, surroundings.watch.params.unit_samples
    row_of = dict(zip(watch.site_ids[rows], rows, strict=True))
    first = max(int(watch.last[rows].min()) + 1, watch.through - watch.params.closed_days)
    refused = _refused(watch.pollutant, summaries, list(row_of), watch.day(first), as_of)
    for site_id, days in refused.groupby("site_id", observed=True):
        row, value = int(row_of[site_id]), float(days["value"].median())
        newer = days[days["date_local"] > watch.day(int(watch.last[row]))]
        if len(newer) < samples or not min(surroundings.usual[row], value) > 0:
            continue
        since, until = watch.column(newer["date_local"].min()), watch.column(newer["date_local"].max())
        if until >= watch.recent:
            ratio, limit = value / surroundings.usual[row], POLLUTANTS[watch.pollutant].highest_plausible
            note = f"{value:.4g} {POLLUTANTS[watch.pollutant].unit}, which is not plausible: {in_words(ratio)}."
            yield Finding(row, "unit", since, until, ratio, limit / surroundings.usual[row], note)


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
