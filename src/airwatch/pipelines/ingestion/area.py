"""Where to ask: the area of the run, or the box around it that holds its neighbourhood."""

from __future__ import annotations

import math

import pandas as pd

from airwatch.domain.areas import Area
from airwatch.parameters import RunParams

KM_PER_DEGREE = 111.2
GRID_DEGREES = 0.5  # boxes are widened to this grid, so that one more monitor seldom makes another archive


def search_area(monitors: pd.DataFrame | None, run: RunParams) -> Area:
    """The area that is asked for.

    Args:
        monitors: The area's monitors, with latitude and longitude; None before they are known.
        run: Area (None is the sandbox metro) and ``neighbourhood_km``.

    Returns:
        The run's own area, or with a neighbourhood the box that reaches that far beyond its monitors.
    """
    if run.area is None:
        from airwatch.sandbox.network import SANDBOX_CBSA

        area = Area.from_mapping({"cbsa": SANDBOX_CBSA})
    else:
        area = run.area
    if monitors is None or monitors.empty or run.neighbourhood_km == 0:
        return area
    latitudes, longitudes = monitors["latitude"], monitors["longitude"]
    north_south = run.neighbourhood_km / KM_PER_DEGREE
    east_west = north_south / max(0.1, math.cos(math.radians(float(latitudes.abs().max()))))
    sides = [
        _floor(latitudes.min() - north_south),
        -_floor(-(latitudes.max() + north_south)),
        _floor(longitudes.min() - east_west),
        -_floor(-(longitudes.max() + east_west)),
    ]
    return Area.from_mapping({"box": sides})


def _floor(degrees: float) -> float:
    return math.floor(degrees / GRID_DEGREES) * GRID_DEGREES
