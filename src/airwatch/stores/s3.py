"""A bucket on S3, of AWS or of any store that speaks its protocol.

Requests are repeated with growing pauses where waiting can mend them (botocore's standard mode), listings are never
taken from memory, and what S3 refuses is told in one line.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast
from uuid import uuid4

from fsspec.asyn import sync_wrapper
from s3fs import S3FileSystem
from s3fs.errors import translate_boto_error

from airwatch.stores.errors import NotSupportedError, OvertakenError, in_words
from airwatch.stores.versions import ANY, Expected, Fill, Version

RETRY_MODE, ATTEMPTS = "standard", 8  # unless AWS_RETRY_MODE and AWS_MAX_ATTEMPTS say otherwise
CONNECT_SECONDS, READ_SECONDS = 5, 30
READ_AHEAD = 8 * 2**20  # bytes; s3fs takes 50 MiB, more than most columns that are read alone
PART, PARTS_AT_ONCE = 16 * 2**20, 4  # of an object that is larger than two of them
WRITER = "airwatch-writer"  # metadata of an object: which write it is of


class Bucket(S3FileSystem):  # type: ignore[misc]
    """s3fs with these habits; every request passes through ``_call_s3``.

    Keys, profile, region and endpoint are found by boto's own rules, unless they are given as s3fs takes them.
    """

    retries = 3  # of an answer that breaks off while it is read, which botocore does not repeat

    def __init__(self, **options: Any) -> None:
        attempts = int(os.environ.get("AWS_MAX_ATTEMPTS", ATTEMPTS))
        config = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": os.environ.get("AWS_RETRY_MODE", RETRY_MODE), "total_max_attempts": attempts},
            # Some stores send the checksum of a whole object with a part of it.
            "response_checksum_validation": "when_required",
        }
        habits = {"use_listings_cache": False, "local_expiry_check": True, "default_block_size": READ_AHEAD}
        super().__init__(**{**habits, "config_kwargs": config, **options})

    async def _call_s3(self, method: str, *given: Any, **named: Any) -> Any:
        """One request; s3fs would repeat each round of botocore's repetitions."""
        try:
            await self.set_session()
            call = getattr(await self.get_s3(named.get("Bucket")), method)
            return await call(**self._get_s3_method_kwargs(call, *given, **named))
        except Exception as error:
            told = in_words(error, method, named.get("Bucket", ""), named.get("Key", "")) or translate_boto_error(error)
            if told is error:
                raise
            raise told from error

    call_s3 = sync_wrapper(_call_s3)  # s3fs has bound its own

    async def _isfile(self, path: str) -> bool:
        """Whether there is such an object; fsspec's own takes any error for a no."""
        try:
            return bool((await self._info(path))["type"] == "file")
        except FileNotFoundError:
            return False

    async def _head(self, path: str) -> dict[str, Any]:
        """What S3 knows of an object; nothing where there is none."""
        bucket, key, _ = self.split_path(path)
        try:
            return dict(await self._call_s3("head_object", Bucket=bucket, Key=key))
        except FileNotFoundError:
            return {}

    async def _version(self, path: str) -> Version:
        """The ETag of an object."""
        return (await self._head(path)).get("ETag")

    version = sync_wrapper(_version)

    def write_whole(self, path: str, fill: Fill, over: Expected = ANY) -> Version:
        """Write an object, which appears when all of it has arrived.

        Args:
            path: Bucket and name.
            fill: Writes it, into a file without a name: nothing of it stays when the process dies.
            over: The version that it may replace. The store is asked to see to it (If-Match); one that knows no such
                condition leaves the moment between looking and writing.

        Returns:
            Its version.

        Raises:
            OvertakenError: Another version lies there.
        """
        with SpooledTemporaryFile(2 * PART) as whole:
            fill(cast(BinaryIO, whole))
            return cast(Version, self.send(whole, path, over))

    async def _send(self, whole: Any, path: str, over: Expected) -> Version:
        if over is not ANY and await self._version(path) != over:
            raise OvertakenError(path)
        writer, refused = uuid4().hex, False
        try:
            await self._put_unless(_condition(over), whole, path, writer)
        except (OvertakenError, FileNotFoundError):
            refused = True  # unless it met itself: it was sent again because the answer was lost
        lies = await self._head(path)
        found = {name.lower(): value for name, value in lies.get("Metadata", {}).items()}.get(WRITER)
        if found != writer and (refused or (found and over is not ANY)):
            raise OvertakenError(path)
        return lies.get("ETag")

    send = sync_wrapper(_send)

    async def _put_unless(self, condition: Mapping[str, str], whole: Any, path: str, writer: str) -> None:
        """Send an object under a condition; without it to a store that says that it has none."""
        try:
            await self._put(whole, path, writer, condition)
        except NotSupportedError:
            if not condition:
                raise
            await self._put(whole, path, writer, {})

    async def _put(self, whole: Any, path: str, writer: str, condition: Mapping[str, str]) -> None:
        bucket, key, _ = self.split_path(path)
        place = {"Bucket": bucket, "Key": key}
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        new = {**place, "Metadata": {WRITER: writer}, "ContentType": kind}
        size = whole.seek(0, os.SEEK_END)
        whole.seek(0)
        if size <= 2 * PART:
            await self._call_s3("put_object", Body=whole.read(), **new, **condition)
            return
        upload = await self._call_s3("create_multipart_upload", **new)
        try:
            sent = await self._upload_file_part_concurrent(
                bucket, key, upload, whole, PART, max_concurrency=PARTS_AT_ONCE
            )
            parts = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(sent, 1)]
            done = {"UploadId": upload["UploadId"], "MultipartUpload": {"Parts": parts}}
            await self._call_s3("complete_multipart_upload", **place, **done, **condition)
        except BaseException:
            await self._abort_mpu(bucket, key, upload["UploadId"])
            raise


def _condition(over: Expected) -> dict[str, str]:
    """The headers that have S3 itself refuse what would replace another version."""
    if over is ANY:
        return {}
    return {"IfNoneMatch": "*"} if over is None else {"IfMatch": str(over)}
