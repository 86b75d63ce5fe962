"""The whole table against the slow reading of its definitions in ``plain_features``, on ragged records."""

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airwatch.domain.pollutants import WEATHER
from airwatch.features.table import build_features
from builders import build_days, build_feature_params, build_run
from plain_features import plain_features

START = pd.Timestamp("2022-11-20")
POLLUTANTS = ("pm25", "ozone", "no2")
SCALES = {"ozone": 0.01, "pressure": 12.0, "wind_direction": 25.0}
SURROUNDINGS = build_feature_params().features.surroundings.model_dump()


@st.composite
def regions(draw):
    """A seed and what is drawn plainly, so that a failure names it."""
    return {
        "seed": draw(st.integers(0, 100_000)),
        "days": draw(st.sampled_from([1, 2, 9, 121, 122, 123, 250, 420])),
        "sites": draw(st.integers(1, 6)),
        "sector_degrees": draw(st.sampled_from([45, 90])),
        "level_borrow_days": draw(st.sampled_from([0.0, 20.0])),
        "region_days": draw(st.sampled_from([1, 2, 7, 30])),
        "horizon_days": draw(st.sampled_from([1, 3, 14])),
        "early_weather": draw(st.booleans()),
    }


def build_spec(region):
    """Windows short enough for days to leave them, and a climatology of one wide window."""
    chosen = {name: region[name] for name in ("sector_degrees", "level_borrow_days", "region_days")}
    return build_feature_params(
        features={
            "max_stale_days": 40,
            "history_days": 100,
            "climatology": {"years": 1, "half_width_days": 60, "min_count": 4},
            "surroundings": {**SURROUNDINGS, **chosen, "level_days": 60, "smoke_days": 20, "smoke_min_count": 5},
        }
    ).features


def build_records(region):
    """Sites that begin late, stop, sample every third day, miss days; negative values; weather at some."""
    rng, count = np.random.default_rng(region["seed"]), region["days"]
    ids = [f"06-037-{number:04d}" for number in range(region["sites"])]
    frames = []
    for number, site in enumerate(ids):
        for name in (*POLLUTANTS, *WEATHER):
            if (name == "pm25" and number == 0) or rng.random() < (0.2 if name in WEATHER else 0.6):
                frames.append(build_series(rng, site, name, count, region["early_weather"] and name in WEATHER))
    return pd.concat(frames, ignore_index=True), build_places(rng, ids)


def build_series(rng, site, name, count, early):
    begin = 0 if rng.random() < 0.5 else int(rng.integers(0, count))
    days = count - begin
    values = ((rng.gamma(2.0, 6.0, days) - 3.0).round(1) * SCALES.get(name, 1.0)).round(3)
    if rng.random() < 0.2:
        values[:] = values[0]
    missing = set(np.flatnonzero(rng.random(days) < 0.15)) - {0}
    if rng.random() < 0.3:
        missing |= set(range(int(rng.integers(1, days + 1)), days)) - {0}
    start = START + pd.Timedelta(days=begin - (20 if early else 0))
    every = 3 if rng.random() < 0.3 else 1
    return build_days(days, start, site, name, values=values, missing=missing, every=every)


def build_places(rng, ids):
    """Near by and far off; one place holds two, and one site is not known."""
    spread = rng.choice([0.3, 3.0], len(ids))
    places = pd.DataFrame({"site_id": ids, "latitude": 40 + rng.normal(0, 1, len(ids)) * spread})
    places["longitude"] = -100 + rng.normal(0, 1.3, len(ids)) * spread
    if len(ids) > 3:
        places.loc[2, ["latitude", "longitude"]] = places.loc[1, ["latitude", "longitude"]]
    return places[:-1] if len(ids) > 4 else places


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(regions())
def test_every_column_agrees_with_a_plain_reading(region):
    spec, (days, sites) = build_spec(region), build_records(region)
    as_of = START + pd.Timedelta(days=region["days"] - 1)
    run = build_run(as_of=as_of.date(), pollutants=POLLUTANTS, horizon_days=region["horizon_days"])
    found, plain = build_features(days, sites, run, spec), plain_features(days, sites, run, spec)
    keys = ["site_id", "pollutant", "origin_date"]
    assert found[keys].astype(str).to_numpy().tolist() == plain[keys].astype(str).to_numpy().tolist()
    assert set(found.columns) == set(plain.columns)
    for name in found.columns.drop(keys):
        expected = plain[name].to_numpy(dtype=float)
        assert_allclose(found[name].to_numpy(dtype=float), expected, rtol=1e-4, atol=1e-5, err_msg=name)
