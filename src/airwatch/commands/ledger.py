"""``airwatch ledger``: what was issued, and whether it is still what was issued."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airwatch.commands.project import told_in_one_line

if TYPE_CHECKING:
    from airwatch.ledger import Chain, Fault, LedgerDataset

app = typer.Typer(no_args_is_help=True, help="Show every forecast ever issued, and verify that none was changed.")

LEAST_OF_A_HASH = 12  # characters that name an issue
SHORT = 12
MOST_FAULTS = 20

Env = Annotated[str | None, typer.Option("--env", "-e", help="A folder of conf, such as prod.")]
Source = Annotated[str, typer.Option(help="Such as aqs or sandbox-20; all of them without it.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.callback()
def ledger() -> None:
    """Show every forecast ever issued, and verify that none was changed."""


@app.command()
def verify(
    env: Env = None,
    source: Source = "",
    head: Annotated[str, typer.Option(help="The hash of an issue, as noted elsewhere, that has to be there.")] = "",
    as_json: AsJson = False,
) -> None:
    """Walk the chain of issues; name what was changed, removed, inserted or reordered. Exit code 1: something was."""
    if head and (len(head) < LEAST_OF_A_HASH or not source):
        raise typer.BadParameter(
            f"give at least {LEAST_OF_A_HASH} characters of a hash, and --source, whose chain it is of.",
            param_hint="--head",
        )
    with _opened(env) as dataset:
        from airwatch.ledger import verify_chain

        sources = [source] if source else dataset.sources()
        chains = [verify_chain(name, dataset.sealed_parts(name), head) for name in sources]
        if as_json:
            typer.echo(json.dumps([_as_json(chain) for chain in chains], indent=1))
        elif chains:
            for chain in chains:
                _tell(chain)
        else:
            typer.echo("Nothing was issued yet.")
    raise typer.Exit(int(any(chain.faults for chain in chains)))


@app.command()
def show(env: Env = None, source: Source = "", as_json: AsJson = False) -> None:
    """Show each issue: from which origin, how many forecasts, by which models, and its hash."""
    from airwatch.commands.printing import console, table_of

    with _opened(env) as dataset:
        rows = list(_issues(dataset, source))
        if as_json:
            typer.echo(json.dumps(rows, indent=1))
        elif rows:
            shown = [{**row, "hash": row["hash"][:SHORT]} for row in rows]
            console().print(table_of(shown, "Issues in the order of the chain"))
        else:
            typer.echo("Nothing was issued yet.")


@contextmanager
def _opened(env: str | None) -> Iterator[LedgerDataset]:
    """The ledger of an environment; what goes wrong is told in one line."""
    from airwatch.commands.project import Project, quiet

    with told_in_one_line(), quiet():
        yield Project.opened(env).catalog("forecast_ledger")["forecast_ledger"]  # type: ignore[misc]


def _issues(dataset: LedgerDataset, source: str) -> Iterator[dict[str, Any]]:
    """A row for each part: those before there was a chain, then the chain."""
    known = dataset.known_issues(source)
    parts = dataset.load()
    for name in sorted(
        known, key=lambda name: (name.partition("/")[0], ((it := known[name]) and it.number) or 0, name)
    ):
        rows, issue = parts[name](), known[name]
        models = rows.groupby("pollutant")["model_version"].unique()
        yield {
            "source": name.partition("/")[0],
            "issue": issue.number if issue else None,
            "part": name.partition("/")[2],
            "forecasts": len(rows),
            "sites": int(rows["site_id"].nunique()),
            "targets": f"{rows['target_date'].min():%F} to {rows['target_date'].max():%F}",
            "model versions": ", ".join(f"{pollutant} {'+'.join(found)}" for pollutant, found in models.items()),
            "hash": issue.hash if issue else "",
        }


def _as_json(chain: Chain) -> dict[str, Any]:
    return {
        "source": chain.source,
        "issues": chain.issues,
        "rows": chain.rows,
        "newest": dict(chain.newest),
        "unchained": list(chain.unchained),
        "faults": [
            {
                "part": fault.part,
                "issue": fault.number,
                "what": fault.what,
                "told": fault.told,
                "site_id": fault.site_id,
                "target_date": None if fault.target_date is None else f"{fault.target_date:%F}",
            }
            for fault in chain.faults
        ],
    }


def _tell(chain: Chain) -> None:
    """A chain in a few lines: what is wrong with it, or its newest hash."""
    typer.echo(f"{chain.source}: {chain.issues:,} issues, {chain.rows:,} forecasts")
    if chain.unchained:
        names = ", ".join(name.partition("/")[2] for name in chain.unchained[:5])
        more = f" and {len(chain.unchained) - 5} more" if len(chain.unchained) > 5 else ""
        typer.echo(f"  issued before there was a chain: {names}{more}")
    for fault in chain.faults[:MOST_FAULTS]:
        typer.echo(f"  {_named(fault)}")
    if len(chain.faults) > MOST_FAULTS:
        typer.echo(f"  … and {len(chain.faults) - MOST_FAULTS} more")
    if not chain.faults:
        for name, given in chain.newest.items():
            typer.echo(f"  as it was issued; the newest, {name.partition('/')[2]}, has the hash {given}")


def _named(fault: Fault) -> str:
    place = f"{fault.part} (issue {fault.number})" if fault.number and fault.part else fault.part or "the chain"
    return f"{fault.what.upper()}: {place}: {fault.told}"
