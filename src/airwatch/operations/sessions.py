"""Runs of pipelines in this process, each a Kedro session and an MLflow run of its own."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airwatch.pipeline_registry import register_pipelines
from airwatch.settings import PROJECT

DRAWING = ("plot_", "write_", "explain_")  # nodes of such names make what people look at and no other node needs


@dataclass(frozen=True)
class Sessions:
    """Runs of one environment.

    Attributes:
        params: Parameters to replace, as ``read_command_line`` reads them.
        env: A folder of ``conf``; None is the default.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    env: str | None = None

    def run(self, *pipelines: str, only: Sequence[str] = (), drawn: bool = True) -> None:
        """Run pipelines.

        Args:
            pipelines: Their names.
            only: Pollutants, where not all; what joins them runs too, with what earlier runs left of the others.
            drawn: Whether with figures and pages.
        """
        from kedro.framework.project import pipelines as registered
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project

        bootstrap_project(PROJECT)
        registered.set_requested(None)
        nodes = _nodes_of(pipelines, only, drawn)
        given = dict(self.params)
        session: KedroSession = KedroSession.create(project_path=PROJECT, env=self.env, runtime_params=given)
        with session:
            session.run(pipeline_names=list(pipelines), node_names=nodes)

    def told(self, **replaced: Any) -> Sessions:
        """The same with some parameters replaced; of a group those that are named."""
        return Sessions(merged(self.params, replaced), self.env)


def merged(params: Mapping[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with some replaced; of a group those that are named."""
    result = dict(params)
    for name, value in replaced.items():
        known = result.get(name)
        both = isinstance(value, Mapping) and isinstance(known, Mapping)
        result[name] = merged(known, value) if both else value  # type: ignore[arg-type]
    return result


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep what runs print and log from the terminal, but for errors; the log file has all of it."""
    from kedro.logging import RichHandler

    logs = [logging.getLogger(name) for name in ("airwatch", None)]
    handlers = [handler for log in logs for handler in log.handlers if isinstance(handler, RichHandler)]
    levels = [handler.level for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for handler, level in zip(handlers, levels, strict=True):
            handler.setLevel(level)


def _nodes_of(pipelines: Sequence[str], pollutants: Sequence[str], drawn: bool) -> list[str]:
    """The names of the nodes to run: of pollutants, of what joins them, and of pipelines that know no pollutants."""
    known = register_pipelines()
    nodes = [node for name in pipelines for node in known[name].nodes]
    if pollutants:
        nodes = [node for node in nodes if not node.namespace or node.namespace.split(".")[0] in pollutants]
    return [node.name for node in nodes if drawn or not node.name.startswith(DRAWING)]
