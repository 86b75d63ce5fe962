"""Readings that no instrument of the pollutant gives: the policy leaves them out, so that the site looks silent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.pipelines.monitoring.quality.finding import Finding
from airwatch.pipelines.monitoring.quality.surroundings import Surroundings, in_words
from airwatch.tables import BlockTable


def find_implausible(surroundings: Surroundings, summaries: BlockTable) -> Iterator[Finding]:
    """Sites of the area whose newest days are missing because their readings are outside what is plausible.

    Ozone given in ppb where ppm is meant is 1,000 times too high, and never becomes an observation.

    Args:
        surroundings: The sites, with what is usual at each.
        summaries: ``daily_summaries``; only the newest days of the sites that miss them are read.
    """
    watch, samples = surroundings.watch, surroundings.watch.params.unit_samples
    missing = watch.active[watch.last[watch.active] <= watch.through - samples]
    if not len(missing):
        return
    rows = dict(zip(watch.site_ids[missing], missing, strict=True))
    refused = _refused(watch.pollutant, summaries, list(rows), watch.day(max(watch.recent, 0)), watch.until)
    for site_id, days in refused.groupby("site_id", observed=True):
        row, value = int(rows[site_id]), float(days["value"].median())
        newer = days[days["date_local"] > watch.day(int(watch.last[row]))]
        if len(newer) >= samples and surroundings.usual[row] > 0 and value > 0:
            since, until = watch.column(newer["date_local"].min()), watch.column(newer["date_local"].max())
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
