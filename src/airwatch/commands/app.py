"""The ``airwatch`` command, put together."""

from __future__ import annotations

import typer

from airwatch.commands import fetch, ledger, models
from airwatch.commands.doctor import doctor
from airwatch.commands.inspect import inspect
from airwatch.commands.monitor import monitor, walk
from airwatch.commands.sandbox import sandbox

app = typer.Typer(
    name="airwatch", no_args_is_help=True, add_completion=False, help="AirWatch beside its pipelines (kedro run)."
)
app.command()(doctor)
app.command()(inspect)
app.command()(monitor)
app.command()(sandbox)
app.command()(walk)
app.add_typer(fetch.app, name="fetch")
app.add_typer(ledger.app, name="ledger")
app.add_typer(models.app, name="models")


@app.callback()
def airwatch() -> None:
    """AirWatch beside its pipelines, which are run by ``kedro run``."""
