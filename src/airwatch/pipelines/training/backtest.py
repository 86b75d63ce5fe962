"""Rolling origins: each window of the past is forecast by models that had not seen it.

Windows are consecutive stretches of origins, the newest ending at ``as_of``. A model for a window trains on
origins whose last target lies before the window, so a gap as long as the horizon parts the two. The window before
the first test window calibrates: residuals of earlier windows, as far as they were known when a window began,
make the intervals of the forecasts in it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch import schemas
from airwatch.domain.transforms import FloatArray
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.boosting import Boosting
from airwatch.forecasting.candidates import PointModel, build_candidate
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.forecaster import Forecaster, TrainingSet, assemble
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.spread import LocalSpread
from airwatch.forecasting.stacking import MEMBERS, Stack, stack_weights
from airwatch.pipelines.training.examples import DAY, Examples
from airwatch.pipelines.training.params import CLIMATOLOGY, STACK, BacktestParams, TrainingParams

logger = logging.getLogger(__name__)

SHORTEST_WINDOW_DAYS = 20
ROWS_OF_THE_GAP = 20_000  # training rows on which the error within the training is measured


@dataclass(frozen=True, slots=True)
class Window:
    """Origins ``first`` to ``last``, both included."""

    number: int
    first: np.datetime64
    last: np.datetime64

    def holds(self, examples: Examples) -> NDArray[np.bool_]:
        """Which examples have their origin in the window."""
        return (examples.origins >= self.first) & (examples.origins <= self.last)


@dataclass
class Residuals:
    """Out-of-sample residuals of one candidate so far, with the days their targets were observed.

    Attributes:
        origins: Of each window's rows.
        raw: Observed minus predicted, working unit, by window [m, H].
        standardised: The same in units of the spread.
        training: Root mean square within the training, working unit, by window [H].
    """

    origins: list[NDArray[np.datetime64]] = field(default_factory=list)
    raw: list[FloatArray] = field(default_factory=list)
    standardised: list[FloatArray] = field(default_factory=list)
    training: list[FloatArray] = field(default_factory=list)

    def known_before(self, day: np.datetime64 | None = None, *, raw: bool = False) -> FloatArray:
        """All residuals [m, H], NaN where the target's day is not before ``day``."""
        values = np.concatenate(self.raw if raw else self.standardised)
        if day is None:
            return values
        leads = np.arange(1, values.shape[1] + 1) * DAY
        return np.where(np.concatenate(self.origins)[:, np.newaxis] + leads < day, values, np.nan)

    @property
    def any_known(self) -> bool:
        """Whether there is one at all; where no forecast would be issued in a window it leaves none."""
        return any(np.isfinite(window).any() for window in self.raw)

    @property
    def days(self) -> int:
        """How many days of origins they span."""
        return len(np.unique(np.concatenate(self.origins))) if self.origins else 0

    def gap(self) -> pd.DataFrame:
        """Root mean square error within the training and on rolling origins, by lead."""
        rolling = np.sqrt(np.nanmean(np.square(self.known_before(raw=True)), axis=0))
        training = np.mean(self.training, axis=0)
        leads = np.arange(1, len(rolling) + 1)
        return pd.DataFrame(
            {"lead_days": leads, "rmse_training": training, "rmse_rolling": rolling, "gap": rolling / training - 1.0}
        )


@dataclass
class Fitted:
    """The candidates of one window, fitted on the days before, and the size of error they share."""

    past: Examples
    until: pd.Timestamp
    models: dict[str, PointModel]
    spread: LocalSpread
    seed: int

    @cached_property
    def some_of_past(self) -> Examples:
        """Examples of the past, at most ``ROWS_OF_THE_GAP``, drawn at random."""
        rows = len(self.past)
        if rows <= ROWS_OF_THE_GAP:
            return self.past.in_memory()
        drawn = np.zeros(rows, dtype=bool)
        drawn[np.random.default_rng(self.seed).choice(rows, ROWS_OF_THE_GAP, replace=False)] = True
        return self.past.where(drawn).in_memory()

    @property
    def training(self) -> TrainingSet:
        """What they were fitted on."""
        return TrainingSet(self.past.pollutant, self.past.features, self.past.targets, self.until)

    def forecaster(self, name: str, residuals: tuple[FloatArray, FloatArray], params: TrainingParams) -> Forecaster:
        """A candidate with its residuals of earlier windows and the climatology's around it."""
        climatology = self.models[CLIMATOLOGY]
        assert isinstance(climatology, Climatology)
        settings = params.recent_days, params.recency
        return assemble(self.models[name], climatology, self.spread, self.training, residuals, self.past.unit, settings)


def plan_windows(examples: Examples, params: BacktestParams) -> list[Window]:
    """The calibration window (number 0) and the test windows, oldest first.

    Returns:
        Nothing when the history is too short for windows of 20 days after ``min_train_days``. A history that is
        shorter than the parameters ask has shorter windows, not fewer days to train on.
    """
    if not len(examples):
        return []
    observed = examples.origins[examples.observed]
    if not len(observed):
        return []
    span = int((observed.max() - observed.min()) / DAY) + 1
    horizon = examples.targets.shape[1]
    days = min(params.fold_days, (span - params.min_train_days - horizon) // (params.folds + 1))
    if days < SHORTEST_WINDOW_DAYS:
        return []
    ends = [observed.max() - step * days * DAY for step in range(params.folds, -1, -1)]
    return [Window(number, end - (days - 1) * DAY, end) for number, end in enumerate(ends)]


def fit_candidates(
    past: Examples,
    until: np.datetime64,
    residuals: Mapping[str, Residuals],
    params: TrainingParams,
    seed: int,
    only: str | None = None,
) -> Fitted | None:
    """Fit every candidate on the same days; the stack takes its weights from the residuals so far.

    A candidate that has too few days to learn from is left out.

    Args:
        past: What is known.
        until: The last day whose observation is in it.
        residuals: Of the candidates on earlier windows, as far as they were observed by ``until``.
        params: Settings of the candidates.
        seed: Of everything random.
        only: The candidate that is wanted; None: all of them. The climatology is always fitted.

    Returns:
        None where there are too few days even for the linear forecast whose errors make the spread.
    """
    past = past.where(past.observed)
    targets_t = past.unit.forward(past.targets)
    try:
        ridge = RidgeByLead(past.unit).fit(past.features, targets_t)
        spread = LocalSpread.fit(ridge, past.features, targets_t)
    except TooFewTrainingRows as reason:
        logger.warning("Training: no model of %s: %s", past.pollutant, reason)
        return None
    fitted = Fitted(past, pd.Timestamp(until), {}, spread, seed)
    wanted = {CLIMATOLOGY, *(MEMBERS if only == STACK else [only])} if only else set(residuals)
    for name, settings in params.candidates.settings().items():
        if name == STACK or name not in wanted:
            continue
        try:
            fitted.models[name] = _fit(build_candidate(name, settings, past.unit, seed), past, targets_t, ridge)
        except TooFewTrainingRows as reason:
            logger.warning("Training: a candidate for %s takes no part: %s", past.pollutant, reason)
    members = {name: fitted.models[name] for name in MEMBERS if name in fitted.models and name in residuals}
    if params.candidates.stack is not None and only in (None, STACK) and len(members) > 1:
        known = {name: residuals[name] for name in members}
        fitted.models[STACK] = Stack(list(members.values()), _weights(known, until, targets_t.shape[1]))
    return fitted


def _fit(candidate: PointModel, past: Examples, targets_t: FloatArray, ridge: RidgeByLead) -> PointModel:
    """The candidate fitted; a ridge like the one that is fitted already is not fitted again."""
    if isinstance(candidate, RidgeByLead) and candidate.params == ridge.params:
        return ridge
    if isinstance(candidate, Boosting) and candidate.params.alpha == ridge.params.alpha:
        return candidate.fit(past.features, targets_t, ridge)
    return candidate.fit(past.features, targets_t)


def _weights(residuals: Mapping[str, Residuals], until: np.datetime64, horizon: int) -> FloatArray:
    """The stack's weights from what was observed by a day [members, H]; members that missed a window count the same."""
    windows = {len(each.origins) for each in residuals.values()}
    if len(windows) > 1 or windows == {0}:
        return np.full((len(residuals), horizon), 1.0 / len(residuals))
    errors = {name: each.known_before(until + DAY, raw=True) for name, each in residuals.items()}
    return stack_weights(errors, min(each.days for each in residuals.values()), horizon)


def backtest(
    examples: Examples, windows: list[Window], params: TrainingParams, seed: int
) -> tuple[pd.DataFrame, dict[str, Residuals]]:
    """Forecast each test window with every candidate.

    A window before which no residual is known, after a long silence of the instruments, calibrates the next one.

    Returns:
        Forecasts of all candidates on the same rows, those that were observed, with ``candidate``, ``fold``,
        ``observed``, ``persistence`` and ``climatology``; and the residuals over all windows of each candidate that
        has any.
    """
    residuals: dict[str, Residuals] = {name: Residuals() for name in params.taking_part()}
    tables: list[pd.DataFrame] = []
    for window in windows:
        past = examples.where(examples.origins + examples.targets.shape[1] * DAY < window.first)
        inside = examples.where(window.holds(examples)).in_memory()
        fitted = fit_candidates(past, window.first - DAY, residuals, params, seed)
        if fitted is None:
            continue
        drawn = np.random.default_rng([seed, window.number]).random(len(inside)) < params.backtest.judged_share
        judged = inside.issuable & drawn
        usual = _known(residuals[CLIMATOLOGY], window, raw=True)
        for name in [name for name in residuals if name in fitted.models]:
            own = _known(residuals[name], window)
            if own is not None and usual is not None:
                forecasts = _forecast(fitted.forecaster(name, (own, usual), params), inside, judged)
                tables.append(forecasts.assign(candidate=name, fold=window.number))
            _remember(residuals[name], name, fitted, inside.where(inside.issuable))
    residuals = {name: each for name, each in residuals.items() if each.any_known}
    return pd.concat(tables, ignore_index=True) if tables else schemas.empty("BacktestForecasts"), residuals


def fit_gaps(residuals: Mapping[str, Residuals], pollutant: str) -> pd.DataFrame:
    """How much more each candidate errs on rolling origins than within its training, by lead, working unit."""
    frames = [each.gap().assign(pollutant=pollutant, candidate=name) for name, each in residuals.items()]
    columns = ["pollutant", "candidate", "lead_days", "rmse_training", "rmse_rolling", "gap"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _known(residuals: Residuals, window: Window, *, raw: bool = False) -> FloatArray | None:
    """What is known of a candidate when a window begins; None where there is nothing to calibrate on."""
    if window.number == 0 or not residuals.origins:
        return None
    known = residuals.known_before(window.first, raw=raw)
    return known if np.isfinite(known).any() else None


def _forecast(forecaster: Forecaster, inside: Examples, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """The forecasts from the judged origins of a window that were observed, beside both references."""
    issued = inside.where(judged)
    recent = forecaster.recent_errors(inside.frame)
    forecasts = forecaster.predict(issued.frame, recent).assign(**_references(issued))
    return forecasts[forecasts["observed"].notna()]


def _remember(residuals: Residuals, name: str, fitted: Fitted, issued: Examples) -> None:
    """Keep what a candidate missed in a window, and within its training."""
    errors = fitted.past.unit.forward(issued.targets) - fitted.models[name].predict(issued.frame)
    residuals.origins.append(issued.origins)
    residuals.raw.append(errors)
    residuals.standardised.append(errors / fitted.spread.predict(issued.frame))
    some = fitted.some_of_past
    within = some.unit.forward(some.targets) - fitted.models[name].predict(some.frame)
    residuals.training.append(np.sqrt(np.nanmean(np.square(within), axis=0)))


def _references(test: Examples) -> dict[str, NDArray[np.float64]]:
    """What was observed and what the two references say, in the order of a forecaster's rows: by site, origin, lead."""
    horizon = test.targets.shape[1]
    climatology = test.frame[[f"value_climatology_{lead:02d}" for lead in range(1, horizon + 1)]]
    return {
        "observed": test.targets.ravel(),
        "persistence": np.repeat(test.frame["value_lag_00"].to_numpy(dtype=np.float64), horizon),
        "climatology": climatology.to_numpy(dtype=np.float64).ravel(),
    }
