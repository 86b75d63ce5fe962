"""The MLflow server of an environment: a run asks first whether it answers, since MLflow itself waits for minutes."""

from __future__ import annotations

from airwatch.sources.redaction import without_secrets

ANSWER_SECONDS = 5
FAILED = ("API request to ", "failed with exception")  # what MLflow says when it has given up
REMEDY = "check MLFLOW_TRACKING_URI, or start the server."


class TrackingServerError(Exception):
    """The MLflow server does not answer; the message names its address and the variable that holds it."""


def require_server(tracking_uri: str) -> None:
    """See that the MLflow server of an address answers; an address of a database or a folder is left alone.

    Raises:
        TrackingServerError: It does not, or it answers that it cannot.
    """
    if not tracking_uri.startswith(("http://", "https://")):
        return
    from mlflow.exceptions import MlflowException
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    where = without_secrets(tracking_uri)
    try:
        answer = http_request(
            get_default_host_creds(tracking_uri),
            "/health",
            "GET",
            max_retries=0,
            timeout=ANSWER_SECONDS,
            raise_on_status=False,
        )
    except MlflowException:
        raise TrackingServerError(f"No MLflow server answers at {where}: {REMEDY}") from None
    if answer.status_code in (401, 403):
        raise TrackingServerError(
            f"The MLflow server at {where} refuses these credentials ({answer.status_code}): check "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
        )
    if answer.status_code >= 500:
        raise TrackingServerError(f"The MLflow server at {where} answers {answer.status_code}: {REMEDY}")


def in_words(error: BaseException) -> str | None:
    """What MLflow means when it gave up in the middle of a run; None for any other error."""
    told = str(error)
    if not told.startswith(FAILED[0]) or FAILED[1] not in told:
        return None
    where = without_secrets(told.removeprefix(FAILED[0]).partition("/api/")[0])
    return f"The MLflow server at {where} answers no more: {REMEDY} What was stored is whole; run again then."
