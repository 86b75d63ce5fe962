"""The project as a command sees it, without a Kedro session: its parameters and its catalog."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

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
            env: A folder of ``conf``; None: the one that ``KEDRO_ENV`` or ``APP_ENV`` names, else the default.
            runtime_params: Parameters to replace, as ``kedro run --params`` has them.
        """
        from airwatch.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS, PROJECT

        settings: dict[str, Any] = CONFIG_LOADER_ARGS
        given = dict(runtime_params or {})
        env = env or os.environ.get("KEDRO_ENV") or None
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


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what Kedro notes on its way out of the answer of a verb."""
    import kedro.framework.project  # noqa: F401 - it sets up the log, so it comes first

    logger = logging.getLogger("kedro")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="One or more dataset names contain")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def told_in_one_line(code: int = 1) -> Iterator[None]:
    """What goes wrong is told in one line, with an exit code."""
    from airwatch.messages import one_line

    try:
        yield
    except Exception as error:
        typer.echo(f"Error: {one_line(error)}", err=True)
        raise typer.Exit(code) from None
