"""Objects on S3 are whole or not there, of two writers one wins, and what waiting mends is waited for."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from s3fs.utils import FileExpired

from airwatch.storage import opened
from airwatch.stores import s3 as module
from airwatch.stores.errors import OvertakenError, StorageError
from faulty_s3_on_loopback import FaultyS3
from s3_on_loopback import S3

COMPLETE = "POST /airwatch-faulty"
OVERTAKEN = "table was written by another run while this one worked: nothing of this one was written over it"


@pytest.fixture
def store(faulty_s3: FaultyS3):
    """S3 as AWS has it."""
    return opened(f"s3://{faulty_s3.bucket}")[0]


@pytest.fixture
def path(faulty_s3: FaultyS3) -> str:
    return f"{faulty_s3.bucket}/a/table.parquet"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 5 * 2**20)  # the smallest that S3 takes


def text(content: str):
    return lambda file: file.write(content.encode())


def test_an_object_comes_back_as_it_was_written_and_replaces_the_one_before(store, path, faulty_s3):
    assert store.version(path) is None
    first = store.write_whole(path, text("first"))
    assert (store.cat(path), store.version(path)) == (b"first", first)
    assert store.write_whole(path, text("second"), over=first) != first
    assert store.cat(path) == b"second"
    assert faulty_s3.objects() == {"a/table.parquet"}


def test_nothing_is_sent_when_writing_fails(store, path):
    def fail(file):
        file.write(b"half")
        raise ValueError("a mistake")

    store.write_whole(path, text("old"))
    with pytest.raises(ValueError, match="a mistake"):
        store.write_whole(path, fail)
    assert store.cat(path) == b"old"


def test_an_object_replaces_the_version_that_was_named_alone(store, path):
    first = store.write_whole(path, text("first"), over=None)
    store.write_whole(path, text("second"), over=first)
    for over in (None, first):
        with pytest.raises(OvertakenError, match=OVERTAKEN):
            store.write_whole(path, text("third"), over=over)
    assert store.cat(path) == b"second"


@pytest.mark.parametrize("there", [True, False])
def test_s3_itself_refuses_what_was_written_between_looking_and_writing(store, path, monkeypatch, there):
    first = store.write_whole(path, text("first")) if there else None
    seen, looked = store._version, []

    async def look(path):
        """Another run writes right after the first look."""
        version = await seen(path)
        if not looked:
            looked.append(path)
            await store._pipe_file(path, b"of another run")
        return version

    monkeypatch.setattr(store, "_version", look)
    with pytest.raises(OvertakenError, match=OVERTAKEN):
        store.write_whole(path, text("mine"), over=first)
    assert store.cat(path) == b"of another run"


def test_of_writers_at_the_same_time_exactly_one_wins(store, path):
    ready, won, lost = threading.Barrier(6), [], []

    def run(number):
        def fill(file):
            file.write(str(number).encode())
            ready.wait()

        try:
            store.write_whole(path, fill, over=None)
            won.append(str(number).encode())
        except OvertakenError:
            lost.append(number)

    writers = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (len(won), len(lost)) == (1, 5)
    assert store.cat(path) == won[0]


@pytest.mark.parametrize("parts", [3, 6])
def test_an_object_of_many_parts_is_whole_and_conditional_too(store, path, small_parts, parts):
    content = random.Random(5).randbytes(parts * module.PART - 7)
    version = store.write_whole(path, lambda file: file.write(content), over=None)
    assert store.cat(path) == content
    with pytest.raises(OvertakenError):
        store.write_whole(path, lambda file: file.write(content[1:]), over=None)
    assert store.version(path) == version


ASKED = {
    "PutObject": ("PUT", lambda store, path: store.write_whole(path, text("new"))),
    "HeadObject": ("HEAD", lambda store, path: store.version(path)),
    "ListObjectsV2": ("GET", lambda store, path: store.find(path.rpartition("/")[0])),
    "GetObject": ("GET", lambda store, path: store.open(path).read()),
    "DeleteObject": ("DELETE", lambda store, path: store.rm_file(path)),
}


@pytest.mark.parametrize("fault", ["busy", "cut"])
@pytest.mark.parametrize("operation", ASKED)
def test_what_waiting_mends_is_asked_again(store, path, faulty_s3, no_pauses, operation, fault):
    method, ask = ASKED[operation]
    store.write_whole(path, text("old"))
    faulty_s3.asked.clear()
    faulty_s3.faults += [(method, fault), (method, fault)]
    ask(store, path)
    assert faulty_s3.faults == []
    assert Counter(each.partition(" ")[0] for each in faulty_s3.asked)[method] == 3


@pytest.mark.parametrize("fault", ["busy", "deaf", "cut"])
def test_each_request_of_an_object_of_many_parts_is_asked_again(store, path, faulty_s3, no_pauses, small_parts, fault):
    content = bytes(11 * 2**20)
    faulty_s3.faults += [("POST", "busy"), ("PUT", fault), ("PUT", fault), (COMPLETE, fault)]
    version = store.write_whole(path, lambda file: file.write(content))
    assert faulty_s3.faults == []
    assert store.version(path) == version
    assert store.cat(path) == content


@pytest.mark.parametrize("fault", ["deaf", "cut"])
def test_a_condition_does_not_refuse_what_was_sent_again_because_the_answer_was_lost(
    store, path, faulty_s3, no_pauses, fault
):
    faulty_s3.faults += [("PUT", fault)]
    first = store.write_whole(path, text("first"), over=None)
    faulty_s3.faults += [("PUT", fault)]
    assert store.write_whole(path, text("second"), over=first) == store.version(path)
    assert store.cat(path) == b"second"


def test_what_does_not_mend_is_given_up_in_one_line_and_the_old_object_stays(store, path, faulty_s3, no_pauses):
    version = store.write_whole(path, text("old"))
    faulty_s3.faults += [("PUT", "busy")] * 8
    with pytest.raises(StorageError) as failed:
        store.write_whole(path, text("new"), over=version)
    assert faulty_s3.faults == []
    assert str(failed.value) == (
        f"s3://{faulty_s3.bucket} answered SlowDown to PutObject each time it was asked. What is stored is whole: run "
        "again later, or with a greater AWS_MAX_ATTEMPTS."
    )
    assert store.version(path) == version


def test_an_upload_that_is_given_up_leaves_no_parts_behind(store, path, faulty_s3, no_pauses, small_parts):
    faulty_s3.faults += [("PUT", "busy")] * 24  # three parts at once
    with pytest.raises(StorageError, match="SlowDown to UploadPart"):
        store.write_whole(path, lambda file: file.write(bytes(11 * 2**20)))
    assert "Uploads" not in faulty_s3.client().list_multipart_uploads(Bucket=faulty_s3.bucket)
    assert faulty_s3.objects() == set()


def test_all_of_a_listing_of_many_pages_is_found(s3: S3, bucket: str, monkeypatch):
    at_rclone, raw = on_rclone(s3, bucket, monkeypatch), s3.folder / bucket / "raw/aqs"
    raw.mkdir(parents=True)
    names = {f"{number:04d}.parquet" for number in range(1001)}
    for name in names:
        (raw / name).touch()
    pages, ask = [], at_rclone._call_s3

    async def counted(method, *given, **named):
        pages.append(method)
        return await ask(method, *given, **named)

    monkeypatch.setattr(at_rclone, "_call_s3", counted)
    assert {path.rpartition("/")[2] for path in at_rclone.find(f"{bucket}/raw")} == names
    assert pages == ["list_objects_v2"] * 2
    assert {path.rpartition("/")[2] for path in at_rclone.glob(f"{bucket}/raw/*/*.parquet*")} == names


def test_what_another_run_writes_is_seen_at_once(store, path, faulty_s3):
    folder = path.rpartition("/")[0]
    assert not store.exists(path)
    assert store.find(folder) == []
    for name in ("table", "other"):
        faulty_s3.client().put_object(Bucket=faulty_s3.bucket, Key=f"a/{name}.parquet", Body=b"of another")
        assert store.exists(f"{folder}/{name}.parquet")
        assert store.isdir(folder)
        assert f"{folder}/{name}.parquet" in store.find(folder)
        assert f"{folder}/{name}.parquet" in store.glob(f"{folder}/*.parquet")
        assert f"{folder}/{name}.parquet" in store.ls(folder, detail=False)


def test_a_file_that_is_replaced_while_it_is_read_is_not_read_as_a_mixture(store, path):
    store.write_whole(path, lambda file: file.write(bytes(100)))
    with store.open(path, "rb", block_size=10, cache_type="none") as file:
        assert file.read(10) == bytes(10)
        store.write_whole(path, lambda file: file.write(b"x" * 100))
        with pytest.raises(FileExpired):
            file.read(10)


def on_rclone(s3: S3, bucket: str, monkeypatch: pytest.MonkeyPatch):
    """A bucket of the server that checks signatures and knows no conditions."""
    for name, value in s3.variables(bucket).items():
        monkeypatch.setenv(name, value)
    return opened(f"s3://{bucket}")[0]


def test_where_s3_knows_no_conditions_a_look_tells_that_another_version_lies_there(s3: S3, bucket: str, monkeypatch):
    store, path = on_rclone(s3, bucket, monkeypatch), f"{bucket}/table.parquet"
    first = store.write_whole(path, text("first"), over=None)
    second = store.write_whole(path, text("second"), over=first)
    for over in (None, first):
        with pytest.raises(OvertakenError, match=OVERTAKEN):
            store.write_whole(path, text("third"), over=over)
    assert (store.cat(path), store.version(path)) == (b"second", second)
