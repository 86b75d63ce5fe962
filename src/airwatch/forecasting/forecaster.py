"""The forecaster: a calibrated model, a fallback for a thin recent history, and what recent errors say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.calibrated import FORECAST_KEYS, HIGHEST_OF_TRAINING, CalibratedModel
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.candidates import PointModel
from airwatch.forecasting.design import KEYS, column, feature_columns, require_features
from airwatch.forecasting.ranks import Levels, RecencyParams, RecentRanks
from airwatch.forecasting.ratios import RecentSums
from airwatch.forecasting.rows import Features, as_rows
from airwatch.forecasting.spread import LocalSpread
from airwatch.forecasting.warnings import WarningCuts

MISSING_SHARE = "missing_28"
MOST_MISSING = 0.75  # of the last 28 days; on fewer than seven observations lags and means say little


@dataclass(frozen=True)
class RecentErrors:
    """How the forecasts of the weeks before fared: the levels at which observations fell, and the sums."""

    ranks: RecentRanks
    sums: RecentSums

    @classmethod
    def total(cls, parts: Sequence[Self]) -> Self:
        """How the forecasts at all sites fared, from how those at some of them each time did; at least one part."""
        return cls(RecentRanks.total([part.ranks for part in parts]), RecentSums.total([part.sums for part in parts]))


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
        recency: How it follows recent errors.
        training_window: First and last origin it was fitted on.
        train_until: The last day whose observation it may have learned from.
        cuts: When it warns; none for a forecaster outside the registry.
    """

    pollutant: str
    main: CalibratedModel
    fallback: CalibratedModel
    feature_names: tuple[str, ...]
    recent_days: int
    recency: RecencyParams
    training_window: tuple[pd.Timestamp, pd.Timestamp]
    train_until: pd.Timestamp
    cuts: WarningCuts = field(default_factory=lambda: WarningCuts(()))

    @property
    def horizon(self) -> int:
        """The longest lead in days."""
        return self.main.residuals.horizon

    @property
    def model_name(self) -> str:
        """The name of the candidate inside."""
        return self.main.model.name

    def predict(self, features: pd.DataFrame, recent: RecentErrors | None = None) -> pd.DataFrame:
        """Forecast every row of a feature table, each row by itself.

        Args:
            features: ``site_id``, ``pollutant``, ``origin_date`` and at least ``feature_names``.
            recent: How forecasts of the weeks before fared, from ``recent_errors``; only what was observed by a
                row's origin counts for it. None: the calibration of the training as it stands.

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
        parts = []
        if not thin.all() or features.empty:
            fresh = features[~thin]
            parts.append(self.main.forecast(fresh, self.pollutant, *self._following(recent, fresh)))
        if thin.any():
            parts.append(self.fallback.forecast(features[thin], self.pollutant))
        return pd.concat(parts).sort_values(FORECAST_KEYS, ignore_index=True, kind="stable")

    def history_from(self, origin: pd.Timestamp) -> pd.Timestamp:
        """The first origin whose forecasts can still bear on those of ``origin``."""
        return origin - pd.Timedelta(days=self.recency.days - 1 + self.horizon)

    def recent_errors(self, history: pd.DataFrame) -> RecentErrors:
        """How this forecaster's forecasts from past origins fared.

        Args:
            history: Rows of the feature table of this pollutant at all sites, on the origins before those to be
                forecast (``history_from``) and on them; a row's own value is what was observed that day. Origins
                within the training are left out: what a model has learned from says nothing of its errors.

        Raises:
            MissingFeatures: Columns of the training are not there; the message names them.
            ValueError: Rows of another pollutant.
        """
        self._check(history)
        unseen = history[~self.knows_beyond(history["origin_date"])]
        issued = unseen[~self.lacks_recent_history(unseen)]
        origins, observed = issued["origin_date"].to_numpy(), observed_after(issued, unseen, self.horizon)
        levels, means = self.main.replay(issued, observed)
        return RecentErrors(RecentRanks.count(origins, levels), RecentSums.count(origins, observed, means))

    def lacks_recent_history(self, features: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows are left to climatology: the newest value is old, or few of the last days were observed [n]."""
        recent: NDArray[np.bool_] = column(features, "days_since_last") <= self.recent_days
        sparse: NDArray[np.bool_] = column(features, MISSING_SHARE) > MOST_MISSING
        return ~recent | sparse

    def knows_beyond(self, origin_dates: pd.Series) -> NDArray[np.bool_]:
        """Which origins lie before ``train_until``: it may have seen the days it would forecast there [n]."""
        return (origin_dates < self.train_until).to_numpy(dtype=bool)

    def _following(
        self, recent: RecentErrors | None, features: pd.DataFrame
    ) -> tuple[Levels | None, FloatArray | float]:
        """What recent errors make of the levels and of the mean as of the origin of each row."""
        if recent is None:
            return None, 1.0
        origins = features["origin_date"].to_numpy()
        return recent.ranks.levels_at(origins, self.recency), recent.sums.ratio_at(origins, self.recency)

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
        pollutant: Name in ``domain.pollutants``.
        features: Its rows of the feature table, in memory or not.
        targets: What was observed 1 to H days after each row's origin, AQS unit [n, H], NaN where it was not.
        train_until: The last day whose observation is among features and targets.
    """

    pollutant: str
    features: Features
    targets: FloatArray
    train_until: pd.Timestamp


def observed_after(features: pd.DataFrame, observed: pd.DataFrame, horizon: int) -> NDArray[np.float64]:
    """What rows of the feature table say was observed 1 to H days after others, AQS unit [n, H], NaN where unknown.

    Args:
        features: Rows whose targets are wanted.
        observed: Rows whose own value (``value_lag_00``) is looked up.
        horizon: H.
    """
    sites = pd.Index(observed["site_id"].unique())
    if not len(features):
        return np.empty((0, horizon))
    first = observed["origin_date"].min()
    days = int((observed["origin_date"].max() - first).days) + 1
    grid = np.full((len(sites), days + horizon), np.nan)
    day = (observed["origin_date"] - first).dt.days.to_numpy()
    grid[sites.get_indexer(observed["site_id"]), day] = column(observed, "value_lag_00")
    site, origin = sites.get_indexer(features["site_id"]), (features["origin_date"] - first).dt.days.to_numpy()
    return np.column_stack([grid[site, origin + lead] for lead in range(1, horizon + 1)])


def assemble(
    model: PointModel,
    climatology: Climatology,
    spread: LocalSpread | None,
    training: TrainingSet,
    residuals: tuple[FloatArray, FloatArray],
    transform: Transform,
    settings: tuple[int, RecencyParams],
) -> Forecaster:
    """A forecaster of parts fitted on the training set.

    Args:
        model: The candidate.
        climatology: For the fallback.
        spread: The size of error to expect.
        training: What all of them were fitted on.
        residuals: Out of sample: the candidate's, standardised [m, H], and the climatology's in the working unit.
        transform: The working unit.
        settings: ``recent_days`` and how recent errors are followed.

    Raises:
        ValueError: No residuals.
    """
    own, usual = residuals
    rows = as_rows(training.features)
    highest = HIGHEST_OF_TRAINING * float(np.nanmax(training.targets))
    # Least squares leave no mean; a baseline's prediction is a mean in the AQS unit and off the mean in another.
    calibrated = ResidualDistribution.fit(own, centred=not model.predicts_mean)
    return Forecaster(
        pollutant=training.pollutant,
        main=CalibratedModel(model, spread, calibrated, transform, highest),
        fallback=CalibratedModel(climatology, None, ResidualDistribution.fit(usual), transform, highest),
        feature_names=feature_columns(rows),
        recent_days=settings[0],
        recency=settings[1],
        training_window=(pd.Timestamp(rows.origins.min()), pd.Timestamp(rows.origins.max())),
        train_until=training.train_until,
    )
