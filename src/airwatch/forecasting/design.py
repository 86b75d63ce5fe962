"""From the feature table to the matrices that models are fitted on.

Columns that start with ``value_`` hold concentrations in the AQS unit and are transformed; all others are used as
they are. A row's numbers come from that row alone, whatever other rows are in the call.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.rows import Features

KEYS = ("site_id", "pollutant", "origin_date")
CONCENTRATION_PREFIX = "value_"
MIN_TRAINING_ROWS = 30
# What the baselines and the tables of scores read. Models learn the season better from the other columns.
NOT_FOR_MODELS = re.compile(r"value_climatology_\d\d|deviation_climatology")
OF_A_LEAD = re.compile(r"(?:holiday|fireworks)_(\d\d)")


class TooFewTrainingRows(ValueError):
    """A candidate has not enough observed targets to be fitted on."""


class MissingFeatures(ValueError):
    """A frame lacks columns that the model was trained with."""


def feature_columns(features: Features) -> tuple[str, ...]:
    """The columns of a feature table that are not its key, in their order."""
    return tuple(str(column) for column in features.columns if column not in KEYS)


def model_columns(features: Features) -> tuple[str, ...]:
    """The feature columns that models learn from."""
    return tuple(name for name in feature_columns(features) if not NOT_FOR_MODELS.fullmatch(name))


def lead_of(name: str) -> int | None:
    """The lead whose target day a column speaks of; None for a column of the origin."""
    found = OF_A_LEAD.fullmatch(name)
    return int(found[1]) if found else None


def require_features(features: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a frame that lacks columns.

    Raises:
        MissingFeatures: Names them.
    """
    missing = [name for name in names if name not in features.columns]
    if missing:
        raise MissingFeatures(
            f"The features lack {len(missing)} columns this model was trained with: {', '.join(missing)}. "
            "Run feature_engineering with the parameters of the training run, or train again."
        )


def feature_matrix(features: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float32]:
    """The named columns as a new C-contiguous float32 matrix [n, len(names)], NaN where missing."""
    return np.array(features[list(names)].to_numpy(dtype=np.float32), order="C")


def transformed_matrix(features: pd.DataFrame, names: Sequence[str], transform: Transform) -> NDArray[np.float32]:
    """``feature_matrix`` with the concentrations in the working unit."""
    matrix = feature_matrix(features, names)
    concentrations = [i for i, name in enumerate(names) if name.startswith(CONCENTRATION_PREFIX)]
    matrix[:, concentrations] = transform.forward(matrix[:, concentrations])
    return matrix


def column(features: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """One column as float64 [n]; all NaN where the frame has none of that name."""
    if name not in features.columns:
        return np.full(len(features), np.nan)
    return features[name].to_numpy(dtype=np.float64)


def first_known(*choices: FloatArray) -> FloatArray:
    """Elementwise the first choice that is not NaN."""
    known = choices[0]
    for choice in choices[1:]:
        known = np.where(np.isnan(known), choice, known)
    return known


def climatology_of_targets(features: pd.DataFrame, horizon: int) -> NDArray[np.float64]:
    """The climatology of each target day, AQS unit [n, horizon]."""
    names = [f"value_climatology_{lead:02d}" for lead in range(1, horizon + 1)]
    return np.column_stack([column(features, name) for name in names])


def require_rows(model: str, targets: FloatArray) -> None:
    """Refuse to fit on next to nothing.

    Raises:
        TooFewTrainingRows: A lead has fewer than ``MIN_TRAINING_ROWS`` observed targets.
    """
    observed = np.isfinite(targets).sum(axis=0)
    fewest = int(np.argmin(observed))
    if observed[fewest] < MIN_TRAINING_ROWS:
        raise TooFewTrainingRows(
            f"{model} has {observed[fewest]} observed targets at lead {fewest + 1} and needs "
            f"{MIN_TRAINING_ROWS}: give it a longer history or leave it out of the candidates."
        )
