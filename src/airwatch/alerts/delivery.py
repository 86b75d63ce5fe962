"""Sending: every channel at the same time, with a few attempts and an end, and never an error for the run.

What fails is told in one line of the log and is tried again by the next run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_before_delay

from airwatch.alerts.channel import AlertFailed, Channel
from airwatch.alerts.message import Message

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        timeout_s: Longest wait for one answer of a server.
        attempts: At most this many for one message.
        pause_s: Before the second attempt; it doubles.
        deadline_s: When all channels are given up.
    """

    timeout_s: float = 20.0
    attempts: int = 3
    pause_s: float = 1.0
    deadline_s: float = 90.0


def deliver(letters: Mapping[str, tuple[Channel, Message]], patience: Patience) -> set[str]:
    """Send each channel its message.

    Each has a thread of its own, so that one that hangs (a name server knows no timeout) holds up neither the others
    nor the run. A thread that is given up may still get its message through, which is then sent again: better twice
    than not at all.

    Args:
        letters: By the name of its channel, the channel and what it is sent.
        patience: Timeouts and attempts.

    Returns:
        The names of the channels that took their message.
    """
    outcomes: dict[str, str] = {}
    threads = {
        name: threading.Thread(target=_send, args=(channel, message, patience, outcomes), name=name, daemon=True)
        for name, (channel, message) in letters.items()
    }
    end = time.monotonic() + patience.deadline_s
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, end - time.monotonic()))
    given_up = f"no end after {patience.deadline_s:g} s"
    failed = {name: told for name in letters if (told := outcomes.get(name, given_up))}
    for name, told in failed.items():
        logger.warning("The alert by %s was not sent: %s. The next run tries again.", name, told)
    return set(letters) - set(failed)


def _send(channel: Channel, message: Message, patience: Patience, outcomes: dict[str, str]) -> None:
    """Send one message and note what went wrong; nothing, in words, where nothing did."""
    retrying = Retrying(
        stop=stop_after_attempt(patience.attempts) | stop_before_delay(patience.deadline_s),
        wait=lambda state: _pause_s(state, patience),
        retry=retry_if_exception(_is_passing),
        reraise=True,
    )
    try:
        retrying(channel.send, message, patience.timeout_s)
        outcomes[channel.name] = ""
    except AlertFailed as error:
        attempts = retrying.statistics["attempt_number"]
        outcomes[channel.name] = f"{error}" + (f" ({attempts} attempts)" if attempts > 1 else "")
    except Exception as error:  # whatever it is, the forecasts must not suffer; its text may hold an address
        outcomes[channel.name] = f"it failed with {type(error).__name__}"


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, AlertFailed) and error.passing


def _pause_s(state: RetryCallState, patience: Patience) -> float:
    """Double from the first pause; longer where the server asks for it."""
    error = state.outcome.exception() if state.outcome else None
    asked: float = getattr(error, "retry_after_s", 0.0)
    return max(patience.pause_s * 2.0 ** (state.attempt_number - 1), asked)
