"""The contest: whether the model that was trained takes the place of the champion that is registered.

Both are held to the same days and sites, and to days that neither has learned from. The champion, frozen as it is
registered, forecasts the days since its training; of the candidate that the gate chose there are the forecasts of its
rolling origins, by models trained before each window. It is promoted if it is better by more than noise, its intervals
are as honest, and it is no worse on exceedance days. Otherwise, or on too few days to tell, it is a challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from airwatch.domain.pollutants import parameter
from airwatch.forecasting.candidates import BASELINES
from airwatch.model_registry import ModelShelf, Outcome, TrainedModel, Verdict, Version
from airwatch.parameters import RunParams
from airwatch.pipelines.training.evidence import KEY, Evidence, side_by_side
from airwatch.pipelines.training.examples import Examples
from airwatch.pipelines.training.gate import Decision
from airwatch.pipelines.training.incumbent import ORIGIN, Incumbent, find_incumbent, forecast_again
from airwatch.pipelines.training.params import TrainingParams
from airwatch.pipelines.training.rules import (
    Finding,
    GateParams,
    better,
    honest,
    no_worse_on_exceedances,
    record,
)
from airwatch.scope import mark
from airwatch.scores import QUANTILES

CHAMPION = "champion"
RULE = "contest"
TO_PROMOTE = "airwatch models promote makes it champion by hand."
COMPARED = ["pollutant", "candidate", *KEY, "lead_days", "observed", *QUANTILES]


@dataclass(frozen=True)
class Contest:
    """What came of it.

    Attributes:
        verdict: For the registry and the card.
        findings: For the record.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def hold_contest(
    fitted_model: TrainedModel,
    decision: Decision,
    candidate_forecasts: pd.DataFrame,
    examples: Examples,
    registered_models: ModelShelf,
    run: RunParams,
    params: TrainingParams,
) -> tuple[TrainedModel, str, pd.DataFrame]:
    """Let the model that was trained meet the champion that is registered.

    Args:
        fitted_model: The candidate that the gate chose, fitted on all days; without a forecaster nothing is held.
        decision: Of the gate.
        candidate_forecasts: ``BacktestForecasts``, of rolling origins.
        examples: What the models were trained on; the champion's forecasts are made from their features.
        registered_models: What was registered before this run.
        run: ``as_of``, source, area and horizon.
        params: The limits are those of the gate.

    Returns:
        The model with the verdict in its card and for the registry; its card; and ``Gate``, the record of gate and
        contest.
    """
    if fitted_model.forecaster is None or decision.champion is None:
        return fitted_model, "", mark(decision.table, run)
    known = registered_models.same(fitted_model.fingerprint)
    incumbent = find_incumbent(registered_models, examples, run)
    own = candidate_forecasts[candidate_forecasts["candidate"] == decision.champion]
    if incumbent.model is not None and known is not None and _has_met(known, incumbent):
        contest = Contest(_of_known(known, incumbent))
        card = registered_models.card(known)
    else:
        contest = _contest(decision.champion, own, examples, incumbent, params)
        card = _with_verdict(fitted_model.card, contest.verdict)
    tags = {**fitted_model.tags, **_judged(own)}
    model = replace(fitted_model, card=card, tags=tags, verdict=contest.verdict)
    table = _record(decision, examples.pollutant, contest)
    return model, card, mark(table, run)


def _contest(name: str, own: pd.DataFrame, examples: Examples, incumbent: Incumbent, params: TrainingParams) -> Contest:
    """The verdict, without comparing anything where there is nothing to compare with."""
    label = parameter(examples.pollutant).label
    if params.unjudged is not None:
        reason = "It is champion without having been judged, as asked (training.unjudged)."
        return Contest(Verdict(Outcome.UNJUDGED, True, reason, incumbent.version))
    if not incumbent.version:
        reason = f"It is the first champion of {label}: it faced the baselines alone."
        return Contest(Verdict(Outcome.FIRST, True, reason))
    if incumbent.stays:
        reason = (
            f"It is a challenger and does not forecast: it learned from simulated air, and the champion, "
            f"{incumbent.label}, from measured air. {TO_PROMOTE}"
        )
        return Contest(Verdict(Outcome.NOT_COMPARABLE, False, reason, incumbent.version))
    if incumbent.model is None:
        reason = (
            f"It is champion without a contest, for it faced the baselines alone: the champion before it, "
            f"{incumbent.label}, cannot be compared ({incumbent.reason})."
        )
        return Contest(Verdict(Outcome.NOT_COMPARABLE, True, reason, incumbent.version))
    return compare(name, new_days(own, incumbent, examples), incumbent, params.gate)


def new_days(own: pd.DataFrame, incumbent: Incumbent, examples: Examples) -> pd.DataFrame:
    """A candidate's forecasts from the days since the champion's training, and the champion's of the same rows.

    Returns:
        Both, told apart by ``candidate``; empty where there is no such day.
    """
    assert incumbent.model is not None
    champion = incumbent.model.forecaster
    since = own.loc[~champion.knows_beyond(own["origin_date"]), COMPARED].astype({"site_id": "str"})
    if since.empty:
        return since
    again = forecast_again(champion, examples, since[ORIGIN].drop_duplicates())
    its = since.drop(columns=list(QUANTILES)).merge(again, on=KEY, validate="one_to_one")
    assert len(its) == len(since), "the champion has to forecast every row of the candidate's"
    return pd.concat([since, its.assign(candidate=CHAMPION)], ignore_index=True)


def compare(name: str, forecasts: pd.DataFrame, incumbent: Incumbent, params: GateParams) -> Contest:
    """The verdict on forecasts of the same rows by the candidate and by the champion.

    Args:
        name: Of the candidate.
        forecasts: Those of both, told apart by ``candidate``, in the same order; from ``new_days``.
        incumbent: The champion.
        params: The limits.
    """
    days = forecasts["origin_date"].nunique()
    if days < params.min_days:
        reason = (
            f"It is a challenger and does not forecast: the champion, {incumbent.label}, has learned from all days of "
            f"origin but {days}, too few to tell ({params.min_days} are needed). {TO_PROMOTE}"
        )
        return Contest(Verdict(Outcome.TOO_FEW_DAYS, False, reason, incumbent.version, days))
    evidence = side_by_side(forecasts)
    against = better(name, CHAMPION, evidence, params)
    findings = [against]
    if name not in BASELINES:  # a baseline that no candidate could beat is asked for nothing but to be better
        findings += [
            _as_honest(name, evidence, params.coverage_tolerance),
            no_worse_on_exceedances(name, CHAMPION, evidence, params),
        ]
    won = all(finding.passed for finding in findings)
    verdict = Verdict(
        Outcome.PROMOTED if won else Outcome.NOT_BETTER,
        won,
        _told(name, evidence, incumbent, findings),
        incumbent.version,
        days,
        against.statistic,
        against.p_value,
        (against.low, against.high),
    )
    return Contest(verdict, tuple(findings))


def _as_honest(name: str, evidence: Evidence, tolerance: float) -> Finding:
    """The coverage of the 80 % interval, which may be as far off as the gate allows, or as the champion's is."""
    its = honest(CHAMPION, evidence, tolerance)
    own = honest(name, evidence, max(tolerance, its.value))
    return replace(own, note=f"{own.note}; the champion's {its.note}")


def _told(name: str, evidence: Evidence, incumbent: Incumbent, findings: list[Finding]) -> str:
    """The figures of a contest in words."""
    pollutant, [against, *_] = parameter(evidence.pollutant), findings
    own, its = (f"{evidence.crps[each]:.3g} {pollutant.unit}" for each in (name, CHAMPION))
    days, sites = (evidence.rows[each].nunique() for each in ("origin_date", "site_id"))
    failed = [finding.rule for finding in findings if not finding.passed]
    return " ".join(
        [
            f"It is a challenger and does not forecast; {incumbent.label} stays champion."
            if failed
            else f"It is champion, after {incumbent.label}.",
            f"On {days} days of origin at {sites} sites, from which neither has learned, its CRPS is {own}, and the "
            f"champion's {its}: a difference of {100 * against.low:+.1f} to {100 * against.high:+.1f} % of what they "
            f"lose (statistic {against.statistic:.2f}, p = {against.p_value:.2g}).",
            *([f"Failed: {', '.join(failed)}. {TO_PROMOTE}"] if failed else []),
        ]
    )


def _has_met(known: Version, incumbent: Incumbent) -> bool:
    """Whether a model that was trained before needs no contest: it is or was champion, or has met this one."""
    return known.was_champion or incumbent.version in (known.number, known.tags.get("contest_with"))


def _of_known(known: Version, incumbent: Incumbent) -> Verdict:
    """The verdict on a model that was trained before: a promotion that a dead run owes it is made up for."""
    had = known.tags.get("verdict", "")
    owed = had in (Outcome.PROMOTED, Outcome.NOT_COMPARABLE, Outcome.UNJUDGED)
    promoted = owed and not known.was_champion
    reason = f"It was trained before, on the same data with the same code, and is version {known.number} ({had})."
    return Verdict(Outcome.KNOWN, promoted, reason, incumbent.version)


def _judged(own: pd.DataFrame) -> dict[str, str]:
    """From which days and how well the rolling origins forecast, for the lists of the registry."""
    if own.empty:
        return {}
    evidence = side_by_side(own)
    first, last = own["origin_date"].min().date(), own["origin_date"].max().date()
    return {"judged_window": f"{first}/{last}", "crps": f"{evidence.crps.iloc[0]:.6g}"}


def _with_verdict(card: str, verdict: Verdict) -> str:
    """The card with the verdict at its head."""
    title, _, rest = card.partition("\n\n")
    return f"{title}\n\n**{verdict.outcome.capitalize()}.** {verdict.reason}\n\n{rest}"


def _record(decision: Decision, pollutant: str, contest: Contest) -> pd.DataFrame:
    """The record of the gate with that of the contest: what was compared, and the verdict."""
    assert decision.champion is not None
    verdict = contest.verdict
    findings = [replace(finding, rule=f"{RULE}: {finding.rule}") for finding in contest.findings]
    told = Finding(RULE, float(verdict.days), float("nan"), verdict.p_value, verdict.promoted, verdict.reason)
    last = replace(told, statistic=verdict.statistic, low=verdict.interval[0], high=verdict.interval[1])
    rows = record(decision.champion, pollutant, {decision.champion: [*findings, last]})
    return pd.concat([decision.table, rows]).sort_values(["candidate", "rule"], ignore_index=True)
