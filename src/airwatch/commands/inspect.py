"""``airwatch inspect``: what lies in the catalog, here or on S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airwatch.commands.project import told_in_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airwatch.inspection.description import Description
    from airwatch.inspection.entries import Entry

WIDEST_SAMPLE = 12  # columns of a sample that stand side by side; more are shown one below the other


def inspect(
    table: Annotated[str, typer.Argument(help="Such as features or pm25.candidate_scores.")] = "",
    env: Annotated[str | None, typer.Option("--env", "-e", help="A folder of conf, such as prod.")] = None,
    rows: Annotated[int, typer.Option(min=0, max=1000, help="Of the sample.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what a table holds, without reading all of it; without a name, all there is."""
    from airwatch.commands.project import Project, quiet
    from airwatch.inspection.describe import describe, find
    from airwatch.inspection.entries import entries_of

    with told_in_one_line(), quiet():
        project = Project.opened(env)
        entries = entries_of(project.loader["catalog"], project.loader["credentials"])
        if table:
            _show(describe(find(table, entries), rows), as_json)
        else:
            _show_all(entries, project.parameters["run"].pollutants, as_json)


def _show_all(entries: Mapping[str, Entry], pollutants: tuple[str, ...], as_json: bool) -> None:
    """A line for each entry, but for those of pollutants that the run does not ask for and that hold nothing."""
    from airwatch.commands.printing import console, table_of
    from airwatch.inspection.describe import listed
    from airwatch.inspection.description import plain

    lines = [line for line in listed(entries.values()) if _is_shown(line, pollutants)]
    if as_json:
        typer.echo(json.dumps([plain(line) for line in lines], indent=1))
        return
    console().print(table_of(lines, "The catalog"))
    typer.echo("airwatch inspect TABLE tells more of one; airwatch models list has the models.")


def _is_shown(line: Mapping[str, Any], pollutants: tuple[str, ...]) -> bool:
    namespace, _, rest = line["table"].partition(".")
    empty = line["rows"] == 0 or line["bytes"] is None
    return not (rest and empty and namespace not in pollutants)


def _show(found: Description, as_json: bool) -> None:
    """One entry."""
    from airwatch.commands.printing import cell, console, table_of

    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1))
        return
    out = console()
    out.print(f"{found.name}: {found.what}", markup=False, soft_wrap=True)
    for key, value in found.facts.items():
        told = _scope(value) if isinstance(value, dict) else cell(key, value)
        out.print(f"  {key}: {told}", markup=False, soft_wrap=True)
    for title, rows in found.tables.items():
        if title == "sample" and rows and len(rows[0]) > WIDEST_SAMPLE:
            rows = [{"column": key, **{str(n + 1): row[key] for n, row in enumerate(rows)}} for key in rows[0]]
        if rows:
            out.print(table_of(rows, title))


def _scope(scope: dict[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in scope.items())
