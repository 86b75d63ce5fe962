import hashlib
import hmac
import json
import logging

import pytest

from airwatch.alerts.channel import AlertFailed
from airwatch.alerts.webhook import Webhook
from builders_alerts import build_message, build_notice

TOKEN = "canary-token-4722"


def refusal(url, timeout_s=5.0):
    with pytest.raises(AlertFailed) as failed:
        Webhook(url).send(build_message(), timeout_s)
    return failed.value


def test_a_webhook_is_posted_the_document(hook):
    message = build_message(build_notice(action="µg/m³"))
    Webhook(f"{hook.url}/alerts?team=air").send(message, 5.0)
    [(path, headers, body)] = hook.posts
    assert path == "/alerts?team=air"
    assert json.loads(body) == message.document()
    assert headers["X-AirWatch-Delivery"] == message.document()["id"]
    assert "X-AirWatch-Signature-256" not in headers


def test_a_receiver_can_check_the_signature(hook):
    Webhook(hook.url, "canary-secret").send(build_message(), 5.0)
    [(_, headers, body)] = hook.posts
    expected = hmac.new(b"canary-secret", body, hashlib.sha256).hexdigest()
    assert headers["X-AirWatch-Signature-256"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("answer", "told", "passing", "pause"),
    [
        ((429, b"", {"Retry-After": "7"}), "HTTP 429 Too Many Requests", True, 7.0),
        (500, "HTTP 500 Internal Server Error", True, 0.0),
        (503, "HTTP 503 Service Unavailable", True, 0.0),
        ((404, b"no_service", {}), "HTTP 404 Not Found (no_service)", False, 0.0),
        ((403, f"{TOKEN} is unknown".encode(), {}), "HTTP 403 Forbidden: check", False, 0.0),
        ((302, b"", {"Location": "http://127.0.0.1:9/"}), "HTTP 302 Found", False, 0.0),
    ],
)
def test_an_answer_that_is_no_success_is_told(hook, answer, told, passing, pause):
    hook.will(answer)
    error = refusal(f"{hook.url}/{TOKEN}")
    assert told in str(error)
    assert "check ALERT_WEBHOOK_URL" in str(error)
    assert (error.passing, error.retry_after_s) == (passing, pause)
    assert TOKEN not in str(error)
    assert len(hook.posts) == 1


def test_a_server_that_is_down_is_one_to_try_again(nobody):
    error = refusal(f"{nobody}/{TOKEN}")
    assert str(error) == f"no connection to {nobody.partition('//')[2]}, or it was dropped: check ALERT_WEBHOOK_URL"
    assert error.passing


def test_a_server_that_says_nothing_is_not_waited_for(silent):
    error = refusal(f"http://127.0.0.1:{silent}/{TOKEN}", timeout_s=0.1)
    assert "gave no reply within 0.1 s" in str(error)
    assert error.passing


def test_a_server_without_a_certificate_is_not_trusted(mailboxes):
    error = refusal(f"https://127.0.0.1:{mailboxes['tls'].port}/{TOKEN}")
    assert "no trusted connection (TLS)" in str(error)
    assert not error.passing


@pytest.mark.parametrize("url", ["hooks.example.org/x", "ftp://example.org/x", "http://[", "https://"])
def test_what_is_no_address_is_told_by_its_variable(url):
    assert str(refusal(url)).startswith("ALERT_WEBHOOK_URL holds no address")


def test_the_log_of_the_libraries_beneath_holds_no_token(hook, caplog):
    with caplog.at_level(logging.DEBUG):
        Webhook(f"http://desk:{TOKEN}@{hook.url.partition('//')[2]}/{TOKEN}?key={TOKEN}", TOKEN).send(
            build_message(), 5.0
        )
    assert "POST" in caplog.text
    assert TOKEN not in caplog.text
