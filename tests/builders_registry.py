"""A shelf that holds one champion, or none, without MLflow."""

from __future__ import annotations

from airwatch.forecasting.forecaster import Forecaster
from airwatch.model_registry import CHAMPION, ModelShelf, RegisteredForecaster, Version


class OneModel(ModelShelf):
    """Its champion is version 3; what it was trained from is its fingerprint, and its card is short.

    Args:
        held: The champion's forecaster; None: nothing was ever registered.
        error: What loading it raises.
        beside: Another version, which is found by any fingerprint.
        **tags: Of the version.
    """

    def __init__(
        self,
        held: Forecaster | None = None,
        error: Exception | None = None,
        beside: Version | None = None,
        **tags: str,
    ) -> None:
        super().__init__("airwatch-pm25")
        self.held, self.error, self.beside, self.tags = held, error, beside, tags

    def version(self, wanted: str = CHAMPION) -> Version | None:
        if self.held is None and self.error is None:
            return None
        return Version(self.name, "3", (CHAMPION,), self.tags, "run", "# Card of version 3")

    def load(self, wanted: str = CHAMPION) -> RegisteredForecaster | None:
        if self.error:
            raise self.error
        return RegisteredForecaster(self.held, "3", self.tags) if self.held else None

    def same(self, fingerprint: str) -> Version | None:
        if self.beside:
            return self.beside
        return self.version() if fingerprint and self.tags.get("fingerprint") == fingerprint else None

    def card(self, version: Version) -> str:
        return version.description


def aliases(shelf: ModelShelf) -> dict[str, str]:
    """Which version each alias points to."""
    return {alias: version.number for version in shelf.versions() for alias in version.aliases}
