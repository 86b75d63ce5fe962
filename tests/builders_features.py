"""Grids of a few sites, surveyed, and what is known around each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airwatch.domain.pollutants import CRITERIA
from airwatch.features.calendar import calendar_table
from airwatch.features.grids import DayAxis, SiteGrid
from airwatch.features.network import Network
from airwatch.features.pieces import Piece
from airwatch.features.spec import FeatureSpec, weather_series
from builders import build_feature_params

# It reads up to 100 ppm, so that values of a few tens are counted in steps of two millionths.
POLLUTANT = "co"


def build_plain_spec(**surroundings: Any) -> FeatureSpec:
    """The project's windows and reaches but for those named; the working unit is the AQS unit."""
    around = build_feature_params().features.surroundings.model_dump()
    transforms = dict.fromkeys(CRITERIA, "identity")
    return build_feature_params(
        features={"transforms": transforms, "surroundings": {**around, **surroundings}}
    ).features


def build_network(
    places: Any, grid: Any, days: int, spec: FeatureSpec, threads: int = 1, horizon_days: int = 2
) -> Network:
    """Sites 00, 01, … at places [sites, 2] with a row of the grid each, of which the last days are origins."""
    values = np.array(grid, dtype=np.float32)
    sites = SiteGrid(np.array([f"{number:02d}" for number in range(len(values))], dtype=object), values)
    axis = DayAxis(19_000, values.shape[1], days)
    return Network.survey(POLLUTANT, sites, np.array(places, dtype=float), axis, spec, horizon_days, threads)


def build_piece(network: Network, own: Any = None) -> Piece:
    """Some of its sites, or all, without weather and without another pollutant."""
    rows = np.arange(len(network.values)) if own is None else np.array(own)
    names = network.spec.columns((POLLUTANT,), network.horizon_days)
    nothing = np.full((len(rows), network.axis.width), np.nan, dtype=np.float32)
    weather = np.full((2 * len(weather_series()), network.axis.days), np.nan, dtype=np.float32)
    shared = np.concatenate([weather, calendar_table(network.axis.origins, network.horizon_days)])
    return Piece(names, network, rows, {POLLUTANT: nothing}, shared)


def columns_around(network: Network, own: Any = None) -> dict[str, NDArray[np.float32]]:
    """The level and the columns from the other sites, by name [sites, days]; NaN before a site's first row."""
    piece = build_piece(network, own)
    block = np.empty((len(piece.names), len(piece)), dtype=np.float32)
    piece.write(block)
    since = np.arange(network.axis.days) >= network.axis.days - piece.lengths[:, np.newaxis]
    found = {}
    for name in ("level", *network.spec.surrounding_groups()):
        found[name] = np.full(since.shape, np.nan, dtype=np.float32)
        found[name][since] = block[piece.names.index(name)]
    return found
