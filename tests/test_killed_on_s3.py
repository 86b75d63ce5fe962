"""A run that is killed while it writes to S3 leaves each table as it was or as it was to be, and the next completes."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.process import BaseProcess

from forked_runs import Begin
from proxy_on_loopback import standing_before
from runs_on_s3 import EARLIER, FIRST, Bucket

MOMENTS, AT_ONCE = 10, 2


def test_a_run_that_is_killed_at_any_moment_of_its_writing_leaves_whole_tables(
    begin: Begin, stocked: Callable[[], Bucket]
) -> None:
    dice = random.Random(20)
    buckets = [stocked() for _ in range(MOMENTS)]
    old, new = buckets[0].left[FIRST], buckets[0].left[EARLIER]
    writes = sum(content != old[name] for name, content in new.items())
    moments = [(dice.randrange(writes), dice.random()) for _ in buckets]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(partial(kill_and_run_again, begin), buckets, moments)) == [(True, True)] * MOMENTS


def kill_and_run_again(begin: Begin, bucket: Bucket, moment: tuple[int, float]) -> tuple[bool, bool]:
    """Whether what a killed run leaves is whole, old or new, and what the next run leaves is all new."""
    old, new = bucket.left[FIRST], bucket.left[EARLIER]
    run = ("--env", "prod", *EARLIER)
    with standing_before(bucket.variables["AWS_ENDPOINT_URL"]) as proxy:
        killed = begin({**bucket.variables, "AWS_ENDPOINT_URL": proxy.url}, run)
        proxy.allowance = killing(killed, *moment)
        killed.join(90)
    assert killed.exitcode == -signal.SIGKILL
    found = bucket.objects()
    whole = set(found) == set(old) and all(content in (old[name], new[name]) for name, content in found.items())
    after = begin(bucket.variables, run)
    after.join(90)
    return whole, after.exitcode == 0 and bucket.objects() == new


def killing(process: BaseProcess, number: int, share: float) -> Callable[[int], int]:
    """Kill a process when a share of what it writes for the ``number``-th time has passed."""
    lock, seen = threading.Lock(), []

    def allowance(length: int) -> int:
        with lock:
            seen.append(length)
            if len(seen) != number + 1:
                return length
        process.kill()
        return int(share * length)

    return allowance
