"""``airwatch doctor``: whether all is there that a run needs, and what to do where it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from airwatch.commands.project import told_in_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airwatch.checks.report import Finding

COLOURS = {"ok": "green", "warning": "yellow", "error": "bold red", "skipped": "dim"}


def doctor(
    env: Annotated[str | None, typer.Option("--env", "-e", help="A folder of conf, such as prod.")] = None,
    params: Annotated[str, typer.Option(help="Those of the run to come, such as source=aqs,area.state=06.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check what a run needs: configuration, secrets, buckets, MLflow, EPA, this machine. Exit code 1: errors."""
    from airwatch.checks.plan import checks_of
    from airwatch.checks.report import Status, examine, worst
    from airwatch.commands.project import Project, quiet
    from airwatch.parameters import read_command_line

    with told_in_one_line(), quiet():
        findings = examine(checks_of(Project.opened(env, read_command_line(params)).loader))
    if as_json:
        typer.echo(json.dumps(_as_json(findings), indent=1))
    else:
        _show(findings)
    failing = {Status.ERROR, Status.WARNING} if strict else {Status.ERROR}
    raise typer.Exit(int(worst(findings) in failing))


def _as_json(findings: Mapping[str, Finding]) -> list[dict[str, str]]:
    return [
        {"check": name, "status": each.status, "found": each.found, "remedy": each.remedy}
        for name, each in findings.items()
    ]


def _show(findings: Mapping[str, Finding]) -> None:
    from collections import Counter

    from rich.markup import escape
    from rich.table import Table

    from airwatch.commands.printing import console

    table = Table()
    for heading in ("check", "status", "found", "remedy"):
        table.add_column(heading, overflow="fold")
    for name, each in findings.items():
        status = f"[{COLOURS[each.status]}]{each.status}[/]"
        table.add_row(escape(name), status, escape(each.found), escape(each.remedy))
    console().print(table)
    counted = Counter(each.status for each in findings.values())
    typer.echo(", ".join(f"{counted[status]} {status}" for status in COLOURS if counted[status]))  # type: ignore[index]
