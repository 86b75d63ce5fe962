"""A point model with the distribution around it: from rows of the feature table to forecasts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import aqi_of, categories_of, exceedance_concentration
from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.calibration import QUANTILE_LEVELS, ResidualDistribution
from airwatch.forecasting.candidates import PointModel
from airwatch.forecasting.design import KEYS
from airwatch.forecasting.ranks import Levels
from airwatch.forecasting.spread import LocalSpread

QUANTILE_COLUMNS = tuple(f"q{round(level * 100):02d}" for level in QUANTILE_LEVELS)
AQI_THRESHOLDS = (50, 100, 150)
CHANCE_COLUMNS = tuple(f"p_aqi_above_{threshold}" for threshold in AQI_THRESHOLDS)
FORECAST_KEYS = ["site_id", "pollutant", "origin_date", "target_date"]
FORECAST_COLUMNS = (
    *FORECAST_KEYS,
    "lead_days",
    "mean",
    *QUANTILE_COLUMNS,
    "aqi",
    "category",
    *CHANCE_COLUMNS,
    "model_name",
)
HIGHEST_OF_TRAINING = 2.0  # no forecast goes beyond so many times the highest value trained on


@dataclass(frozen=True)
class CalibratedModel:
    """A fitted point model, the size of error to expect, and the residuals it leaves on days it has not seen.

    Attributes:
        model: Predicts in the working unit.
        spread: The size of error by row and lead; None: the same for all.
        residuals: Standardised by the spread.
        transform: The working unit.
        highest: The highest concentration that a forecast may name, AQS unit.
    """

    model: PointModel
    spread: LocalSpread | None
    residuals: ResidualDistribution
    transform: Transform
    highest: float

    def forecast(
        self,
        features: pd.DataFrame,
        pollutant: str,
        levels: Levels | None = None,
        ratio: FloatArray | float = 1.0,
    ) -> pd.DataFrame:
        """Forecast every row of a feature table.

        Args:
            features: Columns of ``KEYS`` and those the model was fitted on.
            pollutant: Whose AQI breakpoints count.
            levels: What recent errors made of the levels as of each row's origin; None: what they say.
            ratio: What they made of the mean [n, H].

        Returns:
            ``FORECAST_COLUMNS``, one row for each feature row and lead, sorted by key. Concentrations are
            in the AQS unit and never negative; the AQI is that of the mean on EPA's newest table.
        """
        predictions, spread = self.predict(features)
        bent = levels or Levels.unbent(len(features), self.residuals.horizon)
        mean = np.minimum(self._mean(predictions, spread) * ratio, self.highest).ravel()
        quantiles = self._quantiles(predictions, spread, bent)
        aqi = aqi_of(pollutant, mean)
        forecasts = _one_row_per_lead(features, self.residuals.horizon).assign(
            mean=mean,
            **{name: quantiles[:, :, i].ravel() for i, name in enumerate(QUANTILE_COLUMNS)},
            aqi=aqi,
            category=pd.array(np.asarray(categories_of(aqi), dtype=object), dtype="str"),
            **self._chances(predictions, spread, bent, pollutant),
            model_name=pd.array([self.model.name] * len(mean), dtype="str"),
        )
        return forecasts.sort_values(FORECAST_KEYS, ignore_index=True, kind="stable")

    def predict(self, features: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Prediction and spread of each row, working unit, both [n, H]."""
        predictions = self.model.predict(features)
        return predictions, np.ones(predictions.shape) if self.spread is None else self.spread.predict(features)

    def replay(self, features: pd.DataFrame, observed: FloatArray) -> tuple[NDArray[np.float64], FloatArray]:
        """What it would have forecast, beside what was observed.

        Args:
            features: As ``forecast`` takes them.
            observed: AQS unit [n, H], NaN where there is none.

        Returns:
            At which level of its distribution each observation fell, NaN where there is none, and the mean, AQS unit;
            both [n, H], before any recent errors are followed.
        """
        predictions, spread = self.predict(features)
        standardised = (self.transform.forward(observed) - predictions) / spread
        levels = np.where(np.isfinite(standardised), self.residuals.level_of(standardised), np.nan)
        return levels, self._mean(predictions, spread)

    def _quantiles(self, predictions: FloatArray, spread: FloatArray, levels: Levels) -> FloatArray:
        """The quantiles at ``QUANTILE_LEVELS``, AQS unit [n, H, 7]: never negative, never crossing."""
        shifted = predictions[:, :, np.newaxis] + spread[:, :, np.newaxis] * self.residuals.quantiles(levels)
        return np.maximum.accumulate(np.clip(self.transform.inverse(shifted), 0.0, self.highest), axis=2)

    def _mean(self, predictions: FloatArray, spread: FloatArray) -> FloatArray:
        """The mean concentration, AQS unit [n, H]."""
        if self.model.predicts_mean:
            return np.clip(self.transform.inverse(predictions), 0.0, self.highest)
        return self.residuals.mean(predictions, spread, self.transform, self.highest)

    def _chances(
        self, predictions: FloatArray, spread: FloatArray, levels: Levels, pollutant: str
    ) -> dict[str, FloatArray]:
        """The chance of an AQI above each threshold [n * H]."""
        found: dict[str, FloatArray] = {}
        for name, threshold in zip(CHANCE_COLUMNS, AQI_THRESHOLDS, strict=True):
            level = self.transform.forward(np.array([exceedance_concentration(pollutant, threshold)]))[0]
            found[name] = self.residuals.chance_of_at_least((level - predictions) / spread, levels).ravel()
        return found


def _one_row_per_lead(features: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The keys of the forecasts, for each feature row its leads in order."""
    rows = np.repeat(np.arange(len(features)), horizon)
    keys = features[list(KEYS)].iloc[rows].reset_index(drop=True)
    lead_days = np.tile(np.arange(1, horizon + 1, dtype=np.int64), len(features))
    origin_date = keys["origin_date"].astype("datetime64[us]")  # a model's signature makes it nanoseconds
    target_date = (origin_date + pd.to_timedelta(lead_days, unit="D")).astype("datetime64[us]")
    return keys.assign(origin_date=origin_date, target_date=target_date, lead_days=lead_days)
