"""Which channels are configured; their secrets are looked up when there is something to tell, and not before."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset, DatasetError

from airwatch.secrets import MissingSecretError, SecretsManagerError, reveal
from airwatch.sources.redaction import without_secrets

if TYPE_CHECKING:
    from airwatch.alerts.channel import Channel

logger = logging.getLogger(__name__)


class AlertChannels:
    """The ways to tell somebody.

    Args:
        email: Settings of ``Mail`` as texts; an empty ``host``: no e-mail.
        credentials: References to ``smtp_password``, ``slack_url``, ``webhook_url`` and ``webhook_secret``; a channel
            whose address is not set is not configured.
    """

    def __init__(self, email: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        self._email = {name: str(value).strip() for name, value in email.items()}
        self._credentials = credentials

    def configured(self) -> dict[str, Channel]:
        """The channels by their names; where AWS Secrets Manager cannot be asked for one, those that are known."""
        from airwatch.alerts.mail import Mail
        from airwatch.alerts.slack import Slack
        from airwatch.alerts.webhook import Webhook

        found: list[Channel] = []
        try:
            if self._email.get("host"):
                found.append(Mail(**self._email, password=self._secret("smtp_password")))
            if url := self._secret("slack_url"):
                found.append(Slack(url))
            if url := self._secret("webhook_url"):
                found.append(Webhook(url, self._secret("webhook_secret")))
        except SecretsManagerError as error:
            logger.warning("Alerts: %s", error)
        return {channel.name: channel for channel in found}

    def _secret(self, name: str) -> str:
        """A secret's value; empty where there is none, which is nobody's mistake."""
        try:
            return reveal(self._credentials.get(name, ""))
        except SecretsManagerError:
            raise
        except MissingSecretError:
            return ""


class AlertChannelsDataset(AbstractDataset[None, AlertChannels]):
    """The channels in the catalog; load only. It hands the node that tells what it needs, and connects to nothing."""

    SETTINGS = ("host", "port", "security", "user", "sender", "recipients")

    def __init__(self, *, email: dict[str, Any], credentials: dict[str, str], metadata: Any = None) -> None:
        if set(email) != set(self.SETTINGS):
            raise DatasetError(f"The settings of email are {', '.join(self.SETTINGS)}; given: {', '.join(email)}.")
        self._channels = AlertChannels(email, credentials)
        self._host = email.get("host", "")
        self.metadata = metadata

    def load(self) -> AlertChannels:
        """The channels."""
        return self._channels

    def save(self, data: None) -> None:
        """Nothing is written to it."""
        raise DatasetError("Alert channels can only be used.")

    def _describe(self) -> dict[str, Any]:
        return {"email": without_secrets(str(self._host))}
