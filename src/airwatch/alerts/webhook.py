"""Alerts to any program: the message as JSON, signed where there is a secret (docs/alerts.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from airwatch.alerts.message import Message
from airwatch.alerts.post import post

SIGNATURE = "X-AirWatch-Signature-256"
DELIVERY = "X-AirWatch-Delivery"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that takes a POST.

    Attributes:
        url: The address, which may hold a token.
        secret: Signs the body; empty: it is not signed.
    """

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What ``incidents`` calls it."""
        return "webhook"

    def send(self, message: Message, timeout_s: float) -> None:
        """Post the message.

        Raises:
            AlertFailed: It was not taken.
        """
        document = message.document()
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {DELIVERY: document["id"]}
        if self.secret:
            headers[SIGNATURE] = signature(body, self.secret)
        post(self.url, body, headers, "ALERT_WEBHOOK_URL", timeout_s)


def signature(body: bytes, secret: str) -> str:
    """What a receiver compares with: ``sha256=`` and the HMAC-SHA-256 of the body in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
