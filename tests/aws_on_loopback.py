"""AWS on loopback: moto's server, whose Secrets Manager, STS and IAM are asked over real HTTP."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import requests

from airwatch import secrets

REGION = "us-east-1"


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """The address of the server."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty AWS as this process and those it starts reach it, with keys that it accepts."""
    requests.post(f"{aws_server}/moto-api/reset", timeout=10)
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "loopback",
        "AWS_SECRET_ACCESS_KEY": "anything-will-do",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    secrets.forget()
    yield aws_server
    secrets.forget()


@cache
def _session() -> Any:
    """Where boto3 keeps the descriptions of services that it has read, which takes it a tenth of a second each."""
    import boto3

    return boto3.session.Session()


def client(service: str) -> Any:
    """A client of boto3 for the server and the keys that the environment names now."""
    return _session().client(
        service,
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )
