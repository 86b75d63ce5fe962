"""Figures that kedro-viz shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.page import titled
from airwatch.pipelines.monitoring.verification import EVER, EVERYWHERE

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Okabe and Ito's palette: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def plot_verified_skill(verification: pd.DataFrame, run: RunParams) -> go.Figure:
    """Draw skill by lead: against persistence with its interval, and against climatology.

    Args:
        verification: Scores; those of all regions and the whole time are drawn.
        run: Pollutants, ``as_of`` and source, for the title.

    Returns:
        A figure with two lines for each pollutant, or with a line of text where nothing has matured.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    whole = verification[(verification["window"] == EVER) & (verification["region"] == EVERYWHERE)]
    for name, colour in zip(run.pollutants, COLOURS, strict=False):
        rows = whole[whole["pollutant"] == name].sort_values("lead_days")
        if len(rows):
            figure.add_trace(_against_persistence(rows, name, colour))
            figure.add_trace(_line(rows, "climatology", name, colour, dash="dot"))
    if not figure.data:
        figure.add_annotation(
            text="No forecast has matured yet", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
        )
    figure.add_hline(y=0, line_color="#888888", line_width=1)
    figure.update_layout(
        title=titled("Skill of matured forecasts by lead", run),
        xaxis={"title": "Days ahead", "dtick": 1},
        yaxis={"title": "Skill (1 is perfect, 0 no better than the reference)"},
        template="plotly_white",
    )
    return figure


def _against_persistence(rows: pd.DataFrame, name: str, colour: str) -> go.Scatter:
    """The line against persistence, with the middle 90 % of the bootstrap."""
    line = _line(rows, "persistence", name, colour, dash="solid")
    skill = rows["skill_persistence"]
    line.error_y = {
        "array": (rows["skill_persistence_high"] - skill).tolist(),
        "arrayminus": (skill - rows["skill_persistence_low"]).tolist(),
    }
    return line


def _line(rows: pd.DataFrame, reference: str, name: str, colour: str, dash: str) -> go.Scatter:
    """One pollutant's skill against one reference."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=rows["lead_days"].tolist(),
        y=rows[f"skill_{reference}"].tolist(),
        customdata=rows["n"].tolist(),
        hovertemplate="%{y:.2f} (%{customdata} forecasts)",
        name=f"{POLLUTANTS[name].label} against {reference}",
        mode="lines+markers",
        line={"color": colour, "dash": dash},
    )
