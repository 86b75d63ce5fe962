from datetime import date

import fsspec
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.io import DatasetError
from pandas.testing import assert_frame_equal

from airwatch.archive import Archive, RawArchiveDataset, RawIndexDataset, Reply
from airwatch.stores.errors import StorageError
from airwatch.tables import UnreadableTableError

JUNE = Reply(
    "aqs/pm25/cbsa-31080/2021", "days", date(2021, 1, 1), date(2021, 6, 30), date(2021, 7, 1), date(2021, 6, 28)
)
JUNE_NAME = "aqs/pm25/cbsa-31080/2021/days_20210101-20210630_newest-20210628_asof-20210701.parquet"


@pytest.fixture
def dataset(tmp_path):
    return RawArchiveDataset(path=str(tmp_path / "aqs"))


def rows(*values):
    return pd.DataFrame({"state_code": ["06"] * len(values), "arithmetic_mean": list(values)})


def test_a_reply_s_name_says_what_was_asked_and_when():
    assert JUNE.name == JUNE_NAME


def test_an_empty_reply_s_newest_day_is_none():
    empty = Reply("a/b/c/2021", "changes", date(2021, 1, 1), date(2021, 1, 2), date(2021, 2, 1), None)
    assert empty.name == "a/b/c/2021/changes_20210101-20210102_newest-none_asof-20210201.parquet"


@given(
    st.sampled_from(["days", "changes", "monitors"]),
    *[st.dates(date(1900, 1, 1), date(2199, 12, 31))] * 3,
    st.none() | st.dates(date(1980, 1, 1)),
)
def test_a_name_parses_back_into_its_reply(kind, first, last, fetched_at, newest):
    reply = Reply("aqs/pm25/box-24-50--125--66/2021", kind, first, last, fetched_at, newest)
    assert Reply.parse(reply.name) == reply


@pytest.mark.parametrize(
    "name",
    [
        f"{JUNE_NAME}.part",
        JUNE_NAME.replace("days", "hours"),
        JUNE_NAME.replace("_asof-20210701", ""),
        JUNE_NAME.replace("-20210630", ""),
        "aqs/notes.txt",
        "",
    ],
)
def test_a_file_that_is_not_ours_is_no_reply(name):
    assert Reply.parse(name) is None


def test_an_archive_that_is_not_there_yet_holds_nothing(dataset):
    assert not dataset.exists()
    assert dataset.load().replies() == []


def test_the_archive_lists_what_was_stored_and_nothing_else(dataset, tmp_path):
    later = Reply(JUNE.folder, "days", date(2021, 6, 28), date(2021, 7, 31), date(2021, 8, 1), None)
    other = Reply("aqs/ozone/cbsa-31080/2021", "days", date(2021, 1, 1), date(2021, 6, 30), date(2021, 7, 1), None)
    dataset.save({later.name: rows(), JUNE.name: rows(1.0), other.name: rows()})
    (tmp_path / "aqs" / f"{JUNE_NAME}.part").write_text("half a reply")
    (tmp_path / "aqs/notes.txt").write_text("mine")
    assert dataset.load().replies() == [other, JUNE, later]
    assert dataset.exists()


def test_the_archive_reads_the_chosen_replies_one_after_the_other(dataset):
    later = Reply(JUNE.folder, "days", date(2021, 6, 28), date(2021, 7, 31), date(2021, 8, 1), None)
    none = Reply(JUNE.folder, "changes", date(2021, 1, 1), date(2021, 6, 30), date(2021, 8, 1), None)
    dataset.save({JUNE.name: rows(1.0, 2.0), later.name: rows(3.0), none.name: rows()})
    archive = dataset.load()
    assert_frame_equal(archive.read([later, none, JUNE]), rows(3.0, 1.0, 2.0))
    assert archive.read([none]).empty
    assert archive.read([]).empty


def test_a_damaged_reply_is_named(dataset, tmp_path):
    dataset.save({JUNE.name: rows(1.0)})
    (tmp_path / "aqs" / JUNE_NAME).write_bytes(b"PAR1")
    with pytest.raises(UnreadableTableError, match=JUNE_NAME):
        dataset.load().read([JUNE])


def test_a_reply_of_columns_is_kept_with_what_was_noted_of_it(dataset):
    columns = pa.table({"state_code": ["06"], "arithmetic_mean": [1.0]}, metadata={"etag": '"v1"'})
    dataset.save({JUNE.name: columns})
    assert dataset.load().said(JUNE) == {"etag": '"v1"'}
    assert_frame_equal(dataset.load().read([JUNE]), rows(1.0))


def test_rows_are_read_by_state_whatever_kind_of_texts_the_replies_hold(dataset):
    later = Reply(JUNE.folder, "days", date(2021, 6, 28), date(2021, 7, 31), date(2021, 8, 1), None)
    one = pd.DataFrame({"state_code": ["06", "02"], "poc": [1, 2], "pollutant_standard": [None, None]})
    other = one.astype({"state_code": "category"}).assign(poc=[3, 4], pollutant_standard="PM25 24-hour 2024")
    dataset.save({JUNE.name: one, later.name: other})
    parts = dataset.load().rows([JUNE, later]).by_states(["poc", "pollutant_standard"], most=1)
    standard = "PM25 24-hour 2024"
    assert [part.to_pydict() for part in parts] == [
        {"poc": [2, 4], "pollutant_standard": [None, standard]},
        {"poc": [1, 3], "pollutant_standard": [None, standard]},
    ]


def test_rows_of_a_damaged_reply_name_it(dataset, tmp_path):
    dataset.save({JUNE.name: rows(1.0)})
    (tmp_path / "aqs" / JUNE_NAME).write_bytes(b"PAR1")
    with pytest.raises(UnreadableTableError, match=JUNE_NAME):
        dataset.load().rows([JUNE]).read(["state_code"])


def test_the_archive_lies_on_s3_as_well(faulty_s3):
    dataset = RawArchiveDataset(path=f"s3://{faulty_s3.bucket}/raw/aqs")
    assert dataset.load().replies() == []
    dataset.save({JUNE.name: rows(1.0)})
    archive = dataset.load()
    assert archive.replies() == [JUNE]
    assert_frame_equal(archive.read([JUNE]), rows(1.0))
    assert archive.rows([JUNE]).read(["state_code"]).to_pydict() == {"state_code": ["06"]}


def test_a_reply_that_cannot_be_read_from_s3_is_told_in_s3_s_words(faulty_s3, monkeypatch):
    dataset = RawArchiveDataset(path=f"s3://{faulty_s3.bucket}/raw/aqs")
    dataset.save({JUNE.name: rows(1.0)})
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    archive = RawArchiveDataset(path=f"s3://{faulty_s3.bucket}/raw/aqs").load()
    for read in (lambda: archive.read([JUNE]), lambda: archive.rows([JUNE]).read(["state_code"]), archive.replies):
        faulty_s3.faults += [(method, "busy") for method in ("HEAD", "GET")]
        with pytest.raises(StorageError, match=r"answered (503|SlowDown) to (HeadObject|ListObjectsV2)"):
            read()
        faulty_s3.faults.clear()


def test_an_archive_s_root_may_end_with_a_slash(dataset, tmp_path):
    dataset.save({JUNE.name: rows(1.0)})
    assert Archive(fsspec.filesystem("file"), f"{tmp_path}/aqs/").replies() == [JUNE]


def test_the_index_sees_what_the_archive_holds_and_saves_nothing(dataset, tmp_path):
    dataset.save({JUNE.name: rows(1.0)})
    index = RawIndexDataset(path=str(tmp_path / "aqs"))
    assert index.load().replies() == [JUNE]
    with pytest.raises(DatasetError, match="cannot be saved"):
        index.save({})


def test_a_damaged_yearly_file_is_named_when_its_version_is_looked_up(dataset, tmp_path):
    dataset.save({JUNE.name: rows(1.0)})
    (tmp_path / "aqs" / JUNE_NAME).write_bytes(b"PAR1")
    with pytest.raises(UnreadableTableError, match=JUNE_NAME):
        dataset.load().said(JUNE)
