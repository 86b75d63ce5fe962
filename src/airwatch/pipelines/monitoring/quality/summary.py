"""What is wrong at the sites of a pollutant, summed up in one number and its limit."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from airwatch.pipelines.monitoring.params import QualityParams
from airwatch.pipelines.monitoring.quality.finding import AREA

UNTRUSTED = ("unit", "negative", "stuck", "spike")  # what was read cannot be believed; the gravest first
_MISSING = ("volume", "silent", "completeness")
_AT_WORK = pd.Timedelta(days=365)


@dataclass(frozen=True, slots=True)
class QualitySummary:
    """The data quality of one pollutant.

    Attributes:
        share: Of the sites at work whose data fail, in the kind of failure that is further beyond its limit.
        limit: Of that kind.
        since: The first day of any failure; None where there is none.
        faults: Where, what and since when; the gravest first.
    """

    share: float
    limit: float
    since: pd.Timestamp | None
    faults: list[str]


def sum_up(pollutant: str, quality: pd.DataFrame, sites: pd.DataFrame, params: QualityParams) -> QualitySummary:
    """Count the sites whose readings cannot be believed, and those with any fault.

    Args:
        pollutant: Its name.
        quality: ``data_quality``, of any pollutant.
        sites: ``sites``; those of the area that observed the pollutant in the year to its newest day are at work.
        params: ``max_share_untrusted`` and ``max_share_failing``.
    """
    its = sites[(sites["pollutant"] == pollutant) & sites["in_area"]]
    at_work = max(int((its["last_day"] > its["last_day"].max() - _AT_WORK).sum()), 1)
    failing = _gravest_first(quality[quality["pollutant"] == pollutant])
    untrusted = failing[failing["check"].isin(UNTRUSTED)]
    shares = [
        (_sites_in(failing, at_work) / at_work, params.max_share_failing),
        (_sites_in(untrusted, at_work) / at_work, params.max_share_untrusted),
    ]
    share, limit = max(shares, key=lambda pair: pair[0] / pair[1])
    since = failing["since"].min() if len(failing) else None
    return QualitySummary(share, limit, since, [_in_words(row) for row in failing.to_dict("records")])


def _sites_in(rows: pd.DataFrame, at_work: int) -> int:
    """How many sites fail; all of them where the area does as a whole."""
    return at_work if (rows["site_id"] == AREA).any() else int(rows["site_id"].nunique())


def _gravest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """By kind of fault, then by how far the value is beyond its limit."""
    ratio = (rows["value"] / rows["limit"]).abs()
    beyond = ratio.where(ratio >= 1, 1 / ratio)
    kind = rows["check"].map({check: number for number, check in enumerate((*UNTRUSTED, *_MISSING))})
    order = pd.DataFrame({"kind": kind, "beyond": -beyond}).sort_values(["kind", "beyond"], kind="stable").index
    return rows.loc[order]


def _in_words(row: Mapping[Hashable, Any]) -> str:
    where = row["site_id"] or "the area"
    return f"{where} ({row['check']} since {row['since']:%Y-%m-%d})"
