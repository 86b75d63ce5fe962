"""What a forecaster looks at first: skill against persistence by lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Okabe and Ito's colours, which colour-blind eyes can tell apart.
COLOURS = {
    "persistence": "#999999",
    "climatology": "#56B4E9",
    "ridge": "#D55E00",
    "random_forest": "#009E73",
    "xgboost": "#0072B2",
}


def plot_skill_by_lead(backtest_scores: pd.DataFrame, run: RunParams) -> Figure:
    """Skill against persistence by lead, a panel for each pollutant and a line for each candidate.

    The champion's line is thick, has its 90 % interval, and is named in the panel's title.
    """
    from plotly.subplots import make_subplots

    pollutants = sorted(backtest_scores["pollutant"].unique())
    champions = backtest_scores[backtest_scores["champion"]].groupby("pollutant")["candidate"].first()
    titles = [f"{POLLUTANTS[name].label}: champion {champions[name]}" for name in pollutants]
    figure = make_subplots(rows=1, cols=max(1, len(pollutants)), subplot_titles=titles, shared_yaxes=True)
    told: set[str] = set()
    for column, name in enumerate(pollutants, start=1):
        for candidate, scores in backtest_scores[backtest_scores["pollutant"] == name].groupby("candidate"):
            _draw(figure, column, str(candidate), scores, in_legend=candidate not in told)
            told.add(str(candidate))
    figure.update_xaxes(title="lead, days", dtick=1)
    figure.update_yaxes(title="skill against persistence", range=[-1, 1], col=1)
    sandbox = " (sandbox: simulated air)" if run.source == "sandbox" else ""
    title = f"Skill by lead on rolling origins to {run.as_of}{sandbox}"
    return figure.update_layout(title=title, template="simple_white")


def _draw(figure: Figure, column: int, candidate: str, scores: pd.DataFrame, in_legend: bool) -> None:
    champion = bool(scores["champion"].iloc[0])
    spread = None
    if champion:
        above = scores["skill_persistence_high"] - scores["skill_persistence"]
        below = scores["skill_persistence"] - scores["skill_persistence_low"]
        spread = {"type": "data", "array": above, "arrayminus": below}
    figure.add_scatter(
        x=scores["lead_days"],
        y=scores["skill_persistence"],
        name=candidate,
        legendgroup=candidate,
        showlegend=in_legend,
        line={"width": 4 if champion else 1.5, "color": COLOURS.get(candidate)},
        error_y=spread,
        row=1,
        col=column,
    )
