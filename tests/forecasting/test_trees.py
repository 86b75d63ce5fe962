"""Trees that are the same wherever they are grown."""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import pytest
import xgboost

from airwatch.forecasting import rows as sampling
from airwatch.forecasting import trees
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.rows import FrameRows
from airwatch.forecasting.trees import is_drawn, row_keys, squared_error
from builders_trees import DAYS, SITES, rows_and_residuals


@pytest.fixture(scope="module")
def taught():
    return rows_and_residuals()


def job_of(rows, **settings):
    params = BoostingParams(**{"n_estimators": 6, "min_child_weight": 5.0, **settings})
    return Boosting(None, params, seed=3, columns=tuple(rows.columns[3:]))._job(rows, 3)


def grown(rows, residuals, **settings):
    job = job_of(rows, **settings)
    return [xgboost.Booster(model_file=bytearray(one)) for one in job.grow(rows, residuals, job.edges())]


def test_the_numbers_of_the_hash_are_those_of_its_inventor():
    # The first three outputs of SplitMix64 begun at 0, as Steele, Lea and Flood's own program gives them.
    states = np.arange(3, dtype=np.uint64) * trees._STEP
    assert [f"{number:016x}" for number in trees._mixed(states)] == [
        "e220a8397b1dcdaf",
        "6e789e6aa1b965f4",
        "06c45d188009454f",
    ]


def test_a_row_has_the_same_key_wherever_it_stands(taught):
    rows, _ = taught
    keys, turned = row_keys(rows), np.random.default_rng(5).permutation(len(rows))
    assert np.array_equal(row_keys(FrameRows(rows.frame.iloc[turned])), keys[turned])
    assert np.array_equal(row_keys(rows.where(rows.site_ids.to_numpy() == "06-037-0002")), keys[2 * DAYS : 3 * DAYS])
    assert len(set(keys)) == SITES * DAYS


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_each_round_is_shown_its_share_of_the_rows_and_others_than_the_last(share):
    keys = np.arange(20_000, dtype=np.uint64) * np.uint64(3)
    first, second = is_drawn(keys, 0, share), is_drawn(keys, 1, share)
    # Four standard deviations of a share of 20 000 rows are 0.013 at most.
    assert abs(first.mean() - share) < 0.013
    assert abs((first & second).mean() - share**2) < 0.013
    assert not is_drawn(keys, 0, 0.0).any()
    assert is_drawn(keys, 7, 1.0).all()


def test_the_gradient_is_the_error_of_the_rows_that_are_drawn_and_have_a_target():
    residual, keys = np.array([1.0, np.nan, -2.0]), np.arange(3, dtype=np.uint64)
    gradient, weight = squared_error(residual, keys, 1.0)(np.array([3.0, 3.0, 3.0], dtype=np.float32), None)
    assert gradient.tolist() == [2.0, 0.0, 5.0]
    assert weight.tolist() == [1.0, 0.0, 1.0]
    of_none, weight = squared_error(residual, keys, 0.0)(np.ones(3, dtype=np.float32), None)
    assert not of_none.any()
    assert not weight.any()


def test_the_rounds_of_a_lead_are_shown_one_draw_after_the_other():
    keys = np.arange(1000, dtype=np.uint64)
    gradient = squared_error(np.zeros(1000), keys, 0.5)
    drawn = [gradient(np.ones(1000, dtype=np.float32), None)[1] for _ in range(3)]
    assert all(np.array_equal(weights, is_drawn(keys, number, 0.5)) for number, weights in enumerate(drawn))


def test_a_sample_is_all_of_few_rows_or_some_of_many_in_order(monkeypatch):
    assert sampling.sample_places(7).tolist() == list(range(7))
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 50)
    places = sampling.sample_places(1000)
    assert len(set(places)) == 50
    assert places.tolist() == sorted(places)
    assert np.array_equal(places, sampling.sample_places(1000))


def test_the_bins_are_sought_in_all_rows_or_in_the_sample(taught, monkeypatch):
    rows, _ = taught
    assert job_of(rows).sample.shape == (DAYS * SITES, 5)
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 50)
    of_sample = rows.frame.iloc[sampling.sample_places(DAYS * SITES), 3:].to_numpy()
    np.testing.assert_array_equal(job_of(rows).sample, of_sample)
    assert len(rows.sample()[1]) == DAYS * SITES


def test_each_lead_has_as_many_rounds_as_it_was_given(taught):
    assert [booster.num_boosted_rounds() for booster in grown(*taught, n_estimators=9)] == [9, 2, 1]


def test_rows_without_a_target_teach_nothing(taught):
    rows, residuals = taught
    known = np.isfinite(residuals).all(axis=1)
    changed = rows.frame.copy()
    changed.loc[~known, "feature_0"] *= -1
    without = np.where(known[:, None], residuals, np.nan)
    job = job_of(rows)
    assert job.grow(rows, without, job.edges()) == job.grow(FrameRows(changed), without, job.edges())


@dataclass(frozen=True)
class Apart(FrameRows):
    """Rows that do not fit into memory: 100 at a time, binned into a file."""

    folder: object = None

    def blocks(self):
        for start in range(0, len(self.frame), 100):
            yield slice(start, min(start + 100, len(self.frame))), self.frame.iloc[start : start + 100]

    def scratch(self):
        return nullcontext(self.folder)


@pytest.mark.parametrize("sample_rows", [250_000, 120])
def test_trees_from_a_file_are_those_from_memory(taught, tmp_path, monkeypatch, sample_rows):
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", sample_rows)
    rows, residuals = taught
    job = job_of(rows)
    assert job.grow(Apart(rows.frame, tmp_path), residuals, job.edges()) == job.grow(rows, residuals, job.edges())


def test_a_seed_draws_other_columns(taught):
    rows, residuals = taught
    job = job_of(rows)
    other = replace(job, settings={**job.settings, "seed": 4})
    assert job.grow(rows, residuals, job.edges()) != other.grow(rows, residuals, job.edges())
