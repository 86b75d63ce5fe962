"""A Dask scheduler and two workers as processes of their own, as a user starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from airwatch.cluster import Cluster

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = PROJECT / "src"
QUIET = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]


@contextmanager
def process(folder: Path, *command: str, sources: Path = SOURCES) -> Iterator[None]:
    """``dask scheduler`` or ``dask worker``, ended at once with all that it started."""
    found = {"PYTHONPATH": os.pathsep.join([str(sources), str(PROJECT / "tests")])}
    begun = subprocess.Popen(
        [sys.executable, "-m", "dask", *command, *QUIET],
        env={**os.environ, **found, "DASK_TEMPORARY_DIRECTORY": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()


def worker(folder: Path, address: str, sources: Path = SOURCES) -> AbstractContextManager[None]:
    """A worker of one thread, which its nanny starts again where it dies."""
    return process(folder, "worker", address, "--nthreads", "1", "--host", "127.0.0.1", sources=sources)


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A scheduler; its address."""
    place = folder / "scheduler.json"
    with process(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place)):
        deadline = time.monotonic() + 30
        while not place.exists():
            assert time.monotonic() < deadline, "no scheduler came up"
            time.sleep(0.05)
        yield json.loads(place.read_text())["address"]


@pytest.fixture(scope="session")
def dask_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers."""
    folder = tmp_path_factory.mktemp("dask")
    with scheduler(folder) as address, ExitStack() as workers:
        for _ in range(2):
            workers.enter_context(worker(folder, address))
        yield address


@pytest.fixture(scope="session")
def two_workers(dask_address: str) -> Iterator[Cluster]:
    """The workers, with a connection that lasts for the session."""
    from distributed import Client

    with Client(dask_address, timeout=30) as client:
        client.wait_for_workers(2, timeout=30)
    cluster = Cluster.connect(dask_address, 2)
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(two_workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The workers, both of them there, and watched closely."""
    monkeypatch.setattr("airwatch.cluster.WATCH_SECONDS", 0.3)
    two_workers.client.wait_for_workers(2, timeout=30)
    return two_workers
