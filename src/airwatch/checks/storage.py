"""Where tables and artifacts are kept: whether AWS knows us, and whether we may write, read and delete there."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from airwatch.checks.machine import there
from airwatch.checks.report import Finding, error, ok, skipped
from airwatch.messages import one_line
from airwatch.sources.redaction import without_secrets
from airwatch.stores.errors import EXPIRED, KEYS, NOT_ALLOWED, REFUSED, in_words

S3 = "s3://"
PROBE = ".airwatch-doctor-"
TIMEOUT_S = 3.0  # of one request, which is not repeated: a run would be patient, a check is not
REMEDY = "docs/production.md has the variables and the policy."


def on_s3(addresses: Iterable[str]) -> bool:
    """Whether any of some addresses is on S3."""
    return any(address.startswith(S3) for address in addresses)


def uppermost(folders: Iterable[str]) -> list[str]:
    """The folders that lie within no other of them."""
    asked = set(filter(None, folders))
    return sorted(each for each in asked if not any(each.startswith(f"{other}/") for other in asked))


def identity(addresses: Iterable[str]) -> Finding:
    """Who we are to AWS, by the usual chain: environment, profile, role.

    Args:
        addresses: Where tables and artifacts are kept. A store that only speaks S3 has no STS to tell who we are; it
            is asked for a listing of the first bucket, which it gives to who is known.
    """
    buckets = [_split(address)[0] for address in addresses if address.startswith(S3)]
    if not buckets:
        return skipped("nothing is kept on S3")
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.session.Session()
        credentials = session.get_credentials()
        if credentials is None:
            return error("no credentials", f"Set {KEYS}.")
        return ok(f"{_who(session, buckets[0])} (by {credentials.method})")
    except (BotoCoreError, ClientError, ValueError) as failure:  # ValueError: an endpoint that is no address
        return error(_told(failure, buckets[0]), REMEDY)


def _who(session: Any, bucket: str) -> str:
    """What STS knows us as; where it does not answer, S3 has taken a question signed by us."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(_client(session, "sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError, KeyError) as failure:
        if _code(failure) in (*REFUSED, *EXPIRED):
            raise
    try:
        _client(session, "s3").list_objects_v2(Bucket=bucket, MaxKeys=1)
    except ClientError as failure:
        if _code(failure) not in (*NOT_ALLOWED, "NoSuchBucket"):  # those are told where the bucket is looked at
            raise
    return f"known to {without_secrets(os.environ.get('AWS_ENDPOINT_URL', '')) or 'AWS'}"


def access(folders: Sequence[str], variable: str) -> Finding:
    """Whether a file or an object can be written, listed, read and deleted in some folders; one of a name of its own.

    Args:
        folders: Paths or ``s3://`` addresses; of a local one that is not there yet, the first above it that is.
        variable: What names the place, for the remedy.
    """
    asked = dict.fromkeys(folder if on_s3([folder]) else str(there(Path(folder))) for folder in folders)
    for folder in asked:
        name, content = f"{folder}/{PROBE}{uuid.uuid4().hex}", os.urandom(64)
        try:
            (_probe_object if on_s3([folder]) else _probe_file)(name, content)
        except Exception as failure:
            bucket = _split(folder)[0] if on_s3([folder]) else ""
            remedy = f"{variable} names the bucket. {REMEDY}" if bucket else f"Mend {variable}, or let it be written."
            return error(f"{folder}: {_told(failure, bucket)}", remedy)
    return ok(f"written, read and deleted in {_places(list(asked))}")


def _places(folders: list[str]) -> str:
    """Folders, with what they have in common once."""
    if len(folders) == 1:
        return folders[0]
    scheme = S3 if on_s3(folders) else ""
    paths = [folder.removeprefix(scheme) for folder in folders]
    common = os.path.commonpath(paths)
    return f"{scheme}{common} ({', '.join(os.path.relpath(path, common) for path in paths)})"


def _probe_file(name: str, content: bytes) -> None:
    path = Path(name)
    try:
        path.write_bytes(content)
        _require_same(path.read_bytes(), content)
    finally:
        path.unlink(missing_ok=True)


def _probe_object(name: str, content: bytes) -> None:
    import boto3

    bucket, key = _split(name)
    s3 = _client(boto3.session.Session(), "s3")
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount")
        _require_same(s3.get_object(Bucket=bucket, Key=key)["Body"].read() if listed else b"", content)
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def _require_same(read: bytes, written: bytes) -> None:
    if read != written:
        raise OSError("what was read is not what was written")


def _client(session: Any, service: str) -> Any:
    from botocore.config import Config

    config = Config(connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1})
    return session.client(service, config=config, region_name=session.region_name or "us-east-1")


def _split(address: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` address."""
    bucket, _, key = address.removeprefix(S3).partition("/")
    return bucket, key


def _code(failure: Exception) -> str:
    """What AWS calls an error; empty where it gave no answer."""
    answer = getattr(failure, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _told(failure: Exception, bucket: str) -> str:
    """An error of S3, or of a folder, in one line."""
    told = one_line((in_words(failure, bucket=bucket) if bucket else None) or failure)
    return " ".join(told.split())
