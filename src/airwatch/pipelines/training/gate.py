"""The gate: which candidate forecasts from now on, and why.

The best by CRPS wins if it is better than every baseline by more than noise, if its intervals are honest, if it is no
worse on exceedance days, and if it has not learned its training days by heart. Otherwise the next best is tried; where
none passes, the best baseline is the champion.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from airwatch import schemas
from airwatch.domain.aqi import exceedance_concentration
from airwatch.domain.pollutants import parameter
from airwatch.forecasting.candidates import BASELINES
from airwatch.scores import EXCEEDANCE_AQI, INTERVALS, QUANTILES, Comparison, crps_rows, diebold_mariano
from airwatch.scores.measures import ratio

SHARE = 80
HONEST = f"{SHARE} % interval"
ON_EXCEEDANCES = "exceedance days"
GAP = "gap to training"
ROWS = "all rows"
WEEKS_AROUND = "29D"  # two weeks to either side
KEY = ["site_id", "origin_date", "target_date"]


class GateParams(BaseModel):
    """What a candidate has to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    significance: float = Field(gt=0, lt=1)
    min_days: int = Field(ge=2)
    coverage_tolerance: float = Field(gt=0, lt=1)
    min_exceedances: int = Field(ge=1)
    max_gap: float = Field(gt=0)


@dataclass(frozen=True)
class Decision:
    """What the gate decided for one pollutant.

    Attributes:
        table: ``Gate``: a row for each candidate and rule. A candidate passes a rule where ``value`` is within
            ``limit`` and, where the rule asks for it, ``p_value`` says that it is so by more than noise.
        champion: Name of the candidate that forecasts; None where nothing could be judged.
        paragraph: The decision in plain words.
    """

    table: pd.DataFrame
    champion: str | None
    paragraph: str


@dataclass(frozen=True)
class Finding:
    """One rule and what a candidate showed."""

    rule: str
    value: float
    limit: float
    p_value: float
    passed: bool
    note: str


@dataclass(frozen=True)
class Evidence:
    """The candidates' forecasts of the same rows, side by side.

    Attributes:
        pollutant: Whose they are.
        rows: ``KEY``, ``lead_days`` and ``observed`` of each row [n].
        losses: CRPS in the AQS unit, a column for each candidate [n].
        above: The part of it that lies above an AQI of 100, likewise [n].
        within: Whether the observation lies in the 80 % interval, likewise [n].
        partial: Candidates that did not forecast every row, with the share of rows they did.
    """

    pollutant: str
    rows: pd.DataFrame
    losses: pd.DataFrame
    above: pd.DataFrame
    within: pd.DataFrame
    partial: dict[str, float]

    @cached_property
    def crps(self) -> pd.Series:
        """The CRPS of each candidate, averaged over the leads, the least first."""
        return self.losses.groupby(self.rows["lead_days"]).mean().mean().sort_values(kind="stable")

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """The coverage of the 80 % interval by lead, a column for each candidate."""
        return self.within.groupby(self.rows["lead_days"]).mean()

    @cached_property
    def best_baseline(self) -> str:
        """The baseline with the least CRPS."""
        baselines = [str(name) for name in self.crps.index if name in BASELINES]
        if not baselines:
            given = ", ".join(map(str, self.losses))
            raise ValueError(f"The gate of {self.pollutant} has no baseline among {given}. Add climatology to them.")
        return baselines[0]

    @cached_property
    def exceeds(self) -> NDArray[np.bool_]:
        """Which rows were observed above an AQI of 100 [n]."""
        return (self.rows["observed"] >= _breakpoint(self.pollutant)).to_numpy(dtype=bool)

    def compare(self, losses: pd.DataFrame, name: str, other: str) -> Comparison:
        """Diebold and Mariano's test of two candidates' losses, all leads of an origin together."""
        return diebold_mariano(losses[name], losses[other], self.rows["origin_date"])

    def compare_days(self, name: str, other: str) -> Comparison:
        """The same test of the CRPS in units of what the two lose in the weeks around, all leads of an origin together.

        In µg/m³ a week of smoke outweighs all the rest of the year, and its noise drowns what every other day shows.
        """
        days = self.losses[[name, other]].groupby(self.rows["origin_date"]).mean()
        around = days.mean(axis=1).rolling(WEEKS_AROUND, center=True, min_periods=1).mean()
        days = days.div(around.where(around > 0, 1.0), axis=0)
        return diebold_mariano(days[name], days[other], days.index)


def judge(candidate_forecasts: pd.DataFrame, fit_gaps: pd.DataFrame, params: GateParams) -> Decision:
    """Choose the champion of one pollutant.

    Args:
        candidate_forecasts: ``BacktestForecasts`` of one pollutant. A candidate that did not forecast the rows of the
            others is not chosen.
        fit_gaps: ``candidate``, ``lead_days`` and ``gap``: the share by which the error on days that a candidate had
            not seen exceeds that on its training days.
        params: The limits. On fewer than ``min_days`` origins nothing is told from noise, and a baseline wins.

    Returns:
        The decision; without a champion where there is no forecast to judge.

    Raises:
        ValueError: There is no baseline among the candidates.
    """
    if candidate_forecasts.empty:
        return Decision(schemas.empty("Gate"), None, "Nothing could be judged, so that no model was chosen.")
    evidence = _side_by_side(candidate_forecasts)
    gaps = fit_gaps.groupby("candidate")["gap"].mean()
    findings = {str(name): _findings(str(name), evidence, gaps, params) for name in evidence.crps.index}
    findings |= {name: [_took_part(share)] for name, share in evidence.partial.items()}
    passed = [name for name, found in findings.items() if name not in BASELINES and all(each.passed for each in found)]
    champion = passed[0] if passed else evidence.best_baseline
    paragraph = _paragraph(champion, evidence, findings, params)
    return Decision(record(champion, evidence.pollutant, findings), champion, paragraph)


def _side_by_side(forecasts: pd.DataFrame) -> Evidence:
    """The forecasts as evidence."""
    pollutant = str(forecasts["pollutant"].iloc[0])
    tables = {str(name): own.reset_index(drop=True) for name, own in forecasts.groupby("candidate", observed=True)}
    rows = max(tables.values(), key=len)[[*KEY, "lead_days", "observed"]]
    level, (low, high) = _breakpoint(pollutant), INTERVALS[SHARE]
    losses, above, within, partial = pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), {}
    for name, table in tables.items():
        if not table[KEY].equals(rows[KEY]):
            partial[name] = len(table) / len(rows)
            continue
        quantiles = table[list(QUANTILES)]
        losses[name] = crps_rows(quantiles, rows["observed"])
        above[name] = crps_rows(quantiles.clip(lower=level), rows["observed"].clip(lower=level))
        within[name] = rows["observed"].between(table[low], table[high])
    return Evidence(pollutant, rows, losses, above, within, partial)


def _breakpoint(pollutant: str) -> float:
    """The least concentration with an AQI above 100, AQS unit."""
    return exceedance_concentration(pollutant, EXCEEDANCE_AQI)


def _findings(name: str, evidence: Evidence, gaps: pd.Series, params: GateParams) -> list[Finding]:
    """What a candidate shows under each rule; a baseline is held against the best of them alone."""
    ranked = _rank(name, evidence)
    if name in BASELINES:
        return [ranked]
    return [
        ranked,
        *(_against(name, baseline, evidence, params) for baseline in BASELINES if baseline in evidence.losses),
        _honest(name, evidence, params.coverage_tolerance),
        _on_exceedances(name, evidence, params),
        _gap(float(gaps.get(name, np.nan)), params.max_gap),
    ]


def _took_part(share: float) -> Finding:
    """The share of the rows that a candidate forecast, which is to be all: others are not compared."""
    return Finding(ROWS, share, 1.0, np.nan, False, "had too few days to learn from in some windows")


def _rank(name: str, evidence: Evidence) -> Finding:
    """The CRPS, which may not exceed the best baseline's."""
    own, limit = float(evidence.crps[name]), float(evidence.crps[evidence.best_baseline])
    note = f"{list(evidence.crps.index).index(name) + 1} of {len(evidence.crps)}"
    return Finding("CRPS", own, limit, np.nan, own <= limit, note)


def _against(name: str, baseline: str, evidence: Evidence, params: GateParams) -> Finding:
    """The CRPS over a baseline's, which is below 1, day by day by more than noise."""
    own, other = evidence.crps[name], evidence.crps[baseline]
    found = evidence.compare_days(name, baseline)
    enough = found.days >= params.min_days
    passed = enough and own < other and found.mean_difference < 0 and found.p_value < params.significance
    note = f"{own:.3g} against {other:.3g} on {found.days} days"
    note += "" if enough else f", too few to tell ({params.min_days} are needed)"
    return Finding(f"CRPS against {baseline}", ratio(own, other), 1.0, found.p_value, passed, note)


def _honest(name: str, evidence: Evidence, tolerance: float) -> Finding:
    """How far the coverage of the 80 % interval, averaged over the leads, is from 80 %."""
    by_lead = evidence.coverage[name]
    off = abs(float(by_lead.mean()) - SHARE / 100)
    low, mean, high = (100 * share for share in (by_lead.min(), by_lead.mean(), by_lead.max()))
    note = f"covers {mean:.1f} %, by lead {low:.1f} to {high:.1f} %"
    return Finding(HONEST, off, tolerance, np.nan, off <= tolerance, note)


def _on_exceedances(name: str, evidence: Evidence, params: GateParams) -> Finding:
    """The CRPS above an AQI of 100, over the best baseline's; it is not above 1 by more than noise.

    On days picked because they were bad, the forecast that always says much wins: persistence beats everything there.
    So all days count, each with what forecast and observation differ by above the breakpoint: too little said on an
    exceedance day, and too much on another (the threshold-weighted CRPS of Gneiting and Ranjan 2011).
    """
    baseline = evidence.best_baseline
    days = evidence.rows.loc[evidence.exceeds, ["site_id", "target_date"]].drop_duplicates()
    if len(days) < params.min_exceedances:
        note = f"{len(days)} site-days, too few to tell ({params.min_exceedances} are needed)"
        return Finding(ON_EXCEEDANCES, np.nan, 1.0, np.nan, True, note)
    found = evidence.compare(evidence.above, name, baseline)
    worse = found.mean_difference > 0 and found.p_value < params.significance
    own, other = evidence.above[[name, baseline]].mean()
    own_there, other_there = evidence.losses.loc[evidence.exceeds, [name, baseline]].mean()
    note = (
        f"CRPS above the breakpoint {own:.3g} against {baseline}'s {other:.3g}; on the {len(days)} site-days "
        f"themselves {own_there:.3g} against {other_there:.3g}"
    )
    return Finding(ON_EXCEEDANCES, ratio(own, other), 1.0, found.p_value, not worse, note)


def _gap(gap: float, limit: float) -> Finding:
    """By how much the error on new days exceeds that on training days, averaged over the leads."""
    note = "not measured" if np.isnan(gap) else f"error on new days {100 * gap:+.0f} % against training days"
    return Finding(GAP, gap, limit, np.nan, gap <= limit, note)


def record(champion: str, pollutant: str, findings: dict[str, list[Finding]]) -> pd.DataFrame:
    """The ``Gate`` table."""
    rows = [
        {"pollutant": pollutant, "candidate": name, **asdict(finding), "champion": name == champion}
        for name, found in findings.items()
        for finding in found
    ]
    return pd.DataFrame(rows).sort_values(["candidate", "rule"], ignore_index=True)


def _paragraph(champion: str, evidence: Evidence, findings: dict[str, list[Finding]], params: GateParams) -> str:
    """Two to five sentences: who forecasts, how well beside the best baseline, and why not the others."""
    pollutant, baseline = parameter(evidence.pollutant), evidence.best_baseline
    days, leads = evidence.rows["origin_date"].nunique(), int(evidence.rows["lead_days"].max())
    figure = {str(name): f"{value:.3g} {pollutant.unit}" for name, value in evidence.crps.items()}
    ground = f"{figure[champion]}, the mean of leads 1 to {leads} on {days} days of origin"
    if champion in BASELINES:
        why = f"On fewer than {params.min_days} days a model cannot be told from a baseline."
        return " ".join(
            [
                f"No model of {pollutant.label} passed: the best baseline, {champion}, forecasts it (CRPS {ground}).",
                *([why] if days < params.min_days else _failed(findings, figure)),
            ]
        )
    shown = {finding.rule: finding for finding in findings[champion]}
    less = 1 - shown[f"CRPS against {baseline}"].value
    ahead = {name: findings[name] for name in list(findings)[: list(findings).index(champion)]}
    return " ".join(
        [
            f"The champion of {pollutant.label} is {champion}: its CRPS is {ground}.",
            f"That is {100 * less:.1f} % below the best baseline's ({baseline}, {figure[baseline]}), and below each "
            "baseline's by more than noise.",
            f"Its {SHARE} % interval {shown[HONEST].note}; {shown[GAP].note}.",
            f"Above an AQI of {EXCEEDANCE_AQI}: {shown[ON_EXCEEDANCES].note}.",
            *_failed(ahead, figure),
        ]
    )


def _failed(findings: dict[str, list[Finding]], figure: dict[str, str]) -> list[str]:
    """One sentence, or none: which models did not meet which rules."""
    failed = [
        f"{name} ({figure.get(name, 'no CRPS')}) on {', '.join(each.rule for each in found if not each.passed)}"
        for name, found in findings.items()
        if name not in BASELINES
    ]
    return [f"Failed: {'; '.join(failed)}."] if failed else []
