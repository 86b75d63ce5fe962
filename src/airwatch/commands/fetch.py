"""``airwatch fetch``: EPA's files into the archive, where runs find them."""

from __future__ import annotations

from typing import Annotated

import typer

from airwatch.commands.project import told_in_one_line

app = typer.Typer(no_args_is_help=True, help="Fetch EPA's files into the archive, where runs find them.")


@app.callback()
def fetch() -> None:
    """Fetch EPA's files into the archive, where runs find them."""


@app.command()
def airdata(
    years: Annotated[str, typer.Option(help="One year or a span, such as 2014-2024.")],
    pollutants: Annotated[str, typer.Option(help="Such as pm25,ozone.")] = "pm25,ozone",
    weather: Annotated[bool, typer.Option("--weather", help="The weather of ingestion.meteorology too.")] = False,
) -> None:
    """Fetch EPA's yearly files that are not stored yet or have changed (source=airdata)."""
    from airwatch.commands.project import Project
    from airwatch.pipelines.ingestion.files import fetch_files, files_of

    first, last = _span(years)
    given = {"area": {"nation": "us"}, "first_year": first, "pollutants": pollutants.replace(",", "+")}
    with told_in_one_line():
        asked = {"source": "airdata", "as_of": None, "origins": None, **given}
        project = Project.opened(runtime_params=asked)
        parameters, catalog = project.parameters, project.catalog("epa_services", "raw_aqs_index", "raw_aqs_daily")
        run = parameters["run"]
        names = (*run.pollutants, *(parameters["ingestion"].meteorology if weather else ()))
        files = files_of(names, range(first, last + 1))
        stored = 0
        for reply in fetch_files(catalog.load("epa_services"), catalog.load("raw_aqs_index"), files, run.as_of):
            catalog.save("raw_aqs_daily", reply)
            stored += 1
            for name, rows in reply.items():
                typer.echo(f"{name}: {len(rows):,} rows")
    typer.echo(f"{stored} of {len(files)} files fetched; the others are as they were.")


def _span(years: str) -> tuple[int, int]:
    """The first and the last of some years."""
    first, _, last = years.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first)):
        raise typer.BadParameter(f"{years!r} is neither a year nor a span such as 2014-2024.", param_hint="--years")
    return int(first), int(last or first)
