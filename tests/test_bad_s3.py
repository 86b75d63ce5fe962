"""An S3 that is busy, slow, broken, closed or not there: a run completes or ends with one line, and nothing is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle

import pytest

from epa_on_loopback import one_line
from proxy_on_loopback import Proxy, standing_before
from runs_on_s3 import FIRST, MORE, OnS3
from s3_on_loopback import S3, SECRET


@pytest.fixture
def proxy(s3: S3, on_s3: OnS3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy that runs go through; the pauses between their attempts are botocore's own, and left out."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.001)
    with standing_before(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


def one_in(requests: int, trouble: Callable[[], str]) -> Callable[[str], str]:
    """Trouble for one request in so many, at random."""
    dice = random.Random(20)
    return lambda request: trouble() if dice.random() < 1 / requests else ""


@pytest.mark.parametrize("troubles", [("busy",), ("cut", "half")], ids=["by a 503", "by a cut connection"])
def test_a_run_completes_where_one_request_in_five_fails(on_s3: OnS3, proxy: Proxy, troubles: tuple[str, ...]) -> None:
    bucket, run = on_s3
    turns = cycle(troubles)
    proxy.trouble = one_in(5, lambda: next(turns))
    result = run(MORE)
    assert result.exit_code == 0, result.output
    assert bucket.objects() == bucket.left[MORE]


def test_a_run_completes_where_answers_are_slow_and_some_do_not_come_in_time(
    on_s3: OnS3, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, run = on_s3
    monkeypatch.setattr("airwatch.stores.s3.READ_SECONDS", 0.25)
    too_late = one_in(20, lambda: time.sleep(0.5) or "")
    proxy.trouble = lambda request: time.sleep(0.01) or too_late(request)
    result = run(MORE)
    assert result.exit_code == 0, result.output
    assert bucket.objects() == bucket.left[MORE]


def test_an_s3_that_stays_busy_ends_a_run_with_one_line_and_the_next_completes(on_s3: OnS3, proxy: Proxy) -> None:
    bucket, run = on_s3
    number = count()
    proxy.trouble = lambda request: "busy" if request.startswith("PUT") and next(number) > 2 else ""
    line = one_line(run(MORE))
    assert f"s3://{bucket.name} answered SlowDown to PutObject" in line
    found = bucket.objects()
    old, new = bucket.left[FIRST], bucket.left[MORE]
    assert {name for name, content in found.items() if content not in (old.get(name), new.get(name))} == set()
    assert set(old) <= set(found)
    proxy.trouble = lambda request: ""
    assert run(MORE).exit_code == 0
    assert bucket.objects() == new


REFUSALS = {
    "another secret": ({"AWS_SECRET_ACCESS_KEY": f"{SECRET}!"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    "another key": ({"AWS_ACCESS_KEY_ID": "airwatch-nobody"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    "no such bucket": ({"S3_DATA_BUCKET_NAME": "airwatch-missing"}, "S3_DATA_BUCKET_NAME"),
    "no name of a bucket": ({"S3_DATA_BUCKET_NAME": "Air Watch"}, "S3_DATA_BUCKET_NAME"),
    "nobody there": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS_ENDPOINT_URL"),
}


@pytest.mark.parametrize(("variables", "named"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_line_that_names_the_variable_and_nothing_is_lost(
    on_s3: OnS3, monkeypatch: pytest.MonkeyPatch, proxy: Proxy, variables: dict[str, str], named: str
) -> None:
    bucket, run = on_s3
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    line = one_line(run(MORE))
    assert named in line
    assert SECRET not in line
    assert bucket.objects() == bucket.left[FIRST]
