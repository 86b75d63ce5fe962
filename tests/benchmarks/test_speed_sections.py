"""The sections of the speed benchmark, on tables so small that only their shape says something."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from airwatch.features.table import build_features, lay_out
from benchmarks.speed import __main__ as speed
from benchmarks.speed import features, peers, sections, serving, training
from benchmarks.speed.figures import figures
from benchmarks.speed.network import Network
from benchmarks.speed.sizes import Measured, Sizes, production_spec

TINY = Sizes(small=600, middle=1_200, large=6_000, examples=600, estimators=2, forecasts=50, calls=2, rounds=1)
MLFORECAST_WARNS = pytest.mark.filterwarnings(
    "ignore:The copy keyword", "ignore:.*dropped completely", "ignore:Found null values"
)


@pytest.fixture(autouse=True)
def _small_nation(monkeypatch):
    """Ten places instead of hundreds, and no memory to be had at hand."""
    monkeypatch.setattr(features, "AT_HAND_MIB", 0)
    whole = Network.of_rows.__func__
    monkeypatch.setattr(
        Network, "of_rows", classmethod(lambda cls, rows, pollutants=1, sites=10: whole(cls, rows, pollutants, sites))
    )


@MLFORECAST_WARNS
@pytest.mark.parametrize("name", ["features", "polars", "growth", "memory-large", "serving", "training", "forecasts"])
def test_a_section_gives_all_that_its_figures_need(name):
    measured = sections.measure(name, TINY)
    assert all(np.isfinite(each.ratio) for each in figures({name: measured}))
    json.dumps([measured.seconds, measured.facts])  # plain numbers


def test_streamed_a_table_has_all_its_rows():
    network = Network.of_rows(3_000, pollutants=2)
    assert features.stream(network, production_spec(), network.observations())() == network.rows


@pytest.fixture(scope="module")
def drawn():
    """Ten sites of two years: the network, the parameters, the observations and the table of their features."""
    network, spec = Network.of_rows(7_000, sites=10), production_spec()
    observations = next(network.observations())
    return network, spec, observations, build_features(observations, network.places(), network, spec)


def test_the_columns_of_peers_are_those_of_the_table_to_the_bit(drawn):
    network, spec, observations, table = drawn
    own = features.own_past(observations, network.places(), network, spec)
    assert set(peers.Same(network, spec).names) <= set(own)
    np.testing.assert_array_equal(own["date"], table["origin_date"])
    names = list(own.columns[2:])
    np.testing.assert_array_equal(own[names].to_numpy().view(np.int32), table[names].to_numpy().view(np.int32))


@pytest.mark.parametrize("rows", [1, 500, sys.maxsize])
def test_from_arrays_the_blocks_are_the_table_to_the_bit(drawn, rows):
    network, spec, observations, table = drawn
    blocks = [block.copy() for block in features.from_arrays(observations, network.places(), network, spec, rows)()]
    assert len(blocks) == 1 if rows == sys.maxsize else len(blocks) > 1
    np.testing.assert_array_equal(
        np.concatenate(blocks, axis=1), table[spec.columns(network.pollutants, network.horizon_days)].to_numpy().T
    )


def test_a_request_gives_the_row_of_the_table(drawn):
    network, spec, observations, table = drawn
    landscape = lay_out([observations], network.places(), network, spec, newest=1)
    surveyed = landscape.network("pm25")
    for site, site_id in enumerate(surveyed.site_ids):
        row = serving.newest_row(landscape, surveyed, site)
        expected = table[table["site_id"] == site_id].iloc[[-1]]
        np.testing.assert_array_equal(row.T, expected[landscape.names].to_numpy())


def test_examples_are_days_that_were_observed_and_what_was_observed_after_them():
    rows, targets = training.examples(400)
    network = Network.of_rows(400 * training.EVERY_DAYS)
    seen = next(network.observations()).set_index(["site_id", "date_local"])["value"]
    keys = zip(rows["site_id"], rows["origin_date"] + pd.Timedelta(days=3), strict=True)
    np.testing.assert_allclose([seen.get(key, np.nan) for key in keys], targets[:, 2], rtol=1e-6)
    assert rows["value_lag_00"].notna().all()


def test_plain_xgboost_has_the_rounds_of_the_candidate():
    rows, targets = training.examples(400)
    params = training.boosting_params(Sizes(estimators=9))
    targets_t = training.UNIT.forward(targets)
    matrix = training.feature_matrix(rows, training.model_columns(rows))
    plain = training.plain_boosters(matrix, targets_t, params)
    ours = training.Boosting(training.UNIT, params).fit(rows, targets_t)
    assert [each.num_boosted_rounds() for each in plain] == [9, 2, 1, 1, 1, 1, 1]  # 9 by the square of the lead
    assert training.rounds_of(ours) == 16


@MLFORECAST_WARNS
def test_every_request_is_timed():
    assert {name: len(each) for name, each in serving.one_site(TINY).seconds.items()} == {"ours": 2, "mlforecast": 2}


def test_a_section_that_does_not_exist_is_named_before_anything_is_measured(capsys):
    with pytest.raises(SystemExit):
        speed.main(["--only", "features,feathers"])
    assert "no section feathers; choose from features, polars, growth" in capsys.readouterr().err


def test_what_was_measured_is_kept_with_every_run(tmp_path, monkeypatch):
    seconds = {"ours": [9.0, 3.0], "xgboost": [9.0, 2.0]}
    monkeypatch.setattr(speed, "_measured", lambda name, quick: Measured(seconds, {"examples": 6, "columns": 9}))
    monkeypatch.setattr(speed, "effective_cores", lambda: 2.0)
    speed.main(["--only", "training", "--out", str(tmp_path)])
    kept = json.loads((tmp_path / "speed.json").read_text())
    assert kept["sections"]["training"]["seconds"] == seconds
    assert kept["figures"][0]["ratio"] == 1.5
    assert kept["machine"]["effective_cores_after"] == 2.0
    assert "1.5 ×" in (tmp_path / "speed.md").read_text()
