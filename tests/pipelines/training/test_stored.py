"""Training on features that stay in the stored table gives what training in memory gives."""

import pickle
from dataclasses import replace
from functools import cache
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch.forecasting import pages
from airwatch.forecasting import rows as sampling
from airwatch.forecasting.baselines import Climatology
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.forecaster import TrainingSet, assemble
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.ranks import RecencyParams
from airwatch.forecasting.rows import FrameRows
from airwatch.forecasting.trees import TreeJob
from airwatch.pipelines.training import stored
from airwatch.pipelines.training.champion import data_hash
from airwatch.pipelines.training.examples import Examples, pair_examples
from airwatch.pipelines.training.stored import StoredRows
from airwatch.tables import StoredTable
from builders_training import SITES, build_history, features_of, small_examples, train, training_run

RUN = training_run()


@pytest.fixture(scope="module", autouse=True)
def blocks_of_one_site():
    """A block for each site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "BLOCK_ROWS", 300)
        yield


@cache
def features() -> pd.DataFrame:
    return features_of(build_history(sites=SITES[:2]), RUN)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("04_feature") / "features.parquet"
    features().to_parquet(path, index=False, row_group_size=200)
    return StoredTable(fsspec.filesystem("file"), str(path))


def pair(table, most_in_memory: int) -> Examples:
    as_of, history = pd.Timestamp(RUN.as_of), build_history(sites=SITES[:2])
    unit = small_examples().unit
    return pair_examples(table, history, "pm25", as_of, RUN.horizon_days, unit, most_in_memory)


@pytest.fixture(scope="module")
def examples(table):
    """Of the small history, read in blocks; what is judged as in memory."""
    found = pair(table, 1)
    return replace(found, issuable=small_examples().issuable)


def test_more_examples_than_the_limit_stay_in_the_table(table):
    rows = len(features())
    assert isinstance(pair(table, rows).features, pd.DataFrame)
    assert isinstance(pair(table, rows - 1).features, StoredRows)


def test_examples_in_the_table_have_the_keys_and_targets_of_those_in_memory(examples):
    known = small_examples()
    assert (examples.origins == known.origins).all()
    assert examples.rows.site_ids.astype("str").tolist() == known.frame["site_id"].tolist()
    np.testing.assert_array_equal(examples.targets, known.targets.astype("float32"))
    assert len([*examples.rows.blocks()]) == 2


def test_rows_are_those_of_the_frame_whichever_are_chosen(examples):
    known = FrameRows(small_examples().frame)
    chosen = np.random.default_rng(2).random(len(known)) < 0.3
    some = examples.rows.where(chosen)
    twice, kept = np.arange(len(some)) % 2 == 1, known.where(chosen)
    assert_frame_equal(some.read(), kept.frame.reset_index(drop=True), check_categorical=False)
    assert_frame_equal(some.where(twice).read(), kept.where(twice).frame.reset_index(drop=True))
    assert_frame_equal(some.take(np.array([3, 70])), kept.frame.iloc[[3, 70]].reset_index(drop=True))
    places = np.concatenate([np.arange(len(some))[where] for where, _ in some.blocks()])
    assert places.tolist() == list(range(len(some)))


def test_a_sample_is_the_same_each_time_and_of_its_places(examples, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 50)
    some = examples.rows.where(examples.observed)
    (places, rows), (again, _) = some.sample(), replace(some).sample()
    assert len(rows) == len(places) == 50
    assert places.tolist() == again.tolist() == sorted(set(places))
    assert_frame_equal(rows, some.take(places))


@pytest.fixture
def blocks_read(monkeypatch):
    """The first site and the length of each block that is read of a stored table."""
    found, whole = [], StoredTable.blocks

    def blocks(self, *arguments, **options):
        for block in whole(self, *arguments, **options):
            found.append((block["site_id"].iloc[0], len(block)))
            yield block

    monkeypatch.setattr(StoredTable, "blocks", blocks)
    return found


def test_only_the_sites_from_the_first_row_to_the_last_are_read(examples, blocks_read):
    rows, known = examples.rows, small_examples().frame
    newest = np.arange(len(rows))[-3:]
    assert_frame_equal(rows.take(newest), known.iloc[newest].reset_index(drop=True), check_categorical=False)
    assert blocks_read == [(SITES[1], len(rows) // 2)]
    blocks_read.clear()
    oldest = rows.where(rows.origins < np.datetime64("2022-09-01")).take(np.array([0, 3]))
    assert_frame_equal(oldest, known.iloc[[0, 3]].reset_index(drop=True), check_categorical=False)
    assert blocks_read == [(SITES[0], len(rows) // 2)]
    blocks_read.clear()
    assert rows.take(np.array([], dtype=int)).columns.tolist() == known.columns.tolist()
    assert blocks_read == []


def test_a_sample_that_was_drawn_is_not_read_again_for_the_bins(examples, monkeypatch, blocks_read):
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 50)
    rows = replace(examples.rows)
    _, sample = rows.sample()
    blocks_read.clear()
    assert_frame_equal(rows.few(), sample)
    Boosting(examples.unit, columns=("value_last",))._job(rows, 3)
    assert blocks_read == []


def test_a_sample_that_was_drawn_does_not_travel_with_the_rows(examples):
    rows = replace(examples.rows)
    before = len(pickle.dumps(rows))
    places, sample = rows.sample()
    assert len(pickle.dumps(rows)) == before
    again, same = pickle.loads(pickle.dumps(rows)).sample()
    assert_frame_equal(same, sample)
    np.testing.assert_array_equal(again, places)


def test_a_forecaster_is_put_together_without_reading_the_table(examples, blocks_read):
    known = small_examples()
    targets_t = known.unit.forward(known.targets)
    model = Climatology(known.unit).fit(known.frame, targets_t)
    training = TrainingSet("pm25", examples.features, examples.targets, pd.Timestamp(RUN.as_of))
    usual = targets_t - model.predict(known.frame)
    recency = RecencyParams(days=90, prior_days=60, prior_count=20)
    assert assemble(model, model, None, training, (usual, usual), known.unit, (14, recency)).pollutant == "pm25"
    assert blocks_read == []


def test_a_ridge_of_blocks_is_the_ridge_of_the_frame(examples):
    targets = small_examples().unit.forward(small_examples().targets)
    ours = RidgeByLead(examples.unit).fit(examples.features, targets)
    theirs = RidgeByLead(examples.unit).fit(small_examples().frame, targets)
    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.intercepts, theirs.intercepts, rtol=1e-9)


def boost(rows, table, ridge=None) -> Boosting:
    known, params = small_examples(), BoostingParams(n_estimators=8, min_child_weight=5.0)
    return Boosting(known.unit, params, seed=3).fit(rows, known.unit.forward(known.targets), ridge)


def test_trees_of_pages_are_the_trees_of_the_frame(examples, table):
    known = small_examples()
    ridge = RidgeByLead(known.unit).fit(known.frame, known.unit.forward(known.targets))
    ours, theirs = boost(examples.features, table, ridge), boost(known.frame, table, ridge)
    dumps = [[booster.get_dump() for booster in model.boosters] for model in (ours, theirs)]
    assert dumps[0] == dumps[1]
    assert sum(len(tree) > 100 for tree in dumps[0][0]) > 0


def beside(table) -> list[str]:
    return sorted(path.name for path in Path(table.path).parent.iterdir())


def test_the_bins_lie_beside_the_table_meanwhile_and_are_gone_afterwards(examples, table, monkeypatch):
    seen = []
    grown = TreeJob._boost
    monkeypatch.setattr(TreeJob, "_boost", lambda *given: [seen.extend(beside(table)), grown(*given)][1])
    boost(examples.features, table)
    assert [name for name in seen if name.startswith(".training-")]
    assert beside(table) == ["features.parquet"]


@pytest.mark.parametrize("failing", ["reading", "boosting"])
def test_the_bins_are_gone_after_a_failure_too(examples, table, monkeypatch, failing):
    known = small_examples()
    ridge = RidgeByLead(known.unit).fit(known.frame, known.unit.forward(known.targets))

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    where = (pages, "feature_matrix") if failing == "reading" else (TreeJob, "_boost")
    monkeypatch.setattr(*where, fail)
    with pytest.raises(OSError, match="the disk is gone"):
        boost(examples.features, table, ridge)
    assert beside(table) == ["features.parquet"]


def test_the_hash_of_the_data_does_not_depend_on_the_blocks(examples, monkeypatch):
    in_blocks = data_hash(examples)
    monkeypatch.setattr(stored, "BLOCK_ROWS", 10_000)
    assert data_hash(examples) == in_blocks
    assert data_hash(small_examples()) == in_blocks
    other = small_examples().targets.copy()
    other[100, 0] += 0.1
    assert data_hash(replace(small_examples(), targets=other)) != in_blocks


def test_a_champion_trained_on_blocks_forecasts_what_one_trained_in_memory_does(examples):
    ours, theirs = train("xgboost", examples), train("xgboost")
    assert ours.tags["sites"] == theirs.tags["sites"]
    assert ours.tags["training_window"] == theirs.tags["training_window"]
    assert_frame_equal(ours.example, theirs.example.reset_index(drop=True), check_categorical=False)
    newest = small_examples().frame.tail(60)
    one, other = ours.forecaster.predict(newest), theirs.forecaster.predict(newest)
    # Targets in the table's examples have seven digits.
    assert_frame_equal(one, other, rtol=1e-4)


@pytest.mark.parametrize("name", ["ridge", "xgboost", "stack"])
def test_a_champion_whose_medians_are_of_a_sample_forecasts_nearly_the_same(examples, monkeypatch, name):
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 600)  # of 1098 rows
    ours, theirs = train(name, examples), train(name)
    newest = small_examples().frame.tail(60)
    one, other = ours.forecaster.predict(newest), theirs.forecaster.predict(newest)
    # Terms, limits and the spread are of 600 rows in the blocks and of 1098 in the frame; sums are of all in both. The
    # means agree within a tenth and most of them within a fiftieth, the widths of the intervals within a half. With all
    # rows in the sample they would agree within a ten-thousandth.
    apart = (one["mean"] / other["mean"] - 1.0).abs()
    assert 0.01 < apart.max() < 0.1
    assert apart.median() < 0.02
    np.testing.assert_allclose(one["q90"] - one["q10"], other["q90"] - other["q10"], rtol=0.5)
