"""What is measured elsewhere on the same day: the sites around a site, and the whole region.

Sums run over sites in the order of the rows. A site that observed nothing that day adds an exact zero, so that a
site which appears later changes no earlier number. For the same reason the neighbours are all sites within a
distance, not the nearest few: a newcomer would push one of those out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airwatch.features.kernel import FloatArray, ratio

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


def distances_km(latitudes: Sequence[float], longitudes: Sequence[float], site: int) -> FloatArray:
    """Distance from one site to each, in km, NaN where a position is unknown.

    It is the straight line through the Earth, shorter than the way over ground by 0.1 % at 1,000 km. Sines are taken
    site by site and the rest is plain arithmetic, so that a distance does not depend on how many sites there are.
    """
    points = np.array([_unit_vector(lat, lon) for lat, lon in zip(latitudes, longitudes, strict=True)])
    east, north, up = (points - points[site]).T
    return EARTH_RADIUS_KM * np.sqrt(east * east + north * north + up * up)


def neighbour_weights(
    latitudes: Sequence[float], longitudes: Sequence[float], within_km: float, softening_km: float
) -> list[list[tuple[int, float]]]:
    """For each site its neighbours, as (row, weight) in the order of the rows.

    The weight is ``1 / (km + softening_km)**2``; the softening keeps a neighbour next door from being the only one.
    """
    weights = []
    for site in range(len(latitudes)):
        km = distances_km(latitudes, longitudes, site)
        near = [row for row in np.flatnonzero(km <= within_km) if row != site]
        weights.append([(int(row), 1.0 / (float(km[row]) + softening_km) ** 2) for row in near])
    return weights


def neighbour_mean(
    filled: FloatArray, seen: NDArray[np.bool_], weights: Sequence[Sequence[tuple[int, float]]]
) -> FloatArray:
    """Weighted mean of the neighbours that observed each day, shaped as the grid; NaN where none did."""
    total, weight_seen = np.zeros(filled.shape), np.zeros(filled.shape)
    for site, neighbours in enumerate(weights):
        for row, weight in neighbours:
            total[site] += weight * filled[row]
            weight_seen[site] += weight * seen[row]
    return ratio(total, weight_seen)


def region_mean(grid: FloatArray) -> FloatArray:
    """Mean over all series that observed each day, [1, days of the grid]; NaN where none did."""
    total, count = np.zeros((1, grid.shape[1])), np.zeros((1, grid.shape[1]))
    for series in grid:
        observed = np.isfinite(series)
        total[0] += np.where(observed, series, 0.0)
        count[0] += observed
    return ratio(total, count)


def _unit_vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The place on a sphere of radius 1."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return math.nan, math.nan, math.nan
    phi, lam = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
