"""The ``airwatch`` command: one thin function for each verb."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kedro.io import DataCatalog

app = typer.Typer(
    name="airwatch", no_args_is_help=True, add_completion=False, help="AirWatch beside its pipelines (kedro run)."
)

fetch = typer.Typer(no_args_is_help=True, help="Fetch EPA's files into the archive, where runs find them.")
app.add_typer(fetch, name="fetch")


@app.callback()
def airwatch() -> None:
    """AirWatch beside its pipelines, which are run by ``kedro run``."""


@app.command()
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


@fetch.command()
def airdata(
    years: Annotated[str, typer.Option(help="One year or a span, such as 2014-2024.")],
    pollutants: Annotated[str, typer.Option(help="Such as pm25,ozone.")] = "pm25,ozone",
    weather: Annotated[bool, typer.Option("--weather", help="The weather of ingestion.meteorology too.")] = False,
) -> None:
    """Fetch EPA's yearly files that are not stored yet or have changed (source=airdata)."""
    from airwatch.messages import one_line
    from airwatch.pipelines.ingestion.files import fetch_files, files_of

    first, last = _span(years)
    given = {"area": {"nation": "us"}, "first_year": first, "pollutants": pollutants.replace(",", "+")}
    try:
        parameters, catalog = _settled({"source": "airdata", "as_of": None, "origins": None, **given})
        run = parameters["run"]
        names = (*run.pollutants, *(parameters["ingestion"].meteorology if weather else ()))
        files = files_of(names, range(first, last + 1))
        stored = 0
        for reply in fetch_files(catalog.load("epa_services"), catalog.load("raw_aqs_index"), files, run.as_of):
            catalog.save("raw_aqs_daily", reply)
            stored += 1
            for name, rows in reply.items():
                typer.echo(f"{name}: {len(rows):,} rows")
    except Exception as error:
        typer.echo(f"Error: {one_line(error)}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{stored} of {len(files)} files fetched; the others are as they were.")


def _span(years: str) -> tuple[int, int]:
    """The first and the last of some years."""
    first, _, last = years.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first)):
        raise typer.BadParameter(f"{years!r} is neither a year nor a span such as 2014-2024.", param_hint="--years")
    return int(first), int(last or first)


def _settled(runtime_params: dict[str, Any]) -> tuple[dict[str, Any], DataCatalog]:
    """The project's parameters, some of them replaced, and what of its catalog is about EPA."""
    from kedro.io import DataCatalog

    from airwatch.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS, PROJECT

    settings: dict[str, Any] = CONFIG_LOADER_ARGS
    loader = CONFIG_LOADER_CLASS(str(PROJECT / "conf"), runtime_params=runtime_params, **settings)
    entries = {name: loader["catalog"][name] for name in ("epa_services", "raw_aqs_index", "raw_aqs_daily")}
    return loader["parameters"], DataCatalog.from_config(entries, loader["credentials"])
