"""``airwatch models``: what is registered, and which of it forecasts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airwatch.commands.project import told_in_one_line

if TYPE_CHECKING:
    from airwatch.model_registry import ModelShelf, Version

app = typer.Typer(no_args_is_help=True, help="List, compare, promote and roll back the registered models.")

SCORES = ("crps", "rmse", "coverage_80", "skill_persistence", "skill_climatology")
LISTED = {
    "kind": "model_name",
    "as_of": "as_of",
    "source": "source",
    "area": "area",
    "crps": "crps",
    "verdict": "verdict",
}

Env = Annotated[str | None, typer.Option("--env", "-e", help="A folder of conf, such as prod.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
PollutantName = Annotated[str, typer.Argument(metavar="POLLUTANT", help="Such as pm25.")]


@app.callback()
def models() -> None:
    """List, compare, promote and roll back the registered models."""


@app.command("list")
def list_models(
    pollutant: Annotated[str, typer.Argument(help="Such as pm25; all of them without it.")] = "",
    env: Env = None,
    as_json: AsJson = False,
) -> None:
    """Show every version: who forecasts, from which days it learned, and what the contest with the champion said."""
    from airwatch.commands.printing import console, table_of

    with _registry(env):
        from airwatch.model_registry import all_shelves

        shelves = [_shelf(pollutant)] if pollutant else all_shelves()
        rows = [_listed(shelf, version) for shelf in shelves for version in shelf.versions()]
        if as_json:
            typer.echo(json.dumps(rows, indent=1))
        elif rows:
            shown = [{**row, "aliases": " ".join(row["aliases"]), "crps": _number(row["crps"])} for row in rows]
            console().print(table_of(shown, "Registered models"))
        else:
            typer.echo("No model is registered yet: kedro run --pipelines training makes one.")


@app.command()
def show(
    version: Annotated[str, typer.Argument(metavar="POLLUTANT/VERSION", help="Such as pm25/3 or pm25/champion.")],
    env: Env = None,
    as_json: AsJson = False,
) -> None:
    """Show the tags and the model card of a version."""
    from airwatch.commands.printing import console, table_of

    with _registry(env):
        pollutant, _, wanted = version.partition("/")
        shelf = _shelf(pollutant)
        found = shelf.existing(wanted or "champion")
        card = shelf.card(found)
        if as_json:
            told = {**_listed(shelf, found), "tags": found.tags, "scores": shelf.scores(found), "card": card}
            typer.echo(json.dumps(told, indent=1))
            return
        title = f"{shelf.name} version {found.number} {' '.join(found.aliases)}"
        console().print(table_of([{"tag": key, "value": value} for key, value in sorted(found.tags.items())], title))
        typer.echo(card)


@app.command()
def compare(
    pollutant: PollutantName,
    one: Annotated[str, typer.Argument(help="A version, or champion, challenger, previous.")],
    other: Annotated[str, typer.Argument(help="Likewise.")],
    env: Env = None,
    as_json: AsJson = False,
) -> None:
    """Show the scores that two versions' rolling origins had, lead by lead, and whether the days were the same."""
    from airwatch.commands.printing import console, table_of

    with _registry(env):
        shelf = _shelf(pollutant)
        versions = [shelf.existing(wanted) for wanted in (one, other)]
        rows = _side_by_side(shelf, *versions)
        days = [version.tags.get("judged_window", "not judged") for version in versions]
        same = all(_of(versions[0], tag) == _of(versions[1], tag) for tag in ("judged_window", "source", "area"))
        if as_json:
            numbers = [version.number for version in versions]
            told = {"versions": numbers, "judged_windows": days, "same_days": same, "scores": rows}
            typer.echo(json.dumps(told, indent=1))
            return
        if rows:
            console().print(table_of(rows, f"{shelf.name}: scores of rolling origins"))
        typer.echo(_days_told(versions, days, same))
        for version in versions:
            if against := _of(version, "contest_with"):
                typer.echo(f"Version {version.number} met version {against}: {_of(version, 'verdict_reason')}")


@app.command()
def promote(
    pollutant: PollutantName,
    version: Annotated[str, typer.Argument(help="Its number, or challenger.")],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept as a tag of the version.")],
    env: Env = None,
    as_json: AsJson = False,
) -> None:
    """Make a version champion, whatever its contest said: the next inference forecasts by it."""
    if not because.strip():
        raise typer.BadParameter("say why, so that the next one knows.", param_hint="--because")
    with _registry(env):
        shelf = _shelf(pollutant)
        shelf.promote(version, because.strip())
        _told_champion(shelf, as_json)


@app.command()
def rollback(
    pollutant: PollutantName,
    because: Annotated[str, typer.Option("--because", help="Why; it is kept as a tag of the version.")] = "rolled back",
    env: Env = None,
    as_json: AsJson = False,
) -> None:
    """Make the champion before champion again: the next inference forecasts by it."""
    with _registry(env):
        shelf = _shelf(pollutant)
        shelf.roll_back(because.strip() or "rolled back")
        _told_champion(shelf, as_json)


@contextmanager
def _registry(env: str | None) -> Iterator[None]:
    """The registry of an environment; what goes wrong is told in one line."""
    import mlflow

    from airwatch.commands.project import Project, quiet
    from airwatch.model_registry import make_store
    from airwatch.tracking import require_server

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with told_in_one_line(), quiet():
        address = Project.opened(env).loader["mlflow"]["server"]["mlflow_tracking_uri"]
        make_store(address)
        require_server(address)
        mlflow.set_tracking_uri(address)
        yield


def _shelf(pollutant: str) -> ModelShelf:
    """The models of a pollutant, of which there is at least one."""
    from airwatch.model_registry import RegistryRefusal, all_shelves

    shelves = {shelf.pollutant: shelf for shelf in all_shelves()}
    if shelf := shelves.get(pollutant):
        return shelf
    raise RegistryRefusal(
        f"No model of {pollutant} is registered; there are models of: {', '.join(shelves) or 'none'}. "
        "kedro run --pipelines training makes one."
    )


def _listed(shelf: ModelShelf, version: Version) -> dict[str, Any]:
    """A version as a row."""
    told: dict[str, Any] = {name: version.tags.get(tag, "") for name, tag in LISTED.items()}
    crps = float(told["crps"]) if told["crps"] else None
    return {
        "pollutant": shelf.pollutant,
        "version": version.number,
        "aliases": list(version.aliases),
        **told,
        "crps": crps,
    }


def _side_by_side(shelf: ModelShelf, one: Version, other: Version) -> list[dict[str, Any]]:
    """A row for each score and lead that both have."""
    own, its = shelf.scores(one), shelf.scores(other)
    leads = sorted({int(name.rpartition("_")[2]) for name in own.keys() & its.keys()})
    named = [(score, lead, f"{score}_lead_{lead}") for score in SCORES for lead in leads]
    return [
        {
            "score": score,
            "lead, days": lead,
            f"version {one.number}": own[name],
            f"version {other.number}": its[name],
            "difference": own[name] - its[name],
        }
        for score, lead, name in named
        if name in own and name in its
    ]


def _days_told(versions: list[Version], days: list[str], same: bool) -> str:
    each = " and ".join(f"version {version.number} on {day}" for version, day in zip(versions, days, strict=True))
    if same:
        return f"Both were judged on the same days ({days[0]})."
    return f"The days differ ({each}), and with them the air: the contest of training compares on the same ones."


def _told_champion(shelf: ModelShelf, as_json: bool) -> None:
    champion, before = shelf.version(), shelf.version("previous")
    assert champion is not None
    if as_json:
        told = {"model": shelf.name, "champion": champion.number, "previous": before.number if before else None}
        typer.echo(json.dumps(told))
        return
    after = f", after version {before.number}" if before else ""
    typer.echo(f"{shelf.name} version {champion.number} ({_of(champion, 'model_name')}) is champion{after}.")


def _of(version: Version, tag: str) -> str:
    return version.tags.get(tag, "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
