"""The generated nation: as many rows as asked, the same each time, with the faults of a real one."""

import numpy as np
import pandas as pd
import pytest
import yaml

from airwatch import schemas
from airwatch.datasets import BlocksTableDataset
from airwatch.features.table import build_features
from airwatch.parameters import read_command_line, settle
from airwatch.pipeline_registry import PARAMETER_GROUPS
from benchmarks.speed.data_root import CATALOG, asked, write
from benchmarks.speed.network import LEVELS, Network
from benchmarks.speed.sizes import production_spec
from builders import PARAMETERS


@pytest.fixture(scope="module")
def network():
    """A hundred places, half a year of two pollutants."""
    return Network.of_rows(36_500, pollutants=2, sites=100)


def test_a_feature_table_has_the_rows_that_the_network_says_about_as_many_as_asked():
    network = Network.of_rows(1_500, pollutants=2, sites=5)
    observations = pd.concat(network.observations())
    table = build_features(observations, network.places(), network, production_spec())
    assert len(table) == network.rows
    assert Network.of_rows(2_000_000).rows == pytest.approx(2_000_000, rel=0.02)


def test_a_seed_gives_the_same_nation_each_time(network):
    again = Network.of_rows(36_500, pollutants=2, sites=100)
    pd.testing.assert_frame_equal(pd.concat(network.observations()), pd.concat(again.observations()))
    pd.testing.assert_frame_equal(network.places(), again.places())


def test_places_are_sorted_distinct_and_in_the_contiguous_states(network):
    places = network.places()
    assert places["site_id"].is_monotonic_increasing
    assert places["site_id"].is_unique
    assert places["latitude"].between(24.0, 50.0).all()
    assert places["longitude"].between(-125.0, -66.0).all()


@pytest.mark.parametrize("pollutant", LEVELS)
def test_values_are_positive_and_have_the_digits_of_their_pollutant(pollutant):
    values = Network((pollutant,), days=400, sites=20).values(pollutant)
    known, digits = values[np.isfinite(values)], LEVELS[pollutant][1]
    np.testing.assert_array_equal(known, known.round(digits))
    assert (known >= 0).all()
    assert known.std() > 0


def test_some_sites_begin_late_some_sample_every_third_day_and_all_miss_some(network):
    seen = np.isfinite(network.values("pm25"))
    first, days = seen.argmax(axis=1), network.days
    assert 0.1 < (first > 0).mean() < 0.3
    assert first.max() < days / 2
    share = seen.sum(axis=1) / (days - first)
    assert 0.05 < (share < 0.4).mean() < 0.3
    assert 0.95 < np.median(share) < 0.99


def test_filled_a_site_has_every_day_from_its_first(network):
    filled = np.isfinite(network.values("pm25", gaps=False))
    np.testing.assert_array_equal(filled.sum(axis=1), network.days - network.starts())


def test_a_data_root_holds_every_value_in_the_tables_of_the_catalog(network, tmp_path):
    write(network, tmp_path)
    stored = BlocksTableDataset(filepath=str(tmp_path / CATALOG["daily_summaries"]), schema="DailySummaries").load()
    for pollutant in network.pollutants:
        values = network.values(pollutant)
        kept = stored.read(["arithmetic_mean"], pollutant=pollutant)["arithmetic_mean"].to_numpy()
        np.testing.assert_array_equal(kept, values[np.isfinite(values)])
    listed = schemas.Monitors.validate(pd.read_parquet(tmp_path / CATALOG["monitors"]))
    assert len(listed) == 2 * len(network.places())


def test_the_run_that_is_asked_for_on_what_was_written_is_a_possible_one(tmp_path, network):
    base = {}
    for path in PARAMETERS.glob("*.yml"):
        base |= yaml.safe_load(path.read_text())
    run = settle({**base, **read_command_line(asked(network, tmp_path))}, PARAMETER_GROUPS)["run"]
    assert (run.pollutants, run.as_of, run.area.slug) == (network.pollutants, network.as_of, "nation-us")
    assert run.table == str(tmp_path / CATALOG["daily_summaries"])
