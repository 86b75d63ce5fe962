"""The forecaster: a point model, the distribution around it, and a fallback for a thin recent history."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.aqi import aqi_of, categories_of, exceedance_concentration
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.calibration import QUANTILE_LEVELS, ResidualDistribution
from airwatch.forecasting.candidates import PointModel
from airwatch.forecasting.design import KEYS, column, feature_columns, require_features
from airwatch.forecasting.transforms import FloatArray, Transform

QUANTILE_COLUMNS = tuple(f"q{round(level * 100):02d}" for level in QUANTILE_LEVELS)
AQI_THRESHOLDS = (50, 100, 150)
CHANCE_COLUMNS = tuple(f"p_aqi_above_{threshold}" for threshold in AQI_THRESHOLDS)
MISSING_SHARE = "missing_28"
MOST_MISSING = 0.75  # of the last 28 days; on fewer than seven observations lags and means say little
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


@dataclass(frozen=True)
class CalibratedModel:
    """A fitted point model and the residuals it leaves on days it has not seen."""

    model: PointModel
    residuals: ResidualDistribution
    transform: Transform

    @classmethod
    def from_residuals(cls, model: PointModel, residuals: FloatArray, transform: Transform) -> Self:
        """Surround a fitted model with its out-of-sample residuals, transformed unit [m, H], NaN where unknown.

        Those of a model fitted by least squares are centred; a baseline's are left as they are, for its
        prediction is a mean in the AQS unit and off the mean in another.

        Raises:
            ValueError: No residuals.
        """
        return cls(model, ResidualDistribution.fit(residuals, centred=not model.predicts_mean), transform)

    def forecast(self, features: pd.DataFrame, pollutant: str) -> pd.DataFrame:
        """Forecast every row of a feature table.

        Args:
            features: Columns of ``KEYS`` and those the model was fitted on.
            pollutant: Whose AQI breakpoints count.

        Returns:
            ``FORECAST_COLUMNS``, one row for each feature row and lead, sorted by key. Concentrations are
            in the AQS unit and never negative; the AQI is that of the mean on EPA's newest table.
        """
        predictions = self.model.predict(features)
        mean = self._mean(predictions).ravel()
        quantiles = self.residuals.quantiles(predictions, self.transform)
        aqi = aqi_of(pollutant, mean)
        forecasts = _one_row_per_lead(features, self.residuals.horizon).assign(
            mean=mean,
            **{name: quantiles[:, :, i].ravel() for i, name in enumerate(QUANTILE_COLUMNS)},
            aqi=aqi,
            category=pd.array(np.asarray(categories_of(aqi), dtype=object), dtype="str"),
            **self._chances(predictions, pollutant),
            model_name=pd.array([self.model.name] * len(mean), dtype="str"),
        )
        return forecasts.sort_values(FORECAST_KEYS, ignore_index=True, kind="stable")

    def _mean(self, predictions: FloatArray) -> FloatArray:
        """The mean concentration, AQS unit [n, H]."""
        if self.model.predicts_mean:
            return np.maximum(self.transform.inverse(predictions), 0.0)
        return self.residuals.mean(predictions, self.transform)

    def _chances(self, predictions: FloatArray, pollutant: str) -> dict[str, FloatArray]:
        """The chance of an AQI above each threshold [n * H]."""
        levels = [exceedance_concentration(pollutant, threshold) for threshold in AQI_THRESHOLDS]
        chances = [self.residuals.chance_of_at_least(predictions, self.transform, level) for level in levels]
        return {name: chance.ravel() for name, chance in zip(CHANCE_COLUMNS, chances, strict=True)}


@dataclass(frozen=True)
class Forecaster:
    """Everything needed to forecast one pollutant from rows of the feature table; it pickles.

    Attributes:
        pollutant: Name in ``domain.pollutants``.
        main: Forecasts the rows with recent history; its name is the forecaster's.
        fallback: Climatology with its own residuals, for rows whose newest value is older than
            ``recent_days``.
        feature_names: The columns it was trained with, beside the key.
        recent_days: How old the newest observation may be, in days.
        training_window: First and last origin it was fitted on.
        train_until: The last day whose observation it may have learned from.
    """

    pollutant: str
    main: CalibratedModel
    fallback: CalibratedModel
    feature_names: tuple[str, ...]
    recent_days: int
    training_window: tuple[pd.Timestamp, pd.Timestamp]
    train_until: pd.Timestamp

    @property
    def horizon(self) -> int:
        """The longest lead in days."""
        return self.main.residuals.horizon

    @property
    def model_name(self) -> str:
        """The name of the candidate inside."""
        return self.main.model.name

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Forecast every row of a feature table, each row by itself.

        Args:
            features: ``site_id``, ``pollutant``, ``origin_date`` and at least ``feature_names``.

        Returns:
            ``FORECAST_COLUMNS``, one row for each feature row and lead 1 to ``horizon``, sorted by key.
            ``model_name`` says which rows came from the fallback. A row's forecast is the same to the bit
            whatever other rows are in the call.

        Raises:
            MissingFeatures: Columns of the training are not there; the message names them.
            ValueError: Rows of another pollutant.
        """
        self._check(features)
        thin = self.lacks_recent_history(features)
        if not thin.any():
            return self.main.forecast(features, self.pollutant)
        if thin.all():
            return self.fallback.forecast(features, self.pollutant)
        fresh = self.main.forecast(features[~thin], self.pollutant)
        rest = self.fallback.forecast(features[thin], self.pollutant)
        return pd.concat([fresh, rest]).sort_values(FORECAST_KEYS, ignore_index=True, kind="stable")

    def lacks_recent_history(self, features: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows are left to climatology: the newest value is old, or few of the last days were observed [n]."""
        recent: NDArray[np.bool_] = column(features, "days_since_last") <= self.recent_days
        sparse: NDArray[np.bool_] = column(features, MISSING_SHARE) > MOST_MISSING
        return ~recent | sparse

    def knows_beyond(self, origin_dates: pd.Series) -> NDArray[np.bool_]:
        """Which origins lie before ``train_until``: it may have seen the days it would forecast there [n]."""
        return (origin_dates < self.train_until).to_numpy(dtype=bool)

    def _check(self, features: pd.DataFrame) -> None:
        """Refuse rows it cannot forecast."""
        require_features(features, (*KEYS, *self.feature_names))
        others = sorted(set(features["pollutant"].unique()) - {self.pollutant})
        if others:
            raise ValueError(f"This model forecasts {self.pollutant}; it was given rows of {', '.join(others)}.")


@dataclass(frozen=True)
class TrainingSet:
    """What a forecaster is fitted on.

    Attributes:
        features: Rows of the feature table of one pollutant.
        targets: What was observed 1 to H days after each row's origin, AQS unit [n, H], NaN where it was not.
        train_until: The last day whose observation is among features and targets.
    """

    features: pd.DataFrame
    targets: NDArray[np.float64]
    train_until: pd.Timestamp


def out_of_sample_residuals(
    model: PointModel, features: pd.DataFrame, targets: FloatArray, transform: Transform
) -> FloatArray:
    """Observed minus predicted in the transformed unit [n, H], on rows the model has not been fitted on."""
    return transform.forward(targets) - model.predict(features)


def fit_forecaster(
    candidate: PointModel,
    training: TrainingSet,
    transform: Transform,
    residuals: FloatArray,
    climatology_residuals: FloatArray,
    recent_days: int,
) -> Forecaster:
    """Fit a candidate and the climatology on all rows, and join them with residuals of earlier evaluation.

    Args:
        candidate: From ``build_candidate`` with the same transform.
        training: Rows of one pollutant, at least one.
        transform: The unit of the models and of the residuals.
        residuals: Of the candidate, out of sample, transformed unit [m, H].
        climatology_residuals: The same of the climatology, for the fallback.
        recent_days: Rows whose newest observation is older are left to the climatology.

    Raises:
        TooFewTrainingRows: Not enough observed targets.
        ValueError: No residuals.
    """
    features, targets_t = training.features, transform.forward(training.targets)
    main = candidate.fit(features, targets_t)
    fallback = Climatology(transform).fit(features, targets_t)
    return Forecaster(
        pollutant=str(features["pollutant"].iloc[0]),
        main=CalibratedModel.from_residuals(main, residuals, transform),
        fallback=CalibratedModel.from_residuals(fallback, climatology_residuals, transform),
        feature_names=feature_columns(features),
        recent_days=recent_days,
        training_window=(features["origin_date"].min(), features["origin_date"].max()),
        train_until=training.train_until,
    )


def _one_row_per_lead(features: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The keys of the forecasts, for each feature row its leads in order."""
    rows = np.repeat(np.arange(len(features)), horizon)
    keys = features[list(KEYS)].iloc[rows].reset_index(drop=True)
    lead_days = np.tile(np.arange(1, horizon + 1, dtype=np.int64), len(features))
    origin_date = keys["origin_date"].astype("datetime64[us]")  # a model's signature makes it nanoseconds
    target_date = (origin_date + pd.to_timedelta(lead_days, unit="D")).astype("datetime64[us]")
    return keys.assign(origin_date=origin_date, target_date=target_date, lead_days=lead_days)
