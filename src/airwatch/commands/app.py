"""The ``airwatch`` command, put together."""

from __future__ import annotations

import typer

from airwatch.commands import fetch
from airwatch.commands.sandbox import sandbox

app = typer.Typer(
    name="airwatch", no_args_is_help=True, add_completion=False, help="AirWatch beside its pipelines (kedro run)."
)
app.command()(sandbox)
app.add_typer(fetch.app, name="fetch")


@app.callback()
def airwatch() -> None:
    """AirWatch beside its pipelines, which are run by ``kedro run``."""
