"""The configuration as Kedro reads it, its parameters settled.

Settling belongs to the reading, not to a hook: kedro-viz and notebooks read the configuration without hooks.
"""

from __future__ import annotations

from typing import Any

from kedro.config import OmegaConfigLoader

from airwatch.parameters import settle


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader, whose ``parameters`` are checked together and complete."""

    def __getitem__(self, key: str) -> dict[str, Any]:
        """The configuration of one kind.

        Raises:
            ParameterError: ``parameters`` that do not exist or cannot be.
        """
        found: dict[str, Any] = super().__getitem__(key)
        if key != "parameters":
            return found
        from airwatch.pipeline_registry import PARAMETER_GROUPS

        return settle(found, PARAMETER_GROUPS)
