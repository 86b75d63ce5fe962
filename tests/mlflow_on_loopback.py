"""``mlflow server`` on PostgreSQL, with artifacts on S3."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from s3_on_loopback import ARTIFACTS_BUCKET, S3

# Its jobs judge language models: seven more processes.
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Begun:
    """A server that may not be up yet.

    Attributes:
        url: Where it will listen.
        process: Of ``mlflow server``.
        log: What it prints.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self, seconds: float = 90) -> str:
        """Its address, as soon as it answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return self.url
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"no MLflow server came up: {self.log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def mlflow_begun(postgres: str, s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """The server on its way: it takes ten seconds to come up, in which a test can do other things."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    log = tmp_path_factory.mktemp("mlflow_server") / "log"
    options = ["--host", "127.0.0.1", "--port", port, "--workers", "1", "--backend-store-uri", postgres]
    artifacts = ["--no-serve-artifacts", "--default-artifact-root", f"s3://{ARTIFACTS_BUCKET}/default"]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *options, *artifacts],
            env={**os.environ, **s3.variables(), **QUIET},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Begun(f"http://127.0.0.1:{port}", process, log)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def mlflow_server(mlflow_begun: Begun) -> str:
    """The address of the server."""
    return mlflow_begun.wait()
