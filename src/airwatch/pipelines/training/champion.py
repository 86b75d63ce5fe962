"""The candidate that the gate chose, fitted on all days, with its cuts, its card and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import airwatch
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.forecaster import Forecaster
from airwatch.forecasting.warnings import WarningCuts, choose_cuts
from airwatch.model_registry import REQUIREMENTS, TrainedModel
from airwatch.parameters import RunParams
from airwatch.pipelines.training.backtest import Residuals, fit_candidates
from airwatch.pipelines.training.examples import Examples
from airwatch.pipelines.training.gate import Decision
from airwatch.pipelines.training.model_card import model_card, unjudged_card
from airwatch.pipelines.training.params import CLIMATOLOGY, TrainingParams

EXAMPLE_ROWS = 3


def choose_warning_cuts(
    candidate_forecasts: pd.DataFrame, decision: Decision, pollutant: str, run: RunParams, params: TrainingParams
) -> WarningCuts:
    """When the champion warns, chosen on its rolling origins; no cuts where there is no champion."""
    if decision.champion is None:
        return WarningCuts(())
    replayed = candidate_forecasts[candidate_forecasts["candidate"] == decision.champion]
    costs, events = params.warnings.cost_of_miss, params.warnings.min_events
    return choose_cuts(pollutant, replayed, costs, run.horizon_days, events)


def fit_champion(
    examples: Examples,
    residuals: dict[str, Residuals],
    fit_gaps: pd.DataFrame,
    candidate_scores: pd.DataFrame,
    decision: Decision,
    cuts: WarningCuts,
    run: RunParams,
    params: TrainingParams,
) -> TrainedModel:
    """Fit what the gate chose on all examples, with the residuals of all windows around it.

    Returns:
        The model and its card. Where the pollutant could not be judged it is without a forecaster and the card empty,
        and what an earlier run registered and wrote stands.
    """
    if decision.champion is None:
        return TrainedModel(examples.pollutant, None)
    scores = candidate_scores[candidate_scores["champion"] & (candidate_scores["grouping"] == "all")]
    forecaster, observed = _fit(decision.champion, examples, residuals, run, params)
    data = data_hash(examples)
    tags = {
        "model_name": decision.champion,
        "as_of": str(run.as_of),
        "source": run.source_label,
        "area": run.area.slug,
        "training_window": "/".join(str(day.date()) for day in forecaster.training_window),
        "sites": str(observed.rows.site_ids.nunique()),
        "data_hash": data,
        "airwatch_version": airwatch.__version__,
        "code_hash": code_hash(),
    }
    if params.unjudged is None:
        card = model_card(decision, candidate_scores, fit_gaps, cuts, tags)
    else:
        card = unjudged_card(decision, examples.pollutant, fit_gaps, cuts, tags)
    return TrainedModel(
        pollutant=examples.pollutant,
        forecaster=replace(forecaster, cuts=cuts),
        example=observed.rows.take(np.arange(len(observed))[-EXAMPLE_ROWS:]),
        fingerprint=_fingerprint(data, run, params),
        metrics=_metrics(scores),
        tags=tags,
        card=card,
    )


def _fit(
    name: str, examples: Examples, residuals: dict[str, Residuals], run: RunParams, params: TrainingParams
) -> tuple[Forecaster, Examples]:
    """The forecaster, and the examples it was fitted on."""
    fitted = fit_candidates(examples, np.datetime64(run.as_of, "D"), residuals, params, run.seed, only=name)
    if fitted is None or name not in fitted.models:
        raise TooFewTrainingRows(f"{name} of {examples.pollutant} was judged and then could not be fitted on all days")
    known = residuals[name].known_before(), residuals[CLIMATOLOGY].known_before(raw=True)
    return fitted.forecaster(name, known, params), fitted.past


def data_hash(examples: Examples) -> str:
    """A hash of features, targets and what of them is judged: the same in memory and in the table."""
    digest = hashlib.sha256()
    digest.update(",".join(examples.features.columns).encode())
    for _, block in examples.rows.blocks():
        digest.update(pd.util.hash_pandas_object(block, index=False).to_numpy().tobytes())
    digest.update(np.ascontiguousarray(examples.targets, dtype=np.float32).data)  # as the table's examples have them
    digest.update(np.ascontiguousarray(examples.issuable).data)
    return digest.hexdigest()[:16]


@cache
def code_hash() -> str:
    """A hash of the code that makes a model of its data: the candidates, this pipeline, and the scores that choose."""
    package = Path(airwatch.__file__).parent
    folders = ("domain", "forecasting", "scores", "pipelines/training")
    sources = [path for folder in folders for path in (package / folder).rglob("*.py")]
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
