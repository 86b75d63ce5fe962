"""The nodes of training, one namespace for each pollutant, and those that bring the pollutants together."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import airwatch
from airwatch import schemas
from airwatch.forecasting.candidates import build_candidate
from airwatch.forecasting.forecaster import TrainingSet, fit_forecaster
from airwatch.forecasting.transforms import transform
from airwatch.model_registry import REQUIREMENTS, TrainedModel
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.forecastability import forecastable
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.training.backtest import CLIMATOLOGY, Residuals, backtest, plan_windows
from airwatch.pipelines.training.examples import Examples, judge_issuable, no_examples, pair_examples
from airwatch.pipelines.training.params import TrainingParams
from airwatch.scope import made_for, mark, require_reach
from airwatch.scores import score_table

logger = logging.getLogger(__name__)

EXAMPLE_ROWS = 3
BASELINES = ("persistence", "climatology")


def collect_examples(
    features: pd.DataFrame,
    daily_observations: pd.DataFrame,
    sites: pd.DataFrame,
    pollutant: str,
    run: RunParams,
    policy: FeatureEngineeringParams,
) -> Examples:
    """The examples of one pollutant up to ``as_of``; none where the run leaves it out or nothing was observed.

    Raises:
        OtherScopeError: The features end before ``as_of``, or were built for another run.
    """
    if pollutant not in run.pollutants:
        logger.debug("Training: %s is not among the run's pollutants", pollutant)
        return no_examples(pollutant, features, run.horizon_days)
    require_reach(features, run)
    examples = pair_examples(features, daily_observations, pollutant, pd.Timestamp(run.as_of), run.horizon_days)
    if not len(examples):
        logger.warning("Training: no observation of %s by %s; it gets no model", pollutant, run.as_of)
        return examples
    of_pollutant = daily_observations[daily_observations["pollutant"] == pollutant]
    origins = pd.DatetimeIndex(np.unique(examples.origins))
    judged = forecastable(of_pollutant, origins, policy.forecastable)
    in_area = sites[(sites["pollutant"] == pollutant) & sites["in_area"]]["site_id"]
    return judge_issuable(examples, judged, pd.Index(in_area))


def backtest_candidates(
    examples: Examples, run: RunParams, params: TrainingParams
) -> tuple[pd.DataFrame, dict[str, Residuals]]:
    """Forecast the last windows with every candidate, each trained on the days before.

    Returns:
        ``BacktestForecasts`` (column ``champion`` still False), sorted by key, and the residuals of each candidate.
    """
    windows = plan_windows(examples, params.backtest)
    forecasts, residuals = backtest(examples, windows, params, run.seed)
    if forecasts.empty:
        if len(examples):
            logger.warning(
                "Training: too few days of %s would be forecast to judge a model on; it gets none. Choose an earlier "
                "first_year, or see reason_not in sites.",
                examples.pollutant,
            )
        return mark(schemas.empty("BacktestForecasts"), run), {}
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
    return mark(forecasts, run), residuals


def score_candidates(candidate_forecasts: pd.DataFrame, pollutant: str, run: RunParams) -> pd.DataFrame:
    """Scores of each candidate by lead, all on the same rows; ``champion`` marks the one with the least CRPS.

    The CRPS is averaged over the leads. The baselines are candidates: where one of them wins, it is the champion.
    """
    if candidate_forecasts.empty:
        return mark(schemas.empty("BacktestScores"), run)
    scores = score_table(candidate_forecasts, by=["pollutant", "candidate", "lead_days"], seed=run.seed)
    mean_crps = scores.groupby("candidate")["crps"].mean()
    champion = mean_crps.idxmin()
    logger.info(
        "Training: %s champion is %s, mean CRPS %s",
        pollutant,
        champion,
        ", ".join(f"{name} {value:.4g}" for name, value in mean_crps.sort_values().items()),
    )
    if champion in BASELINES:
        logger.warning("Training: no model of %s beats the baselines; %s forecasts it", pollutant, champion)
    return mark(scores.assign(champion=scores["candidate"] == champion), run)


def fit_champion(
    examples: Examples,
    residuals: dict[str, Residuals],
    candidate_scores: pd.DataFrame,
    run: RunParams,
    params: TrainingParams,
) -> TrainedModel:
    """Fit the best candidate on all examples, with the residuals of all windows around it.

    Returns:
        The model for the registry; without a forecaster where the pollutant could not be judged.
    """
    if candidate_scores.empty:
        return TrainedModel(examples.pollutant, None)
    scores = candidate_scores[candidate_scores["champion"]]
    name = str(scores["candidate"].iloc[0])
    unit = transform(params.transforms[examples.pollutant])
    observed = examples.where(examples.observed)
    forecaster = fit_forecaster(
        build_candidate(name, params.candidates.settings()[name], unit, run.seed),
        TrainingSet(observed.features, observed.targets, pd.Timestamp(run.as_of)),
        unit,
        residuals[name].known_before(),
        residuals[CLIMATOLOGY].known_before(),
        params.recent_days,
    )
    data = data_hash(examples)
    return TrainedModel(
        pollutant=examples.pollutant,
        forecaster=forecaster,
        example=observed.features.tail(EXAMPLE_ROWS),
        fingerprint=_fingerprint(data, run, params),
        metrics=_metrics(scores),
        tags={
            "model_name": name,
            "as_of": str(run.as_of),
            "source": run.source_label,
            "area": run.area.slug,
            "training_window": "/".join(str(day.date()) for day in forecaster.training_window),
            "sites": str(observed.features["site_id"].nunique()),
            "data_hash": data,
            "airwatch_version": airwatch.__version__,
            "code_hash": code_hash(),
        },
    )


def join_backtests(run: RunParams, **tables: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All pollutants' backtests as one table of forecasts and one of scores, champions marked in both.

    Args:
        run: What an earlier run of another area, source or horizon left of another namespace is not taken.
        **tables: ``<pollutant>_forecasts`` and ``<pollutant>_scores``.
    """
    ours = {name: table for name, table in tables.items() if len(table) and made_for(table, run)}
    scores = [table for name, table in ours.items() if name.endswith("_scores")]
    forecasts = [table for name, table in ours.items() if name.endswith("_forecasts")]
    if not scores or not forecasts:
        return mark(schemas.empty("BacktestForecasts"), run), mark(schemas.empty("BacktestScores"), run)
    all_scores = pd.concat(scores, ignore_index=True)
    champions = all_scores.loc[all_scores["champion"], ["pollutant", "candidate"]].drop_duplicates()
    all_forecasts = pd.concat(forecasts, ignore_index=True).drop(columns="champion")
    marked = all_forecasts.merge(champions.assign(champion=True), on=["pollutant", "candidate"], how="left")
    marked["champion"] = marked["champion"].notna()
    key = ["pollutant", "candidate", "site_id", "origin_date", "target_date"]
    return (
        mark(marked.sort_values(key, ignore_index=True), run),
        mark(all_scores.sort_values(["pollutant", "candidate", "lead_days"], ignore_index=True), run),
    )


def data_hash(examples: Examples) -> str:
    """A hash of features, targets and what of them is judged, to the bit."""
    digest = hashlib.sha256()
    digest.update(",".join(examples.features.columns).encode())
    digest.update(pd.util.hash_pandas_object(examples.features, index=False).to_numpy().tobytes())
    digest.update(np.ascontiguousarray(examples.targets).tobytes())
    digest.update(examples.issuable.tobytes())
    return digest.hexdigest()[:16]


@cache
def code_hash() -> str:
    """A hash of the code that makes a model of its data: the candidates, this pipeline, and the scores that choose."""
    package = Path(airwatch.__file__).parent
    folders = ("domain", "forecasting", "pipelines/training")
    sources = [package / "scores.py", *(path for folder in folders for path in (package / folder).rglob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:16]


def _fingerprint(data: str, run: RunParams, params: TrainingParams) -> str:
    """Of all that makes a model: data, parameters, seed, code and the libraries beneath."""
    parts = [data, params.model_dump_json(), str(run.seed), str(run.horizon_days), str(run.as_of), code_hash()]
    parts += [f"{package}=={version(package)}" for package in REQUIREMENTS]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _metrics(scores: pd.DataFrame) -> dict[str, float]:
    """The champion's scores by lead, as MLflow names them."""
    wanted = ["rmse", "crps", "skill_persistence", "skill_climatology", "coverage_80"]
    rows = scores.set_index("lead_days")[wanted]
    return {
        f"{score}_lead_{lead}": float(value)
        for score in wanted
        for lead, value in rows[score].items()
        if np.isfinite(value)
    }
