"""Where to ask: the area of the run, or the box around its monitors that holds its neighbourhood."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd

from airwatch.domain.areas import Area
from airwatch.parameters import RunParams

KM_PER_DEGREE = 111.2
GRID_DEGREES = 0.5  # boxes are widened to this grid, so that one more monitor seldom makes another archive
MONITOR = ["state_code", "county_code", "site_number", "parameter_code", "poc"]


def search_area(monitors: pd.DataFrame | None, run: RunParams) -> Area:
    """The area that is asked for.

    Args:
        monitors: Monitors with latitude, longitude and ``in_area``, of which the area's own decide; None before they
            are known.
        run: Area and ``neighbourhood_km``.

    Returns:
        The run's own area, or with a neighbourhood the box that reaches that far beyond its monitors.
    """
    if monitors is None or monitors.empty or run.neighbourhood_km == 0 or run.area.kind == "nation":
        return run.area
    own = monitors[monitors["in_area"]]
    latitudes, longitudes = own["latitude"], own["longitude"]
    north_south = run.neighbourhood_km / KM_PER_DEGREE
    east_west = north_south / max(0.1, math.cos(math.radians(float(latitudes.abs().max()))))
    sides = [
        _floor(latitudes.min() - north_south),
        -_floor(-(latitudes.max() + north_south)),
        _floor(longitudes.min() - east_west),
        -_floor(-(longitudes.max() + east_west)),
    ]
    return Area.from_mapping({"box": sides})


def open_monitors(listed: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Those of a list of monitors, as AQS gives it, that were open by ``as_of``; one that moved where it stood last."""
    if listed.empty:
        return listed
    if "open_date" in listed:  # the list may be of a later run
        listed = listed[~(listed["open_date"] > pd.Timestamp(as_of))]
    return listed.drop_duplicates(MONITOR, keep="last")


def _floor(degrees: float) -> float:
    return math.floor(degrees / GRID_DEGREES) * GRID_DEGREES
