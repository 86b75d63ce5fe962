"""A simulated region that answers the AQS protocol on loopback, so that a run needs no network and no account."""

from airwatch.sandbox.network import SANDBOX_CBSA, SANDBOX_CBSA_NAME
from airwatch.sandbox.server import serve
from airwatch.sandbox.world import World

__all__ = ["SANDBOX_CBSA", "SANDBOX_CBSA_NAME", "World", "serve"]
