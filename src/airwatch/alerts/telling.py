"""From incidents to messages that were sent, and back to incidents that say who was told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from airwatch.alerts.channels import AlertChannels
from airwatch.alerts.delivery import Patience, deliver
from airwatch.alerts.incidents import Incident
from airwatch.alerts.message import Message
from airwatch.alerts.notices import Notice, Words, is_due, notices, told

logger = logging.getLogger(__name__)


def tell(
    incidents: Sequence[Incident],
    channels: AlertChannels,
    describe: Callable[[Incident], Words],
    compose: Callable[[tuple[Notice, ...]], Message],
    patience: Patience,
) -> list[Incident]:
    """Tell each channel, in one message, all that it has yet to be told.

    Args:
        incidents: Those that this run is about.
        channels: Looked up where there is something to tell.
        describe: An incident in words.
        compose: The message of some notices.
        patience: Timeouts and attempts.

    Returns:
        The incidents, with the channels noted that took their message.
    """
    if not any(is_due(incident) for incident in incidents):
        return list(incidents)
    found = channels.configured()
    if not found:
        logger.info("Alerts: nobody is told, as no channel is configured (ALERT_ in .env.example, docs/alerts.md)")
        return list(incidents)
    dues = {name: notices(incidents, name, describe) for name in found}
    letters = {name: (found[name], compose(those)) for name, those in dues.items() if those}
    took = deliver(letters, patience)
    for name in sorted(took):
        logger.info("Alert by %s: %s", name, letters[name][1].subject)
    return [_told_all(incident, took) for incident in incidents]


def _told_all(incident: Incident, channels: set[str]) -> Incident:
    for name in sorted(channels):
        incident = told(incident, name)
    return incident
