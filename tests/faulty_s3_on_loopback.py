"""S3 on loopback with what AWS has and rclone's has not, conditions on what is written, and with faults at command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import boto3
import pytest

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
REGION = "us-east-1"


@dataclass
class FaultyS3:
    """The server, as an application that stands before moto's.

    Attributes:
        url: Where it listens.
        bucket: The bucket of the test.
        faults: What is wrong with the next requests whose method begins so: ``("PUT", "busy")`` is answered by a 503,
            ``deaf`` is done and answered by one, ``cut`` is done and its connection closed.
        asked: The methods of all requests, with their paths.
    """

    application: Callable[..., Iterable[bytes]]
    url: str = ""
    bucket: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: dict[str, Any], answer: Callable[..., Any]) -> Iterable[bytes]:
        asked = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}?{request['QUERY_STRING']}"
        self.asked.append(asked)
        fault = next((each for each in self.faults if asked.startswith(each[0])), None)
        if fault is None:
            return self.application(request, answer)
        self.faults.remove(fault)
        if fault[1] != "busy":
            list(self.application(request, lambda *_: None))
        if fault[1] == "cut":
            request["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        answer("503 Slow Down", [("Content-Type", "application/xml")])
        return [] if request["REQUEST_METHOD"] == "HEAD" else [SLOW_DOWN]

    def client(self) -> Any:
        """A client of boto3."""
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        return boto3.client("s3", REGION, endpoint_url=self.url, **keys)

    def objects(self) -> set[str]:
        """The names of all that is stored in the bucket, of more than a thousand too."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {each["Key"] for page in pages for each in page.get("Contents", [])}


@pytest.fixture(scope="session")
def faulty_server() -> Iterator[FaultyS3]:
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            pass

    served = FaultyS3(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, served, threaded=True, request_handler=Silent)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def faulty_bucket_names() -> Iterator[str]:
    return (f"airwatch-faulty-{number}" for number in count())


@pytest.fixture
def faulty_s3(
    faulty_server: FaultyS3, faulty_bucket_names: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultyS3]:
    """The server without a fault, with a bucket of its own for a test, as this process finds it."""
    faulty_server.bucket = next(faulty_bucket_names)
    faulty_server.client().create_bucket(Bucket=faulty_server.bucket)
    faulty_server.asked.clear()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": faulty_server.url,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": REGION,
        "S3_DATA_BUCKET_NAME": faulty_server.bucket,
    }.items():
        monkeypatch.setenv(name, value)
    yield faulty_server
    faulty_server.faults.clear()
