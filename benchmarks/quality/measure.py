"""What the node ``check_quality`` names in a history, and how soon it names what is put into it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from airwatch.pipelines.feature_engineering.description import cadence_days
from airwatch.pipelines.monitoring.quality import check_quality
from benchmarks.replay.count import incidents
from benchmarks.replay.faults import SLIP, Fault, since, site_dies, times, unit_slips
from benchmarks.replay.history import SEED, History, monitoring, policy

EVERY_DAYS = 14  # a fault is named for so long after its last day, so that none is passed over
AREA = "volume"  # the check that is about all sites together
OF_REPORTING = ("silent", "completeness")  # too many to be listed one by one
OF_EACH = 4  # faults of a kind put in at once, at sites of each schedule
BELOW_ZERO = -2.0  # µg/m³
SPIKE = 10.0  # times the site's 90th percentile
WAIT_DAYS = (*range(22), *range(24, 43, 3))  # after an onset, as of which is looked
SCHEDULES = {"each day": (1.0, 150, 40), "each third day": (3.0, 50, 12)}  # cadence, least samples before and after
BEFORE_DAYS, AFTER_DAYS = 200, 45


def stays(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """An instrument that gives the day's value for ever."""
    hit = since(values, site, day)
    return values.assign(value=values["value"].where(~hit, values.loc[hit, "value"].iloc[0]))


def spikes(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """One reading that is far too high."""
    hit, its = since(values, site, day).idxmax(), values["site_id"] == site
    more = SPIKE * values.loc[its, "value"].quantile(0.9)
    return values.assign(value=values["value"].where(values.index != hit, values["value"] + more))


def slips_down(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """An instrument whose values come a thousand times too small."""
    return times(values, site, day, 1 / SLIP)


def falls_below_zero(values: pd.DataFrame, site: str, day: pd.Timestamp) -> pd.DataFrame:
    """An instrument whose zero is lost: noise of a fifth around a reading that is below it."""
    hit = since(values, site, day)
    noise = np.random.default_rng(SEED).normal(1.0, 0.2, len(values))
    return values.assign(value=values["value"].where(~hit, (BELOW_ZERO * noise).round(1)))


FAULTS = (
    Fault("stuck at the day's value", stays, ("stuck",), "site"),
    Fault("spike of one day (ten times the 90th percentile added)", spikes, ("spike",), "site"),
    Fault("readings times 1,000", unit_slips, ("unit",), "site"),
    Fault("readings through 1,000", slips_down, ("unit",), "site"),
    Fault("dead site", site_dies, ("silent",), "site"),
    Fault("about -2 µg/m³ from a day on", falls_below_zero, ("negative",), "site"),
)


@dataclass(frozen=True, slots=True)
class Flagged:
    """What was named where nothing was put in.

    Attributes:
        sites: At work, on average.
        rates: By check: findings a year at 100 sites, those of a site less than four weeks apart counted once, and the
            share of sites named at a time. Of ``AREA``: findings a year, and the share of days on which it was named.
        findings: Those but of ``OF_REPORTING``: ``site_id``, ``check``, ``since``, ``until`` and ``note``.
        seconds: Of a processor, one run of the node, the median.
    """

    sites: float
    rates: dict[str, tuple[float, float]]
    findings: pd.DataFrame
    seconds: float


class Inspector:
    """Asks for data quality as of one day after the other; sites that are not judged are neighbours."""

    def __init__(self, history: History, values: pd.DataFrame | None = None, judged: list[str] | None = None) -> None:
        """Choose the observations of all days, of which each day sees its past."""
        self.history = history
        self.summaries = history.summaries(history.values if values is None else values)
        self.observations = history.observations if values is None else history.chosen(self.summaries)
        self.sites = history.sites.assign(in_area=True if judged is None else history.sites["site_id"].isin(judged))
        self.params, self.policy = monitoring(), policy()
        self.seconds: list[float] = []

    def see(self, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``data_quality`` as of a day, and the sites at work: samples of the year, cadence."""
        seen, given = (table[table["date_local"] <= as_of] for table in (self.observations, self.summaries))
        newest = pd.Series({self.history.name: seen["date_local"].max()})
        cadence = self.sites["site_id"].map(cadence_days(seen, newest).droplevel("pollutant"))
        sites, run = self.sites.assign(cadence_days=cadence), self.history.run(as_of)
        began = time.process_time()
        named = check_quality(seen, given, sites, run=run, params=self.params, policy=self.policy)
        self.seconds.append(time.process_time() - began)
        samples = seen.loc[seen["date_local"] > as_of - pd.Timedelta(days=365), "site_id"].value_counts()
        return named, sites.assign(samples=sites["site_id"].map(samples)).set_index("site_id")


def flags(history: History) -> Flagged:
    """What is named from the metro's first to its last day."""
    inspector, found, judged = Inspector(history), [], []
    for as_of in days(history):
        named, sites = inspector.see(as_of)
        found.append(named.assign(as_of=as_of))
        judged.append(int((sites["samples"] >= inspector.params.quality.min_days).sum()))
    table, sites, looks = pd.concat(found, ignore_index=True), float(np.mean(judged)), len(judged)
    as_drift = table.rename(columns={"check": "test", "site_id": "scope"})
    opened = incidents(as_drift.assign(kind="quality", drifted=True, in_smoke=False))["test"].value_counts()
    years, rates = looks * EVERY_DAYS / 365.25, {}
    for check, count in table["check"].value_counts().items():
        of, per = (1.0, 1.0) if check == AREA else (sites, 100.0)
        rates[str(check)] = (per * float(opened[check]) / years / of, count / looks / of)
    each = table.drop_duplicates(["site_id", "check", "since"], keep="last")
    listed = each.loc[~each["check"].isin(OF_REPORTING), ["site_id", "check", "since", "until", "note"]]
    return Flagged(sites, rates, listed, float(np.median(inspector.seconds)))


def days(history: History) -> pd.DatetimeIndex:
    """The days of which quality is asked."""
    return pd.date_range(history.metro.first, history.metro.last, freq=f"{EVERY_DAYS}D")


def delays(history: History, onset: pd.Timestamp, seed: int) -> Iterator[dict[str, object]]:
    """Put in each fault at some sites of each schedule from a day on, and wait until it is named.

    Yields:
        ``fault``, ``schedule``, ``site_id``, ``onset`` and ``days``: from the first wrong day to the first day as of
        which it is named; NaN where none is.
    """
    put_in = _chosen(history, onset, seed)
    hurt = history.values["site_id"].isin([site for _, _, site in put_in])
    its = dict(list(history.values[hurt].groupby("site_id")))
    changed = [fault.change(its[site], site, onset) for fault, _, site in put_in]
    values = pd.concat([history.values[~hurt], *changed], ignore_index=True)
    first = {site: rows.loc[rows["date_local"] >= onset, "date_local"].min() for site, rows in its.items()}
    inspector, found = Inspector(history, values, list(its)), dict[tuple[str, str], pd.Timestamp]()
    for as_of in (onset + pd.Timedelta(days=wait) for wait in WAIT_DAYS):
        named, _ = inspector.see(as_of)
        for row in named[named["until"] >= onset].to_dict("records"):
            found.setdefault((row["site_id"], row["check"]), as_of)
    for fault, schedule, site in put_in:
        waited = (found.get((site, fault.found_by[0]), pd.NaT) - first[site]).days
        yield {"fault": fault.name, "schedule": schedule, "site_id": site, "onset": onset, "days": waited}


def _chosen(history: History, onset: pd.Timestamp, seed: int) -> list[tuple[Fault, str, str]]:
    """Sites for each fault, drawn from those that report before and after and of which nothing was named."""
    named, sites = Inspector(history).see(onset - pd.Timedelta(days=1))
    draw, dates = np.random.default_rng(seed), history.values.set_index("site_id")["date_local"]
    before = dates[dates.between(onset - pd.Timedelta(days=BEFORE_DAYS), onset - pd.Timedelta(days=1))]
    after = dates[dates.between(onset, onset + pd.Timedelta(days=AFTER_DAYS))]
    counts = [part.groupby(level=0).size().reindex(sites.index, fill_value=0) for part in (before, after)]
    put_in = []
    for schedule, (cadence, least_before, least_after) in SCHEDULES.items():
        sound = (sites["cadence_days"] == cadence) & (counts[0] >= least_before) & (counts[1] >= least_after)
        pool = sorted(set(sites.index[sound]) - set(named["site_id"]))
        drawn = draw.permutation(pool)[: OF_EACH * len(FAULTS)]
        put_in += [(FAULTS[place % len(FAULTS)], schedule, str(site)) for place, site in enumerate(drawn)]
    return put_in
