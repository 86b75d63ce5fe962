import json

import pytest

from airwatch.alerts.message import MOST_NOTICES
from airwatch.alerts.notices import Words
from airwatch.alerts.slack import Slack, payload
from builders_alerts import build_message, build_notice


def texts(message):
    return [block["text"]["text"] for block in payload(message)["blocks"]]


def test_slack_is_posted_blocks_and_a_line_for_the_telephone(hook):
    message = build_message()
    Slack(f"{hook.url}/services/T0/B0/token").send(message, 5.0)
    [(path, headers, body)] = hook.posts
    assert path == "/services/T0/B0/token"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(body) == payload(message)
    assert payload(message)["text"] == message.subject


def test_a_section_says_what_where_since_when_how_bad_and_what_to_do():
    assert texts(build_message())[1:] == [
        "*Opened*",
        ":warning: *PM2.5: skill* (warning)\n*Where:* CBSA 31080\n*Since:* 2023-12-02, found 2023-12-31\n"
        "*How bad:* 0.1 (at least 0.2)\n*What to do:* Look into it.",
        "<https://airwatch.example.org/index.html|All checks and reports>",
    ]


def test_names_are_no_markup():
    notice = build_notice()
    odd = Words("<!channel>", "A & B", "")
    assert (
        ":warning: *&lt;!channel&gt;* (warning)\n*Where:* A &amp; B"
        in texts(build_message(type(notice)("opened", notice.incident, odd)))[2]
    )


def test_the_longest_message_keeps_to_the_limits_of_slack():
    many = [
        build_notice(event, check=f"pm25.{n}", action="x" * 4000) for event in ("opened", "ended") for n in range(60)
    ]
    found = payload(build_message(*many, most=MOST_NOTICES, area="y" * 200))
    assert len(found["blocks"]) <= 50
    assert len(found["blocks"][0]["text"]["text"]) == 150
    assert max(len(block["text"]["text"]) for block in found["blocks"]) == 3000


@pytest.mark.parametrize("channel", [Slack("https://hooks.example.org/services/canary")])
def test_its_address_is_not_shown_with_the_channel(channel):
    assert "canary" not in repr(channel)
