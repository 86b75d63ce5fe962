"""Alerts in Slack, by an incoming webhook (https://api.slack.com/messaging/webhooks)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from airwatch.alerts.message import EVENT_WORDS, STATUS_WORDS, Message
from airwatch.alerts.notices import Event, Notice
from airwatch.alerts.post import post

SIGNS = {"warn": ":warning:", "retrain": ":rotating_light:", "ok": ":white_check_mark:"}
# Slack's own limits (https://api.slack.com/reference/block-kit/blocks): 50 blocks, which MOST_NOTICES keeps to.
LONGEST_HEADER, LONGEST_SECTION = 150, 3000


@dataclass(frozen=True, slots=True)
class Slack:
    """A channel of Slack.

    Attributes:
        url: The webhook's address, which is a secret.
    """

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """What ``incidents`` calls it."""
        return "slack"

    def send(self, message: Message, timeout_s: float) -> None:
        """Post the message.

        Raises:
            AlertFailed: Slack did not take it.
        """
        post(self.url, json.dumps(payload(message)).encode(), {}, "ALERT_SLACK_WEBHOOK_URL", timeout_s)


def payload(message: Message) -> dict[str, Any]:
    """The message as blocks, with its subject for the notification on a telephone."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(message.subject, LONGEST_HEADER)}}
    ]
    for event, notices in message.shown.items():
        blocks.append(_section(f"*{EVENT_WORDS[event]}*"))
        blocks += [_section(_told(event, notice)) for notice in notices]
    if message.left_out:
        blocks.append(_section(f"… and {message.left_out} more."))
    if message.link:
        blocks.append(_section(f"<{_escaped(message.link)}|All checks and reports>"))
    return {"text": _escaped(message.subject), "blocks": blocks}


def _told(event: Event, notice: Notice) -> str:
    """One incident in Slack's own markup."""
    incident, words = notice.incident, notice.words
    status = "ok" if event == "ended" else incident.status
    found = f", found {notice.opened}" if notice.opened != notice.since else ""
    lines = [
        f"{SIGNS[status]} *{_escaped(words.what)}* ({'ended' if event == 'ended' else STATUS_WORDS[status].lower()})",
        f"*Where:* {_escaped(words.where)}",
        f"*Since:* {notice.since}{found}" + (f", last seen {notice.last_seen}" if event == "ended" else ""),
    ]
    if words.how_bad:
        lines.append(f"*How bad:* {_escaped(words.how_bad)}")
    if event != "ended" and incident.action:
        lines.append(f"*What to do:* {_escaped(incident.action)}")
    return "\n".join(lines)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, LONGEST_SECTION)}}


def _escaped(text: str) -> str:
    """Text that is not taken for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
