"""The AQI category of a concentration, as a position: what sorts forecasts by how bad the air was."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from airwatch.domain.aqi import exceedance_concentration
from airwatch.domain.categories import CATEGORIES


def levels(pollutants: pd.Series, concentrations: ArrayLike) -> NDArray[np.int64]:
    """Which of ``CATEGORIES`` each concentration is in, by the newest table: 0 is Good.

    Args:
        pollutants: Name of the pollutant of each row [n].
        concentrations: In its AQS unit, none missing [n].
    """
    values = np.asarray(concentrations, dtype=np.float64)
    positions = np.zeros(values.shape, dtype=np.int64)
    for name in pollutants.unique():
        rows = (pollutants == name).to_numpy()
        bounds = [exceedance_concentration(name, each.high) for each in CATEGORIES if each.high is not None]
        positions[rows] = np.searchsorted(bounds, values[rows], side="right")
    return positions
