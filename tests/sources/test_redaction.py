"""A planted secret is looked for in everything a failure, a success or a log line shows."""

from __future__ import annotations

import io
import logging
import os
import pickle
import sys
import traceback

import pytest

from airwatch.sources.errors import SourceError
from airwatch.sources.redaction import cleaned, guard, keep_secret, redact, without_secrets

KEY = "canary/key+1"  # every spelling of both begins with the word that is looked for
EMAIL = "canary@example.org"


def chain(error):
    """The error and all that hangs on it, hidden or not."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def frames_of_airwatch(trace):
    """The traceback without the frames of the tests, which hold the secret."""
    while trace is not None and f"{os.sep}src{os.sep}airwatch{os.sep}" not in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    assert trace is not None
    return trace


def shown(error):
    """All that a person, a log or a report can see of an error, local variables included."""
    words = [repr(pickle.dumps(error))]
    for link in chain(error):
        trace = frames_of_airwatch(link.__traceback__)
        words += traceback.TracebackException(type(link), link, trace, capture_locals=True).format(chain=False)
        words += [str(link), repr(link), repr(link.args)]
    return "\n".join(words)


LASTING = {
    "internal error": {"status": 500, "body": "ECHO"},
    "maintenance page": {"status": 503, "body": "<html>ECHO</html>"},
    "page under 200": {"body": "<html>ECHO</html>"},
    "closed connection": {"hang_up": True},
    "body cut off": {"body": '{"Header": [{"url": "ECHO"}], "Data": [' + " " * 999, "cut": True},
    "too many requests": {"status": 429, "body": "ECHO"},
    "far too many requests": {"status": 429, "headers": {"Retry-After": "86400"}},
    "moved": {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
    "not found": {"status": 404, "body": "<html>ECHO</html>"},
    "refused": {"status": 400, "body": '{"Header": [{"status": "Failed", "error": ["ECHO"]}]}'},
    "refused under 200": {"body": '{"Header": [{"status": "Failed", "error": ["ECHO", "canary/key+1"]}]}'},
    "unknown status": {"body": '{"Header": [{"status": "ECHO"}], "Data": []}'},
    "no header": {"body": '{"url": "ECHO"}'},
    "no list": {"body": '{"Header": [{"status": "Success", "url": "ECHO"}], "Data": "ECHO"}'},
    "a row without fields": {
        "body": '{"Header": [{"status": "Success", "url": "ECHO"}], "Data": [{"state_code": "ECHO"}]}'
    },
}


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_no_failure_shows_the_email_or_the_key(ask, server, answer, caplog, fault):
    caplog.set_level(logging.DEBUG)
    server.script = [answer(**fault)]
    with pytest.raises(SourceError) as caught:
        ask(email=EMAIL, key=KEY, attempts=3)
    assert server.queries[0] | {"email": EMAIL, "key": KEY} == server.queries[0]  # they were sent
    assert "canary" not in shown(caught.value)
    assert "canary" not in caplog.text
    assert not any("canary" in repr(vars(record)) for record in caplog.records)


def test_a_failed_connection_does_not_show_the_email_or_the_key(ask, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError) as caught:
        ask(base_url="http://127.0.0.1:9/data/api", email=EMAIL, key=KEY, attempts=2)
    assert "canary" not in shown(caught.value)
    assert not any("canary" in repr(vars(record)) for record in caplog.records)


def test_rows_and_logs_of_a_success_do_not_show_the_email_or_the_key(ask, server, answer, envelope, daily_row, caplog):
    caplog.set_level(logging.DEBUG)
    server.script = [answer(envelope([daily_row()]))]
    table = ask(email=EMAIL, key=KEY)
    assert "canary" not in table.to_csv()
    assert "GET /data/api/dailyData/byCBSA" in caplog.text  # urllib3 does log the request
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key=a/b+c@d", "key=***"),
        ("key=a/b%2Bc%40d", "key=***"),
        ("key=a%2Fb%2Bc%40d", "key=***"),
        ("nothing to hide", "nothing to hide"),
        ("two\n  lines\tof text ", "two lines of text"),
    ],
)
def test_redact_knows_each_spelling_of_a_secret(text, expected):
    assert redact(text, {"key": "a/b+c@d", "email": ""}) == expected


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://aqs.epa.gov/data/api", "https://aqs.epa.gov/data/api"),
        ("https://me:canary@host:81/files?key=canary@1", "https://host:81/files"),
        ("https://me:can/ary@host/files", "https://host/files"),
        ("me:canary@host/files", "host/files"),
    ],
)
def test_an_address_is_told_without_what_it_hides(address, told):
    assert without_secrets(address) == told


@pytest.fixture
def environment(monkeypatch):
    """A process that knows a key, a password within an address, and a value that was revealed."""
    monkeypatch.setenv("EPA_AQS_API_KEY", KEY)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://someone:canary%2Fpassword@mlflow:5000")
    monkeypatch.setenv("DB_PASSWORD", "abc")  # too short to be told from words
    keep_secret("canary-revealed")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"asked with {KEY}", "asked with ***"),
        ("GET /list?key=canary%2Fkey%2B1&x=1", "GET /list?key=***&x=1"),
        ("found canary-revealed\nin two lines", "found ***\nin two lines"),
        ("canary/password, canary%2Fpassword", "***, ***"),
        ("no answer from tcp://me:canary-unknown@host:8786", "no answer from tcp://me:***@host:8786"),
        ("http://host:80/a@b and me@example.org, abc", "http://host:80/a@b and me@example.org, abc"),
    ],
)
def test_text_is_cleaned_of_every_secret_of_the_process_and_of_passwords_in_addresses(environment, text, told):
    assert cleaned(text) == told


@pytest.fixture
def logged(environment):
    """What a handler, which knows nothing of secrets, writes of what a library logs."""
    made, hook = logging.getLogRecordFactory(), sys.excepthook
    written = io.StringIO()
    handler, logger = logging.StreamHandler(written), logging.getLogger("some.library")
    logger.addHandler(handler)
    guard()
    yield logger, written
    logger.removeHandler(handler)
    logging.setLogRecordFactory(made)
    sys.excepthook = hook


def failure():
    """An error whose cause and words hold secrets."""
    try:
        try:
            raise ValueError(f"refused {KEY}")
        except ValueError as cause:
            raise OSError("lost canary-revealed") from cause
    except OSError as error:
        return error


def test_log_lines_of_any_library_are_cleaned_with_their_tracebacks(logged):
    logger, written = logged
    logger.warning("%s of %d", "canary-revealed", 3)
    logger.error("failed", exc_info=failure())
    told = written.getvalue()
    assert told.startswith("*** of 3\nfailed\nTraceback")
    assert "ValueError: refused ***" in told
    assert told.endswith("OSError: lost ***\n")


def test_log_lines_without_a_secret_keep_their_arguments(logged, caplog):
    logger, _ = logged
    logger.warning("%s of %d", "nothing", 3)
    assert caplog.records[0].args == ("nothing", 3)


class Untold:
    """What cannot be put into words."""

    def __str__(self):
        raise AttributeError("no words")


@pytest.mark.parametrize(("line", "wrong"), [("%d", "no number"), ("%s", Untold())])
def test_arguments_that_do_not_fit_are_left_to_logging(logged, line, wrong):
    assert logged[0].makeRecord("", logging.INFO, "", 0, line, (wrong,), None).args == (wrong,)


def test_the_traceback_a_process_ends_with_is_cleaned(logged, capsys):
    error = failure()
    sys.excepthook(type(error), error, error.__traceback__)
    told = capsys.readouterr().err
    assert "ValueError: refused ***" in told
    assert told.endswith("OSError: lost ***\n")
