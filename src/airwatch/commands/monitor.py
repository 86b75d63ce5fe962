"""``airwatch monitor`` and ``airwatch walk``: monitoring that acts, today and day after day through the past."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from airwatch.commands.project import told_in_one_line

if TYPE_CHECKING:
    import pandas as pd

    from airwatch.commands.project import Project
    from airwatch.operations.monitoring import Monitored
    from airwatch.operations.walk import Step

FAILED = 3  # the exit code of an error: 1 and 2 are those of a decision
EXIT_CODES = {"ok": 0, "warn": 1, "retrain": 2}
COLOURS = {"ok": "green", "warn": "yellow", "retrain": "bold red"}

Env = Annotated[str | None, typer.Option("--env", "-e", help="A folder of conf, such as prod.")]
Params = Annotated[str, typer.Option(help="Those of the runs, such as source=aqs,area.state=06.")]
NoTrain = Annotated[bool, typer.Option("--no-train", help="Say what would be trained, and train nothing.")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]


def monitor(
    env: Env = None,
    params: Params = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warn, 2 for retrain.")] = False,
    no_train: NoTrain = False,
) -> None:
    """Run monitoring, show what it found, and start training where it was decided.

    Exit code 0; with --strict 0 ok, 1 warn, 2 retrain; 3 where monitoring failed.
    """
    with told_in_one_line(FAILED):
        from airwatch.operations.monitoring import monitor as monitored
        from airwatch.operations.sessions import Sessions, quietly
        from airwatch.parameters import read_command_line

        given = read_command_line(params)
        project = _opened(env, given)
        settled = project.parameters
        with quietly():
            found = monitored(
                Sessions(given, env), project.catalog(), settled["run"], settled["monitoring"], train=not no_train
            )
        _show(found)
    raise typer.Exit(EXIT_CODES[found.decision] if strict else 0)


def walk(
    first: Day,
    last: Day,
    days: Annotated[int, typer.Option(min=1, help="From one step to the next.")] = 7,
    env: Env = None,
    params: Params = "",
    pages: Annotated[Literal["all", "last", "none"], typer.Option(help="Steps with figures and pages.")] = "last",
    no_train: NoTrain = False,
) -> None:
    """Go through past days as if each were today: forecasts, monitoring, and training where that decides so.

    Days from which forecasts are in the ledger already are passed over, so that a walk that broke off goes on.
    """
    with told_in_one_line(1):
        from airwatch.operations.sessions import Sessions, merged
        from airwatch.operations.walk import Walk, days_of
        from airwatch.parameters import ParameterError, read_command_line

        given = read_command_line(params)
        if "as_of" in given:
            raise ParameterError("as_of: a walk sets it from day to day; leave it out.")
        # Whoever is to be told of today's incidents need not hear of those of past years, unless asked for.
        asked = merged({"monitoring": {"alerts": {"send": "false"}}}, given)
        steps = days_of(first.date(), last.date(), days)
        project = _opened(env, {**asked, "as_of": str(steps[-1])})
        walking = Walk(Sessions(asked, env), project.parameters, project.catalog(), pages, not no_train)
        for step in walking.steps(steps):
            _tell(step)


def _opened(env: str | None, params: dict[str, object]) -> Project:
    """The project, with the registry of its environment at hand."""
    import mlflow

    from airwatch.commands.project import Project, quiet
    from airwatch.model_registry import make_store
    from airwatch.tracking import require_server

    with quiet():
        project = Project.opened(env, params)
        address = project.loader["mlflow"]["server"]["mlflow_tracking_uri"]
        make_store(address)
        require_server(address)
        mlflow.set_tracking_uri(address)
    return project


def _show(found: Monitored) -> None:
    """The checks, the gravest first, the decision and what was done."""
    from rich.markup import escape
    from rich.table import Table

    from airwatch.commands.printing import console
    from airwatch.pipelines.monitoring.decision import DECISION, STATUSES
    from airwatch.pipelines.monitoring.wording import held, title

    table = Table()
    for heading in ("check", "status", "found", "since", "what to do"):
        table.add_column(heading, overflow="fold")
    checks = found.summary[found.summary["check"] != DECISION]
    checks = checks.sort_values("status", key=lambda column: -column.map(STATUSES.index), kind="stable")
    for row in checks.to_dict("records"):
        status = f"[{COLOURS[row['status']]}]{row['status']}[/]"
        said = held(row["check"], row["value"], row["limit"]), _day(row["since"]), row["action"]
        table.add_row(escape(title(row["check"])), status, *map(escape, said))
    console().print(table)
    decision = found.summary.set_index("check").loc[DECISION]
    typer.echo(f"Decision: {found.decision}. {decision['action']}".strip())
    for training in found.trainings:
        typer.echo(training.told)


def _day(when: pd.Timestamp) -> str:
    return "" if when != when else f"{when:%Y-%m-%d}"  # a missing day is not itself


def _tell(step: Step) -> None:
    """A step in a line, and one more for each training."""
    if not step.decision:
        typer.echo(f"{step.as_of}  in the ledger already")
        return
    causes = f" ({', '.join(step.causes)})" if step.causes else ""
    typer.echo(f"{step.as_of}  {step.forecasts:>6,} forecasts  {step.decision}{causes}  {step.seconds:.1f} s")
    for training in step.trainings:
        typer.echo(f"            {training.told}")
