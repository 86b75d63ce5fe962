"""Incidents and messages by keyword, and the channels of a project."""

from __future__ import annotations

from typing import Any

import pandas as pd

from airwatch.alerts.channels import AlertChannels
from airwatch.alerts.delivery import Patience
from airwatch.alerts.incidents import Finding, Incident
from airwatch.alerts.message import Message
from airwatch.alerts.notices import Event, Notice, Words
from airwatch.sandbox.network import SANDBOX_CBSA
from airwatch.secrets import reference

HASTE = Patience(timeout_s=5.0, attempts=3, pause_s=0.01, deadline_s=10.0)
SECRETS = {
    "smtp_password": "ALERT_SMTP_PASSWORD",
    "slack_url": "ALERT_SLACK_WEBHOOK_URL",
    "webhook_url": "ALERT_WEBHOOK_URL",
    "webhook_secret": "ALERT_WEBHOOK_SECRET",
}


def build_finding(check: str = "pm25.skill", site_id: str = "", status: Any = "warn", **values: Any) -> Finding:
    """A finding of 2023-12-02: 0.1 where 0.2 is the limit."""
    given = {"since": pd.Timestamp("2023-12-02"), "value": 0.1, "limit": 0.2, "action": "Look into it."}
    return Finding(check, site_id, status, **{**given, **values})


def build_incident(**values: Any) -> Incident:
    """An open incident of the sandbox's metro, found on 2023-12-31."""
    day = pd.Timestamp("2023-12-31")
    place = {"source": "sandbox-20", "area": f"cbsa-{SANDBOX_CBSA}", "check": "pm25.skill", "site_id": ""}
    found = {"since": pd.Timestamp("2023-12-02"), "status": "warn", "worst": "warn", "value": 0.1, "limit": 0.2}
    return Incident(**{**place, "opened": day, **found, "action": "Look into it.", "last_seen": day, **values})


def build_notice(event: Event = "opened", **values: Any) -> Notice:
    """What happened to an incident, in words."""
    return Notice(event, build_incident(**values), Words("PM2.5: skill", "CBSA 31080", "0.1 (at least 0.2)"))


def build_message(*notices: Notice, **values: Any) -> Message:
    """A message about Los Angeles as of 2023-12-31."""
    given = {"as_of": "2023-12-31", "source": "aqs", "simulated": False, "area": "CBSA 31080"}
    page = "https://airwatch.example.org/index.html"
    return Message(**{**given, "page_url": page, "notices": notices or (build_notice(),), "most": 20, **values})


def build_channels(host: str = "", port: int = 0, **email: str) -> AlertChannels:
    """The channels as the project's catalog has them; e-mail in the clear where there is a host."""
    settings = {"security": "none", "user": "", "sender": "airwatch@example.org", "recipients": "desk@example.org"}
    references = {name: reference(variable) for name, variable in SECRETS.items()}
    return AlertChannels({"host": host, "port": str(port), **settings, **email}, references)
