"""Trees that the workers of a cluster grow together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from airwatch import cluster as clusters
from airwatch.cluster import ClusterError
from airwatch.forecasting.boosting import Boosting, BoostingParams
from airwatch.forecasting.rows import FrameRows
from airwatch.shares import SharedRows
from builders_cluster import DyingJob, FailingJob, first_dies
from builders_trees import rows_and_residuals

SETTINGS = BoostingParams(n_estimators=8, min_child_weight=5.0)


class Alone:
    """Stands for workers: keeps the shares of three."""

    def together(self, work, shares):
        self.shares = shares(3)
        return [b"trees"]


@pytest.fixture(scope="module")
def taught():
    """Rows at four sites, and what is left over of them at three leads, some of it missing."""
    return rows_and_residuals()


def job_of(rows):
    return Boosting(None, SETTINGS, seed=3, columns=tuple(rows.columns[3:]))._job(rows, 3)


def shared(rows, cluster):
    return SharedRows(rows, rows, cluster)


def test_each_row_is_in_one_share_with_what_it_teaches(taught):
    rows, residuals = taught
    workers = Alone()
    assert shared(rows, workers).grow(job_of(rows), residuals) == [b"trees"]
    assert pd.concat([share.rows.frame for share in workers.shares]).equals(rows.frame)
    assert np.array_equal(np.concatenate([share.residuals for share in workers.shares]), residuals, equal_nan=True)
    assert max(len(share.rows) for share in workers.shares) - min(len(share.rows) for share in workers.shares) <= 1


def test_rows_for_the_workers_are_chosen_like_those_here(taught):
    rows, _ = taught
    chosen = np.arange(len(rows)) % 3 == 0
    some = shared(rows, Alone()).where(chosen)
    assert len(some) == len(some.there) == chosen.sum()
    assert list(some.there.origins) == list(rows.origins[chosen])
    [(_, block)] = some.blocks()
    assert block.equals(some.take(np.arange(len(some))))
    assert some.columns == rows.columns


def test_two_workers_grow_the_trees_that_are_grown_here(taught, cluster):
    rows, residuals = taught
    job = job_of(rows)
    assert shared(rows, cluster).grow(job, residuals) == rows.grow(job, residuals)


def test_a_share_that_fails_is_named_and_does_not_hold_up_the_others(taught, cluster, tmp_path):
    rows, residuals = taught
    failing = FailingJob(**vars(job_of(rows)), marker=tmp_path / "failed")
    with pytest.raises(ClusterError, match=r"failed at the trees of 06-037-000\d to 06-037-000\d: a mistake"):
        shared(rows, cluster).grow(failing, residuals)
    again = replace(failing, marker=tmp_path / "failed")  # the file is there, so that no worker fails
    assert len(shared(rows, cluster).grow(again, residuals)) == 3


def test_workers_without_any_row_take_part(taught, cluster):
    rows, residuals = taught
    one = np.arange(len(rows)) < 1
    few = FrameRows(rows.frame[one])
    assert len(shared(few, cluster).grow(job_of(rows), residuals[one])) == 3


def test_a_worker_that_is_killed_among_its_trees_loses_nothing(taught, cluster, tmp_path):
    rows, residuals = taught
    dying = DyingJob(**vars(job_of(rows)), marker=tmp_path / "died")
    assert shared(rows, cluster).grow(dying, residuals) == rows.grow(job_of(rows), residuals)
    assert (tmp_path / "died").exists()


def test_a_training_ends_where_workers_are_lost_time_after_time(cluster, monkeypatch):
    monkeypatch.setattr(clusters, "ATTEMPTS", 1)
    with pytest.raises(ClusterError, match="Workers were lost 1 times while trees were grown"):
        cluster.together(first_dies, range)
