"""What every channel has in common, and how it says that it failed."""

from __future__ import annotations

from typing import Protocol

from airwatch.alerts.message import Message


class AlertFailed(Exception):
    """A channel did not take a message; the words name the server and the variable, and hold no secret.

    Args:
        told: What happened, and what to do.
        passing: Whether another attempt may mend it.
        retry_after_s: The pause that the server asks for.
    """

    def __init__(self, told: str, *, passing: bool = False, retry_after_s: float = 0.0) -> None:
        self.passing, self.retry_after_s = passing, retry_after_s
        super().__init__(told)


class Channel(Protocol):
    """A way to tell people or programs."""

    @property
    def name(self) -> str:
        """``email``, ``slack`` or ``webhook``: what ``incidents`` notes of whom was told."""

    def send(self, message: Message, timeout_s: float) -> None:
        """Make one attempt; ``timeout_s`` bounds each wait for the server.

        Raises:
            AlertFailed: The server did not take it.
        """
