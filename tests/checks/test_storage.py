import socket

import pytest

from airwatch.checks.report import Status
from airwatch.checks.storage import access, identity, uppermost
from aws_on_loopback import client


@pytest.fixture
def on_rclone(s3, bucket, monkeypatch):
    """A bucket of a store that knows S3 and nothing else of AWS; its address."""
    for name, value in s3.variables(bucket).items():
        monkeypatch.setenv(name, value)
    return f"s3://{bucket}"


@pytest.fixture
def without_keys(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_the_folders_that_lie_within_no_other():
    assert uppermost(["/d/raw/aqs", "/d/raw", "/d/models/candidates", "/d/models", "/d/raw", ""]) == [
        "/d/models",
        "/d/raw",
    ]
    assert uppermost(["s3://b/raw/aqs", "s3://b/rawer"]) == ["s3://b/raw/aqs", "s3://b/rawer"]


def test_nothing_stays_of_a_probe_in_a_folder(tmp_path):
    assert access([str(tmp_path), str(tmp_path / "not/there")], "AIRWATCH_DATA_ROOT").status is Status.OK
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named_with_its_variable(tmp_path):
    (tmp_path / "file").write_text("")
    found = access([str(tmp_path / "file/data")], "AIRWATCH_DATA_ROOT")
    assert found.status is Status.ERROR
    assert str(tmp_path / "file") in found.found
    assert "AIRWATCH_DATA_ROOT" in found.remedy


def test_nothing_stays_of_a_probe_in_a_bucket(s3, on_rclone):
    found = access([f"{on_rclone}/raw", f"{on_rclone}/models"], "S3_DATA_BUCKET_NAME")
    assert (found.status, found.found) == (Status.OK, f"written, read and deleted in {on_rclone} (raw, models)")
    assert s3.objects(on_rclone.removeprefix("s3://")) == set()


def test_a_bucket_that_is_not_there_is_named_with_its_variable(on_rclone, monkeypatch):
    monkeypatch.setenv("S3_DATA_BUCKET_NAME", "no-such-bucket")
    found = access(["s3://no-such-bucket/raw"], "S3_DATA_BUCKET_NAME")
    assert found.status is Status.ERROR
    assert "no-such-bucket" in found.found
    assert "S3_DATA_BUCKET_NAME" in found.found


def test_a_wrong_key_is_told_as_such(on_rclone, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-another-key")
    for found in (identity([on_rclone]), access([on_rclone], "S3_DATA_BUCKET_NAME")):
        assert found.status is Status.ERROR
        assert "AWS_SECRET_ACCESS_KEY" in found.found
        assert "canary" not in found.found


def test_a_store_that_is_not_there_is_told_as_such(on_rclone, nobody, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    for found in (identity([on_rclone]), access([on_rclone], "S3_DATA_BUCKET_NAME")):
        assert found.status is Status.ERROR
        assert "AWS_ENDPOINT_URL" in found.found


def test_a_store_that_never_answers_is_told_as_such(on_rclone, monkeypatch):
    monkeypatch.setattr("airwatch.checks.storage.TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for found in (identity([on_rclone]), access([on_rclone], "S3_DATA_BUCKET_NAME")):
            assert found.status is Status.ERROR
            assert "S3 does not answer" in found.found
            assert "AWS_ENDPOINT_URL" in found.found


def test_sts_says_who_we_are(aws):
    client("s3").create_bucket(Bucket="data")
    found = identity(["s3://data/raw"])
    assert found.status is Status.OK
    assert found.found.startswith("arn:aws:sts::123456789012:")  # moto's account
    assert found.found.endswith("(by env)")


def test_a_store_without_sts_is_asked_for_a_listing(s3, on_rclone):
    assert identity([on_rclone]).found == f"known to {s3.url} (by env)"


def test_without_credentials_the_variables_are_named(on_rclone, without_keys):
    found = identity([on_rclone])
    assert (found.status, found.found) == (Status.ERROR, "no credentials")
    assert "AWS_ACCESS_KEY_ID" in found.remedy
    assert "AWS_PROFILE" in found.remedy


def test_a_profile_that_is_none_is_told(on_rclone, without_keys, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    found = identity([on_rclone])
    assert found.status is Status.ERROR
    assert "AWS_PROFILE" in found.found


def test_who_we_are_does_not_matter_where_nothing_is_on_s3(tmp_path):
    assert identity([str(tmp_path)]).status is Status.SKIPPED
