"""The rules by which forecasts of the same days are told apart: of candidates, and of a challenger and the champion."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from airwatch.pipelines.training.evidence import SHARE, Evidence
from airwatch.scores.measures import ratio

HONEST = f"{SHARE} % interval"
ON_EXCEEDANCES = "exceedance days"


class GateParams(BaseModel):
    """What a candidate has to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    significance: float = Field(gt=0, lt=1)
    min_days: int = Field(ge=2)
    coverage_tolerance: float = Field(gt=0, lt=1)
    min_exceedances: int = Field(ge=1)
    max_gap: float = Field(gt=0)


@dataclass(frozen=True)
class Finding:
    """One rule and what a candidate showed.

    Attributes:
        rule: Its name.
        value: What was measured.
        limit: What it may not exceed.
        p_value: Where the rule asks for more than noise, of Diebold and Mariano's test.
        passed: Whether the rule is met.
        note: The figures behind it.
        statistic: Of the test; negative where the candidate lost less.
        low, high: The interval of the mean difference that the significance leaves.
    """

    rule: str
    value: float
    limit: float
    p_value: float
    passed: bool
    note: str
    statistic: float = np.nan
    low: float = np.nan
    high: float = np.nan


def better(name: str, other: str, evidence: Evidence, params: GateParams) -> Finding:
    """The CRPS over another's, which is below 1, day by day by more than noise.

    The interval is of the difference in units of what the two lose in the weeks around a day.
    """
    own, its = evidence.crps[name], evidence.crps[other]
    found = evidence.compare_days(name, other)
    enough = found.days >= params.min_days
    passed = bool(enough and own < its and found.mean_difference < 0 and found.p_value < params.significance)
    note = f"{own:.3g} against {its:.3g} on {found.days} days"
    note += "" if enough else f", too few to tell ({params.min_days} are needed)"
    told = found.statistic, *found.interval(1 - params.significance)
    return Finding(f"CRPS against {other}", ratio(own, its), 1.0, found.p_value, passed, note, *told)


def honest(name: str, evidence: Evidence, tolerance: float) -> Finding:
    """How far the coverage of the 80 % interval, averaged over the leads, is from 80 %."""
    by_lead = evidence.coverage[name]
    off = abs(float(by_lead.mean()) - SHARE / 100)
    low, mean, high = (100 * share for share in (by_lead.min(), by_lead.mean(), by_lead.max()))
    note = f"covers {mean:.1f} %, by lead {low:.1f} to {high:.1f} %"
    return Finding(HONEST, off, tolerance, np.nan, off <= tolerance, note)


def no_worse_on_exceedances(name: str, other: str, evidence: Evidence, params: GateParams) -> Finding:
    """The CRPS above an AQI of 100, over another's; it is not above 1 by more than noise.

    On days picked because they were bad, the forecast that always says much wins: persistence beats everything there.
    So all days count, each with what forecast and observation differ by above the breakpoint: too little said on an
    exceedance day, and too much on another (the threshold-weighted CRPS of Gneiting and Ranjan 2011).
    """
    days = evidence.rows.loc[evidence.exceeds, ["site_id", "target_date"]].drop_duplicates()
    if len(days) < params.min_exceedances:
        note = f"{len(days)} site-days, too few to tell ({params.min_exceedances} are needed)"
        return Finding(ON_EXCEEDANCES, np.nan, 1.0, np.nan, True, note)
    found = evidence.compare(evidence.above, name, other)
    worse = found.mean_difference > 0 and found.p_value < params.significance
    own, its = evidence.above[[name, other]].mean()
    own_there, its_there = evidence.losses.loc[evidence.exceeds, [name, other]].mean()
    note = (
        f"CRPS above the breakpoint {own:.3g} against {other}'s {its:.3g}; on the {len(days)} site-days "
        f"themselves {own_there:.3g} against {its_there:.3g}"
    )
    told = found.statistic, *found.interval(1 - params.significance)
    return Finding(ON_EXCEEDANCES, ratio(own, its), 1.0, found.p_value, not worse, note, *told)


def record(champion: str, pollutant: str, findings: dict[str, list[Finding]]) -> pd.DataFrame:
    """The ``Gate`` table."""
    rows = [
        {"pollutant": pollutant, "candidate": name, **asdict(finding), "champion": name == champion}
        for name, found in findings.items()
        for finding in found
    ]
    return pd.DataFrame(rows).sort_values(["candidate", "rule"], ignore_index=True)
