"""What is measured elsewhere on the same day: the sites around a site, and all of them.

Sums run over sites in the order of the rows. A site that observed nothing that day adds an exact zero, so
that a site which appears later changes no earlier number. For the same reason the neighbours are all sites
within a distance, not the nearest few: a newcomer would push one of those out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airwatch.features.compiled import FloatArray, IntArray, compiled

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


@dataclass(frozen=True, slots=True)
class Pairs:
    """Each site with the sites near it, in the order of the rows; sparse, for most sites are far from most.

    Each is paired with itself too, at 0 km, even where its position is unknown.

    Attributes:
        sites: How many sites there are.
        here, there: Rows of the site and of the other.
        km: Distance between them.
        bearing: Initial great-circle bearing from the site to the other, degrees from north by east; NaN
            where both are at one place.
    """

    sites: int
    here: IntArray
    there: IntArray
    km: FloatArray
    bearing: FloatArray

    def within(self, inner_km: float, outer_km: float) -> NDArray[np.bool_]:
        """The pairs of different sites that far apart, ``inner_km <= km < outer_km``."""
        return np.asarray((self.here != self.there) & (self.km >= inner_km) & (self.km < outer_km))

    def towards(self, degrees: float, width: float) -> NDArray[np.bool_]:
        """The pairs whose bearing lies in a sector of that width around a direction, its first edge included."""
        return np.asarray((self.bearing - degrees + width / 2) % 360 < width)


def find_pairs(latitudes: Sequence[float], longitudes: Sequence[float], within_km: float) -> Pairs:
    """Every pair of sites less than ``within_km`` apart; a site without position is in its own pair alone."""
    points = unit_vectors(latitudes, longitudes)
    here, there, km = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for site, point in enumerate(points):
        distances = distances_km(points, point)
        distances[site] = 0.0
        rows = np.flatnonzero(distances < within_km)
        here.append(np.full(len(rows), site))
        there.append(rows)
        km.append(distances[rows])
    starts, ends, reach = np.concatenate(here), np.concatenate(there), np.concatenate(km)
    places = np.radians(np.column_stack([latitudes, longitudes]).reshape(-1, 2))
    return Pairs(len(points), starts, ends, reach, _bearings(places, starts, ends, reach))


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


def neighbour_mean(grid: FloatArray, pairs: Pairs, weights: FloatArray) -> FloatArray:
    """Weighted mean of the neighbours that observed each day, shaped as the grid; NaN where none did.

    Args:
        grid: One row for each site, NaN where nothing was observed.
        pairs: The neighbours.
        weights: One for each pair; pairs of weight zero are passed over.
    """
    return _weighted_mean(np.ascontiguousarray(grid), *_chosen(pairs, weights))


def neighbour_spread(grid: FloatArray, mean: FloatArray, pairs: Pairs, weights: FloatArray) -> FloatArray:
    """Weighted standard deviation of the neighbours around their mean; NaN where fewer than two observed."""
    return _weighted_spread(np.ascontiguousarray(grid), mean, *_chosen(pairs, weights))


@compiled
def region_mean(grid: FloatArray) -> FloatArray:
    """Mean over all series that observed each day, [1, days of the grid]; NaN where none did."""
    total, count = np.zeros(grid.shape[1]), np.zeros(grid.shape[1])
    mean = np.empty((1, grid.shape[1]))
    for row in range(len(grid)):
        _add(grid[row], 1.0, total, count)
    for day in range(grid.shape[1]):
        mean[0, day] = total[day] / count[day] if count[day] > 0 else np.nan
    return mean


def _chosen(pairs: Pairs, weights: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """The pairs that weigh anything: where each site's begin and end, their neighbours and weights."""
    kept = np.flatnonzero(weights)
    starts = np.searchsorted(pairs.here[kept], np.arange(pairs.sites + 1))
    return starts, pairs.there[kept], weights[kept]


@compiled
def _weighted_mean(grid: FloatArray, starts: IntArray, there: IntArray, weights: FloatArray) -> FloatArray:
    means = np.empty(grid.shape)
    total, weight = np.empty(grid.shape[1]), np.empty(grid.shape[1])
    for site in range(len(grid)):
        total[:], weight[:] = 0.0, 0.0
        for pair in range(starts[site], starts[site + 1]):
            _add(grid[there[pair]], weights[pair], total, weight)
        for day in range(grid.shape[1]):
            means[site, day] = total[day] / weight[day] if weight[day] > 0 else np.nan
    return means


@compiled
def _weighted_spread(
    grid: FloatArray, mean: FloatArray, starts: IntArray, there: IntArray, weights: FloatArray
) -> FloatArray:
    spreads = np.empty(grid.shape)
    squares, weight, count = np.empty(grid.shape[1]), np.empty(grid.shape[1]), np.empty(grid.shape[1])
    for site in range(len(grid)):
        squares[:], weight[:], count[:] = 0.0, 0.0, 0.0
        for pair in range(starts[site], starts[site + 1]):
            series, share = grid[there[pair]], weights[pair]
            for day in range(grid.shape[1]):
                off = series[day] - mean[site, day]
                squares[day] += share * off * off if off == off else 0.0
                weight[day] += share if off == off else 0.0
                count[day] += 1.0 if off == off else 0.0
        for day in range(grid.shape[1]):
            spreads[site, day] = np.sqrt(squares[day] / weight[day]) if count[day] >= 2 else np.nan
    return spreads


@compiled
def _add(series: FloatArray, share: float, total: FloatArray, weight: FloatArray) -> None:
    """Add the days on which a series was observed; the others add zero."""
    for day in range(len(series)):
        value = series[day]
        total[day] += share * value if value == value else 0.0
        weight[day] += share if value == value else 0.0


@compiled
def _bearings(places: FloatArray, here: IntArray, there: IntArray, km: FloatArray) -> FloatArray:
    """Initial bearing of each pair in degrees; ``places`` [sites, 2] is latitude and longitude in radians."""
    bearings = np.empty(len(here))
    for pair in range(len(here)):
        from_phi, from_lam = places[here[pair], 0], places[here[pair], 1]
        to_phi, turn = places[there[pair], 0], places[there[pair], 1] - from_lam
        east = math.sin(turn) * math.cos(to_phi)
        north = math.cos(from_phi) * math.sin(to_phi) - math.sin(from_phi) * math.cos(to_phi) * math.cos(turn)
        bearings[pair] = math.degrees(math.atan2(east, north)) if km[pair] > 0 else math.nan
    return bearings


def _unit_vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The place on a sphere of radius 1."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return math.nan, math.nan, math.nan
    phi, lam = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
