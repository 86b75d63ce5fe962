"""Which other sites count for a site, and how much: by distance, and by the direction they lie in.

Sums run over the sites of a kind in the order of the rows. A site that observed nothing that day adds an exact
zero, so that a site which appears later changes no earlier number. For the same reason the neighbours are all
sites within a distance, not the nearest few: a newcomer would push one of those out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airwatch.features.compiled import FloatArray, IntArray, compiled
from airwatch.features.spec import SurroundingsSpec

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius


ARCS = 8  # into which the edges of all directions cut the circle, so that a site in two directions is added once
# The kinds of neighbours: those of the near arcs, of the far arcs as far as they count in the region too, the others of
# the far arcs, and these.
FAR, FAR_ALONE, NEAR = ARCS, 2 * ARCS, 3 * ARCS
NEIGHBOURS, SMOKE, KINDS = NEAR + 1, NEAR + 2, NEAR + 3


class Reach(NamedTuple):
    """How far each kind of neighbour reaches, km, as ``SurroundingsSpec`` has it."""

    first_edge: float  # of the arcs, degrees from north by east
    sector_km: tuple[float, float]
    far_km: tuple[float, float]
    sector_softening_km: float
    region_km: float
    region_scale_km: float
    near_km: float
    neighbour_km: float
    softening_km: float
    smoke_km: float
    reach_km: float

    @classmethod
    def of(cls, spec: SurroundingsSpec) -> Reach:
        """As declared."""
        own = {name: getattr(spec, name) for name in cls._fields[1:]}
        return cls(first_edge=0.0 if spec.sector_degrees == 90 else 360 / ARCS / 2, **own)


class Neighbours(NamedTuple):
    """The neighbours of each site by kind, in the order of the rows.

    Attributes:
        starts: Where those of a site and kind begin [sites x kinds + 1].
        there: Their rows.
        weights: What they weigh.
        of_region: What those of the arcs weigh in the region; no arc holds them twice.
    """

    starts: IntArray
    there: NDArray[np.int32]
    weights: NDArray[np.float32]
    of_region: NDArray[np.float32]

    def rows_of(self, site: int) -> NDArray[np.int32]:
        """The rows of the neighbours of a site, of any kind."""
        return self.there[self.starts[KINDS * site] : self.starts[KINDS * (site + 1)]]


def find_neighbours(places: FloatArray, reach: Reach) -> Neighbours:
    """The neighbours of each site.

    Args:
        places: Latitude and longitude in degrees [sites, 2]; a site without position has no neighbour and is none, but
            is its own where smoke is counted.
        reach: Distances and weights.
    """
    points = unit_vectors(places[:, 0].tolist(), places[:, 1].tolist())
    here, there, km = _pairs(points, reach.reach_km)
    arc = _arcs(points, here, there, km, reach.first_edge)
    starts = np.zeros(len(places) * KINDS + 1, dtype=np.int64)
    found = Neighbours(starts[1:], np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.float32))
    _list(here, there, km, arc, reach, found)
    np.cumsum(starts, out=starts)
    size = int(starts[-1])
    room = np.empty(size, np.int32), np.empty(size, np.float32), np.zeros(size, np.float32)
    _list(here, there, km, arc, reach, Neighbours(starts[:-1].copy(), *room))
    return Neighbours(starts, *room)


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


@compiled
def _pairs(points: FloatArray, reach_km: float) -> tuple[IntArray, IntArray, FloatArray]:
    """The sites within reach of each other, each of itself too: rows of the site and the other, and km between them."""
    count = 0
    for write in (False, True):
        here, there, apart = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count)
        count = 0
        for site in range(len(points)):
            for other in range(len(points)):
                east, north = points[other, 0] - points[site, 0], points[other, 1] - points[site, 1]
                up = points[other, 2] - points[site, 2]
                km = EARTH_RADIUS_KM * math.sqrt(east * east + north * north + up * up) if other != site else 0.0
                if km < reach_km:
                    if write:
                        here[count], there[count], apart[count] = site, other, km
                    count += 1
    return here, there, apart


@compiled
def _arcs(points: FloatArray, here: IntArray, there: IntArray, km: FloatArray, first_edge: float) -> IntArray:
    """The arc in which the other lies from the site; where both are at one place there is none, -1."""
    arcs = np.full(len(here), -1)
    for pair in range(len(here)):
        if km[pair] > 0:
            degrees = bearing(points[here[pair]], points[there[pair]])
            arcs[pair] = int((degrees + first_edge) // (360 / ARCS)) % ARCS
    return arcs


@compiled
def bearing(here: FloatArray, there: FloatArray) -> float:
    """Initial great-circle bearing from one unit vector to another, degrees from north by east, 0 to 360.

    East is the axis of the Earth crossed with the place; the length of either does not change the direction.
    """
    east = here[0] * there[1] - here[1] * there[0]
    along = here[0] * there[0] + here[1] * there[1]
    north = there[2] * (here[0] * here[0] + here[1] * here[1]) - here[2] * along
    return math.degrees(math.atan2(east, north)) % 360.0


@compiled
def _list(here: IntArray, there: IntArray, km: FloatArray, arc: IntArray, reach: Reach, found: Neighbours) -> None:
    """Count the neighbours of each site and kind in ``starts``; or, with room for them, write each and move it on."""
    for pair in range(len(here)):
        far, other, first = km[pair], there[pair], here[pair] * KINDS
        if far < reach.smoke_km:
            _put(found, first + SMOKE, other, 1.0, 0.0)
        if other == here[pair]:
            continue
        region = math.exp(-far / reach.region_scale_km) if far < reach.region_km else 0.0
        # A site in no direction, at the same place or between near and far, is still of the region.
        slot, weight = max(arc[pair], 0), 1.0 / (far + reach.sector_softening_km) if arc[pair] >= 0 else 0.0
        is_near = reach.sector_km[0] <= far < reach.sector_km[1]
        is_far = reach.far_km[0] <= far < reach.far_km[1]
        if is_near or (region > 0 and not is_far):
            _put(found, first + slot, other, weight if is_near else 0.0, region)
        if is_far:
            alone = is_near or region == 0.0
            _put(found, first + (FAR_ALONE if alone else FAR) + slot, other, weight, 0.0 if alone else region)
        soft = far + reach.softening_km
        if far < reach.near_km:
            _put(found, first + NEAR, other, 1.0 / (soft * soft), 0.0)
        if far < reach.neighbour_km:
            _put(found, first + NEIGHBOURS, other, 1.0 / (soft * soft), 0.0)


@compiled
def _put(found: Neighbours, slot: int, other: int, weight: float, of_region: float) -> None:
    at = found.starts[slot]
    if len(found.there):
        found.there[at], found.weights[at], found.of_region[at] = other, weight, of_region
    found.starts[slot] = at + 1


def _unit_vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The place on a sphere of radius 1."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return math.nan, math.nan, math.nan
    phi, lam = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
