"""Finds the value of a secret at first use, and never before.

The configuration holds references (``secret:NAME``), because Kedro resolves every credential at the start of any
run: a resolver that looked the value up there would stop runs that need no secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIX = "secret:"

# What needs a secret, and where to get one: the second half of the message when it is missing.
SIGN_UP = "https://aqs.epa.gov/data/api/signup?email=YOUR_ADDRESS"
REMEDIES = {
    "EPA_AQS_EMAIL": f"source=aqs needs it: sign up at {SIGN_UP}, then put it into .env",
    "EPA_AQS_API_KEY": f"source=aqs needs it: EPA mails it after sign-up ({SIGN_UP}); put it into .env",
}


class MissingSecretError(Exception):
    """A secret that a step needs is not set; the message names the variable, who needs it and where to get one."""


def reference(name: str) -> str:
    """The text that stands in the configuration for the secret ``name``."""
    return f"{PREFIX}{name}"


def reveal(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value behind a reference; a text that is no reference is its own value.

    Args:
        text: ``secret:NAME``, or a plain value.
        environment: Where names are looked up; ``.env`` has been read into it by ``airwatch.settings``.

    Raises:
        MissingSecretError: The variable is not set, or empty.
    """
    if not text.startswith(PREFIX):
        return text
    name = text.removeprefix(PREFIX)
    value = environment.get(name, "").strip()
    if not value:
        remedy = REMEDIES.get(name, "put it into .env or the environment")
        raise MissingSecretError(f"{name} is not set: {remedy}.")
    return value
