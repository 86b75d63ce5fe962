"""The peers of the features: they are asked for the same columns, and they give the same numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from airwatch.features.table import build_features
from benchmarks.speed import peers, polars_table
from benchmarks.speed.network import Network
from benchmarks.speed.sizes import production_spec

SPEC = production_spec().model_copy(update={"transforms": dict.fromkeys(production_spec().transforms, "identity")})
# Four years and more, so that the last days have their whole climatology; three sites with every day from their first.
NETWORK = Network(("pm25",), days=1_600, sites=3)


@pytest.fixture(scope="module")
def ours():
    """AirWatch's features of the same values, the days whose windows are full [rows of the last month]."""
    observations = next(NETWORK.observations(gaps=False))
    table = build_features(observations, NETWORK.places(), NETWORK, SPEC)
    return _last_month(table, "origin_date")


def _last_month(table, day):
    newest = pd.Timestamp(NETWORK.as_of)
    kept = table[(table[day] > newest - pd.Timedelta(days=30)) & (table[day] < newest)]
    return kept.sort_values([kept.columns[0], day]).reset_index(drop=True)


def _same():
    return peers.Same(NETWORK, SPEC)


def test_every_column_that_peers_are_asked_for_is_one_of_ours():
    assert set(_same().names) <= set(SPEC.columns(NETWORK.pollutants, NETWORK.horizon_days))
    assert len(set(_same().names)) == len(_same().names) == 49


def test_polars_gives_our_numbers_of_what_both_are_asked_for(ours):
    theirs = _last_month(polars_table.own_past_run(peers.filled(NETWORK), _same())().to_pandas(), "date")
    np.testing.assert_allclose(theirs[_same().names], ours[_same().names], rtol=2e-4, atol=1e-5)


def test_polars_gives_the_whole_table():
    network, spec = Network(("pm25",), days=900, sites=30), production_spec()
    expected = build_features(next(network.observations(gaps=False)), network.places(), network, spec)
    theirs = polars_table.whole_run(peers.filled(network), network, spec)().to_pandas()
    names = spec.columns(network.pollutants, network.horizon_days)
    assert list(theirs.columns) == ["site", "date", *names]
    assert (theirs["date"] == expected["origin_date"]).all()
    # A number of every kind is there to be compared, NaN where the other is.
    assert expected[names].notna().any().sum() == len(names) - 14  # the pollutant's own among the others, and weather
    np.testing.assert_allclose(theirs[names], expected[names], rtol=1e-4, atol=5e-5)


def test_mlforecast_gives_our_numbers(ours):
    table = peers.mlforecast_run(peers.filled(NETWORK), _same())()
    table["date"] -= pd.Timedelta(days=1)
    theirs, expected = _last_month(table, "date"), ours.copy()
    renamed = dict(zip(_windows(theirs), _own_windows(), strict=True))
    theirs = theirs.rename(columns=renamed)
    for lead in range(NETWORK.horizon_days + 1):
        theirs[f"value_climatology_{lead:02d}"] /= SPEC.climatology.years
    for days in SPEC.spread_days:  # it divides by one less than the days
        theirs[f"spread_{days:02d}"] *= np.sqrt((days - 1) / days)
    np.testing.assert_allclose(theirs[_same().names], expected[_same().names], rtol=2e-3, atol=1e-4)


def _windows(table):
    """The columns of lags and windows, in the order they were asked for, under mlforecast's names."""
    own = {"site", "date", "value", "latitude", "longitude", *_same().calendar}
    return [name for name in table if name not in own]


def _own_windows():
    return [name for name in _same().names if name.startswith(("value_", "spread_"))]


def test_mlforecast_without_climatology_leaves_out_one_column_a_lead():
    small = replace(NETWORK, days=40)
    same, filled = peers.Same(small, SPEC), peers.filled(small)
    columns = [len(peers.mlforecast_run(filled, same, climatology=whole)().columns) for whole in (True, False)]
    assert columns[0] - columns[1] == small.horizon_days + 1


@pytest.mark.filterwarnings("ignore:.*dropped completely", "ignore:Found null values", "ignore:The copy keyword")
def test_the_newest_row_is_asked_for_one_day_ahead():
    small = replace(NETWORK, days=40)
    newest = peers.mlforecast_newest(peers.filled(small), peers.Same(small, SPEC))()
    assert newest["date"].tolist() == [pd.Timestamp(small.as_of) + pd.Timedelta(days=1)] * small.sites
