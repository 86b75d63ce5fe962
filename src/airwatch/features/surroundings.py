"""How far the sites around a site stand above their usual level, by distance and by direction.

A site's level is its mean over the year that ends with a day, in the working unit of the pollutant, drawn
towards the level of the sites near by where its own days are few. Its anomaly is the observation less the
level, so that clean and dirty sites can be averaged. The site itself is never its own neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from airwatch.features.compiled import FloatArray, Named
from airwatch.features.grids import first_known, lagged, ratio
from airwatch.features.kernel import trailing_mean, trailing_spread, trailing_sums
from airwatch.features.neighbours import Pairs, find_pairs, neighbour_mean, neighbour_spread, region_mean
from airwatch.features.spec import SECTORS, SurroundingsSpec

_ROUNDING = 1e-9  # in any unit: the deviation of equal values is not always an exact zero


@dataclass(frozen=True, slots=True)
class Around:
    """The neighbours of each site, weighed by the rules of the parameters; NaN places have none."""

    pairs: Pairs
    spec: SurroundingsSpec

    @classmethod
    def of(cls, places: FloatArray, spec: SurroundingsSpec) -> Around:
        """From places [sites, 2], degrees."""
        return cls(find_pairs(places[:, 0].tolist(), places[:, 1].tolist(), spec.reach_km), spec)

    def near(self, reach_km: float) -> FloatArray:
        """Weights of the sites within a distance, falling with its square."""
        km = self.pairs.km + self.spec.softening_km
        return np.asarray(self.pairs.within(0, reach_km) / (km * km))

    def sector(self, number: int, reach_km: tuple[float, float]) -> FloatArray:
        """Weights of the sites in one of the eight directions."""
        towards = self.pairs.towards(360 / len(SECTORS) * number, self.spec.sector_degrees)
        chosen = self.pairs.within(*reach_km) & towards
        return np.asarray(chosen / (self.pairs.km + self.spec.sector_softening_km))

    def region(self) -> FloatArray:
        """Weights that fall exponentially with the distance."""
        decay = np.array([math.exp(-km / self.spec.region_scale_km) for km in self.pairs.km.tolist()])
        return decay * self.pairs.within(0, self.spec.region_km)


def surroundings(
    values: FloatArray, unit: FloatArray, places: FloatArray, days: int, spec: SurroundingsSpec
) -> Iterator[Named]:
    """Every column that follows from the other sites, and the level.

    Args:
        values: Concentrations in the AQS unit [sites, past + days], NaN where missing.
        unit: The same in the working unit.
        places: Latitude and longitude in degrees [sites, 2], NaN where unknown: such a site has no neighbour
            and is none.
        days: How many of the last days are origins.
        spec: Distances, weights and windows.

    Yields:
        Name and column [sites, days] or [1, days]; all but ``value_neighbours_00`` in the working unit.
    """
    around = Around.of(places, spec)
    level = usual_level(unit, around, days + spec.past_days)
    anomaly = lagged(unit, 0, days + spec.past_days) - level
    yield "level", lagged(level, 0, days)
    weights = around.near(spec.neighbour_km)
    yield "value_neighbours_00", neighbour_mean(lagged(values, 0, days), around.pairs, weights)
    yield "near_spread_00", _near_spread(lagged(anomaly, 0, days), around)
    yield from _sectors(anomaly, around, days)
    yield from _regions(anomaly, around, days)
    yield "smoke_share_00", _smoke_share(unit, lagged(anomaly, 0, days), around)


def usual_level(unit: FloatArray, around: Around, days: int) -> FloatArray:
    """The mean of each site's last year of days, shrunk towards that of its surroundings, [sites, days].

    Where no near site has a level the mean over all sites stands in; NaN where nobody has observed.
    """
    spec = around.spec
    totals, counts = trailing_sums(unit, spec.level_days, days)
    own = ratio(totals, counts)
    near = neighbour_mean(own, around.pairs, around.near(spec.near_km))
    borrowed = first_known(near, region_mean(own))
    return ratio(totals + spec.level_borrow_days * borrowed, counts + spec.level_borrow_days)


def _near_spread(anomaly: FloatArray, around: Around) -> FloatArray:
    """How much the near sites differ among themselves."""
    weights = around.near(around.spec.near_km)
    return neighbour_spread(anomaly, neighbour_mean(anomaly, around.pairs, weights), around.pairs, weights)


def _sectors(anomaly: FloatArray, around: Around, days: int) -> Iterator[Named]:
    """The eight directions: where the air may come from."""
    today = lagged(anomaly, 0, days)
    for number, side in enumerate(SECTORS):
        sector = neighbour_mean(anomaly, around.pairs, around.sector(number, around.spec.sector_km))
        yield f"sector_{side}_00", lagged(sector, 0, days)
        yield f"sector_{side}_change", lagged(sector, 0, days) - lagged(sector, 1, days)
        yield f"far_{side}_00", neighbour_mean(today, around.pairs, around.sector(number, around.spec.far_km))


def _regions(anomaly: FloatArray, around: Around, days: int) -> Iterator[Named]:
    """The wide surroundings, and all sites alike."""
    region = neighbour_mean(anomaly, around.pairs, around.region())
    yield "region_00", lagged(region, 0, days)
    yield "region_01", lagged(region, 1, days)
    window = around.spec.region_days
    yield f"region_mean_{window:02d}", trailing_mean(region, window, days)
    yield "network_00", lagged(region_mean(anomaly), 0, days)


def _smoke_share(unit: FloatArray, anomaly: FloatArray, around: Around) -> FloatArray:
    """Share of the sites within reach, the site itself among them, that stand far above their level."""
    spec = around.spec
    spread = trailing_spread(unit, spec.smoke_days, spec.smoke_min_count, anomaly.shape[1])
    above = (anomaly > spec.smoke_spreads * spread) & (spread > _ROUNDING)
    smoky = np.where(np.isnan(anomaly), np.nan, above)
    return neighbour_mean(smoky, around.pairs, (around.pairs.km < spec.smoke_km).astype(np.float64))
