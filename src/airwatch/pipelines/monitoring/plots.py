"""Figures that kedro-viz shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.drawings import Chances
from airwatch.pipelines.monitoring.page import titled
from airwatch.pipelines.monitoring.verification import overall
from airwatch.scores import BRIER_AQI, INTERVALS

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
    whole = overall(verification)
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


def plot_verified_coverage(verification: pd.DataFrame, run: RunParams) -> go.Figure:
    """Draw by lead how many observations lay within the 50, 80 and 90 % intervals, of all regions and days."""
    import plotly.graph_objects as go

    figure, whole = go.Figure(), overall(verification)
    for name, colour in zip(run.pollutants, COLOURS, strict=False):
        rows = whole[whole["pollutant"] == name].sort_values("lead_days")
        for share, dash in zip(INTERVALS, ("dot", "solid", "dash"), strict=True):
            figure.add_trace(
                go.Scatter(
                    x=rows["lead_days"].tolist(),
                    y=rows[f"coverage_{share}"].tolist(),
                    customdata=rows["n"].tolist(),
                    hovertemplate="%{y:.1%} (%{customdata} forecasts)",
                    name=f"{POLLUTANTS[name].label}, {share} % interval",
                    mode="lines+markers",
                    line={"color": colour, "dash": dash},
                )
            )
    for share in INTERVALS:
        figure.add_hline(y=share / 100, line_color="#888888", line_width=1)
    figure.update_layout(
        title=titled("Observations within the intervals of matured forecasts", run),
        xaxis={"title": "Days ahead", "dtick": 1},
        yaxis={"title": "Share within the interval", "range": [0, 1], "tickformat": ".0%"},
        template="plotly_white",
    )
    return figure


def plot_verified_chances(verified_chances: pd.DataFrame, run: RunParams) -> go.Figure:
    """Draw how often it happened by the chance that was given, of all leads together."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, colour in zip(run.pollutants, COLOURS, strict=False):
        for aqi, dash in zip(BRIER_AQI, ("solid", "dash", "dot"), strict=True):
            rows = verified_chances[(verified_chances["pollutant"] == name) & (verified_chances["aqi"] == aqi)]
            if len(rows):
                drawn = Chances(rows, name, aqi)
                x, y, n = ([each[key] for each in drawn.tenths] for key in ("chance", "share", "n"))
                line = {"color": colour, "dash": dash}
                hover = "%{x:.0%} given, %{y:.0%} happened (%{customdata:.0f} forecasts)"
                figure.add_scatter(x=x, y=y, customdata=n, hovertemplate=hover, name=drawn.title, line=line)
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": "#888888", "width": 1})
    figure.update_layout(
        title=titled("Chances of matured forecasts and what happened", run),
        xaxis={"title": "Chance that was given", "range": [0, 1], "tickformat": ".0%"},
        yaxis={"title": "Share of days on which it happened", "range": [0, 1], "tickformat": ".0%"},
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
