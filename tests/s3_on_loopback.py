"""An S3 server on loopback that checks signatures: rclone's, whose buckets are the folders of a temporary one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

RCLONE = Path(sys.executable).with_name("rclone")
KEY, SECRET = "airwatch-tests", "a-key-of-tests-alone"
DATA_BUCKET, ARTIFACTS_BUCKET = "airwatch-data", "airwatch-artifacts"


@dataclass(frozen=True)
class S3:
    """The server.

    Attributes:
        url: Where it listens.
        folder: What it serves; an object is a file of it.
    """

    url: str
    folder: Path

    def variables(self, bucket: str = DATA_BUCKET) -> dict[str, str]:
        """The environment of a process that keeps its tables in one of the buckets."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "S3_DATA_BUCKET_NAME": bucket,
            "S3_MLFLOW_ARTIFACTS_BUCKET_NAME": ARTIFACTS_BUCKET,
        }

    def make_bucket(self, name: str) -> None:
        """Make a bucket; a folder that is made beside the server may not be seen by it for minutes."""
        import boto3

        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        boto3.session.Session().client("s3", endpoint_url=self.url, **keys).create_bucket(Bucket=name)

    def objects(self, bucket: str) -> set[str]:
        """The names of all that is stored in a bucket."""
        within = self.folder / bucket
        return {str(path.relative_to(within)) for path in within.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """The server, with a bucket for tables and one for MLflow's artifacts."""
    folder = tmp_path_factory.mktemp("s3")
    for bucket in (DATA_BUCKET, ARTIFACTS_BUCKET):
        (folder / bucket).mkdir()
    log = tmp_path_factory.mktemp("s3_log") / "log"  # no pipe, which would fill up
    keys = {"RCLONE_AUTH_KEY": f'"{KEY},{SECRET}"', "RCLONE_CONFIG": ""}
    with log.open("w") as told:
        process = subprocess.Popen(
            [str(RCLONE), "serve", "s3", "--addr", "127.0.0.1:0", str(folder)], env={**os.environ, **keys}, stderr=told
        )
    try:
        yield S3(_address(process, log), folder)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server says that it listens."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if told := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return told[0]
        time.sleep(0.01)
    raise AssertionError(f"no S3 server came up: {log.read_text()}")


@pytest.fixture(scope="session")
def bucket_names() -> Iterator[str]:
    return (f"airwatch-test-{number}" for number in count())


@pytest.fixture
def bucket(s3: S3, bucket_names: Iterator[str]) -> str:
    """A bucket of its own for a test."""
    name = next(bucket_names)
    s3.make_bucket(name)
    return name
