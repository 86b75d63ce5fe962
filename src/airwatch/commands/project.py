"""The project as a command sees it, without a Kedro session: its parameters and its catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.io import DataCatalog

    from airwatch.config import ConfigLoader


@dataclass(frozen=True)
class Project:
    """The configuration of one environment.

    Attributes:
        env: Its name; None is the one of ``conf/local``.
        loader: Kedro's loader for it.
    """

    env: str | None
    loader: ConfigLoader

    @classmethod
    def opened(cls, env: str | None = None, runtime_params: Mapping[str, Any] | None = None) -> Project:
        """The project this package was installed from; nothing is read yet.

        Args:
            env: A folder of ``conf``.
            runtime_params: Parameters to replace, as ``kedro run --params`` has them.
        """
        from airwatch.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS, PROJECT

        settings: dict[str, Any] = CONFIG_LOADER_ARGS
        given = dict(runtime_params or {})
        return cls(env, CONFIG_LOADER_CLASS(str(PROJECT / "conf"), env=env, runtime_params=given, **settings))

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters, settled.

        Raises:
            ParameterError: Some do not exist or cannot be.
        """
        return self.loader["parameters"]

    def catalog(self, *names: str) -> DataCatalog:
        """The catalog, or of it the datasets that are named."""
        from kedro.io import DataCatalog

        entries = self.loader["catalog"]
        chosen = {name: entries[name] for name in names} if names else entries
        return DataCatalog.from_config(chosen, self.loader["credentials"])
