"""The feature table once more, slowly: pandas, one definition after the other, nothing shared with the kernel.

Written from docs/features.md and the comments of the parameters, for the tests to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

from airwatch.domain.pollutants import WEATHER
from airwatch.features.spec import FeatureSpec

SIDES = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EARTH_KM = 6371.0088
Columns = Iterator[tuple[str, Any]]  # name, and a table of days by sites or a series of days


def plain_features(observations: pd.DataFrame, sites: pd.DataFrame, run: Any, spec: FeatureSpec) -> pd.DataFrame:
    """What ``build_features`` makes of the same, in its order of rows; columns as they come."""
    last = pd.Timestamp(run.as_of)
    seen = observations[(observations["date_local"] <= last) & observations["value"].notna()]
    days = pd.date_range(seen["date_local"].min(), last)
    wide = {
        name: rows.pivot(index="date_local", columns="site_id", values="value").reindex(days).astype("float64")
        for name, rows in seen.groupby("pollutant", observed=True)
    }
    places = sites.set_index("site_id")
    tables = [
        _rows(name, wide[name], dict(_columns(name, wide, places, run, spec)))
        for name in sorted(run.pollutants)
        if name in wide
    ]
    return pd.concat(tables, ignore_index=True)


def _rows(name: str, values: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    """Site after site, from its first observation on."""
    tables = []
    for site in sorted(values.columns):
        own = {key: column[site] if isinstance(column, pd.DataFrame) else column for key, column in columns.items()}
        table = pd.DataFrame({"site_id": site, "pollutant": name, "origin_date": values.index, **own})
        tables.append(table[table["origin_date"] >= values[site].first_valid_index()])
    return pd.concat(tables)


def _columns(name: str, wide: dict[str, pd.DataFrame], places: pd.DataFrame, run: Any, spec: FeatureSpec) -> Columns:
    values = wide[name]
    unit = _forward(values, spec.transforms[name])
    yield from _own_past(values, unit, spec)
    yield from _usual(values, spec, run.horizon_days, spec.transforms[name])
    here = places.reindex(values.columns)
    yield from plain_surroundings(values, unit, here, spec.surroundings)
    for other in run.pollutants:
        known = wide.get(other)
        series = values * np.nan
        if other != name and known is not None:
            series = _or_else(known.reindex(columns=values.columns), known.mean(axis=1))
        yield from _recent(f"other_{other}", series)
    yield from _weather(wide, values.index)
    yield from _calendar(values.index, run.horizon_days)
    for place in ("latitude", "longitude"):
        yield place, pd.DataFrame({site: pd.Series(here.loc[site, place], values.index) for site in values})


def _own_past(values: pd.DataFrame, unit: pd.DataFrame, spec: FeatureSpec) -> Columns:
    for back in range(spec.lag_days):
        yield f"value_lag_{back:02d}", values.shift(back)
    yield "value_last", values.ffill(limit=spec.max_stale_days)
    number = pd.Series(np.arange(len(values), dtype=float), values.index)
    newest = values.notna().mul(number, axis=0).where(values.notna()).ffill(limit=spec.max_stale_days)
    yield "days_since_last", -newest.sub(number, axis=0)
    for window in spec.mean_days:
        yield f"value_mean_{window:02d}", values.rolling(window, min_periods=1).mean()
    observed = values.notna().astype(float)
    yield f"missing_{spec.missing_days:02d}", 1 - observed.rolling(spec.missing_days, 1).sum() / spec.missing_days
    yield "history_days", observed.rolling(spec.history_days, 1).sum()
    for window in spec.spread_days:
        yield f"spread_{window:02d}", unit.rolling(window, min_periods=2).std(ddof=0)
    steps = (unit - unit.shift(1)).abs()
    for window in spec.step_days:
        # Pairs of days that follow each other; the window may be shorter than their least count allows.
        yield f"step_{window:02d}", steps.rolling(window, min_periods=spec.step_min_count).mean()


def _usual(values: pd.DataFrame, spec: FeatureSpec, horizon_days: int, transform: str) -> Columns:
    last = values.ffill(limit=spec.max_stale_days)
    recent = values.rolling(90, min_periods=1).mean().fillna(last)
    own = _of_past_years(values, horizon_days, spec.climatology)
    wider = _or_else(own, own.mean(axis=1))
    for lead in range(horizon_days + 1):
        usual = wider.shift(-lead).reindex(values.index).fillna(recent)
        yield f"value_climatology_{lead:02d}", usual
        if lead == 0:
            yield "deviation_climatology", _forward(last, transform) - _forward(usual, transform)


def _of_past_years(values: pd.DataFrame, horizon_days: int, about: Any) -> pd.DataFrame:
    """Of each day and those ahead: the mean of the weeks around the same day of past years."""
    before, ahead = pd.Timedelta(days=about.half_width_days), pd.Timedelta(days=horizon_days)
    known = values.reindex(pd.date_range(values.index[0] - before, values.index[-1] + ahead))
    total, count = 0.0 * known.fillna(0), 0.0 * known.fillna(0)
    for year in range(1, about.years + 1):
        weeks = known.rolling(2 * about.half_width_days + 1, min_periods=1, center=True)
        middle = round(365.25 * year)
        total, count = total + weeks.sum().shift(middle).fillna(0), count + weeks.count().shift(middle).fillna(0)
    return total / count.where(count >= about.min_count)


def plain_surroundings(values: pd.DataFrame, unit: pd.DataFrame, places: pd.DataFrame, around: Any) -> Columns:
    """The level and the columns from the other sites; ``places`` in the order of the columns of ``values``."""
    km, bearing = _apart(places)
    others = ~np.eye(len(km), dtype=bool)

    def within(reach: float, nearest: float = 0.0) -> np.ndarray:
        return others & (km >= nearest) & (km < reach)

    near = within(around.near_km) / (km + around.softening_km) ** 2
    level = _level(unit, near, around)
    above = unit - level
    yield "level", level
    yield "value_neighbours_00", _mean_of(values, within(around.neighbour_km) / (km + around.softening_km) ** 2)
    yield "near_spread_00", _spread_of(above, near)
    for number, side in enumerate(SIDES):
        half = around.sector_degrees / 2
        towards = (bearing - 45 * number + half) % 360 < around.sector_degrees
        share = towards / (km + around.sector_softening_km)
        sector = _mean_of(above, within(around.sector_km[1], around.sector_km[0]) * share)
        yield f"sector_{side}_00", sector
        yield f"sector_{side}_change", sector - sector.shift(1)
        yield f"far_{side}_00", _mean_of(above, within(around.far_km[1], around.far_km[0]) * share)
    region = _mean_of(above, within(around.region_km) * np.exp(-km / around.region_scale_km))
    yield "region_00", region
    yield "region_01", region.shift(1)
    yield f"region_mean_{around.region_days:02d}", region.rolling(around.region_days, min_periods=1).mean()
    yield "network_00", above.mean(axis=1)
    spread = unit.rolling(around.smoke_days, min_periods=around.smoke_min_count).std(ddof=0)
    smoky = ((above > around.smoke_spreads * spread) & (spread > 1e-6)).astype(float).where(above.notna())
    yield "smoke_share_00", _mean_of(smoky, (km < around.smoke_km) | ~others)


def _level(unit: pd.DataFrame, near: np.ndarray, around: Any) -> pd.DataFrame:
    year = unit.rolling(around.level_days, min_periods=1)
    count = unit.notna().astype(float).rolling(around.level_days, min_periods=1).sum()
    own = year.mean()
    lent = _or_else(_mean_of(own, near), own.mean(axis=1))
    borrow = around.level_borrow_days
    return (own.fillna(0) * count + borrow * lent) / (count + borrow)


def _mean_of(table: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """For each site the weighted mean of those that have a value; ``weights`` [site, other]."""
    weights = np.nan_to_num(weights)
    total, weight = table.fillna(0) @ weights.T, table.notna().astype(float) @ weights.T
    return (total / weight.where(weight > 0)).set_axis(table.columns, axis=1)


def _spread_of(table: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """The same of their weighted deviation from it, where two have a value."""
    middle, found = _mean_of(table, weights), {}
    for number, site in enumerate(table.columns):
        squares = table.sub(middle[site], axis=0) ** 2
        counted = (table.notna() & (np.nan_to_num(weights[number]) > 0)).sum(axis=1)
        found[site] = np.sqrt(_mean_of(squares, weights)[site]).where(counted >= 2)
    return pd.DataFrame(found)


def _apart(places: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Straight distance in km and initial bearing in degrees of each site (row) from each; NaN where unknown."""
    lat, lon = np.radians(places["latitude"].to_numpy()), np.radians(places["longitude"].to_numpy())
    here, there, turn = lat[:, None], lat[None, :], lon[None, :] - lon[:, None]
    haversine = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(turn / 2) ** 2
    north = np.cos(here) * np.sin(there) - np.sin(here) * np.cos(there) * np.cos(turn)
    bearing = np.degrees(np.arctan2(np.sin(turn) * np.cos(there), north)) % 360
    km = 2 * EARTH_KM * np.sqrt(haversine)
    return km, np.where(km > 0, bearing, np.nan)


def _recent(prefix: str, series: pd.DataFrame | pd.Series) -> Columns:
    yield f"{prefix}_00", series
    yield f"{prefix}_mean_03", series.rolling(3, min_periods=1).mean()


def _weather(wide: dict[str, pd.DataFrame], days: pd.DatetimeIndex) -> Columns:
    for name in WEATHER:
        table = wide.get(name, pd.DataFrame({"nowhere": np.nan}, days))
        if name == "wind_direction":
            yield from _recent("weather_wind_direction_sin", np.sin(np.radians(table.round())).mean(axis=1))
            yield from _recent("weather_wind_direction_cos", np.cos(np.radians(table.round())).mean(axis=1))
        else:
            yield from _recent(f"weather_{name}", table.mean(axis=1))


def _calendar(days: pd.DatetimeIndex, horizon_days: int) -> Columns:
    for suffix, turns in (("", 1), ("_2", 2)):
        angle = 2 * np.pi * turns * (days.dayofyear - 1) / 366
        yield f"doy_sin{suffix}", pd.Series(np.sin(angle), days)
        yield f"doy_cos{suffix}", pd.Series(np.cos(angle), days)
    for number, name in enumerate(WEEKDAYS):
        yield f"weekday_{name}", pd.Series((days.dayofweek == number).astype(float), days)
    holidays = USFederalHolidayCalendar().holidays(days[0], days[-1] + pd.Timedelta(days=30))
    for lead in range(1, horizon_days + 1):
        ahead = days + pd.Timedelta(days=lead)
        smoky = [(day.month, day.day) in {(1, 1), (7, 4), (7, 5)} for day in ahead]
        yield f"holiday_{lead:02d}", pd.Series(ahead.isin(holidays).astype(float), days)
        yield f"fireworks_{lead:02d}", pd.Series(np.array(smoky, dtype=float), days)


def _or_else(table: pd.DataFrame, series: pd.Series) -> pd.DataFrame:
    """The table with its gaps filled from one series of the same days."""
    return table.apply(lambda column: column.fillna(series))


def _forward(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Into the working unit; the logarithm is mirrored below zero."""
    return table if name == "identity" else np.sign(table) * np.log(1 + table.abs())
