"""Tuning: which settings forecast best, by rolling origins that end before the days the candidates are judged on.

Optuna's tree-structured Parzen estimator proposes settings; the first trial is that of the settings as they are, so
that tuning never does worse by its own measure. Settings whose best value depends on the number of rows are better
left out of the search where ``sample_rows`` leaves rows out.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.candidates import build_candidate
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.model_registry import REQUIREMENTS
from airwatch.parameters import RunParams
from airwatch.pipelines.training.backtest import plan_windows
from airwatch.pipelines.training.champion import code_hash, data_hash
from airwatch.pipelines.training.examples import DAY, Examples
from airwatch.pipelines.training.params import Candidates, TrainingParams
from airwatch.pipelines.training.search import Span, TuningParams, spans_of
from airwatch.pipelines.training.studies import opened
from airwatch.scores import QUANTILES, crps_rows

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fold:
    """A window of origins, and the days before it.

    Attributes:
        past: What candidates learn from; its targets lie before the window.
        test: The window.
        settled: Rows of the window whose targets all lie within it, known when the next one begins [n].
    """

    past: Examples
    test: Examples
    settled: NDArray[np.bool_]


@dataclass(frozen=True)
class Search:
    """The candidate whose settings are searched, and what they are tried on."""

    name: str
    settings: Mapping[str, Any]
    folds: list[Fold]
    seed: int

    def loss(self, tried: Mapping[str, Any]) -> float:
        """The CRPS with some of the settings replaced."""
        return rolling_loss(self.name, {**self.settings, **tried}, self.folds, self.seed)


def tune_candidates(examples: Examples, studies: Path, run: RunParams, params: TrainingParams) -> TrainingParams:
    """The parameters of training with the settings that did best; as they are where there is nothing to tune."""
    settings = tune(examples, params.tuning, params, run.seed, studies)
    left_out = dict.fromkeys(set(Candidates.model_fields) - set(settings))
    return params.model_copy(update={"candidates": Candidates.model_validate({**settings, **left_out})})


def tune(
    examples: Examples, params: TuningParams, training: TrainingParams, seed: int, storage: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Search the settings of the candidates.

    The same data, parameters, seed and code give the same settings, whether in one go or resumed after a kill.

    Args:
        examples: Of one pollutant. Only origins whose targets lie before the first window of ``training.backtest``,
            the calibrating one, are looked at.
        params: The budget and the ranges.
        training: The settings to start from, and the windows to stay clear of.
        seed: Of the sampler, the samples of rows and the candidates.
        storage: The file of trials. Those found there count, unless data, code, settings or ranges have changed.

    Returns:
        The settings of each candidate that takes part, the searched ones replaced.

    Raises:
        ValueError: A range for a setting that does not exist, or that leaves out the setting as it is.
        UnreadableStudiesError: The file of trials is damaged.
    """
    settings = training.candidates.settings()
    searches = spans_of(params.search, settings) if params.trials and len(examples) else {}
    if not searches:
        return settings
    from optuna import create_study
    from optuna import logging as optuna_logging

    early = _before_the_judgement(examples, training)
    folds = _plan_folds(early, params, training, seed)
    if not folds:
        logger.warning("Tuning: %s has too few days before those it is judged on; settings stay.", examples.pollutant)
        return settings
    optuna_logging.set_verbosity(optuna_logging.WARNING)  # our own log tells of each trial
    made_by = [data_hash(early), code_hash(), params.model_dump_json(exclude={"trials", "search"})]
    with opened(storage) as studies:
        for name, spans in searches.items():
            search = Search(name, settings[name], folds, seed)
            study = create_study(storage=studies, study_name=_title(search, spans, made_by), load_if_exists=True)
            try:
                ranges = {setting: span.distribution() for setting, span in spans.items()}
                settings[name] = _best(search, ranges, params.trials, study)
            except TooFewTrainingRows as reason:
                logger.warning("Tuning: the settings of %s stay: %s", name, reason)
    return settings


def rolling_loss(name: str, settings: Mapping[str, Any], folds: list[Fold], seed: int) -> float:
    """The CRPS of a candidate, averaged over leads and windows but the first, AQS unit.

    A prediction is surrounded by the errors of earlier windows, lead by lead.

    Raises:
        TooFewTrainingRows: Not enough observed targets to learn from.
    """
    errors: list[FloatArray] = []
    losses = []
    for fold in folds:
        unit = fold.test.unit
        model = build_candidate(name, settings, unit, seed)
        predicted = model.fit(fold.past.features, unit.forward(fold.past.targets)).predict(fold.test.frame)
        if errors:
            losses.append(_crps(predicted, fold.test.targets, np.concatenate(errors), unit))
        errors.append((unit.forward(fold.test.targets) - predicted)[fold.settled])
    return float(np.mean(losses))


def _crps(predicted: FloatArray, targets: FloatArray, errors: FloatArray, unit: Transform) -> float:
    """The CRPS of predictions in the working unit, averaged over the leads that were observed before and now."""
    by_lead = []
    for prediction, target, error in zip(predicted.T, targets.T, errors.T, strict=True):
        known, seen = error[np.isfinite(error)], np.isfinite(target)
        if known.size and seen.any():
            shifted = prediction[seen, np.newaxis] + np.quantile(known, list(QUANTILES.values()))
            by_lead.append(crps_rows(np.maximum(unit.inverse(shifted), 0.0), target[seen]).mean())
    if not by_lead:
        raise TooFewTrainingRows("no lead was observed in two windows in a row.")
    return float(np.mean(by_lead))


def _before_the_judgement(examples: Examples, training: TrainingParams) -> Examples:
    """The examples whose targets lie before the first window of the backtest; none where there are no windows."""
    windows = plan_windows(examples, training.backtest)
    ends = examples.origins + examples.targets.shape[1] * DAY
    return examples.where(ends < windows[0].first if windows else np.zeros(len(examples), dtype=bool))


def _plan_folds(early: Examples, params: TuningParams, training: TrainingParams, seed: int) -> list[Fold]:
    """The windows and their pasts, oldest first, each cut down to a sample of rows; the first window calibrates."""
    days = {"folds": params.folds, "fold_days": params.fold_days}
    horizon = early.targets.shape[1] * DAY
    rng = np.random.default_rng(seed)
    folds = []
    for window in plan_windows(early, training.backtest.model_copy(update=days)):
        past = _sample(early.where((early.origins + horizon < window.first) & early.observed), params.sample_rows, rng)
        inside = early.where(window.holds(early) & early.issuable & early.observed)
        test = _sample(inside, params.sample_rows, rng)
        folds.append(Fold(past, test, test.origins + horizon <= window.last))
    return folds if all(fold.settled.any() for fold in folds) else []


def _sample(examples: Examples, rows: int, rng: np.random.Generator) -> Examples:
    """At most so many of the examples, in their order."""
    chosen = np.zeros(len(examples), dtype=bool)
    chosen[rng.permutation(len(examples))[:rows]] = True
    return examples.where(chosen).in_memory()


def _best(search: Search, ranges: dict[str, BaseDistribution], trials: int, study: Study) -> dict[str, Any]:
    """The settings of the best of the first so many trials, those done before included."""
    from optuna.trial import TrialState

    what = f"{search.name} for {search.folds[0].test.pollutant}"
    done = len(study.get_trials(states=[TrialState.COMPLETE]))
    for number in range(done, trials):
        loss = _try_next(search, ranges, number, study)
        logger.info("Tuning: %s, trial %d of %d: CRPS %.4g", what, number + 1, trials, loss)
    best = min(study.get_trials(states=[TrialState.COMPLETE])[:trials], key=lambda trial: trial.values[0])
    logger.info("Tuning: %s takes %s, CRPS %.4g", what, best.params, best.values[0])
    return {**search.settings, **best.params}


def _try_next(search: Search, ranges: dict[str, BaseDistribution], number: int, study: Study) -> float:
    """Try the settings as they are, or else those that the trials so far suggest, and record the loss."""
    from optuna.samplers import TPESampler
    from optuna.trial import create_trial

    if not number:
        given = {setting: search.settings[setting] for setting in ranges}
        loss = search.loss(given)
        study.add_trial(create_trial(params=given, distributions=ranges, value=loss))
        return loss
    # The seed is that of the trial, not of the process: a resumed search goes the way it would have gone.
    # What a killed process left running counts for nothing.
    seed = int(np.random.SeedSequence([search.seed, number]).generate_state(1)[0])
    study.sampler = TPESampler(seed=seed, constant_liar=False)
    trial = study.ask(ranges)
    loss = search.loss(trial.params)
    study.tell(trial, loss)
    return loss


def _title(search: Search, spans: Mapping[str, Span], made_by: list[str]) -> str:
    """The name of a study: the candidate, and a hash of all that its trials depend on."""
    parts = [*made_by, str(search.seed), json.dumps(dict(search.settings), sort_keys=True)]
    parts += [f"{setting} {span.model_dump_json()}" for setting, span in sorted(spans.items())]
    parts += [f"{package}=={version(package)}" for package in (*REQUIREMENTS, "optuna")]
    return f"{search.name}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"
