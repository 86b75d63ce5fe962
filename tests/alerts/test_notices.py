import pandas as pd
import pytest

from airwatch.alerts.notices import Words, due, is_due, notices, told
from builders_alerts import build_incident

ENDED = {"status": "ok", "closed": pd.Timestamp("2024-01-05")}
GRAVE = {"status": "retrain", "worst": "retrain"}


@pytest.mark.parametrize(
    ("incident", "event"),
    [
        ({}, "opened"),
        ({"notified_open": "slack"}, "opened"),
        ({"notified_open": "email slack"}, None),
        ({"status": "ok"}, None),
        (GRAVE, "opened"),
        ({**GRAVE, "notified_open": "email"}, "worsened"),
        ({**GRAVE, "notified_open": "email", "notified_worse": "email"}, None),
        ({"worst": "retrain", "notified_open": "email"}, None),
        (ENDED, None),
        ({**ENDED, "notified_open": "email"}, "ended"),
        ({**ENDED, "notified_open": "email", "notified_close": "slack"}, "ended"),
        ({**ENDED, "notified_open": "email", "notified_close": "email"}, None),
    ],
)
def test_what_a_channel_has_yet_to_be_told(incident, event):
    assert due(build_incident(**incident), "email") == event


@pytest.mark.parametrize(
    "incident", [{}, GRAVE, {**GRAVE, "notified_open": "email"}, {**ENDED, "notified_open": "email slack"}]
)
def test_a_channel_that_was_told_is_not_told_again(incident):
    assert due(told(build_incident(**incident), "email"), "email") is None


def test_to_tell_one_channel_is_not_to_tell_the_other():
    assert due(told(build_incident(), "email"), "slack") == "opened"


@pytest.mark.parametrize(
    ("incident", "anything"),
    [
        ({}, True),
        ({"status": "ok"}, False),
        (ENDED, False),
        ({**ENDED, "notified_open": "email"}, True),
        ({**ENDED, "notified_open": "email", "notified_close": "email"}, False),
    ],
)
def test_whether_secrets_need_to_be_looked_up_at_all(incident, anything):
    assert is_due(build_incident(**incident)) == anything


def test_notices_begin_with_what_opened_and_the_gravest_of_it():
    over = build_incident(check="a", notified_open="email", **ENDED)
    warn, grave = build_incident(check="b"), build_incident(check="c", **GRAVE)
    worse = build_incident(check="d", notified_open="email", **GRAVE)
    found = notices([over, worse, warn, grave], "email", lambda _: Words("", "", ""))
    assert [(n.event, n.incident.check) for n in found] == [
        ("opened", "c"),
        ("opened", "b"),
        ("worsened", "d"),
        ("ended", "a"),
    ]
