"""Do chances keep their word: of the days given a chance of a third, a third should be days of the event."""

from __future__ import annotations

import numpy as np
import pandas as pd

from airwatch.scores.levels import levels
from airwatch.scores.table import BRIER_AQI


def reliability(forecasts: pd.DataFrame, aqi: int, *, bins: int = 10) -> pd.DataFrame:
    """What happened, by the chance that was given for an AQI above a threshold.

    Args:
        forecasts: Columns ``pollutant``, ``observed`` (AQS unit) and ``p_aqi_above_<aqi>``, which lies in [0, 1]. Rows
            with a missing member are left out.
        aqi: The threshold, one of ``BRIER_AQI``.
        bins: Equal bins of chance; a chance on an edge is in the upper one, 1 in the last.

    Returns:
        One row for each bin that has rows, in order: ``chance_low`` and ``chance_high`` of the bin, ``mean_chance``,
        ``observed_share`` and ``n``.

    Raises:
        ValueError: The forecasts give no chance for ``aqi``.
    """
    if aqi not in BRIER_AQI:
        raise ValueError(f"No chance of an AQI above {aqi} is forecast. Use one of: {', '.join(map(str, BRIER_AQI))}.")
    known = forecasts.dropna(subset=[f"p_aqi_above_{aqi}", "observed"])
    chance = known[f"p_aqi_above_{aqi}"].to_numpy(dtype=np.float64)
    event = levels(known["pollutant"], known["observed"]) > BRIER_AQI.index(aqi)
    numbers = np.minimum((chance * bins).astype(np.int64), bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    filled = np.flatnonzero(counts)
    shares = {
        name: np.bincount(numbers, weights=values, minlength=bins)[filled] / counts[filled]
        for name, values in (("mean_chance", chance), ("observed_share", event))
    }
    edges = {"chance_low": filled / bins, "chance_high": (filled + 1) / bins}
    return pd.DataFrame({**edges, **shares, "n": counts[filled]})
