"""Files of this machine are whole or not there, and of two writers one wins."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from airwatch.stores.errors import OvertakenError
from airwatch.stores.local import version, write_whole

FULL = Path("/dev/full")
# Leaves a file half written: it is killed.
HALF = """
import sys, time
from airwatch.stores.local import write_whole

def half(file):
    file.write(b"half of another run")
    file.flush()
    print("half", flush=True)
    time.sleep(60)

write_whole(sys.argv[1], half)
"""


def text(*contents: str | BaseException) -> Callable[..., None]:
    """Writes one text after the other; an exception among them is raised."""

    def fill(file):
        for content in contents:
            if isinstance(content, BaseException):
                raise content
            file.write(content.encode())

    return fill


def listed(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_file_is_written_with_its_folder_and_nothing_else(tmp_path):
    write_whole(f"{tmp_path}/a/b.txt", text("whole", "some"))
    assert listed(tmp_path / "a") == {"b.txt": "wholesome"}


def test_nothing_shows_under_the_name_before_it_is_complete(tmp_path):
    def look(file):
        file.write(b"half")
        file.flush()
        assert not (tmp_path / "b.txt").exists()

    write_whole(f"{tmp_path}/b.txt", look)
    assert listed(tmp_path) == {"b.txt": "half"}


@pytest.mark.parametrize("failure", [ValueError("a mistake"), KeyboardInterrupt()])
def test_the_old_file_stays_when_writing_fails(tmp_path, failure):
    (tmp_path / "b.txt").write_text("old")
    with pytest.raises(type(failure)):
        write_whole(f"{tmp_path}/b.txt", text("half", failure))
    assert listed(tmp_path) == {"b.txt": "old"}


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which stands for a full disk")
@pytest.mark.parametrize("size", [10, 10_000_000])
def test_the_file_for_which_the_disk_was_full_is_named(tmp_path, size):
    (tmp_path / "b.txt.part").symlink_to(FULL)
    with pytest.raises(OSError, match=r"b\.txt") as failed:
        write_whole(f"{tmp_path}/b.txt", text("x" * size))
    assert (failed.value.errno, failed.value.filename) == (errno.ENOSPC, f"{tmp_path}/b.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_version_is_of_one_writing_even_of_the_same_text(tmp_path):
    path = f"{tmp_path}/b.txt"
    assert version(path) is None
    first = write_whole(path, text("same"))
    assert version(path) == first
    assert write_whole(path, text("same")) != first


def test_a_file_replaces_the_version_that_was_named_alone(tmp_path):
    path = f"{tmp_path}/b.txt"
    first = write_whole(path, text("first"), over=None)
    second = write_whole(path, text("second"), over=first)
    for over in (None, first):
        with pytest.raises(OvertakenError, match="b was written by another run"):
            write_whole(path, text("third"), over=over)
    assert listed(tmp_path) == {"b.txt": "second"}
    assert version(path) == second


def test_of_writers_at_the_same_time_exactly_one_wins(tmp_path):
    path, ready, won, lost = f"{tmp_path}/b.txt", threading.Barrier(8), [], []

    def run(number):
        def fill(file):
            file.write(str(number).encode())

        ready.wait()
        try:
            write_whole(path, fill, over=None)
            won.append(number)
        except OvertakenError:
            lost.append(number)

    writers = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(won) == 1
    assert len(lost) == 7
    assert listed(tmp_path) == {"b.txt": str(won[0])}


def test_the_first_to_finish_wins_whoever_began(tmp_path):
    path, writing, go_on, told = f"{tmp_path}/b.txt", threading.Event(), threading.Event(), []

    def slowly(file):
        file.write(b"half")
        writing.set()
        assert go_on.wait(10)

    def run():
        try:
            write_whole(path, slowly, over=None)
        except OvertakenError as error:
            told.append(error.path)

    slow = threading.Thread(target=run)
    slow.start()
    assert writing.wait(10)
    write_whole(path, text("fast"), over=None)
    go_on.set()
    slow.join(10)
    assert told == [path]
    assert listed(tmp_path) == {"b.txt": "fast"}


def test_a_writer_that_was_killed_is_in_nobody_s_way(tmp_path):
    path = f"{tmp_path}/b.txt"
    with subprocess.Popen([sys.executable, "-c", HALF, path], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"half\n"
        first = write_whole(path, text("mine"), over=None)
        assert listed(tmp_path) == {"b.txt": "mine", "b.txt.part": "half of another run"}
        os.kill(other.pid, signal.SIGKILL)
    write_whole(path, text("short"), over=first)
    assert listed(tmp_path) == {"b.txt": "short"}
