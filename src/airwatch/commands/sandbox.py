"""``airwatch sandbox``: the simulated EPA service alone."""

from __future__ import annotations

import logging
import threading
from typing import Annotated

import typer


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8098,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another region.")] = 20,
    minutes: Annotated[float, typer.Option(min=0, help="Stop after so long; 0 runs until Ctrl-C.")] = 0,
) -> None:
    """Serve the simulated region over the AQS protocol, on this machine only."""
    from airwatch.sandbox.server import serve
    from airwatch.sandbox.world import World

    logging.getLogger("airwatch").setLevel(logging.WARNING)
    try:
        with serve(World(seed), port=port) as base_url:
            typer.echo(f"The sandbox (seed {seed}) speaks AQS at {base_url}")
            typer.echo(f"Use it with EPA_AQS_BASE_URL={base_url}, any e-mail and key, and source=aqs. Ctrl-C ends it.")
            threading.Event().wait(minutes * 60 or None)
    except KeyboardInterrupt:
        typer.echo("The sandbox has stopped.")
    except OSError as error:
        typer.echo(f"Error: port {port} cannot be used ({error.strerror}). Choose another with --port.", err=True)
        raise typer.Exit(1) from None
