"""Kedro's place for a project's commands: AirWatch's own ``kedro run``.

It is Kedro's command with three things changed: ``--params`` is read as text (06 stays a code), ``--namespaces``
brings the joining nodes along, and an error is one line.
"""

from __future__ import annotations

import copy
import logging
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.project import pipelines as registered

from airwatch.messages import one_line
from airwatch.parameters import ParameterError, read_command_line

JOIN = "join"  # the tag of nodes that bring the pollutants together, outside every namespace

logger = logging.getLogger(__name__)


@click.group(name="airwatch")
def cli() -> None:
    """AirWatch's commands within Kedro."""


def _read_params(context: click.Context, option: click.Parameter, given: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(given, dict):  # from the file that --config names
        return given
    try:
        return read_command_line(given)
    except ParameterError as error:
        raise click.ClickException(str(error)) from None


def _run(verbose: bool, **options: Any) -> Any:
    """Run pipelines of the project; see the options below."""
    options.update(_with_joins(options, _pipelines(options)))
    try:
        return kedro_run.callback(**options)  # type: ignore[misc]
    except click.ClickException:
        raise
    except Exception as error:
        if verbose:
            raise
        logger.debug("The run failed.", exc_info=True)
        raise click.ClickException(f"{one_line(error)} [--verbose, or logs/airwatch.log, has the traceback]") from None


def _pipelines(options: dict[str, Any]) -> list[str]:
    """The names of the pipelines to run."""
    registered.set_requested(None)
    names = options["pipelines"] or [options["pipeline"] or "__default__"]
    for name in names:
        if name not in registered:
            known = ", ".join(name for name in registered if name != "__default__")
            raise click.ClickException(f"There is no pipeline {name!r}; there are: {known}.")
    return list(names)


def _with_joins(options: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """``--namespaces pm25`` as the nodes of that namespace and the nodes that join the pollutants."""
    if not options["namespaces"]:
        return {}
    nodes = [node for name in names for node in registered[name].nodes]
    inside = [n for n in nodes if n.namespace and n.namespace.split(".")[0] in options["namespaces"]]
    if not inside:
        known = ", ".join(sorted({n.namespace for n in nodes if n.namespace})) or "none"
        asked = ", ".join(options["namespaces"])
        raise click.ClickException(f"No node of {', '.join(names)} is in the namespace {asked}; there are: {known}.")
    return {"namespaces": [], "node_names": [n.name for n in inside + [n for n in nodes if JOIN in n.tags]]}


def _command() -> click.Command:
    options = []
    for option in kedro_run.params:
        changed = copy.copy(option)
        if changed.name == "params":
            changed.callback = _read_params
        options.append(changed)
    options.append(click.Option(["--verbose"], is_flag=True, help="Show the traceback of an error."))
    return click.Command("run", params=options, callback=_run, help="Run AirWatch's pipelines.")


cli.add_command(_command())
