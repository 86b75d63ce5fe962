import threading
import time
from dataclasses import dataclass, field, replace

import pytest

from airwatch.alerts.channel import AlertFailed
from airwatch.alerts.delivery import deliver
from airwatch.alerts.mail import Mail
from airwatch.alerts.slack import Slack
from airwatch.alerts.webhook import Webhook
from alerts_on_loopback import HOST
from builders_alerts import HASTE, build_message


def sent(*channels, patience=HASTE):
    return deliver({channel.name: (channel, build_message()) for channel in channels}, patience)


def mail(port):
    return Mail(HOST, str(port), "none", "airwatch@example.org", "desk@example.org")


@dataclass
class Failing:
    """A channel that fails as it is told to; ``None`` is no failure."""

    failures: list[Exception | None]
    name: str = "failing"
    attempts: int = 0
    held: threading.Event = field(default_factory=threading.Event)

    def send(self, message, timeout_s):
        self.attempts += 1
        if failure := self.failures.pop(0):
            raise failure


class Hanging(Failing):
    def send(self, message, timeout_s):
        self.held.wait(20)


def test_all_channels_are_told(mailbox, hook):
    assert sent(mail(mailbox.port), Slack(f"{hook.url}/slack"), Webhook(f"{hook.url}/any")) == {
        "email",
        "slack",
        "webhook",
    }
    assert len(mailbox.letters) == 1
    assert sorted(path for path, _, _ in hook.posts) == ["/any", "/slack"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_again(hook, status):
    hook.will(status, status, 200)
    assert sent(Webhook(hook.url)) == {"webhook"}
    assert len(hook.posts) == 3


def test_a_letter_that_is_put_off_is_tried_again(mailbox):
    mailbox.says["RCPT"] = ["451 greylisted", ""]
    assert sent(mail(mailbox.port)) == {"email"}
    assert len(mailbox.letters) == 1


def test_what_does_not_pass_is_given_up_after_three_attempts_in_one_line(hook, caplog):
    hook.will(500)
    assert sent(Webhook(f"{hook.url}/canary-4723")) == set()
    assert len(hook.posts) == 3
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("airwatch.alerts")]
    assert line.startswith("The alert by webhook was not sent: 127.0.0.1:")
    assert line.endswith("check ALERT_WEBHOOK_URL (3 attempts). The next run tries again.")
    assert "canary" not in line


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_cannot_be_mended_is_tried_once(hook, status):
    hook.will(status)
    assert sent(Webhook(hook.url)) == set()
    assert len(hook.posts) == 1


def test_a_pause_that_the_server_asks_for_is_kept():
    busy = Failing([AlertFailed("busy", passing=True, retry_after_s=0.2), None])
    begun = time.monotonic()
    assert sent(busy) == {"failing"}
    assert time.monotonic() - begun >= 0.2


def test_a_pause_beyond_the_deadline_is_left_to_the_next_run():
    busy = Failing([AlertFailed("busy", passing=True, retry_after_s=3600)])
    assert sent(busy) == set()
    assert busy.attempts == 1


def test_one_that_fails_keeps_nobody_else_from_being_told(nobody, hook):
    assert sent(mail(nobody.rpartition(":")[2]), Webhook(hook.url)) == {"webhook"}


def test_one_that_hangs_is_given_up(hook, caplog):
    hanging = Hanging([])
    assert sent(hanging, Webhook(hook.url), patience=replace(HASTE, deadline_s=0.3)) == {"webhook"}
    hanging.held.set()
    assert "The alert by failing was not sent: no end after 0.3 s." in caplog.text


def test_a_mistake_of_ours_is_told_by_its_kind_alone(caplog):
    assert sent(Failing([ValueError("canary")])) == set()
    assert "it failed with ValueError" in caplog.text
    assert "canary" not in caplog.text
