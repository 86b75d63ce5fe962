"""The nodes of training, one namespace for each pollutant, and those that bring the pollutants together."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from airwatch import schemas
from airwatch.cluster import LOCAL, Engines
from airwatch.domain.transforms import transform
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.forecastability import forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.training.backtest import Residuals, backtest, fit_gaps, plan_windows
from airwatch.pipelines.training.examples import Examples, judge_issuable, no_examples, pair_examples
from airwatch.pipelines.training.gate import Decision, judge
from airwatch.pipelines.training.params import TrainingParams
from airwatch.pipelines.training.unjudged import take_unjudged
from airwatch.scope import made_for, mark, require_reach
from airwatch.scores import KEY_OF_GROUPS, score_groups
from airwatch.tables import AnyTable, as_table

logger = logging.getLogger(__name__)

OBSERVED = ["site_id", "pollutant", "date_local", "value"]
SITES_AT_ONCE = 200


def collect_examples(
    features: AnyTable,
    daily_observations: AnyTable,
    sites: pd.DataFrame,
    pollutant: str,
    run: RunParams,
    policy: FeatureEngineeringParams,
    params: TrainingParams,
    engines: Engines = LOCAL,
) -> Examples:
    """The examples of one pollutant up to ``as_of``; none where the run leaves it out or nothing was observed.

    Above ``external_memory_rows`` their features stay in the table.

    Raises:
        OtherScopeError: The features end before ``as_of``, or were built for another run.
    """
    unit = transform(policy.features.transforms[pollutant])
    if pollutant not in run.pollutants:
        logger.debug("Training: %s is not among the run's pollutants", pollutant)
        return no_examples(pollutant, features, run.horizon_days, unit)
    require_reach(features, run)
    as_of = pd.Timestamp(run.as_of)
    observed = as_table(daily_observations).read(OBSERVED, pollutant=pollutant, last=as_of)
    horizon, most = run.horizon_days, params.external_memory_rows
    examples = pair_examples(features, observed, pollutant, as_of, horizon, unit, most, engines.of(run))
    if not len(examples):
        logger.warning("Training: no observation of %s by %s; it gets no model", pollutant, run.as_of)
        return examples
    if not examples.rows.in_memory:
        logger.info("Training: %d examples of %s are read in blocks", len(examples), pollutant)
    in_area = sites[(sites["pollutant"] == pollutant) & sites["in_area"]]["site_id"]
    return judge_issuable(examples, _judged(observed, examples, policy), pd.Index(in_area))


def _judged(observed: pd.DataFrame, examples: Examples, policy: FeatureEngineeringParams) -> pd.DataFrame:
    """From which sites and origins a forecast can be issued, so many sites at a time that memory stays small."""
    origins = pd.DatetimeIndex(np.unique(examples.origins))
    seen = observed.loc[observed["value"].notna(), "date_local"]
    network = {examples.pollutant: pd.DatetimeIndex(np.unique(seen))}
    names = observed["site_id"].unique()
    parts = []
    for start in range(0, len(names), SITES_AT_ONCE):
        own = observed[observed["site_id"].isin(names[start : start + SITES_AT_ONCE])]
        judged = forecastable(own, origins, policy.forecastable, network)
        parts.append(judged.loc[judged["forecastable"], ["site_id", "origin_date", "forecastable"]])
    return pd.concat(parts, ignore_index=True)


def backtest_candidates(
    examples: Examples, run: RunParams, params: TrainingParams
) -> tuple[pd.DataFrame, dict[str, Residuals], pd.DataFrame]:
    """Forecast the last windows with every candidate, each trained on the days before.

    Returns:
        ``BacktestForecasts`` (column ``champion`` still False), sorted by key; the residuals of each candidate; and
        how much more each errs there than within its training, by lead.
    """
    # Without test windows the one that calibrates is the newest.
    asked = params.backtest if params.unjudged is None else params.backtest.model_copy(update={"folds": 0})
    forecasts, residuals = backtest(examples, plan_windows(examples, asked), params, run.seed)
    if forecasts.empty:
        if len(examples) and (params.unjudged is None or not residuals):
            logger.warning(
                "Training: too few days of %s would be forecast to judge a model on; it gets none. Choose an earlier "
                "first_year, or see reason_not in sites.",
                examples.pollutant,
            )
        kept = residuals if params.unjudged else {}
        return mark(schemas.empty("BacktestForecasts"), run), kept, fit_gaps(kept, examples.pollutant)
    forecasts = forecasts.assign(champion=False).sort_values(
        ["candidate", "site_id", "origin_date", "target_date"], ignore_index=True
    )
    logger.info(
        "Training: %s judged on %d forecasts of %d candidates, origins %s to %s",
        examples.pollutant,
        len(forecasts),
        len(residuals),
        forecasts["origin_date"].min().date(),
        forecasts["origin_date"].max().date(),
    )
    return mark(forecasts, run), residuals, fit_gaps(residuals, examples.pollutant)


def judge_candidates(candidate_forecasts: pd.DataFrame, gaps: pd.DataFrame, params: TrainingParams) -> Decision:
    """Decide which candidate is the best that there is; ``gate.judge`` has the rules, unless one is taken unjudged."""
    if params.unjudged is None:
        decision = judge(candidate_forecasts, gaps, params.gate)
    else:
        decision = take_unjudged(params.unjudged, gaps)
    if decision.champion is not None:
        logger.info("Training: %s", decision.paragraph)
    return decision


def score_candidates(candidate_forecasts: pd.DataFrame, decision: Decision, run: RunParams) -> pd.DataFrame:
    """Scores of each candidate by lead and group, on the same rows; ``champion`` marks the one that the gate chose."""
    if candidate_forecasts.empty:
        return mark(schemas.empty("BacktestScores"), run)
    scores = score_groups(candidate_forecasts, seed=run.seed)
    return mark(scores.assign(champion=scores["candidate"] == decision.champion), run)


def join_backtests(run: RunParams, **tables: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All pollutants' backtests: their forecasts, their scores and the records of the gate, champions marked in all.

    Args:
        run: What an earlier run of another area, source or horizon left of another namespace is not taken.
        **tables: ``<pollutant>_forecasts``, ``<pollutant>_scores`` and ``<pollutant>_gate``.
    """
    ours = {name: table for name, table in tables.items() if len(table) and made_for(table, run)}

    def joined(kind: str, schema: str) -> pd.DataFrame:
        found = [table for name, table in ours.items() if name.endswith(f"_{kind}")]
        return pd.concat(found, ignore_index=True) if found else schemas.empty(schema)

    scores, gate = joined("scores", "BacktestScores"), joined("gate", "Gate")
    champions = scores.loc[scores["champion"], ["pollutant", "candidate"]].drop_duplicates()
    forecasts = joined("forecasts", "BacktestForecasts").drop(columns="champion")
    marked = forecasts.merge(champions.assign(champion=True), on=["pollutant", "candidate"], how="left")
    marked["champion"] = marked["champion"].notna()
    key = ["pollutant", "candidate", "site_id", "origin_date", "target_date"]
    return (
        mark(marked.sort_values(key, ignore_index=True), run),
        mark(scores.sort_values(KEY_OF_GROUPS, ignore_index=True), run),
        mark(gate.sort_values(["pollutant", "candidate", "rule"], ignore_index=True), run),
    )
