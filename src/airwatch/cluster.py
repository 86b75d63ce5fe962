"""The workers of a Dask cluster: features and forecasts piece by piece, trees by all of them together.

Work is sent with all it needs, so that what a lost worker had in hand is done again by another. Trees are grown by all
workers at once, each on its share of the rows; where one of them is lost they are grown again by those that are left.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

import airwatch
from airwatch.engine import Engine, Threads, in_order
from airwatch.forecasting.rows import TrainingRows
from airwatch.parameters import RunParams
from airwatch.shares import SharedRows
from airwatch.sources.redaction import without_secrets

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECT_SECONDS, WATCH_SECONDS = 10, 2
RETURN_SECONDS = 60  # for a worker to come where none is left
ATTEMPTS = 4  # at what all workers do together
DASK_SETTINGS = {
    # Work is sent with all it needs, so that it can be done again; Dask would warn of each piece that is large.
    "distributed.admin.large-graph-warning-threshold": "100 GB",
    # What fails in a worker of its own is told by the run, once.
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
}
# Dask's own way to silence the workers would silence the log file of the run.
OWN_CLUSTER = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": False}


class ClusterError(Exception):
    """The cluster is not there, not of one version, or failed at a piece of work that the message names."""


class _BrokenRing(Exception):
    """A worker was lost while all of them worked together."""


@dataclass(frozen=True)
class Cluster(Engine):
    """Workers on one machine or many.

    Attributes:
        client: Dask's.
    """

    client: Any

    @classmethod
    def connect(cls, address: str, workers: int) -> Cluster:
        """The workers of a scheduler; where no address is given, workers of its own on this machine.

        Raises:
            ClusterError: Dask is not installed, no scheduler answers, it has no worker, or one of them runs another
                AirWatch.
        """
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ClusterError(
                "engine=dask needs Dask: pip install 'airwatch[cluster]', or use engine=local."
            ) from error
        dask.config.set(DASK_SETTINGS)
        if not address:
            logger.info("Cluster: %d workers of its own on this machine", workers)
            return cls(Client(LocalCluster(workers, threads_per_worker=1, **OWN_CLUSTER)))
        address = without_secrets(address)  # Dask knows no users, and its errors and log lines hold the address
        try:
            client = Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {address}. Start one (make up-cluster), mend DASK_SCHEDULER_ADDRESS, "
                "or leave it out for workers on this machine."
            ) from error
        try:
            _require_same_version(client, address)
        except BaseException:
            client.close()
            raise
        return cls(client)

    def close(self) -> None:
        """Let the workers go; those of its own end."""
        cluster = self.client.cluster
        self.client.close()
        if cluster is not None:
            cluster.close()

    @property
    def workers(self) -> list[str]:
        """The addresses of the workers that are there."""
        return sorted(self.client.scheduler_info(n_workers=-1)["workers"])

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The result for each item, in their order.

        Raises:
            ClusterError: The work failed at an item, which is named, or took down one worker after the other.
        """

        def start(item: Item) -> Callable[[], Result]:
            future = self.client.submit(work, item, pure=False)
            name = str(item)  # the item itself need not be kept
            return lambda: self._result(future, name)

        yield from in_order(start, items, 2 * max(1, len(self.workers)))

    def rows(self, here: TrainingRows, there: TrainingRows) -> TrainingRows:
        """Rows whose trees all workers grow."""
        return SharedRows(here, there, self)

    def together(self, work: Callable[[Any, dict[str, Any]], Result], shares: Callable[[int], Sequence[Any]]) -> Result:
        """What all workers make together, each of its share.

        Args:
            work: Takes a share and what XGBoost needs to find the other workers; the first worker's result counts.
            shares: Divides what there is by the number of workers.

        Raises:
            ClusterError: Workers were lost, time after time.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ring(work, shares)
            except _BrokenRing as error:
                logger.warning("Cluster: %s; trees are grown again (%d of %d)", error, attempt, ATTEMPTS)
                self._require_worker()
        raise ClusterError(f"Workers were lost {ATTEMPTS} times while trees were grown; see their logs for the reason.")

    def _ring(self, work: Callable[[Any, dict[str, Any]], Result], shares: Callable[[int], Sequence[Any]]) -> Result:
        from distributed.utils import get_ip
        from xgboost.tracker import RabitTracker

        if not self.workers:
            self._require_worker()
        workers = self.workers
        scheduler = self.client.scheduler.address.partition("://")[2].rpartition(":")[0]
        tracker = RabitTracker(host_ip=get_ip(scheduler), n_workers=len(workers))
        tracker.start()
        begun = [
            (self.client.submit(work, share, tracker.worker_args(), workers=[worker], pure=False), str(share))
            for share, worker in zip(shares(len(workers)), workers, strict=True)
        ]
        futures = [future for future, _ in begun]
        try:
            self._watch(futures, ring=workers)
            begun.sort(key=lambda each: _order(each[0]))
            made = [self._result(future, name) for future, name in begun]
        finally:
            with suppress(Exception):  # a broken ring has nothing more to say
                tracker.free()
                self.client.cancel(futures)
        first: Result = next(result for result in made if result is not None)
        return first

    def _watch(self, futures: Sequence[Any], ring: Sequence[str] = ()) -> None:
        """Wait until all are done or one has failed; where a worker of a ring is lost the others wait for ever."""
        from distributed import TimeoutError as NotYet
        from distributed import wait

        try:
            while pending := [future for future in futures if future.status == "pending"]:
                with suppress(NotYet):
                    wait(pending, timeout=WATCH_SECONDS, return_when="FIRST_COMPLETED")
                failed = any(future.status == "error" for future in futures)
                if failed and ring:
                    sleep(WATCH_SECONDS)  # it may have failed because a worker was lost, which is known a moment later
                if lost := sorted(set(ring) - set(self.workers)):
                    raise _BrokenRing(f"worker {lost[0]} was lost")
                if failed:
                    return
                if not self.workers:
                    self._require_worker()
        except (CancelledError, OSError) as error:
            raise ClusterError(
                "The scheduler of the cluster was lost; start it and its workers, then run again."
            ) from error

    def _require_worker(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=RETURN_SECONDS)
        except TimeoutError as error:
            raise ClusterError(
                f"All workers of the cluster were lost, and none came back in {RETURN_SECONDS} s; see their logs."
            ) from error

    def _result(self, future: Any, name: str) -> Any:
        from distributed.scheduler import KilledWorker

        self._watch([future])
        try:
            return future.result()
        except KilledWorker as error:
            raise ClusterError(
                f"{name} took down one worker of the cluster after the other: they may need more memory."
            ) from error
        except Exception as error:
            told = " ".join(str(error).split()) or type(error).__name__
            raise ClusterError(f"The cluster failed at {name}: {told}") from error


def _order(future: Any) -> int:
    """First what failed of itself, then what lost the others thereby, then all else."""
    if future.status != "error":
        return 2
    return int(type(future.exception()).__name__ == "XGBoostError")


@dataclass(frozen=True)
class Engines:
    """Who does the work of a run.

    Attributes:
        scheduler: Address of a Dask scheduler; empty: workers on this machine, for the time of the run.
    """

    scheduler: str = ""

    def of(self, run: RunParams, threads: int = 1) -> Engine:
        """The engine that a run asks for, with so many threads where it is this process.

        Raises:
            ClusterError: See ``Cluster.connect``.
        """
        if run.engine == "local":
            return Threads(threads)
        if self.scheduler not in _OPEN:
            _OPEN[self.scheduler] = Cluster.connect(self.scheduler, max(2, os.cpu_count() or 1))
        return _OPEN[self.scheduler]


LOCAL = Engines()
_OPEN: dict[str, Cluster] = {}


def close_all() -> None:
    """Let all workers go, at the end of a run."""
    while _OPEN:
        _OPEN.popitem()[1].close()


def _require_same_version(client: Any, address: str) -> None:
    """Refuse workers whose AirWatch is another, for their features would be."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found = client.run(_version)
    except TimeoutError as error:
        raise ClusterError(f"The scheduler at {address} has no worker. Start some: dask worker {address}") from error
    except Exception as error:
        raise ClusterError(f"A worker of {address} cannot load AirWatch {airwatch.__version__}: {error}") from error
    for worker, version in found.items():
        if version != _version():
            raise ClusterError(
                f"The worker {worker} runs AirWatch {version} and this is {_version()}. Install the same on both, and "
                "start the worker again."
            )


@cache
def _version() -> str:
    """Version and code of this AirWatch."""
    sources = sorted(Path(airwatch.__file__).parent.rglob("*.py"))
    return f"{airwatch.__version__} ({sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:8]})"
