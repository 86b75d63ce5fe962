"""Scores of every method on the same rows, by lead, over all origins and each year apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import exceedance_concentration
from airwatch.scores import (
    INTERVALS,
    QUANTILES,
    brier,
    coverage,
    crps,
    crps_rows,
    csi,
    diebold_mariano,
    mse_skill,
    nmb,
    rmse,
    sharpness,
    worst_tenth,
)
from benchmarks.skill.method import CHANCES, KEYS, WARNING

ALL_YEARS = "all"
MIN_SHARE = 0.98
LOSSES = ("crps", "squared_error")
Mask = NDArray[np.bool_]


class BadForecasts(ValueError):
    """A method's forecasts cannot be judged; the message says whose and why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows that every method has forecast, with what each said.

    Attributes:
        pollutant: Whose AQI breakpoints count.
        rows: ``site_id``, ``origin_date``, ``lead_days``, ``observed``, ``persistence`` [n].
        forecasts: By method, in the order of ``rows``.
        shares: By method, the share of the eligible rows that it has forecast.
    """

    pollutant: str
    rows: pd.DataFrame
    forecasts: dict[str, pd.DataFrame]
    shares: dict[str, float]


def judge(
    pollutant: str, eligible: pd.DataFrame, forecasts: Mapping[str, pd.DataFrame], min_share: float = MIN_SHARE
) -> Judged:
    """Keep the eligible rows that every method has forecast.

    Raises:
        BadForecasts: A method forecasts less than ``min_share`` of the eligible rows or one of them twice, or its
            quantiles cross.
    """
    keys = pd.MultiIndex.from_frame(eligible[KEYS])
    aligned = {name: _aligned(name, table, keys) for name, table in forecasts.items()}
    known = {name: table["mean"].notna().to_numpy() for name, table in aligned.items()}
    shares = {name: float(here.mean()) for name, here in known.items()}
    for name, share in shares.items():
        if share < min_share:
            raise BadForecasts(f"{name} forecasts {share:.1%} of the rows to score; {min_share:.0%} are asked for.")
    common = np.logical_and.reduce(list(known.values()))
    kept = {name: table[common].reset_index(drop=True) for name, table in aligned.items()}
    return Judged(pollutant, eligible[common].reset_index(drop=True), kept, shares)


def skill_table(judged: Judged) -> pd.DataFrame:
    """One row for each year (``all`` first), method and lead.

    ``year`` is that of the origin. The worst tenth is taken by observation among all rows of a lead, whatever the
    year. A Brier skill is against the share of days that exceeded among the same rows. ``csi_100`` is that of the
    method's warnings, ``csi_100_mean`` that of its mean. Concentrations are in the AQS unit, the rest in shares.
    """
    years = judged.rows["origin_date"].dt.year.to_numpy()
    leads = judged.rows["lead_days"].to_numpy()
    worst = _worst_by_lead(judged.rows)
    chosen = {ALL_YEARS: np.ones(len(years), dtype=bool)} | {str(year): years == year for year in np.unique(years)}
    records = [
        {"year": year, "method": name, "lead_days": int(lead)}
        | _scores(judged.pollutant, judged.rows, table, worst, of_year & (leads == lead))
        for year, of_year in chosen.items()
        for name, table in judged.forecasts.items()
        for lead in np.unique(leads)
    ]
    return pd.DataFrame(records)


def comparison_table(judged: Judged, champion: str) -> pd.DataFrame:
    """Diebold-Mariano of one method against each other, by lead.

    Returns:
        ``loss`` (a name of ``LOSSES``), ``lead_days``, ``against``, ``change`` (share by which the champion's mean
        loss differs, negative where it is better), ``statistic`` and ``p_value``, over all origins.
    """
    losses = {name: _losses(judged.rows, table) for name, table in judged.forecasts.items()}
    leads, days = judged.rows["lead_days"].to_numpy(), judged.rows["origin_date"].to_numpy()
    records = []
    for loss in LOSSES:
        for lead in np.unique(leads):
            at = leads == lead
            ours = losses[champion][loss][at]
            for name in losses.keys() - {champion}:
                theirs = losses[name][loss][at]
                found = diebold_mariano(ours, theirs, days[at])
                records.append((loss, int(lead), name, ours.mean() / theirs.mean() - 1.0, found[0], found[1]))
    columns = ["loss", "lead_days", "against", "change", "statistic", "p_value"]
    return pd.DataFrame(records, columns=columns).sort_values(columns[:3], ignore_index=True)


def _aligned(name: str, table: pd.DataFrame, keys: pd.MultiIndex) -> pd.DataFrame:
    """A method's forecasts in the order of the keys, NaN where it has none."""
    indexed = table.set_index(KEYS)
    if not indexed.index.is_unique:
        raise BadForecasts(f"{name} forecasts a site, origin and lead more than once.")
    if (np.diff(indexed[list(QUANTILES)].to_numpy(), axis=1) < 0).any():
        raise BadForecasts(f"The quantiles of {name} cross.")
    return indexed.reindex(keys).reset_index(drop=True)


def _worst_by_lead(rows: pd.DataFrame) -> Mask:
    """Which rows are among the highest tenth of the observations of their lead."""
    return rows.groupby("lead_days")["observed"].transform(worst_tenth).to_numpy(dtype=bool)


def _scores(pollutant: str, rows: pd.DataFrame, table: pd.DataFrame, worst: Mask, at: Mask) -> dict[str, float]:
    """The scores of one method on some of the rows."""
    said, here = table[at], rows[at]
    observed, bad = here["observed"].to_numpy(), worst[at]
    scores: dict[str, float] = {"n": len(here), "sites": here["site_id"].nunique()}
    scores |= {"origins": here["origin_date"].nunique()}
    scores |= {"rmse": rmse(said["mean"], observed), "crps": crps(said[list(QUANTILES)], observed)}
    for share, (low, high) in INTERVALS.items():
        scores[f"coverage_{share}"] = coverage(said[low], said[high], observed)
    tenth, ninetieth = (said[name].to_numpy() for name in INTERVALS[80])
    scores |= {"bias": nmb(said["mean"], observed), "width_80": sharpness(tenth, ninetieth)}
    scores |= {"coverage_80_worst_tenth": coverage(tenth[bad], ninetieth[bad], observed[bad])}
    scores |= {"skill_persistence": mse_skill(said["mean"], observed, here["persistence"])}
    for aqi, chance in CHANCES.items():
        event = observed >= exceedance_concentration(pollutant, aqi)
        scores |= {f"above_{aqi}": int(event.sum()), f"brier_skill_{aqi}": _brier_skill(said[chance], event)}
    threshold = exceedance_concentration(pollutant, 100)
    scores["csi_100"] = csi(said[WARNING].astype(bool), observed >= threshold)
    scores["csi_100_mean"] = csi(said["mean"] >= threshold, observed >= threshold)
    return scores


def _brier_skill(chance: pd.Series, event: Mask) -> float:
    """One minus the ratio of Brier scores of the chances and of the events' share; NaN where that is 0 or 1."""
    base = brier(np.full(event.shape, event.mean()), event)
    return 1.0 - brier(chance, event) / base if base else float("nan")


def _losses(rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """CRPS and squared error of each row."""
    observed = rows["observed"].to_numpy()
    return {
        "crps": np.asarray(crps_rows(table[list(QUANTILES)], observed), dtype=np.float64),
        "squared_error": (table["mean"].to_numpy() - observed) ** 2,
    }
