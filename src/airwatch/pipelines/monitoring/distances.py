"""How far apart values lie, as Evidently measures it, and how far apart earlier years usually did."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

# Evidently's own floor for the spread that distances are divided by.
_LEAST_SPREAD = 0.001


def distance(current: pd.Series, reference: pd.Series) -> float:
    """Evidently's normed Wasserstein distance: in standard deviations of the reference, the larger of it and 0.001."""
    spread = max(float(np.std(reference)), _LEAST_SPREAD)
    return float(wasserstein_distance(current, reference)) / spread


def usual_distance(reference: pd.Series, years: pd.Series, min_rows: int) -> float:
    """The largest distance of one earlier year's weeks from those of the other earlier years.

    What an ordinary year does, another may do. Zero where fewer than two years have enough values.

    Args:
        reference: Values of earlier years.
        years: The year of each.
        min_rows: Values a year needs.
    """
    counts = years.value_counts()
    enough = sorted(counts[counts >= min_rows].index)
    known = reference[years.isin(enough)]
    its = years[known.index]
    return max((distance(known[its == y], known[its != y]) for y in enough), default=0.0) if len(enough) > 1 else 0.0
