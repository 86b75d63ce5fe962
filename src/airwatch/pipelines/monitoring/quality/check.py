"""The node that holds every site's data against what they can be: table ``data_quality``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import pandas as pd

from airwatch import schemas
from airwatch.domain.transforms import transform
from airwatch.features.records import collect
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.pipelines.monitoring.quality.finding import AREA, Finding, together
from airwatch.pipelines.monitoring.quality.implausible import find_implausible
from airwatch.pipelines.monitoring.quality.readings import find_negative, find_stuck
from airwatch.pipelines.monitoring.quality.reporting import find_incomplete, find_silent, find_thin
from airwatch.pipelines.monitoring.quality.surroundings import Surroundings, find_slips, find_spikes
from airwatch.pipelines.monitoring.quality.watch import Watch
from airwatch.tables import AnyTable, BlockTable, as_table

logger = logging.getLogger(__name__)

OBSERVED = ["site_id", "pollutant", "date_local", "value"]
PROVISIONAL = "provisional"
KEY = ["site_id", "pollutant", "check"]

Begun = dict[tuple[str, str], pd.Timestamp]  # the first provisional day of a pollutant and site


def check_quality(
    daily_observations: AnyTable,
    daily_summaries: AnyTable,
    sites: pd.DataFrame,
    run: RunParams,
    params: MonitoringParams,
    policy: FeatureEngineeringParams,
) -> pd.DataFrame:
    """Find what is wrong with the data of each site of the area, and since when.

    Each check looks for one kind of fault, and names it as long as its last day is among the ``recent_days`` up to
    the day that the network has reached: ``silent`` (nothing comes any more), ``completeness`` (a quarter with less
    than 75 % of its samples), ``volume`` (the whole area, an empty ``site_id``), ``stuck``, ``negative``, ``unit`` and
    ``spike``. A site is judged once it has observed ``min_days`` in a year.

    Args:
        daily_observations: One value for each site, pollutant and day; days after ``as_of`` are left alone.
        daily_summaries: What the observations were chosen from; the newest days are read.
        sites: Positions, ``in_area`` and ``cadence_days``. Sites outside the area are neighbours only.
        run: ``as_of`` and pollutants.
        params: Windows and limits, ``quality``.
        policy: The working unit of each pollutant.

    Returns:
        ``DataQuality``, keyed by site, pollutant and check; no row where nothing is wrong. ``value`` and
        ``limit`` are counts of days or samples, shares, ratios to what is usual (``unit``) or concentrations in the
        AQS unit (``spike``).
    """
    settled, last = params.quality, pd.Timestamp(run.as_of)
    observations, begun = as_table(daily_observations), Begun()
    columns = [name for name in (*OBSERVED, PROVISIONAL) if name in observations.columns]
    blocks = observations.blocks(columns=columns, pollutant=run.pollutants, last=last)
    collected = collect(_noting(blocks, begun), run.pollutants, last)
    found = [schemas.empty("DataQuality")]
    for name, records in collected.records.items():
        working = transform(policy.features.transforms[name])
        provisional = {site_id: day for (pollutant, site_id), day in begun.items() if pollutant == name}
        watch = Watch.of(name, records, list(collected.sites), sites, working, settled, provisional)
        rows = [_row(watch, finding) for finding in together(_findings(watch, as_table(daily_summaries), last))]
        logger.info("Quality of %s: %d findings at %d sites", name, len(rows), len(watch.active))
        found.extend([pd.DataFrame(rows)] if rows else [])
    table = pd.concat(found[1:] or found, ignore_index=True)
    return table.sort_values(KEY, ignore_index=True)


def _noting(blocks: Iterable[pd.DataFrame], begun: Begun) -> Iterator[pd.DataFrame]:
    """The blocks, from which day on values stand in for AQS being noted."""
    for block in blocks:
        if PROVISIONAL in block:
            rows = block[block[PROVISIONAL]].sort_values("date_local").drop_duplicates(["pollutant", "site_id"])
            begun.update(zip(zip(rows["pollutant"], rows["site_id"], strict=True), rows["date_local"], strict=True))
        yield block


def _findings(watch: Watch, summaries: BlockTable, as_of: pd.Timestamp) -> Iterator[Finding]:
    """All checks of one pollutant; what one explains is not found again by the next."""
    surroundings = Surroundings(watch)
    implausible = list(find_implausible(surroundings, summaries, as_of))
    slips = [*implausible, *find_slips(surroundings, {finding.row for finding in implausible})]
    slipped = {finding.row for finding in slips if finding.row is not None}
    silent = [finding for finding in find_silent(watch) if finding.row not in slipped]
    yield from (*slips, *silent)
    yield from find_incomplete(watch, slipped | {finding.row for finding in silent if finding.row is not None})
    yield from find_thin(watch)
    yield from find_stuck(watch)
    yield from find_negative(watch)
    yield from find_spikes(surroundings, slipped)


def _row(watch: Watch, finding: Finding) -> dict[str, object]:
    """A row of the table."""
    return {
        "site_id": AREA if finding.row is None else watch.site_ids[finding.row],
        "pollutant": watch.pollutant,
        "check": finding.check,
        "since": watch.day(finding.since),
        "until": watch.day(finding.until),
        "value": float(finding.value),
        "limit": float(finding.limit),
        "note": finding.note,
    }
