"""The gate: which candidate is the best that training can offer, and why.

The best by CRPS wins if it is better than every baseline by more than noise, if its intervals are honest, if it is no
worse on exceedance days, and if it has not learned its training days by heart. Otherwise the next best is tried; where
none passes, the best baseline is taken. Whether it forecasts from now on is up to the contest with the champion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.domain.pollutants import parameter
from airwatch.forecasting.candidates import BASELINES
from airwatch.pipelines.training.evidence import SHARE, Evidence, side_by_side
from airwatch.pipelines.training.rules import (
    HONEST,
    ON_EXCEEDANCES,
    Finding,
    GateParams,
    better,
    honest,
    no_worse_on_exceedances,
    record,
)
from airwatch.scores import EXCEEDANCE_AQI

GAP = "gap to training"
ROWS = "all rows"


@dataclass(frozen=True)
class Decision:
    """What the gate decided for one pollutant.

    Attributes:
        table: ``Gate``: a row for each candidate and rule. A candidate passes a rule where ``value`` is within
            ``limit`` and, where the rule asks for it, ``p_value`` says that it is so by more than noise.
        champion: Name of the candidate that was chosen; None where nothing could be judged.
        paragraph: The decision in plain words.
    """

    table: pd.DataFrame
    champion: str | None
    paragraph: str


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
    evidence = side_by_side(candidate_forecasts)
    gaps = fit_gaps.groupby("candidate")["gap"].mean()
    findings = {str(name): _findings(str(name), evidence, gaps, params) for name in evidence.crps.index}
    findings |= {name: [_took_part(share)] for name, share in evidence.partial.items()}
    passed = [name for name, found in findings.items() if name not in BASELINES and all(each.passed for each in found)]
    champion = passed[0] if passed else evidence.best_baseline
    paragraph = _paragraph(champion, evidence, findings, params)
    return Decision(record(champion, evidence.pollutant, findings), champion, paragraph)


def _findings(name: str, evidence: Evidence, gaps: pd.Series, params: GateParams) -> list[Finding]:
    """What a candidate shows under each rule; a baseline is held against the best of them alone."""
    ranked = _rank(name, evidence)
    if name in BASELINES:
        return [ranked]
    return [
        ranked,
        *(better(name, baseline, evidence, params) for baseline in BASELINES if baseline in evidence.losses),
        honest(name, evidence, params.coverage_tolerance),
        no_worse_on_exceedances(name, evidence.best_baseline, evidence, params),
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


def _gap(gap: float, limit: float) -> Finding:
    """By how much the error on new days exceeds that on training days, averaged over the leads."""
    note = "not measured" if np.isnan(gap) else f"error on new days {100 * gap:+.0f} % against training days"
    return Finding(GAP, gap, limit, np.nan, gap <= limit, note)


def _paragraph(champion: str, evidence: Evidence, findings: dict[str, list[Finding]], params: GateParams) -> str:
    """Two to five sentences: who is chosen, how well it forecasts beside the best baseline, and why not the others."""
    pollutant, baseline = parameter(evidence.pollutant), evidence.best_baseline
    days, leads = evidence.rows["origin_date"].nunique(), int(evidence.rows["lead_days"].max())
    figure = {str(name): f"{value:.3g} {pollutant.unit}" for name, value in evidence.crps.items()}
    ground = f"{figure[champion]}, the mean of leads 1 to {leads} on {days} days of origin"
    if champion in BASELINES:
        why = f"On fewer than {params.min_days} days a model cannot be told from a baseline."
        return " ".join(
            [
                f"No model of {pollutant.label} passed: the best baseline, {champion}, is taken (CRPS {ground}).",
                *([why] if days < params.min_days else _failed(findings, figure)),
            ]
        )
    shown = {finding.rule: finding for finding in findings[champion]}
    less = 1 - shown[f"CRPS against {baseline}"].value
    ahead = {name: findings[name] for name in list(findings)[: list(findings).index(champion)]}
    return " ".join(
        [
            f"Of the candidates for {pollutant.label} {champion} is chosen: its CRPS is {ground}.",
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
