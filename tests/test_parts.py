"""Tables whose parts are written by whoever makes them."""

import json
from itertools import count

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError
from pandas.testing import assert_frame_equal

from airwatch.cluster import ClusterError
from airwatch.datasets import BlocksTableDataset
from airwatch.engine import HERE
from airwatch.parts import PartsTableDataset, _turn
from airwatch.tables import WorkTable
from builders import build_days
from builders_cluster import Days

SITES = ("06-037-0001", "06-037-0002", "06-059-0003", "06-059-0004")
ATTRS = {"made_for": {"source": "sandbox-20"}}
WHOLE = pd.concat([build_days(3, site=site) for site in SITES], ignore_index=True)


@pytest.fixture
def parts(tmp_path):
    return PartsTableDataset(filepath=f"{tmp_path}/days", schema="DailyObservations")


def work(mapper=HERE, sites=SITES, **of_second):
    """A table with a part for each site; keywords are of the second."""
    items = [Days(site, **(of_second if site == SITES[1] else {})) for site in sites]
    return WorkTable(mapper, Days.frame, lambda: iter(items), ATTRS)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def turns(monkeypatch):
    """Parts are called after the time that they are written: 000001-..., 000002-..."""
    numbers = count(1)
    monkeypatch.setattr("airwatch.parts._turn", lambda: f"{next(numbers):06d}")


def as_stored(frame, tmp_path):
    """The frame as the one-file table gives it back."""
    dataset = BlocksTableDataset(filepath=f"{tmp_path}/whole.parquet", schema="DailyObservations")
    dataset.save(frame)
    return dataset.load().read()


def test_a_table_of_parts_reads_as_the_one_file_would(parts, tmp_path):
    parts.save(work())
    assert_frame_equal(parts.load().read(), as_stored(WHOLE, tmp_path), check_exact=True)
    assert parts.load().attrs == ATTRS
    assert names(tmp_path / "days") == ["000001-00000.parquet", *NUMBERED[1:], "_parts.json"]


NUMBERED = [f"000001-{number:05d}.parquet" for number in range(len(SITES))]


@pytest.mark.parametrize("given", [WHOLE, [WHOLE.iloc[:6], WHOLE.iloc[6:]]])
def test_frames_can_be_saved_too(parts, given, tmp_path):
    parts.save(given)
    assert_frame_equal(parts.load().read(), as_stored(WHOLE, tmp_path), check_exact=True)


def test_a_table_that_is_written_again_leaves_nothing_of_the_one_before(parts, tmp_path):
    parts.save(work())
    parts.save(work(sites=SITES[:2]))
    assert names(tmp_path / "days") == ["000002-00000.parquet", "000002-00001.parquet", "_parts.json"]
    assert parts.load().read()["site_id"].unique().tolist() == list(SITES[:2])


def test_a_run_that_fails_leaves_the_old_table(parts, tmp_path):
    parts.save(work(sites=SITES[:1]))
    with pytest.raises(DatasetError, match="a mistake"):
        parts.save(work(fails=ValueError("a mistake")))
    assert "000002-00000.parquet" in names(tmp_path / "days")
    assert parts.load().read()["site_id"].unique().tolist() == [SITES[0]]


def test_what_a_first_run_that_failed_left_is_no_table_and_is_not_read_later(parts, tmp_path):
    with pytest.raises(DatasetError, match="a mistake"):
        parts.save(work(fails=ValueError("a mistake")))
    (tmp_path / "days/000001-00003.parquet.part").touch()
    assert names(tmp_path / "days") == ["000001-00000.parquet", "000001-00003.parquet.part"]
    assert not parts.exists()
    with pytest.raises(DatasetError, match="days is not there; run the pipeline that makes it"):
        parts.load()
    parts.save(work(sites=SITES[2:]))
    assert names(tmp_path / "days") == ["000002-00000.parquet", "000002-00001.parquet", "_parts.json"]
    assert json.loads((tmp_path / "days/_parts.json").read_text()) == names(tmp_path / "days")[:2]
    assert parts.load().read()["site_id"].unique().tolist() == list(SITES[2:])


@pytest.mark.parametrize(
    "sites", [(SITES[1], SITES[0]), (SITES[0], SITES[0])], ids=["in another order", "the same twice"]
)
def test_parts_that_do_not_make_a_table_together_are_refused(parts, sites, tmp_path):
    with pytest.raises(DataValidationError):
        parts.save(work(sites=sites))
    assert not parts.exists()


def test_workers_write_the_parts_and_one_that_is_killed_loses_nothing(cluster, parts, tmp_path):
    before, died = set(cluster.workers), tmp_path / "died"
    parts.save(work(cluster, dies=died))
    assert died.exists()
    assert set(cluster.workers) != before
    assert_frame_equal(parts.load().read(), as_stored(WHOLE, tmp_path), check_exact=True)
    assert names(tmp_path / "days") == [*NUMBERED, "_parts.json"]


def test_a_part_at_which_a_worker_fails_is_named(cluster, parts):
    with pytest.raises(DatasetError) as failed:
        parts.save(work(cluster, fails=ValueError("a mistake")))
    assert isinstance(failed.value.__cause__, ClusterError)
    assert str(failed.value.__cause__) == "The cluster failed at the days of 06-037-0002: a mistake"


def test_each_time_a_table_is_written_its_parts_have_names_of_their_own(monkeypatch):
    monkeypatch.undo()
    assert len({_turn() for _ in range(100)}) == 100


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
def test_workers_write_the_parts_to_s3_and_later_runs_replace_them(cluster, faulty_s3, tmp_path):
    keys = {"key": "a", "secret": "b"}  # the workers were there before the test and have not its environment
    reached = {**keys, "client_kwargs": {"endpoint_url": faulty_s3.url, "region_name": "us-east-1"}}
    address = f"s3://{faulty_s3.bucket}/features"
    parts = PartsTableDataset(filepath=address, schema="DailyObservations", credentials=reached)
    assert not parts.exists()
    for number in (1, 3):
        parts.save(work(cluster, sites=SITES[-number:]))
        found = parts.load()
        assert len(found) == 3 * number
    assert_frame_equal(found.read(), as_stored(WHOLE.iloc[3:].reset_index(drop=True), tmp_path), check_exact=True)
    # A worker that has read the table before sees what it is now.
    assert list(cluster.map(len, [parts.load(), parts.load()])) == [9, 9]
    parts.note()
    parts.save(work(sites=SITES))
    assert list(cluster.map(len, [parts.load(), parts.load()])) == [12, 12]
    written = {*(f"features/000003-{number:05d}.parquet" for number in range(4)), "features/_parts.json"}
    assert faulty_s3.objects() == written
