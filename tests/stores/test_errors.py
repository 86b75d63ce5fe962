"""What S3 refuses is one line that names the variable to look at."""

from __future__ import annotations

import socket
import time

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as boto

from airwatch.messages import one_line
from airwatch.storage import opened
from airwatch.stores.errors import OvertakenError, StorageError, in_words
from s3_on_loopback import S3

KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://someone:whispered@127.0.0.1:9000")
    monkeypatch.setenv("S3_DATA_BUCKET_NAME", "air")
    monkeypatch.setenv("S3_MLFLOW_ARTIFACTS_BUCKET_NAME", "artifacts")


def answer(code: str) -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": "As S3 says it."}}, "PutObject")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (answer("InvalidAccessKeyId"), f"s3://air refused the credentials (InvalidAccessKeyId): {KEYS}."),
        (answer("SignatureDoesNotMatch"), f"s3://air refused the credentials (SignatureDoesNotMatch): {KEYS}."),
        (
            answer("ExpiredToken"),
            "s3://air refused the credentials (ExpiredToken): renew AWS_SESSION_TOKEN, or log in to AWS_PROFILE again.",
        ),
        (
            answer("AccessDenied"),
            f"s3://air refused PutObject (AccessDenied): {KEYS}, and that it is granted what docs/production.md lists.",
        ),
        (
            answer("PermanentRedirect"),
            "s3://air is not in the region that was asked (PermanentRedirect): check AWS_REGION.",
        ),
        (
            answer("RequestTimeTooSkewed"),
            "s3://air refused PutObject (RequestTimeTooSkewed): set this machine's clock.",
        ),
        (
            answer("NoSuchBucket"),
            "There is no bucket air at http://127.0.0.1:9000: check AWS_ENDPOINT_URL and S3_DATA_BUCKET_NAME, or make "
            "the bucket.",
        ),
        (answer("InvalidBucketName"), "'air' cannot be the name of a bucket: check S3_DATA_BUCKET_NAME."),
        (
            answer("SlowDown"),
            "s3://air answered SlowDown to PutObject each time it was asked. What is stored is whole: run again later, "
            "or with a greater AWS_MAX_ATTEMPTS.",
        ),
        (
            answer("QuotaExceeded"),
            "s3://air refused PutObject: An error occurred (QuotaExceeded) when calling the PutObject operation: "
            "As S3 says it.",
        ),
        (
            boto.NoCredentialsError(),
            "There are no credentials for s3://air (Unable to locate credentials): set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine.",
        ),
        (
            boto.ProfileNotFound(profile="staging"),
            "There are no credentials for s3://air (The config profile (staging) could not be found): set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine.",
        ),
        (
            boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:9000/air"),
            "S3 does not answer PutObject in s3://air at http://127.0.0.1:9000: check AWS_ENDPOINT_URL.",
        ),
        (
            boto.ReadTimeoutError(endpoint_url="http://127.0.0.1:9000/air"),
            "S3 does not answer PutObject in s3://air at http://127.0.0.1:9000: check AWS_ENDPOINT_URL.",
        ),
        (
            ValueError("Invalid endpoint: nonsense"),
            "Invalid endpoint: nonsense is no address of S3: check AWS_ENDPOINT_URL.",
        ),
    ],
)
def test_each_refusal_is_told_with_its_variable(error, line):
    told = in_words(error, "put_object", "air", "a/b.parquet")
    assert isinstance(told, StorageError)
    assert str(told) == line


def test_aws_is_named_where_no_other_endpoint_is(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    told = in_words(boto.EndpointConnectionError(endpoint_url="https://x"), "head_object", "air")
    assert str(told) == (
        "S3 does not answer HeadObject in s3://air of AWS: check the network and AWS_REGION; AWS_ENDPOINT_URL, which "
        "names another S3, is not set."
    )


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_a_condition_that_does_not_hold_is_another_run(code):
    told = in_words(answer(code), "put_object", "air", "features/_parts.json")
    assert isinstance(told, OvertakenError)
    assert str(told).startswith("features was written by another run")


@pytest.mark.parametrize("error", [answer("NoSuchKey"), answer("404"), KeyError("a mistake"), ValueError("of ours")])
def test_what_is_no_refusal_is_left_as_it_is(error):
    assert in_words(error, "get_object", "air") is None


def raised(error: Exception, within: Exception) -> Exception:
    """An error as it is when it was raised while another one was handled."""
    error.__context__ = within
    return error


def test_what_mlflow_meets_at_its_artifacts_is_told_with_their_bucket():
    failed = raised(S3UploadFailedError("Failed to upload model.pkl"), within=answer("NoSuchBucket"))
    assert one_line(failed) == (
        "There is no bucket artifacts at http://127.0.0.1:9000: check AWS_ENDPOINT_URL and "
        "S3_MLFLOW_ARTIFACTS_BUCKET_NAME, or make the bucket."
    )


@pytest.mark.parametrize(
    ("named", "variable"),
    [
        ({"S3_DATA_BUCKET_NAME": "bucket"}, "S3_DATA_BUCKET_NAME"),
        ({"S3_MLFLOW_ARTIFACTS_BUCKET_NAME": "bucket"}, "S3_MLFLOW_ARTIFACTS_BUCKET_NAME"),
        (
            {"S3_DATA_BUCKET_NAME": "a-bucket-of-tables", "S3_MLFLOW_ARTIFACTS_BUCKET_NAME": "bucket"},
            "S3_MLFLOW_ARTIFACTS_BUCKET_NAME",
        ),
        ({"AIRWATCH_DATA_ROOT": "s3://bucket/air"}, "AIRWATCH_DATA_ROOT"),
        ({}, "S3_DATA_BUCKET_NAME"),
    ],
)
def test_the_variable_that_is_told_is_the_one_that_names_the_bucket(monkeypatch, named, variable):
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert f" and {variable}, or make" in str(in_words(answer("NoSuchBucket"), "put_object", "bucket"))


def test_an_error_of_ours_that_s3_caused_keeps_its_own_words():
    assert one_line(raised(StorageError("of ours"), within=answer("NoSuchBucket"))) == "of ours"


def refused(address: str) -> str:
    """The one line of each way to ask, which is the same but for the operation."""
    fs, path = opened(address)
    lines = set()
    for ask in (
        lambda: fs.exists(path),
        lambda: fs.find(path),
        lambda: fs.glob(f"{path}/*.parquet"),
        lambda: fs.write_whole(path, lambda file: file.write(b"x")),
    ):
        with pytest.raises(StorageError) as failed:
            ask()
        lines.add(one_line(failed.value))
    return "\n".join(sorted(lines))


def test_refused_credentials_are_told_whatever_was_asked(s3: S3, bucket, monkeypatch):
    for name, value in {**s3.variables(bucket), "AWS_SECRET_ACCESS_KEY": "another-key"}.items():
        monkeypatch.setenv(name, value)
    told = refused(f"s3://{bucket}/a/b.parquet")
    assert told.count("check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") == len(told.splitlines())
    assert "another-key" not in told


def test_a_bucket_that_is_missing_is_told_whatever_was_asked(s3: S3, monkeypatch):
    for name, value in s3.variables("never-made").items():
        monkeypatch.setenv(name, value)
    assert refused("s3://never-made/a/b.parquet") == (
        f"There is no bucket never-made at {s3.url}: check AWS_ENDPOINT_URL and S3_DATA_BUCKET_NAME, or make the "
        "bucket."
    )


def test_a_server_that_is_not_there_is_told_whatever_was_asked(s3: S3, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        for name, value in {**s3.variables("air"), "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        begun = time.monotonic()
        told = refused("s3://air/a/b.parquet")
    assert told.count(f"in s3://air at {url}: check AWS_ENDPOINT_URL.") == len(told.splitlines())
    assert time.monotonic() - begun < 10


def test_an_address_that_is_neither_a_folder_nor_s3_is_refused():
    with pytest.raises(StorageError, match="ftp://x/y: tables are kept in a folder of this machine or on S3"):
        opened("ftp://x/y")
