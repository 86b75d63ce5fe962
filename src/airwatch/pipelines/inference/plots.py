"""The forecast of a site as a fan: what was observed, and how far ahead how much is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.tables import AnyTable, as_table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DAYS_BEFORE = 30
BANDS = (("q05", "q95", 0.15), ("q10", "q90", 0.2), ("q25", "q75", 0.3))


def plot_forecast_fan(
    forecasts: pd.DataFrame, daily_observations: AnyTable, sites: pd.DataFrame, run: RunParams
) -> Figure:
    """The newest forecast of each pollutant's site with the highest mean tomorrow, after its last 30 days."""
    from plotly.subplots import make_subplots

    newest = forecasts[forecasts["origin_date"] == forecasts["origin_date"].max()]
    worst = newest[newest["lead_days"] == 1].sort_values("mean").groupby("pollutant").tail(1)
    chosen = list(worst.sort_values("pollutant")[["pollutant", "site_id"]].itertuples(index=False, name=None))
    names = sites.set_index(["pollutant", "site_id"])["name"]
    titles = [f"{POLLUTANTS[p].label}, {names.get((p, s), '')} ({s})" for p, s in chosen]
    figure = make_subplots(rows=1, cols=max(1, len(chosen)), subplot_titles=titles)
    for column, (pollutant, site) in enumerate(chosen, start=1):
        forecast = newest[(newest["pollutant"] == pollutant) & (newest["site_id"] == site)]
        _draw(figure, column, forecast, _before(forecast["origin_date"].iloc[0], pollutant, site, daily_observations))
        figure.update_yaxes(title=POLLUTANTS[pollutant].unit, rangemode="tozero", row=1, col=column)
    sandbox = " (sandbox: simulated air)" if run.source == "sandbox" else ""
    last = run.origin_dates[-1].date()
    return figure.update_layout(
        title=f"Forecast from {last}{sandbox}: median, and 50, 80 and 90 % intervals",
        template="simple_white",
        showlegend=False,
    )


def _before(origin: pd.Timestamp, pollutant: str, site: str, observations: AnyTable) -> pd.DataFrame:
    """What a site observed in the days that end with an origin."""
    first = origin - pd.Timedelta(days=DAYS_BEFORE - 1)
    return as_table(observations).read(
        ["date_local", "value"], pollutant=pollutant, site_ids=[site], first=first, last=origin
    )


def _draw(figure: Figure, column: int, forecast: pd.DataFrame, recent: pd.DataFrame) -> None:
    days = forecast["target_date"]
    figure.add_scatter(
        x=recent["date_local"], y=recent["value"], mode="lines", line={"color": "#333333"}, row=1, col=column
    )
    for low, high, opacity in BANDS:
        figure.add_scatter(
            x=[*days, *days[::-1]],
            y=[*forecast[high], *forecast[low][::-1]],
            mode="lines",
            fill="toself",
            fillcolor=f"rgba(31, 119, 180, {opacity})",
            line={"width": 0},
            row=1,
            col=column,
        )
    figure.add_scatter(x=days, y=forecast["q50"], line={"color": "#1f77b4", "width": 3}, row=1, col=column)
