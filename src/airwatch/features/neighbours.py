"""What is measured elsewhere on the same day: the sites around a site, and the whole region.

Sums run over sites in the order of the rows. A site that observed nothing that day adds an exact zero, so
that a site which appears later changes no earlier number. For the same reason the neighbours are all sites
within a distance, not the nearest few: a newcomer would push one of those out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airwatch.features.kernel import FloatArray, ratio

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


def unit_vectors(latitudes: Sequence[float], longitudes: Sequence[float]) -> FloatArray:
    """Places in degrees as points on a sphere of radius 1, [sites, 3]; NaN where one is unknown.

    Sines are taken place by place, so that a point does not depend on how many places there are.
    """
    places = zip(latitudes, longitudes, strict=True)
    return np.array([_unit_vector(latitude, longitude) for latitude, longitude in places]).reshape(-1, 3)


def distances_km(points: FloatArray, point: FloatArray) -> FloatArray:
    """Distance of each point from one, in km, NaN where a position is unknown.

    It is the straight line through the Earth, shorter than the way over ground by 0.1 % at 1,000 km: plain
    arithmetic, which gives the same bits whatever the number of points.
    """
    east, north, up = (points - point).T
    return np.asarray(EARTH_RADIUS_KM * np.sqrt(east * east + north * north + up * up))


def neighbour_weights(
    latitudes: Sequence[float], longitudes: Sequence[float], within_km: float, softening_km: float
) -> list[list[tuple[int, float]]]:
    """For each site its neighbours, as (row, weight) in the order of the rows.

    The weight is ``1 / (km + softening_km)**2``; the softening keeps a neighbour next door from being the
    only one.
    """
    points, weights = unit_vectors(latitudes, longitudes), []
    for site, point in enumerate(points):
        km = distances_km(points, point)
        near = [int(row) for row in np.flatnonzero(km <= within_km) if row != site]
        weights.append([(row, 1.0 / (float(km[row]) + softening_km) ** 2) for row in near])
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
