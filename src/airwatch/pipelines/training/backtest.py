"""Rolling origins: each window of the past is forecast by models that had not seen it.

Windows are consecutive stretches of origins, the newest ending at ``as_of``. A model for a window trains on
origins whose last target lies before the window, so a gap as long as the horizon parts the two. The window before
the first test window calibrates: residuals of earlier windows, as far as they were known when a window began,
make the intervals of the forecasts in it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch import schemas
from airwatch.forecasting.candidates import PointModel, build_candidate
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.forecasting.forecaster import TrainingSet, fit_forecaster, out_of_sample_residuals
from airwatch.forecasting.transforms import FloatArray, transform
from airwatch.pipelines.training.examples import DAY, Examples
from airwatch.pipelines.training.params import BacktestParams, TrainingParams

logger = logging.getLogger(__name__)

SHORTEST_WINDOW_DAYS = 20
CLIMATOLOGY = "climatology"


@dataclass(frozen=True, slots=True)
class Window:
    """Origins ``first`` to ``last``, both included."""

    number: int
    first: np.datetime64
    last: np.datetime64

    def holds(self, examples: Examples) -> NDArray[np.bool_]:
        """Which examples have their origin in the window and would be issued."""
        return (examples.origins >= self.first) & (examples.origins <= self.last) & examples.issuable


@dataclass
class Residuals:
    """Out-of-sample residuals of one candidate so far, with the days their targets were observed."""

    origins: list[NDArray[np.datetime64]] = field(default_factory=list)
    values: list[FloatArray] = field(default_factory=list)

    def add(self, origins: NDArray[np.datetime64], values: FloatArray) -> None:
        """Keep the residuals of one window."""
        self.origins.append(origins)
        self.values.append(values)

    def known_before(self, day: np.datetime64 | None = None) -> FloatArray:
        """All residuals [m, H], NaN where the target's day is not before ``day``."""
        values = np.concatenate(self.values)
        if day is None:
            return values
        leads = np.arange(1, values.shape[1] + 1) * DAY
        return np.where(np.concatenate(self.origins)[:, np.newaxis] + leads < day, values, np.nan)


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


def backtest(
    examples: Examples, windows: list[Window], params: TrainingParams, seed: int
) -> tuple[pd.DataFrame, dict[str, Residuals]]:
    """Forecast each test window with every candidate.

    A window before which no residual is known, after a long silence of the instruments, calibrates the next one. A
    candidate that has too few days to learn from takes no part.

    Returns:
        Forecasts of all candidates on the same rows, those that were observed, with ``candidate``, ``fold``,
        ``observed``, ``persistence`` and ``climatology``; and the residuals of each candidate over all windows.
    """
    unit = transform(params.transforms[examples.pollutant])
    # Climatology first: its residuals are everybody's fallback.
    settings = dict(sorted(params.candidates.settings().items(), key=lambda item: item[0] != CLIMATOLOGY))
    residuals = {name: Residuals() for name in settings}
    tables: list[pd.DataFrame] = []
    for window in windows:
        past = examples.where(examples.origins + examples.targets.shape[1] * DAY < window.first)
        test = examples.where(window.holds(examples))
        reference = _references(test)
        for name in list(residuals):
            candidate = build_candidate(name, settings[name], unit, seed)
            known = _known_before(window, residuals[name], residuals[CLIMATOLOGY])
            try:
                fitted, forecasts = _forecast(candidate, past, test, window, known, params)
            except TooFewTrainingRows as reason:
                logger.warning("Training: a candidate for %s takes no part: %s", examples.pollutant, reason)
                del residuals[name]
                continue
            residuals[name].add(test.origins, out_of_sample_residuals(fitted, test.features, test.targets, unit))
            if forecasts is not None:
                joined = forecasts.assign(candidate=name, fold=window.number, **reference)
                tables.append(joined[joined["observed"].notna()])
    judged = [table for table in tables if len(table) and table["candidate"].iloc[0] in residuals]
    return pd.concat(judged, ignore_index=True) if judged else schemas.empty("BacktestForecasts"), residuals


def _known_before(window: Window, candidate: Residuals, climatology: Residuals) -> tuple[FloatArray, FloatArray] | None:
    """What is known of both when a window begins; None where there is nothing to calibrate on."""
    if window.number == 0:
        return None
    known = candidate.known_before(window.first), climatology.known_before(window.first)
    return known if all(np.isfinite(values).any() for values in known) else None


def _forecast(
    candidate: PointModel,
    past: Examples,
    test: Examples,
    window: Window,
    known: tuple[FloatArray, FloatArray] | None,
    params: TrainingParams,
) -> tuple[PointModel, pd.DataFrame | None]:
    """The fitted candidate, and its forecasts of the window once there are residuals to calibrate on."""
    unit = transform(params.transforms[past.pollutant])
    if known is None:
        return candidate.fit(past.features, unit.forward(past.targets)), None
    training = TrainingSet(past.features, past.targets, pd.Timestamp(window.first - DAY))
    forecaster = fit_forecaster(candidate, training, unit, *known, params.recent_days)
    return forecaster.main.model, forecaster.predict(test.features)


def _references(test: Examples) -> dict[str, NDArray[np.float64]]:
    """What was observed and what the two references say, in the order of a forecaster's rows: by site, origin, lead."""
    horizon = test.targets.shape[1]
    climatology = test.features[[f"value_climatology_{lead:02d}" for lead in range(1, horizon + 1)]]
    return {
        "observed": test.targets.ravel(),
        "persistence": np.repeat(test.features["value_lag_00"].to_numpy(dtype=np.float64), horizon),
        "climatology": climatology.to_numpy(dtype=np.float64).ravel(),
    }
