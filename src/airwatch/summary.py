"""The end of a run: what was forecast, how good such forecasts have been, and where to look further."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from airwatch.domain.aqi import aqi_of
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.sources.redaction import without_secrets

if TYPE_CHECKING:
    from kedro.io import DataCatalog

MOST_SITES = 40
WIDTH_OF_A_FILE = 120  # columns, where the output is not a terminal
TO_OPEN = (
    "forecasts",
    "backtest_scores",
    "forecast_fan",
    "drift_report_html",
    "regression_report_html",
    "monitoring_summary",
    "report_index",
)


def show_run(catalog: DataCatalog, made: Iterable[str]) -> None:
    """Print the tables of what the run made, and the paths and the address to open."""
    made = set(made)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    run = catalog.load("params:run")
    if "forecasts" in made:
        forecasts = catalog.load("forecasts")
        if len(forecasts):
            console.print(_tomorrow(forecasts, catalog.load("sites"), run.source))
    if "backtest_scores" in made:
        scores = catalog.load("backtest_scores")
        if len(scores):
            console.print(_skill(scores))
    for name in TO_OPEN:
        if name in made:
            console.print(f"[dim]{name}:[/dim] {escape(_place(catalog, name))}", soft_wrap=True, highlight=False)
    if "backtest_scores" in made or "forecasts" in made:
        pipelines = "[dim]pipelines:[/dim] make viz, http://127.0.0.1:4141"
        console.print(f"[dim]MLflow:[/dim] {_mlflow()}   {pipelines}", highlight=False)


def _mlflow() -> str:
    """Where the runs and models are shown: the server that was used, or one to start."""
    import mlflow

    address = mlflow.get_tracking_uri()
    served = address.startswith(("http://", "https://"))
    return without_secrets(address) if served else "make mlflow, then http://127.0.0.1:5000"


def _tomorrow(forecasts: pd.DataFrame, sites: pd.DataFrame, source: str) -> Table:
    """One line a site: tomorrow's AQI, the AQI of the 80 % interval, the category; the worst first."""
    newest = forecasts[forecasts["origin_date"] == forecasts["origin_date"].max()]
    first = newest[newest["lead_days"] == 1].merge(sites[["site_id", "pollutant", "name"]], on=["site_id", "pollutant"])
    day = f"{first['target_date'].iloc[0]:%Y-%m-%d}" if len(first) else ""
    title = f"AQI forecast for {day}" + (" (sandbox: simulated air)" if source == "sandbox" else "")
    table = Table(title=title, title_justify="left")
    for heading in ("site", "name", "pollutant", "AQI", "80 % range", "category", "status"):
        table.add_column(heading, justify="right" if heading in ("AQI", "80 % range") else "left")
    for row in first.sort_values(["aqi", "site_id"], ascending=[False, True]).head(MOST_SITES).itertuples():
        low, high = aqi_of(row.pollutant, [row.q10, row.q90])
        label = POLLUTANTS[row.pollutant].label
        table.add_row(
            row.site_id, escape(row.name[:28]), label, str(row.aqi), f"{low}-{high}", row.category, row.status
        )
    if len(first) > MOST_SITES:
        table.caption = f"the {MOST_SITES} highest of {len(first)}"
    return table


def _skill(scores: pd.DataFrame) -> Table:
    """Skill against persistence by lead of the candidates that the gate chose, on the rolling origins of training."""
    champions = scores[scores["champion"] & (scores["grouping"] == "all")]
    leads = sorted(champions["lead_days"].unique())
    table = Table(title="Skill against persistence by lead, days (rolling origins)", title_justify="left")
    for heading in ("pollutant", "candidate", *map(str, leads), "80 % covers", "n"):
        table.add_column(heading, justify="left" if heading in ("pollutant", "candidate") else "right")
    for (pollutant, name), rows in champions.groupby(["pollutant", "candidate"]):
        by_lead = rows.set_index("lead_days")["skill_persistence"]
        skills = [_signed(by_lead.get(lead, float("nan"))) for lead in leads]
        cover = f"{100 * rows['coverage_80'].mean():.0f} %"
        table.add_row(POLLUTANTS[str(pollutant)].label, str(name), *skills, cover, f"{rows['n'].sum():,}")
    return table


def _signed(skill: float) -> str:
    """A dash where origins and targets were never observed together, as at a site of every third day."""
    return "-" if math.isnan(skill) else f"{skill:+.2f}"


def _place(catalog: DataCatalog, name: str) -> str:
    described = catalog[name]._describe()
    return str(described.get("filepath") or described.get("path"))
