"""AirWatch's features as lazy queries of Polars: what follows from a site's own past, and the whole production set.

Each other site comes into a row by a join: the pairs of sites within reach, with what they weigh for each kind of
neighbour, meet the values of the other site, and are averaged by site and day. As in ``peers``, every gap is filled
before the clock starts, and the threads are those of ``POLARS_MAX_THREADS`` at the import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import reduce

import pandas as pd
import polars as pl

from airwatch.features.neighbours import EARTH_RADIUS_KM
from airwatch.features.spec import FALLBACK_DAYS, SECTORS, FeatureSpec, SurroundingsSpec
from benchmarks.speed.network import Network
from benchmarks.speed.peers import Same

KEY = ["site", "date"]
VALUE, UNIT = pl.col("value"), pl.col("unit")
DAYS_AT_ONCE = 183  # of all pairs of sites: of ten years they are more than memory holds, and slower too
ROUNDING = 1e-6  # in any unit: the deviation of nearly equal values tells nothing


def own_past_run(frame: pd.DataFrame, same: Same) -> Callable[[], pl.DataFrame]:
    """The columns of ``Same`` over ``peers.filled``."""
    table = pl.from_pandas(frame)
    usual = pl.col("usual")
    columns = [*_windows(same, VALUE), VALUE.rolling_mean(same.climatology_days, min_samples=1).alias("usual")]
    seasons = [
        (sum(usual.shift(end) for end in ends) / len(ends)).alias(f"value_climatology_{lead:02d}")
        for lead, ends in enumerate(same.climatology)
    ]
    query = _by_site(_by_site(table.lazy(), columns), seasons).join(_calendar(same, table), on="date", how="left")
    return lambda: query.drop("usual").collect()


def whole_run(frame: pd.DataFrame, network: Network, spec: FeatureSpec) -> Callable[[], pl.DataFrame]:
    """All columns of the feature table over ``peers.filled``, in their order behind ``site`` and ``date``."""
    table, same, around = pl.from_pandas(frame), Same(network, spec), spec.surroundings
    places = table.select("site", "latitude", "longitude").unique(maintain_order=True)
    names = spec.columns(network.pollutants, network.horizon_days)
    calendar = _calendar(same, table)

    def run() -> pl.DataFrame:
        pairs = _pairs(places.lazy(), around).collect().lazy()
        own = _own_past(table.lazy(), same, spec).collect().lazy()
        levelled = _levelled(own, pairs, around).collect()
        query = levelled.lazy().join(_surroundings(levelled, pairs, around), on=KEY, how="left")
        query = query.join(calendar, on="date", how="left", maintain_order="left")
        unknown = [name for name in names if name.startswith(("other_", "weather_"))]
        query = query.with_columns(pl.lit(None, pl.Float32).alias(name) for name in unknown)
        return query.select(*KEY, pl.col(names).cast(pl.Float32)).sort(KEY).collect(engine="streaming")

    return run


def _by_site(table: pl.LazyFrame, columns: list[pl.Expr]) -> pl.LazyFrame:
    """With columns that look back along the days of each site."""
    return table.with_columns(column.over("site") for column in columns)


def _windows(same: Same, unit: pl.Expr) -> Iterator[pl.Expr]:
    """Lags, means and spreads."""
    for back in same.lags:
        yield VALUE.shift(back).alias(f"value_lag_{back:02d}")
    for days in same.means:
        yield VALUE.rolling_mean(days, min_samples=1).alias(f"value_mean_{days:02d}")
    for days in same.spreads:
        yield unit.rolling_std(days, min_samples=2, ddof=0).alias(f"spread_{days:02d}")


def _calendar(same: Same, table: pl.DataFrame) -> pl.LazyFrame:
    """The columns of every origin."""
    days = len(next(iter(same.calendar.values())))
    dates = pl.DataFrame({"date": pd.date_range(same.first_day, periods=days)})
    return dates.select(pl.col("date").cast(table.schema["date"])).with_columns(**same.calendar).lazy()


def _forward(value: pl.Expr, transform: str) -> pl.Expr:
    """Into the working unit; the logarithm is mirrored below zero."""
    return value if transform == "identity" else value.sign() * value.abs().log1p()


def _own_past(table: pl.LazyFrame, same: Same, spec: FeatureSpec) -> pl.LazyFrame:
    """What follows from a site's own past, and what its level, its season and its smoke are made of."""
    around, seen, season = spec.surroundings, VALUE.is_not_null().cast(pl.Float32), same.climatology_days
    columns = [
        *_windows(same, UNIT),
        *_data(spec, seen),
        UNIT.rolling_mean(around.level_days, min_samples=1).alias("own_level"),
        seen.rolling_sum(around.level_days, min_samples=1).alias("level_days"),
        UNIT.rolling_std(around.smoke_days, min_samples=around.smoke_min_count, ddof=0).alias("smoke_spread"),
        VALUE.rolling_sum(season, min_samples=1).alias("season"),
        seen.rolling_sum(season, min_samples=1).alias("season_days"),
    ]
    table = table.with_columns(unit=_forward(VALUE, spec.transforms["pm25"]))
    return _usual(_by_site(table, columns), same, spec)


def _data(spec: FeatureSpec, seen: pl.Expr) -> Iterator[pl.Expr]:
    """The newest value and its age, steps from day to day, and how many days are known."""
    newest = pl.when(VALUE.is_not_null()).then("date").forward_fill(spec.max_stale_days)
    yield VALUE.forward_fill(spec.max_stale_days).alias("value_last")
    yield (pl.col("date") - newest).dt.total_days().alias("days_since_last")
    window = spec.missing_days
    yield (1 - seen.rolling_sum(window, min_samples=1) / window).alias(f"missing_{window:02d}")
    yield seen.rolling_sum(spec.history_days, min_samples=1).alias("history_days")
    step = (UNIT - UNIT.shift(1)).abs()
    for window in spec.step_days:
        yield step.rolling_mean(window, min_samples=spec.step_min_count).alias(f"step_{window:02d}")


def _usual(table: pl.LazyFrame, same: Same, spec: FeatureSpec) -> pl.LazyFrame:
    """The climatology: a site's own, else that of all sites, else its last months."""
    own, usual = [], []
    for lead, ends in enumerate(same.climatology):
        name = f"value_climatology_{lead:02d}"
        total, days = (sum(pl.col(part).shift(end).fill_null(0) for end in ends) for part in ("season", "season_days"))
        own.append(pl.when(days >= spec.climatology.min_count).then(total / days).alias(name))
        wider, months = pl.col(name).mean().over("date"), f"value_mean_{FALLBACK_DAYS:02d}"
        usual.append(pl.coalesce(name, wider, months, "value_last").alias(name))
    last, today = (_forward(pl.col(name), spec.transforms["pm25"]) for name in ("value_last", "value_climatology_00"))
    return _by_site(table, own).with_columns(usual).with_columns(deviation_climatology=last - today)


def _levelled(own: pl.LazyFrame, pairs: pl.LazyFrame, around: SurroundingsSpec) -> pl.LazyFrame:
    """With each site's level, how far it stands above it, and whether that is smoke."""
    near = _mean_of(own, pairs, "own_level", "near", "lent")
    lent = pl.coalesce("lent", pl.col("own_level").mean().over("date"))
    borrow, level_days = around.level_borrow_days, pl.col("level_days")
    level = (pl.col("own_level").fill_null(0) * level_days + borrow * lent) / (level_days + borrow)
    above, spread = pl.col("above"), pl.col("smoke_spread")
    smoky = (above > around.smoke_spreads * spread) & (spread > ROUNDING)
    return (
        own.join(near, on=KEY, how="left", maintain_order="left")
        .with_columns(level=level)
        .with_columns(above=UNIT - pl.col("level"))
        .with_columns(smoky=smoky.fill_null(False).cast(pl.Float32), network_00=above.mean().over("date"))
    )


def _pairs(places: pl.LazyFrame, around: SurroundingsSpec) -> pl.LazyFrame:
    """The sites within reach of each other, and what the other weighs by kind: nothing where it is not of the kind."""
    north, east = pl.col("latitude").radians(), pl.col("longitude").radians()
    here, there = places.select("site", a=north, m=east), places.select(other="site", b=north, n=east)
    a, b, turn = pl.col("a"), pl.col("b"), pl.col("n") - pl.col("m")
    haversine = ((b - a) / 2).sin() ** 2 + a.cos() * b.cos() * (turn / 2).sin() ** 2
    bearing = pl.arctan2(turn.sin() * b.cos(), a.cos() * b.sin() - a.sin() * b.cos() * turn.cos()).degrees()
    return (
        here.join(there, how="cross")
        .with_columns(km=2 * EARTH_RADIUS_KM * haversine.sqrt(), bearing=bearing)
        .filter(pl.col("km") < around.reach_km)
        .select("site", "other", **{name: weight.cast(pl.Float32) for name, weight in _weights(around)})
    )


def _weights(around: SurroundingsSpec) -> Iterator[tuple[str, pl.Expr]]:
    """What another site weighs, by the column that it goes into."""
    other, km, bearing = pl.col("site") != pl.col("other"), pl.col("km"), pl.col("bearing")
    square, share = 1 / (km + around.softening_km) ** 2, 1 / (km + around.sector_softening_km)

    def where(is_one: pl.Expr, weight: pl.Expr) -> pl.Expr:
        return pl.when(is_one).then(weight).otherwise(0)

    yield "near", where(other & (km < around.near_km), square)
    yield "value_neighbours_00", where(other & (km < around.neighbour_km), square)
    for number, side in enumerate(SECTORS):
        degrees = around.sector_degrees
        towards = other & ((bearing - 45 * number + degrees / 2 + 720) % 360 < degrees)
        for name, (nearest, farthest) in (("sector", around.sector_km), ("far", around.far_km)):
            yield f"{name}_{side}_00", where(towards & (km >= nearest) & (km < farthest), share)
    yield "region_00", where(other & (km < around.region_km), (-km / around.region_scale_km).exp())
    yield "smoke_share_00", where(~other | (km < around.smoke_km), pl.lit(1.0))


def _met(known: pl.LazyFrame, pairs: pl.LazyFrame, value: str, weight: str) -> pl.LazyFrame:
    """What each site is told by the others of a kind that have a value ``x``, with what they weigh, ``w``."""
    told = known.select("date", other="site", x=value).drop_nulls("x")
    return told.join(pairs.filter(pl.col(weight) > 0).select("site", "other", w=weight), on="other")


def _mean_of(known: pl.LazyFrame, pairs: pl.LazyFrame, value: str, weight: str, name: str) -> pl.LazyFrame:
    """The weighted mean of the others by site and day, also on days before the site's own first."""
    x, w = pl.col("x"), pl.col("w")
    return _met(known, pairs, value, weight).group_by(KEY).agg(((x * w).sum() / w.sum()).alias(name))


def _spread_of(known: pl.LazyFrame, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """The weighted deviation of the near sites, where two have a value."""
    x, w = pl.col("x").cast(pl.Float64), pl.col("w").cast(pl.Float64)
    mean, square = (x * w).sum() / w.sum(), (x * x * w).sum() / w.sum()
    spread = pl.when(pl.len() >= 2).then((square - mean**2).clip(0).sqrt()).alias("near_spread_00")
    return _met(known, pairs, "above", "near").group_by(KEY).agg(spread)


def _surroundings(known: pl.DataFrame, pairs: pl.LazyFrame, around: SurroundingsSpec) -> pl.LazyFrame:
    """The columns from the other sites, of every site on every day; changes and means look back along its days."""
    first, last = known["date"].min(), known["date"].max()
    begins = pl.datetime_range(first, last, f"{DAYS_AT_ONCE}d", eager=True)
    sites, known = known.select("site").unique(), known.select(*KEY, "value", "above", "smoky").sort("date")
    parts = []
    for begin in begins:
        now = known.filter(pl.col("date").is_between(begin, begin + timedelta(days=DAYS_AT_ONCE), closed="left"))
        parts.append(_around(now, sites, pairs, around))
    table = pl.concat(parts).sort(KEY).lazy()
    region, week = pl.col("region_00"), around.region_days
    recent = region.rolling_mean(week, min_samples=1).alias(f"region_mean_{week:02d}")
    back = [region.shift(1).alias("region_01"), recent]
    for side in SECTORS:
        sector = pl.col(f"sector_{side}_00")
        back.append((sector - sector.shift(1)).alias(f"sector_{side}_change"))
    return _by_site(table, back)


def _around(known: pl.DataFrame, sites: pl.DataFrame, pairs: pl.LazyFrame, around: SurroundingsSpec) -> pl.DataFrame:
    """What the other sites tell every site on some days."""
    values, now = {"value_neighbours_00": "value", "smoke_share_00": "smoky"}, known.lazy()
    names = [name for name, _ in _weights(around) if name != "near"]
    parts = [_mean_of(now, pairs, values.get(name, "above"), name, name) for name in names]
    found = [part.collect(engine="streaming") for part in (_spread_of(now, pairs), *parts)]
    table = sites.join(known.select("date").unique(), how="cross")
    return reduce(lambda left, right: left.join(right, on=KEY, how="left"), found, table)
