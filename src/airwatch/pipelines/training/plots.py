"""What a forecaster looks at first: skill against persistence by lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def plot_skill_by_lead(backtest_scores: pd.DataFrame, run: RunParams) -> Figure:
    """Skill against persistence by lead, a line for each candidate, the champion's thick with its 90 % interval."""
    from plotly.subplots import make_subplots

    pollutants = sorted(backtest_scores["pollutant"].unique())
    figure = make_subplots(
        rows=1, cols=max(1, len(pollutants)), subplot_titles=[POLLUTANTS[name].label for name in pollutants]
    )
    for column, name in enumerate(pollutants, start=1):
        for candidate, scores in backtest_scores[backtest_scores["pollutant"] == name].groupby("candidate"):
            champion = bool(scores["champion"].iloc[0])
            spread = None
            if champion:
                above = scores["skill_persistence_high"] - scores["skill_persistence"]
                below = scores["skill_persistence"] - scores["skill_persistence_low"]
                spread = {"type": "data", "array": above, "arrayminus": below}
            figure.add_scatter(
                x=scores["lead_days"],
                y=scores["skill_persistence"],
                name=f"{candidate}{' (champion)' if champion else ''}",
                legendgroup=str(candidate),
                line={"width": 4 if champion else 1.5},
                error_y=spread,
                row=1,
                col=column,
            )
    figure.update_xaxes(title="lead, days", dtick=1)
    figure.update_yaxes(title="skill against persistence", range=[-1, 1])
    sandbox = " (sandbox: simulated air)" if run.source == "sandbox" else ""
    title = f"Skill by lead on rolling origins to {run.as_of}{sandbox}"
    return figure.update_layout(title=title, template="simple_white")
