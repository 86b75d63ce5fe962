import shutil
import time
from email.utils import formatdate

import pytest

from airwatch.checks.machine import clock, libraries, python, room
from airwatch.checks.report import Status


@pytest.mark.parametrize(
    ("off_s", "status"),
    [(0, "ok"), (-50, "ok"), (-70, "warning"), (70, "warning"), (-290, "warning"), (-310, "error"), (900, "error")],
)
def test_a_clock_that_is_off_by_a_minute_is_a_warning_and_by_five_an_error(answering, off_s, status):
    found = clock([answering(Date=formatdate(time.time() + off_s)).url])
    assert found.status == status
    assert ("timedatectl" in found.remedy) == (status != "ok")


def test_a_clock_that_is_behind_is_told_so(answering):
    url = answering(Date=formatdate(time.time() + 600)).url
    assert clock([url]).found in {f"{seconds} s behind {url}" for seconds in range(598, 603)}


def test_the_first_server_that_tells_the_time_is_believed(answering, nobody):
    timeless, right = answering(), answering(Date=formatdate())
    assert clock([nobody, timeless.url, right.url]).found.endswith(right.url)
    assert clock([nobody, timeless.url]).status is Status.SKIPPED


def test_the_address_of_a_clock_is_told_without_its_password(answering):
    url = answering(Date=formatdate()).url.replace("//", "//someone:canary@")
    assert "canary" not in clock([url]).found


def test_room_is_judged_by_the_fullest_disk(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    later = tmp_path / "not/there/yet"
    assert room([later], little_bytes=0, least_bytes=0).status is Status.OK
    assert room([later], little_bytes=2 * free, least_bytes=0).status is Status.WARNING
    found = room([later], little_bytes=2 * free, least_bytes=2 * free)
    assert found.status is Status.ERROR
    assert found.found.startswith(f"{tmp_path}: ")


def test_a_disk_is_named_once(tmp_path):
    assert room([tmp_path, tmp_path / "more"], 0, 0).found.count("GiB") == 1


def test_this_environment_is_one_that_airwatch_runs_on():
    assert python().status is Status.OK
    assert libraries().status is Status.OK, libraries().found


def test_a_library_out_of_range_or_missing_is_named():
    found = libraries(["numpy>=99", "no-such-library", "pandas>=1", 'tomli; python_version < "3.0"'])
    assert found.status is Status.ERROR
    assert found.found.startswith("no-such-library is not installed; numpy ")
    assert found.found.endswith(" is not >=99")


def test_a_library_of_an_extra_counts_where_it_is_installed():
    assert libraries(['no-such-library>=2; extra == "serve"']).status is Status.OK
    assert libraries(['numpy>=99; extra == "serve"']).status is Status.ERROR
