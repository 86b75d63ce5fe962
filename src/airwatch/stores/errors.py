"""What a store refuses, in one line: what was asked, what it answered, and which variable to look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath

from botocore import exceptions as boto

from airwatch.sources.redaction import without_secrets

ARTIFACTS = "S3_MLFLOW_ARTIFACTS_BUCKET_NAME"
BUCKETS = ("S3_DATA_BUCKET_NAME", ARTIFACTS, "AIRWATCH_DATA_ROOT")
KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine"

# Errors by the code of S3's answer; an answer without a body, as to HeadObject, has the status alone.
REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId")
EXPIRED = ("ExpiredToken", "TokenRefreshRequired", "RequestExpired")
NOT_ALLOWED = ("AccessDenied", "AllAccessDisabled", "AccountProblem", "NotSignedUp", "401", "403")
ELSEWHERE = ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "301", "307")
OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "409", "412")
BUSY = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504")
NOT_THERE = ("NoSuchKey", "NoSuchUpload", "404")
# What comes before any answer.
NO_KEYS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.TokenRetrievalError,
    boto.SSOError,
)
NO_ANSWER = (boto.ConnectionError, boto.HTTPClientError, ConnectionError, TimeoutError)


class StorageError(Exception):
    """A store cannot be used; the message says what it answered and which variable to look at."""


class NotSupportedError(StorageError):
    """The store does not know what it was asked for."""


class OvertakenError(Exception):
    """Another run wrote what this one was about to read or to write.

    Args:
        path: Where it is stored.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        place = PurePosixPath(self.path)
        # The list of a table of parts is known by the folder it lies in.
        name = place.parent.stem if place.stem.startswith("_") else place.stem
        return (
            f"{name} was written by another run while this one worked: nothing of this one was written over it. "
            "Run again."
        )


def in_words(error: BaseException, operation: str = "", bucket: str = "", key: str = "") -> Exception | None:
    """What to raise in the place of an error of S3; None for one that has another source.

    Args:
        error: What was raised; its causes are looked at too.
        operation: What was asked, such as ``put_object``.
        bucket: Where.
        key: The object, where one was asked for.
    """
    operation = "".join(word.title() for word in operation.split("_"))  # as AWS, and its policies, call it
    for cause in _causes(error):
        if isinstance(cause, boto.ClientError):
            return _answered(cause, operation or cause.operation_name, bucket, key)
        if isinstance(cause, NO_KEYS):
            return StorageError(f"There are no credentials for s3://{bucket} ({_first(cause)}): set {KEYS}.")
        if isinstance(cause, boto.ParamValidationError):
            return StorageError(f"{bucket!r} cannot be the name of a bucket: check {_variable_of(bucket)}.")
        if isinstance(cause, NO_ANSWER) or type(cause).__name__ == "ClientPayloadError":
            return StorageError(f"S3 does not answer {operation} in s3://{bucket} {_endpoint()}.")
        if isinstance(cause, boto.BotoCoreError):
            return StorageError(f"S3 cannot be asked for s3://{bucket}: {_first(cause)}")
        if isinstance(cause, ValueError) and "Invalid endpoint" in str(cause):
            return StorageError(f"{_first(cause)} is no address of S3: check AWS_ENDPOINT_URL.")
    return None


def of_artifacts(error: BaseException) -> str | None:
    """What S3 says where a library, MLflow above all, speaks with it; None for an error that has another source.

    Ours say it themselves: they are left as they are.
    """
    if type(error).__module__.partition(".")[0] == "airwatch":
        return None
    for cause in _causes(error):
        if isinstance(cause, boto.ClientError | boto.BotoCoreError):
            told = in_words(cause, bucket=os.environ.get(ARTIFACTS, ""))
            return str(told) if told else None
    return None


def _answered(error: boto.ClientError, operation: str, bucket: str, key: str) -> Exception | None:
    """What S3's answer means; None where it is that there is no such object."""
    code, where = str(error.response.get("Error", {}).get("Code")), f"s3://{bucket}"
    if code in NOT_THERE:
        return None
    if code in OVERTAKEN:
        return OvertakenError(f"{bucket}/{key}")
    if code == "NoSuchBucket":
        return StorageError(
            f"There is no bucket {bucket} {_endpoint()} and {_variable_of(bucket)}, or make the bucket."
        )
    if code == "InvalidBucketName":
        return StorageError(f"{bucket!r} cannot be the name of a bucket: check {_variable_of(bucket)}.")
    if code in REFUSED:
        return StorageError(f"{where} refused the credentials ({code}): check {KEYS}.")
    if code in EXPIRED:
        return StorageError(
            f"{where} refused the credentials ({code}): renew AWS_SESSION_TOKEN, or log in to AWS_PROFILE again."
        )
    if code in NOT_ALLOWED:
        return StorageError(
            f"{where} refused {operation} ({code}): check {KEYS}, and that it is granted what docs/production.md lists."
        )
    if code in ELSEWHERE:
        return StorageError(f"{where} is not in the region that was asked ({code}): check AWS_REGION.")
    if code == "RequestTimeTooSkewed":
        return StorageError(f"{where} refused {operation} ({code}): set this machine's clock.")
    if code in BUSY:
        return StorageError(
            f"{where} answered {code} to {operation} each time it was asked. What is stored is whole: run again later, "
            "or with a greater AWS_MAX_ATTEMPTS."
        )
    kind = NotSupportedError if code in ("NotImplemented", "501") else StorageError
    return kind(f"{where} refused {operation}: {_first(error)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # some libraries' errors are their own causes
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _first(error: BaseException) -> str:
    """The first line of a message."""
    return str(error).strip().partition("\n")[0][:200]


def _endpoint() -> str:
    """Where S3 was asked, and the variable that says so."""
    address = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if address:
        return f"at {without_secrets(address)}: check AWS_ENDPOINT_URL"
    return "of AWS: check the network and AWS_REGION; AWS_ENDPOINT_URL, which names another S3, is not set"


def _variable_of(bucket: str) -> str:
    """The variable that names a bucket."""
    return next((name for name in BUCKETS if bucket and bucket in os.environ.get(name, "").split("/")), BUCKETS[0])
