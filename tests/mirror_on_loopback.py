"""Real EPA values on loopback, over the protocol of AQS."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_aqs(shared_data: Path) -> Iterator[str]:
    """PM2.5 of California; tests that need it are skipped where the real data are not beside the checkout."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mirror = shared_data.parent / "tools/aqs_mirror.py"
    options = ["--port", str(port), "--param", "88101", "--states", "06"]
    command = [sys.executable, str(mirror), "--data", str(shared_data / "aqs"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "AQS mirror on" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/data/api"
        process.terminate()
